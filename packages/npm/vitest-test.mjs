// vitest's `test` with a sandbox for each test.
import { test as base } from "vitest";
import defentry from "./index.js";

export const test = base.extend({
  sandboxOptions: [undefined, { injected: true }],
  sandbox: async ({ sandboxOptions, task }, use) => {
    const sandbox = await defentry.sandbox(sandboxOptions);
    await use(sandbox);
    if (task.result?.state === "fail") console.error(await sandbox.report());
    await sandbox.end();
  },
});
