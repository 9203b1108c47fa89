// The five steps of packages/RULES.md, and sandboxes, in vitest.
import { describe, expect } from "vitest";
import { test } from "../vitest-test.mjs";
import { Client } from "./client.js";

test("the journey", async ({ sandbox }) => {
  const client = new Client(sandbox);
  const { email } = client.user;

  await client.logIn();
  const added = await client.call("POST", "/api/v1/email-watchlist", { email });
  expect(added.data.is_confirmed).toBe(false);

  const [message] = await sandbox.outbox({ to: email, wait: 5 });
  await fetch(message.link!);
  const list = await client.call("GET", "/api/v1/email-watchlist");
  expect(list.data).toMatchObject([{ email, is_confirmed: true }]);

  await sandbox.leak("email", email, { title: "Exempelbutiken" });
  const alarms = await client.call("GET", "/api/v1/alarms");
  expect(alarms.data).toMatchObject([{ title: "Exempelbutiken" }]);
  const closed = await client.call("GET", `/api/v1/alarms/${alarms.data[0].id}/close`);
  expect(closed.data.status).toBe("CLOSED");

  await sandbox.advance(3600);
  expect((await client.send("GET", "/api/v1/email-watchlist")).status).toBe(401);
  await client.logIn();
  expect((await client.send("GET", "/api/v1/email-watchlist")).status).toBe(200);
});

describe("options", () => {
  test.override({ sandboxOptions: { seed: "empty" } });

  test("a seed is chosen", ({ sandbox }) => {
    expect(sandbox.accounts).toEqual([]);
  });
});
