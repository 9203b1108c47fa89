// A global set-up of vitest: one server for the run, which the workers find by DEFENTRY_BASE_URL.
import defentry from "./index.js";

export default async function setup() {
  const server = await defentry.start();
  process.env.DEFENTRY_BASE_URL = server.baseUrl;
  return () => server.stop();
}
