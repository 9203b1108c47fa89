// The journey of a leak with a client that is generated from the document: from an account to a closed alarm, in both
// formats. Ends with 0 if each step did what it says.

import assert from "node:assert/strict";
import createClient, { type Client } from "openapi-fetch";
import type { paths } from "./api.js";

const root = process.env["DEFENTRY_BASE_URL"];
assert(root, "DEFENTRY_BASE_URL is not set");

/** A client of one world, with a token if there is one, that asks for the given format. */
function client(baseUrl: string, version: string | undefined, token?: string): Client<paths> {
  const headers: Record<string, string> = {};
  if (version) headers["X-API-Version"] = version;
  if (token) headers["Authorization"] = `Bearer ${token}`;
  return createClient<paths>({ baseUrl, headers });
}

/** A control route, which no real server has. */
async function control<T>(url: string, body?: unknown): Promise<T> {
  const json = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(url, body === undefined ? {} : json);
  assert(answer.ok, `${url}: ${answer.status}`);
  return (await answer.json()) as T;
}

async function journey(version: string | undefined): Promise<void> {
  const { base_url } = await control<{ base_url: string }>(`${root}/_mock/sandboxes`, {});
  const anonymous = client(base_url, version);

  const login = await anonymous.POST("/api/v1/crm/auth/login", {
    body: { username: "service@partner.example", password: "mock-crm-password" },
  });
  assert(login.data, JSON.stringify(login.error));
  const partner = client(base_url, version, login.data.token);

  const email = "erika@example.com";
  const account = await partner.POST("/api/v1/account", {
    body: { ssn: "19900101-1234", first_name: "Erika", last_name: "Example", email, plan_id: 1 },
  });
  assert(account.data, JSON.stringify(account.error));
  const account_id = account.data.data.id;

  const sso = await anonymous.POST("/api/v1/sso/token", {
    body: { client_id: "mock-client", client_secret: "mock-secret", email },
  });
  assert(sso.data, JSON.stringify(sso.error));
  const user = client(base_url, version, sso.data.token);

  const added = await user.POST("/api/v1/email-watchlist", { body: { email } });
  assert(added.data, JSON.stringify(added.error));
  assert.equal(Boolean(added.data.data.is_confirmed), false);

  const outbox = await control<{ messages: { link: string }[] }>(`${base_url}/_mock/outbox?to=${email}&wait=5`);
  assert(outbox.messages[0]);
  assert((await fetch(outbox.messages[0].link)).ok);
  const listed = await user.GET("/api/v1/email-watchlist");
  assert.equal(Boolean(listed.data?.data[0]?.is_confirmed), true);

  await control(`${base_url}/_mock/leaks`, { kind: "email", value: email, severity: "HIGH" });
  const leaks = await partner.GET("/api/v1/account/{account_id}/email-watchlist/leaks", { params: { path: { account_id } } });
  assert.equal(leaks.data?.data[0]?.severity, "HIGH");

  const alarms = await user.GET("/api/v1/alarms");
  const alarm = alarms.data?.data[0];
  assert(alarm, JSON.stringify(alarms.error));
  assert.equal(alarm.status, "OPEN");
  const closed = await user.GET("/api/v1/alarms/{alarmId}/close", { params: { path: { alarmId: alarm.id } } });
  assert.equal(closed.data?.data.status, "CLOSED");

  const again = await user.POST("/api/v1/email-watchlist", { body: { email } });
  assert.equal(again.response.status, 422);
  assert(again.error && (version ? "error" in again.error : "errors" in again.error), JSON.stringify(again.error));
}

await journey(undefined);
await journey("2026-06-12");
console.log("TypeScript: the journey was made in both formats");
