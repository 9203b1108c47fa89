// The control routes of the world that this page is below: all addresses are relative to the page's own.

/** A refusal of a control route, in its own sentence. */
export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** There was no response. */
export class Unreachable extends Error {
  constructor() {
    super("The mock does not answer.");
  }
}

/** The real time at the mock when it answered last, in milliseconds: its own clock may have been moved. */
export let realTime = null;

async function ask(method, path, body) {
  const headers = { "X-Mock-Page": "1" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  let text;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    text = await answer.text();
  } catch {
    throw new Unreachable();
  }
  realTime = Date.parse(answer.headers.get("Date")) || null;
  if (answer.ok) return text;
  let sentence;
  try {
    sentence = JSON.parse(text).error;
  } catch {
    // Not a response of a control route: only its status is known.
  }
  throw new Refused(answer.status, sentence ?? `${method} ${path} was answered ${answer.status}`);
}

/** Reads a control route. */
export const read = async (path) => JSON.parse(await ask("GET", path));

/** The same as text, so that callers can compare before they parse. */
export const readText = (path) => ask("GET", path);

/** Calls a control route; returns its response, if it has a body. */
export async function send(method, path, body) {
  const text = await ask(method, path, body);
  return text ? JSON.parse(text) : null;
}

/** The secret at the end of a confirmation link. The link may begin with a name that only a container knows. */
export const secretOf = (link) => link.split("/_confirm/").pop();

/** The address of a confirmation link as this page reaches it. */
export const confirmation = (link) => `../_confirm/${encodeURIComponent(secretOf(link))}`;

/** Opens a confirmation link, and returns the sentence of its page; refused if it did not work. */
export async function confirm(link) {
  let answer;
  let text;
  try {
    answer = await fetch(confirmation(link));
    text = await answer.text();
  } catch {
    throw new Unreachable();
  }
  // A parser would take the styles of that page for this one's, which allows none of that kind.
  const sentence = [...text.matchAll(/<(h1|p)>([^<]*)</g)].map(([, , said]) => said).join(": ");
  if (!answer.ok) throw new Refused(answer.status, sentence || "The link does not work.");
  return sentence;
}
