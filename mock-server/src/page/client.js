// A client of the documented API, with the credentials that the world publishes: what it does is in the request log as
// everything else is.

import { Refused, Unreachable, read } from "./api.js";

/** Where the documented API is, seen from the page. */
const ROOT = "..";

/** A client of the world. */
export function client() {
  let published = null;
  /** Tokens that were got, by whom they are for. */
  const tokens = new Map();

  /** The published credentials of the world. */
  async function credentials() {
    published ??= await read("credentials");
    return published;
  }

  const partner = async (id) => (await credentials()).partners.find((one) => String(one.id) === String(id));

  async function crmToken(id) {
    const { name, token, crm_users: users = [] } = (await partner(id)) ?? {};
    if (token) return token;
    if (users.length === 0) throw new Error(`${name ?? `Partner ${id}`} publishes no CRM user.`);
    const [{ username, password }] = users;
    return got(`crm ${id}`, "/api/v1/crm/auth/login", { username, password });
  }

  async function appToken(account) {
    const known = (await credentials()).accounts.find(({ id }) => String(id) === String(account.id))?.app_token;
    if (known) return known;
    const [sso] = (await partner(account.partner))?.sso_clients ?? [];
    if (!sso) throw new Error("Its partner publishes no SSO client, so the page cannot sign in as this user.");
    return got(`app ${account.id}`, "/api/v1/sso/token", { ...sso, email: account.created_with ?? account.email });
  }

  async function got(whose, path, body) {
    if (!tokens.has(whose)) {
      const answer = await send("POST", path, { body });
      // A profile may have taught the mock to answer otherwise.
      if (!answer?.token) throw new Error(`POST ${path} answers without a token.`);
      tokens.set(whose, answer.token);
    }
    return tokens.get(whose);
  }

  /** Sends once; a token that has expired since is got anew. */
  async function as(whose, token, method, path, body) {
    try {
      return await send(method, path, { token: await token(), body });
    } catch (error) {
      if (error.status !== 401 || !tokens.delete(whose)) throw error;
      return send(method, path, { token: await token(), body });
    }
  }

  return {
    credentials,
    send,
    /** As the partner, with its CRM token. */
    asPartner: (id, method, path, body) => as(`crm ${id}`, () => crmToken(id), method, path, body),
    /** As the user of an account, with an app token. */
    asUser: (account, method, path, body) => as(`app ${account.id}`, () => appToken(account), method, path, body),
    /** Another world has come. */
    forget() {
      published = null;
      tokens.clear();
    },
  };
}

/** Sends a documented request; a refusal is thrown in the words of the response and of its hint. */
async function send(method, path, { token, body }) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  let text;
  try {
    response = await fetch(ROOT + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    text = await response.text();
  } catch {
    throw new Unreachable();
  }
  if (response.ok) return text ? JSON.parse(text) : null;
  const hint = response.headers.get("X-Mock-Hint");
  throw new Refused(response.status, [`${method} ${path} answers ${response.status}.`, ...sentences(text), hint].filter(Boolean).join(" "));
}

/** The sentences in the body of a refusal, whatever its shape: texts with a space in them. */
function sentences(text) {
  const found = [];
  try {
    JSON.parse(text, (_, value) => {
      if (typeof value === "string" && value.includes(" ")) found.push(value);
      return value;
    });
  } catch {
    // Not JSON: its status alone is told.
  }
  return [...new Set(found)];
}
