import { defineConfig } from "vitest/config";

export default defineConfig({ test: { globalSetup: ["./vitest.mjs"], include: ["test/*.vitest.ts"] } });
