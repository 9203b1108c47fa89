import type { TestContext } from "node:test";
import type { Sandbox, SandboxOptions } from "./index.js";

/**
 * A test that has a sandbox of its own, as in `test("…", withSandbox(async (sandbox) => {…}))`. When it fails, its
 * diagnostics show what the mock saw.
 */
export function withSandbox(
  run: (sandbox: Sandbox, context: TestContext) => void | Promise<void>,
  options?: SandboxOptions,
): (context: TestContext) => Promise<void>;
