/** A global set-up of vitest: `globalSetup: ["defentry-mock/vitest"]`. It starts one server for the run. */
export default function setup(): Promise<() => Promise<void>>;
