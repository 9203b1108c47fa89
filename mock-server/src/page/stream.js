// What happens: requests and messages as one stream, newest first, live and filtered.

import { read, readText, send } from "./api.js";
import { announce, button, byId, complaining, copyable, el, icon, say, show, tag, when } from "./dom.js";
import { arrows, reachable } from "./keys.js";
import { mergeByTime } from "./merge.js";
import { dayOf, duration, isOtherDay, maskedPhone, routeOf, some } from "./text.js";

/** So many requests are shown at first, the last ones; then so many more each time. */
const SHOWN = 200;

/** Requests end in another order than they begin: so many before the last one are asked for again. */
const OVERLAP = 50;

/** So many messages are shown, the last ones. */
const MESSAGES = 200;

/** What the link or the code of a message can do: the kind of its tag. */
export const STATES = { open: "open", used: "good", replaced: "over", expired: "over" };

/** The token of a request, in words. */
export const TOKENS = { crm: "CRM token", app: "app token", none: "no token", unknown: "unknown token" };

/** Whether a request was refused; without a status there was no response. */
export const isRefused = ({ status }) => status === null || status >= 400;

/** The stream of the world. `open` shows an entry in full; `confirm` opens the link of a message. */
export function stream({ open, confirm }) {
  const list = byId("stream");
  const filters = byId("filters");
  /** The entries by their keys, `request-1` or `message-1`. */
  let entries = new Map();
  /** The keys of the entries in order, newest first. */
  let order = [];
  let limit = SHOWN;
  let last = 0;
  let hasOlder = false;
  let messagesText = null;
  let hasMoreMessages = false;
  let isFirst = true;
  let current = null;
  let now = null;

  arrows(list);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("input", filter);
  // A form is reset after this event.
  filters.addEventListener("reset", () => setTimeout(filter));
  byId("older").addEventListener("click", async () => {
    limit += SHOWN;
    last = 0;
    await refresh(now).catch(() => {});
  });

  /** Reads what has come since, and orders it. */
  async function refresh(at) {
    const isOtherDate = now !== null && isOtherDay(now, at);
    now = at;
    const place = byId("activity-error");
    // One more than is shown tells whether there are more.
    const path = last === 0 ? `requests?limit=${limit + 1}` : `requests?after=${Math.max(0, last - OVERLAP)}&limit=${limit}`;
    const [{ requests }, text] = await Promise.all([
      complaining(place, () => read(path)),
      complaining(place, () => readText(`outbox?limit=${MESSAGES + 1}`)),
    ]);
    const fresh = [];
    if (last === 0) hasOlder = requests.length > limit;
    for (const request of last === 0 ? requests.slice(-limit) : requests) {
      if (put(`request-${request.id}`, "request", request.at, request)) fresh.push(request);
    }
    last = Math.max(last, ...requests.map(({ id }) => id));
    const news = text === messagesText ? [] : putMessages(text);
    if (fresh.length + news.length > 0 || isFirst || isOtherDate) {
      dropOldest();
      arrange();
      if (!isFirst) announce(newsOf(fresh, news));
      isFirst = false;
    }
    filter();
  }

  function putMessages(text) {
    messagesText = text;
    const { messages } = JSON.parse(text);
    hasMoreMessages = messages.length > MESSAGES;
    const kept = messages.slice(-MESSAGES);
    const keys = new Set(kept.map(({ id }) => `message-${id}`));
    for (const [key, { kind }] of entries) if (kind === "message" && !keys.has(key)) remove(key);
    return kept.filter((message) => put(`message-${message.id}`, "message", message.sent_at, message));
  }

  /** Puts an entry in, or in the place of the one of the same key. Tells whether it is new or another now. */
  function put(key, kind, at, data) {
    const known = entries.get(key);
    // Of a message the state changes.
    if (known && (kind === "request" || known.data.state === data.state)) return false;
    const node = kind === "request" ? requestRow(key, data) : messageRow(key, data);
    if (known) {
      const active = known.node.contains(document.activeElement);
      known.node.replaceWith(node);
      if (active) node.querySelector(".row").focus();
    }
    entries.set(key, { key, kind, at, data, node, text: textOf(kind, data) });
    return true;
  }

  function remove(key) {
    const { node } = entries.get(key);
    if (node.contains(document.activeElement)) byId("activity-heading").focus();
    node.remove();
    entries.delete(key);
  }

  /** Requests beyond the limit go, as they come. */
  function dropOldest() {
    const requests = [...entries.values()].filter(({ kind }) => kind === "request").sort((one, other) => one.data.id - other.data.id);
    const tooMany = requests.slice(0, Math.max(0, requests.length - limit));
    hasOlder ||= tooMany.length > 0;
    tooMany.forEach(({ key }) => remove(key));
  }

  /** Puts requests and messages in order, newest first, with a line where a day begins. */
  function arrange() {
    const of = (wanted) => [...entries.values()].filter(({ kind }) => kind === wanted).sort((one, other) => one.data.id - other.data.id);
    const merged = mergeByTime(of("request"), of("message")).reverse();
    order = merged.map(({ key }) => key);
    const nodes = [];
    let day = now;
    for (const { at, node } of merged) {
      if (isOtherDay(at, day)) nodes.push(el("li", { class: "day", "data-day": at.slice(0, 10) }, dayOf(at)));
      day = at;
      nodes.push(node);
    }
    for (const old of list.querySelectorAll(".day")) old.remove();
    nodes.forEach((node, position) => list.children[position] === node || list.insertBefore(node, list.children[position] ?? null));
  }

  // Rows.

  function requestRow(key, request) {
    const { status, fault, hint } = request;
    const refused = isRefused(request);
    return el("li", { class: refused ? "happening refused" : "happening", "data-request": request.id },
      row(key,
        el("span", { class: "quiet" }, when(request.at, request.at)),
        tag(statusKind(request), status ?? "no response"),
        el("span", { class: `method ${request.method.toLowerCase()}` }, request.method),
        el("span", { class: "title" }, el("code", { class: "path" }, request.path)),
        el("span", { class: "side" },
          el("span", { class: "quiet token" }, TOKENS[request.token]),
          el("span", { class: "quiet took" }, duration(request.duration_ms))),
        hint && refused ? el("span", { class: "hint" }, fault ? [tag("", `fault ${fault.id}: ${fault.kind}`), " "] : null, hint) : null,
        fault && !(hint && refused) ? el("span", { class: "hint" }, tag("", `fault ${fault.id}: ${fault.kind}`)) : null));
  }

  function messageRow(key, message) {
    const { id, channel, link, code, state } = message;
    const isSms = channel === "sms";
    const acts = state === "open";
    return el("li", { class: acts ? "happening message acts" : "happening message", "data-message": id },
      row(key,
        el("span", { class: "quiet" }, when(message.sent_at, message.sent_at)),
        state === "none" ? el("span", {}) : tag(STATES[state], state),
        el("span", { class: "method" }, icon(isSms ? "phone" : "mail"), isSms ? " SMS" : " Email"),
        el("span", { class: "title" }, message.subject ?? message.text.split("\n")[0]),
        el("span", { class: "side quiet" }, el("span", { class: "to" }, `to ${isSms ? maskedPhone(message.to) : message.to}`))),
      acts
        ? el("div", { class: "does" },
          code ? copyable(code, `the code ${code}`, `code-${id}`) : null,
          link
            ? button("Confirm", { key: `confirm-${id}`, "aria-label": `Confirm ${message.to}, message ${id}` },
              () => confirm(message))
            : null)
        : null);
  }

  const row = (key, ...children) => el("button", {
    type: "button", class: "row", tabindex: "-1", "data-key": key, "aria-current": key === current ? "true" : null,
    onclick: () => open(key),
  }, children);

  // Filters.

  /** Shows the entries that the filters admit, and tells how many there are. */
  function filter() {
    const { text, kind, status, path } = Object.fromEntries(new FormData(filters));
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const isMeant = (entry) => words.every((word) => entry.text.includes(word))
      && (!kind || entry.kind === kind || entry.data.channel === kind)
      && (!status || hasStatus(entry, status))
      && (!path || (entry.kind === "request" && routeOf(entry.data.path) === path));
    let many = 0;
    for (const entry of entries.values()) {
      entry.node.hidden = !isMeant(entry);
      if (!entry.node.hidden) many += 1;
    }
    for (const day of list.querySelectorAll(".day")) {
      let next = day.nextElementSibling;
      while (next && next.hidden) next = next.nextElementSibling;
      day.hidden = !next || next.matches(".day");
    }
    const isFiltered = Boolean(words.length || kind || status || path);
    const all = hasOlder || hasMoreMessages ? `the last ${entries.size.toLocaleString("en")}` : entries.size;
    byId("activity-count").textContent = byId("activity-tab").textContent = isFiltered ? `${many} of ${all}` : all;
    byId("none-left").hidden = !isFiltered || many > 0 || entries.size === 0;
    byId("older").hidden = !hasOlder;
    byId("clear").hidden = entries.size === 0;
    filters.querySelector("[type=reset]").hidden = !isFiltered;
    list.hidden = entries.size === 0;
    offerPaths(path);
    reachable(list);
  }

  /** The paths to choose from: those of the requests that are shown. */
  function offerPaths(chosen) {
    const select = filters.elements.path;
    const paths = [...new Set([...entries.values()].filter(({ kind }) => kind === "request").map(({ data }) => routeOf(data.path)))].sort();
    if (chosen && !paths.includes(chosen)) paths.unshift(chosen);
    const offered = [...select.options].slice(1).map(({ value }) => value);
    if (String(offered) === String(paths)) return;
    select.replaceChildren(select.options[0], ...paths.map((path) => el("option", { selected: path === chosen }, path)));
  }

  return {
    refresh,
    /** Another world has come, or the log is to be read anew. */
    forget() {
      if (list.contains(document.activeElement)) byId("activity-heading").focus();
      entries = new Map();
      order = [];
      list.replaceChildren();
      last = 0;
      hasOlder = false;
      messagesText = null;
      isFirst = true;
    },
    /** The entry with this key. */
    entry: (key) => entries.get(key),
    /** Marks the entry that is shown in full; none with null. */
    mark(key) {
      entries.get(current)?.node.querySelector(".row").removeAttribute("aria-current");
      current = key;
      entries.get(current)?.node.querySelector(".row").setAttribute("aria-current", "true");
    },
    /** The key of the entry that is `steps` rows below the one with this key, of those that the filters admit. */
    beside(key, steps) {
      const seen = order.filter((other) => !entries.get(other).node.hidden);
      return seen[seen.indexOf(key) + steps] ?? null;
    },
    /** Filters by the path of a request. */
    onlyPath(path) {
      filters.reset();
      offerPaths(routeOf(path));
      filters.elements.path.value = routeOf(path);
      setTimeout(filter);
    },
    /** Focuses the row of an entry. */
    focus: (key) => (entries.get(key)?.node.querySelector(".row") ?? byId("activity-heading")).focus(),
    isEmpty: () => entries.size === 0,
  };
}

/** The kind of the tag of a request's status. */
export const statusKind = ({ status }) => (status === null || status >= 500 ? "alarm" : status >= 400 ? "refusal" : "good");

function hasStatus({ kind, data }, status) {
  if (kind === "message") return data.state === status;
  if (status === "succeeded") return !isRefused(data);
  if (status === "refused") return isRefused(data);
  if (status === "5xx") return data.status >= 500;
  return status === "none" && data.status === null;
}

/** All that a filter by text looks at. */
function textOf(kind, data) {
  const parts = kind === "request"
    ? [data.method, data.path, data.status, data.token, data.hint, data.fault?.kind, ...data.facts, ...data.assumptions, body(data.request),
      body(data.response), data.observed ? "observed" : ""]
    : [data.channel, data.kind, data.to, data.subject, data.text, data.state];
  return parts.filter(Boolean).join(" ").toLowerCase();
}

const body = (part) => (part?.body ? JSON.stringify(part.body) : "");

function newsOf(requests, messages) {
  if (requests.length === 1 && messages.length === 0) {
    const [{ method, path, status }] = requests;
    return `${method} ${path}: ${status ?? "no response"}`;
  }
  return [
    requests.length ? some(requests.length, "new request") : null,
    messages.length ? some(messages.length, "new or changed message") : null,
  ].filter(Boolean).join(", ");
}

/** The dialog that clears the log and the outbox. */
export function clearing({ dialogs, activity, refresh }) {
  const dialog = byId("clear-dialog");
  byId("clear").addEventListener("click", () => dialogs.open(dialog));
  dialogs.onSubmit(dialog, async (form) => {
    if (form.has("requests")) await send("DELETE", "requests");
    if (form.has("messages")) await send("DELETE", "outbox");
    activity.forget();
    return "Cleared";
  });
}
