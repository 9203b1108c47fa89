import { expect } from "vitest";
import type { Alarm, Email } from "./defentry.js";
import { test } from "./sandbox.js";

// An address with this ending is confirmed at once.
const CONFIRMED = "jane+confirmed-at-once@example.com";

test("an email is pending until it is confirmed", async ({ sandbox, jane }) => {
  const email = { email: "jane.roe@example.com" };
  const added = await jane.call<Email>("/api/v1/email-watchlist", email);
  expect(added.is_confirmed).toBe(false);

  const outbox = await sandbox.control("GET", "outbox?wait=5");
  await fetch(outbox.messages[0].link);
  const emails = await jane.call<Email[]>("/api/v1/email-watchlist");
  expect(emails).toMatchObject([{ ...email, is_confirmed: true }]);
});

test("a leak raises an alarm that is closed", async ({ sandbox, jane }) => {
  await jane.call("/api/v1/email-watchlist", { email: CONFIRMED });
  const leak = { kind: "email", value: CONFIRMED, title: "Exempelbutiken" };
  await sandbox.control("POST", "leaks", leak);

  const alarms = await jane.call<Alarm[]>("/api/v1/alarms");
  expect(alarms).toMatchObject([{ title: leak.title, status: "OPEN" }]);
  const closed = await jane.call<Alarm>(`/api/v1/alarms/${alarms[0].id}/close`);
  expect(closed.status).toBe("CLOSED");
});

test("an expired token is renewed", async ({ sandbox, jane }) => {
  await jane.call("/api/v1/alarms");
  await sandbox.control("PUT", "clock", { advance_seconds: 3600 });
  await jane.call("/api/v1/alarms");

  const { requests } = await sandbox.control("GET", "requests");
  const statuses = requests.map(
    (request: { status: number }) => request.status,
  );
  expect(statuses).toEqual([401, 200, 200, 401, 200, 200]);
});
