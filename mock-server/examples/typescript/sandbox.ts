import { test as base } from "vitest";
import { Defentry } from "./defentry.js";

const MOCK = process.env.DEFENTRY_BASE_URL ?? "http://127.0.0.1:8650";

/** Calls a control route of the mock, or of one sandbox on it. */
async function control(
  baseUrl: string,
  method: string,
  route: string,
  body?: object,
) {
  const headers = { "Content-Type": "application/json" };
  const init = { method, headers, body: JSON.stringify(body) };
  const answer = await fetch(`${baseUrl}/_mock/${route}`, init);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.status === 204 ? null : answer.json();
}

interface Fixtures {
  /** A world of its own, in which the test plays the user and the clock. */
  sandbox: {
    baseUrl: string;
    control(method: string, route: string, body?: object): Promise<any>;
  };
  /** The client under test, for a user of the seed who has nothing yet. */
  jane: Defentry;
}

export const test = base.extend<Fixtures>({
  sandbox: async ({}, use) => {
    const { id, base_url: baseUrl } = await control(MOCK, "POST", "sandboxes");
    await use({ baseUrl, control: control.bind(null, baseUrl) });
    await control(MOCK, "DELETE", `sandboxes/${id}`);
  },
  jane: async ({ sandbox }, use) => {
    await use(new Defentry("jane.roe@example.com", sandbox.baseUrl));
  },
});
