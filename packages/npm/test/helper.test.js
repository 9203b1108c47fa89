// How the helper finds, starts and stops the server, what a failed test shows, and the journey in node:test.
"use strict";

const assert = require("node:assert/strict");
const { execFile, spawn } = require("node:child_process");
const { once } = require("node:events");
const net = require("node:net");
const path = require("node:path");
const { test } = require("node:test");
const { findBinary, sandbox, start } = require("../index.js");
const { withSandbox } = require("../node-test.js");
const { Client } = require("./client.js");

delete process.env.DEFENTRY_BASE_URL;

const answers = (baseUrl) =>
  fetch(`${baseUrl}/_mock/health`).then(
    (response) => response.ok,
    () => false,
  );

test(
  "the journey",
  withSandbox(async (sandbox) => {
    const client = new Client(sandbox);
    const { email } = client.user;

    await client.logIn();
    const added = await client.call("POST", "/api/v1/email-watchlist", { email });
    assert.equal(added.data.is_confirmed, false);

    const [message] = await sandbox.outbox({ to: email, wait: 5 });
    await fetch(message.link);
    const list = await client.call("GET", "/api/v1/email-watchlist");
    assert.deepEqual(
      list.data.map((item) => item.is_confirmed),
      [true],
    );

    await sandbox.leak("email", email);
    const alarms = await client.call("GET", "/api/v1/alarms");
    const closed = await client.call("GET", `/api/v1/alarms/${alarms.data[0].id}/close`);
    assert.equal(closed.data.status, "CLOSED");

    await sandbox.advance(3600);
    assert.equal((await client.send("GET", "/api/v1/email-watchlist")).status, 401);
    await client.logIn();
    assert.equal((await client.send("GET", "/api/v1/email-watchlist")).status, 200);
  }),
);

test("two sandboxes do not see each other", async () => {
  const [one, other] = await Promise.all([sandbox(), sandbox({ assume: { "id.form": "uuid" } })]);
  const client = new Client(one);
  await client.logIn();
  await client.call("POST", "/api/v1/email-watchlist", { email: "erika@example.com" });
  assert.equal((await one.outbox()).length, 1);
  assert.deepEqual(await other.outbox(), []);
  assert.match(String(other.accounts[1].id), /-/);
  await Promise.all([one.end(), other.end()]);
});

test("it starts and stops, and a server that runs is used and left running", async () => {
  const server = await start();
  assert.ok(await answers(server.baseUrl));
  process.env.DEFENTRY_BASE_URL = `${server.baseUrl}/`;
  const same = await start();
  delete process.env.DEFENTRY_BASE_URL;
  assert.equal(same.baseUrl, server.baseUrl);
  await same.stop();
  assert.ok(await answers(server.baseUrl));
  await server.stop();
  assert.ok(!(await answers(server.baseUrl)));
});

test("a wrong setting says what is wrong", async () => {
  process.env.MOCK_ASSUME = "no.such=key";
  await assert.rejects(start(), /--assume no\.such=key/);
  delete process.env.MOCK_ASSUME;
  const binary = process.env.DEFENTRY_MOCK_BINARY;
  process.env.DEFENTRY_MOCK_BINARY = "/absent";
  assert.throws(findBinary, /DEFENTRY_MOCK_BINARY names \/absent, and no file is there/);
  if (binary) process.env.DEFENTRY_MOCK_BINARY = binary;
  else delete process.env.DEFENTRY_MOCK_BINARY;
});

test(
  "a refused control call says why",
  withSandbox(async (sandbox) => {
    await assert.rejects(sandbox.control("POST", "leaks", { kind: "shoe", value: "42" }), /_mock\/leaks: 400 .*kind/);
  }),
);

test("a failed test shows what the mock saw", async () => {
  const file = path.join(__dirname, "failing.js");
  const [error, out] = await new Promise((resolve) => {
    const env = { ...process.env };
    delete env.NODE_TEST_CONTEXT;
    execFile(process.execPath, ["--test", "--test-reporter=spec", file], { env }, (error, out) =>
      resolve([error, out]),
    );
  });
  assert.ok(error);
  assert.match(out, /the Defentry mock at http:\/\/127\.0\.0\.1:\d+\/_sandbox\/.* saw these requests:/);
  assert.match(out, /GET \/api\/v1\/email-watchlist → 401 \(no token\)/);
  assert.match(out, /hint: /);
});

test("no server is left when the tests are killed", { skip: process.platform === "win32" }, async () => {
  const code = `require(${JSON.stringify(path.join(__dirname, "../index.js"))}).start()
    .then((server) => { console.log(server.baseUrl); setInterval(() => {}, 1000); })`;
  const tests = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(tests.stdout, "data");
  const { hostname, port, host } = new URL(line.toString().trim());
  const connection = net.connect(port, hostname);
  connection.write(`GET /_mock/health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const [response] = await once(connection, "data");
  assert.match(response.toString(), /^HTTP\/1\.1 200 /);
  tests.kill("SIGKILL");
  // A connection that is kept alive ends with the server.
  await once(connection.resume(), "close");
});
