// The Defentry mock from Node: starts it, and makes sandboxes on it. packages/RULES.md in the repository of the mock has
// the rules that this follows.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const path = require("node:path");

const FLAGS = ["--listen", "127.0.0.1:0", "--stop-with-stdin", "--log-format", "json"];
const FIRST_LINE = "listening on ";
const START_MILLISECONDS = 10_000;
const STOP_MILLISECONDS = 5_000;
const REPORTED_REQUESTS = 20;
const REPORTED_LINES = 20;

// Agents of our own know nothing of the proxies of the environment: the server is on this machine.
const CLIENTS = {
  "http:": { request: http.request, agent: new http.Agent({ keepAlive: true }) },
  "https:": { request: https.request, agent: new https.Agent({ keepAlive: true }) },
};

class MockError extends Error {
  name = "MockError";
}

function findBinary() {
  const named = process.env.DEFENTRY_MOCK_BINARY;
  if (named) {
    if (isFile(named)) return named;
    throw new MockError(`DEFENTRY_MOCK_BINARY names ${named}, and no file is there`);
  }
  const file = process.platform === "win32" ? "mock-server.exe" : "mock-server";
  const platform = `defentry-mock-${process.platform}-${process.arch}`;
  try {
    return require.resolve(`${platform}/bin/${file}`);
  } catch {
    // The package of this platform is optional, and may be missing.
  }
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter(Boolean);
  const found = folders.map((folder) => path.join(folder, file)).find(isFile);
  if (found) return found;
  throw new MockError(
    `no mock-server was found: install the package ${platform}, which comes with defentry-mock unless optional ` +
      "packages are left out or there is none for this platform; or put mock-server on PATH, let DEFENTRY_MOCK_BINARY " +
      "name it, or let DEFENTRY_BASE_URL name a mock that runs",
  );
}

function isFile(name) {
  return fs.statSync(name, { throwIfNoEntry: false })?.isFile() ?? false;
}

async function start() {
  const named = process.env.DEFENTRY_BASE_URL;
  if (named) return new Server(named.replace(/\/+$/, ""));
  const binary = findBinary();
  const child = spawn(binary, FLAGS, { stdio: "pipe", windowsHide: true });
  // A server that has ended does not read.
  child.stdin.on("error", () => {});
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    log = (log + text)
      .split("\n")
      .slice(-REPORTED_LINES - 1)
      .join("\n");
  });
  const line = await firstLine(child);
  if (!line.startsWith(FIRST_LINE)) {
    child.kill("SIGKILL");
    throw new MockError(`${binary} ${FLAGS.join(" ")} did not start: it printed "${line}", and said:\n${log}`);
  }
  // What is left open does not keep the process of the tests alive, and the server ends with it.
  child.unref();
  for (const pipe of child.stdio) pipe?.unref();
  return new Server(line.slice(FIRST_LINE.length).trim(), child, () => log);
}

/** The first line of standard output, or what came of it until the time was over or the server had ended. */
function firstLine(child) {
  return new Promise((resolve, reject) => {
    let text = "";
    const done = () => {
      clearTimeout(limit);
      resolve(text.split("\n", 1)[0]);
    };
    const limit = setTimeout(done, START_MILLISECONDS);
    child.stdout.setEncoding("utf8").on("data", (more) => {
      text += more;
      if (text.includes("\n")) done();
    });
    // Unlike "exit", it comes after the last of standard error.
    child.on("close", done);
    child.on("error", (error) => {
      clearTimeout(limit);
      reject(new MockError(`${child.spawnfile}: ${error.message}`));
    });
  });
}

class Server {
  #child;
  #log;

  constructor(baseUrl, child, log = () => "") {
    this.baseUrl = baseUrl;
    this.#child = child;
    this.#log = log;
  }

  get hasEnded() {
    return this.#child !== undefined && (this.#child.exitCode !== null || this.#child.signalCode !== null);
  }

  log() {
    return this.#log();
  }

  async sandbox({ seed, assume } = {}) {
    return new Sandbox(this, await control(this.baseUrl, "POST", "sandboxes", { seed, assume }));
  }

  async stop() {
    const child = this.#child;
    if (!child || this.hasEnded) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.ref();
    const limit = setTimeout(() => child.kill("SIGKILL"), STOP_MILLISECONDS);
    child.stdin.end();
    await ended;
    clearTimeout(limit);
  }

  [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    return this.stop();
  }
}

class Sandbox {
  #server;

  constructor(server, made) {
    this.#server = server;
    this.id = made.id;
    this.baseUrl = made.base_url;
    this.crm = made.crm ?? {};
    this.sso = made.sso ?? {};
    this.accounts = made.accounts;
  }

  control(method, route, body) {
    return control(this.baseUrl, method, route, body);
  }

  async outbox({ to, wait } = {}) {
    const query = new URLSearchParams();
    if (to !== undefined) query.set("to", to);
    if (wait !== undefined) query.set("wait", String(wait));
    return (await this.control("GET", `outbox?${query}`)).messages;
  }

  async leak(kind, value, fields = {}) {
    await this.control("POST", "leaks", { kind, value, ...fields });
  }

  async advance(seconds) {
    await this.control("PUT", "clock", { advance_seconds: seconds });
  }

  async requests() {
    return (await this.control("GET", "requests")).requests;
  }

  async report() {
    if (this.#server.hasEnded) return `the Defentry mock has ended; its log ends with:\n${this.#server.log()}`;
    let requests;
    try {
      requests = await this.requests();
    } catch (error) {
      return error.message;
    }
    if (requests.length === 0) return `the Defentry mock at ${this.baseUrl} saw no requests`;
    const lines = [`the Defentry mock at ${this.baseUrl} saw these requests:`];
    const earlier = requests.length - REPORTED_REQUESTS;
    if (earlier > 0) lines.push(`  … ${earlier} earlier ones`);
    for (const { method, path, status, token, fault, hint } of requests.slice(-REPORTED_REQUESTS)) {
      lines.push(`  ${method} ${path} → ${status ?? "no response"} (${token === "none" ? "no" : token} token)`);
      if (fault) lines.push(`    fault: ${JSON.stringify(fault)}`);
      if (hint) lines.push(`    hint: ${hint}`);
    }
    return lines.join("\n");
  }

  async end() {
    await control(this.#server.baseUrl, "DELETE", `sandboxes/${this.id}`);
  }

  [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    return this.end();
  }
}

let shared;

/** A sandbox on one server for the whole process, which is started with the first. */
async function sandbox(options) {
  shared ??= start();
  return (await shared).sandbox(options);
}

function control(baseUrl, method, route, body) {
  const url = new URL(`${baseUrl}/_mock/${route}`);
  const { request, agent } = CLIENTS[url.protocol];
  const headers = { "Content-Type": "application/json" };
  return new Promise((resolve, reject) => {
    const fail = (reason) => reject(new MockError(`${method} ${url}: ${reason}`));
    const sent = request(url, { method, headers, agent }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", (error) => fail(error.message));
      response.on("end", () => {
        const text = Buffer.concat(parts).toString();
        if (response.statusCode >= 400) fail(`${response.statusCode} ${message(text)}`);
        else resolve(text ? JSON.parse(text) : undefined);
      });
    });
    sent.on("error", (error) => fail(error.message));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function message(text) {
  try {
    return JSON.parse(text).error ?? text;
  } catch {
    return text;
  }
}

module.exports = { MockError, Sandbox, Server, findBinary, sandbox, start };
