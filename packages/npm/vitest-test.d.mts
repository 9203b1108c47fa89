import type { TestAPI } from "vitest";
import type { Sandbox, SandboxOptions } from "./index.js";

/**
 * vitest's `test`, in which `({ sandbox })` is a world of its own. `test.override({ sandboxOptions: {…} })` sets how the
 * sandboxes of a file or a `describe` are made. When a test fails, what the mock saw is printed.
 */
export const test: TestAPI<{ sandbox: Sandbox; sandboxOptions: SandboxOptions | undefined }>;
