// The journal, live: the requests, their responses, and the basis of each response.

import { read, send } from "./api.js";
import { byId, complain, complaining, copy, el, say, some, when } from "./dom.js";

/** So many requests are shown, the last ones. */
const SHOWN = 200;

/** Requests end in another order than they begin: so many before the last one are asked for again. */
const OVERLAP = 50;

/** The requests of the world. `texts` has the texts of facts, by their ids, and the values of assumptions. */
export function journal({ refresh, texts }) {
  const list = byId("journal-list");
  const heading = byId("journal-heading");
  const none = el("li", { class: "none" }, "No request yet. Requests to the documented routes show here at once.");
  /** The rows by the id of their request. */
  const rows = new Map();
  let last = 0;
  let isFirst = true;

  heading.tabIndex = -1;
  byId("refused-only").addEventListener("change", (event) => list.classList.toggle("refused-only", event.target.checked));
  byId("journal-clear").addEventListener("click", async () => {
    try {
      await send("DELETE", "requests");
      complain(byId("journal-error"));
      forget();
    } catch (error) {
      complain(byId("journal-error"), error);
    }
    await refresh();
  });

  function row(request, now) {
    const { status, fault } = request;
    // Without a status there was no response.
    const isRefused = status === null || status >= 400;
    const details = el("details", { "data-key": `request-${request.id}` },
      el("summary", {},
        when(request.at, now),
        el("span", { class: "method" }, request.method),
        el("code", { class: "path" }, request.path),
        el("span", { class: `tag ${isRefused ? "alarm" : "good"}` }, status ?? "no response"),
        el("span", { class: "quiet token" }, request.token === "none" ? "no token" : `${request.token} token`)));
    // The details are written when a row is opened: most rows never are.
    details.addEventListener("toggle", () => details.children.length > 1 || details.append(within(request)), { once: true });
    return el("li", { class: isRefused ? "refused" : null, "data-request": request.id },
      details,
      request.hint
        ? el("p", { class: "hint" }, fault ? [el("span", { class: "tag waiting" }, `fault ${fault.id}: ${fault.kind}`), " "] : null, request.hint)
        : null);
  }

  function within(request) {
    const error = el("p", { class: "error", role: "alert", hidden: true });
    const copyWhole = async () => {
      try {
        const { curl } = await read(`requests/${request.id}/curl`);
        complain(error);
        await copy(curl, "Command");
      } catch (refused) {
        complain(error, refused);
      }
    };
    return el("div", { class: "within" },
      el("p", { class: "quiet" }, `Request ${request.id}, answered in the ${request.format} format.`),
      basis("Facts", request.facts.map((id) => [id, texts.fact(id)])),
      basis("Assumptions", request.assumptions.map((key) => [key, texts.assumption(key)])),
      el("pre", { class: "curl", tabindex: "0", "aria-label": "The request as curl, masked" }, request.curl),
      el("p", { class: "buttons" },
        el("button", { type: "button", onclick: copyWhole }, "Copy as curl"),
        el("span", { class: "quiet" }, "The copy holds the token and all values.")),
      error);
  }

  function basis(title, named) {
    if (named.length === 0) return null;
    return el("dl", { class: "basis" },
      el("dt", {}, title),
      named.map(([name, text]) => el("dd", {}, el("code", {}, name), " ", el("span", { class: "quiet" }, text))));
  }

  function forget() {
    if (list.contains(document.activeElement)) heading.focus();
    rows.clear();
    list.replaceChildren();
    last = 0;
    isFirst = true;
  }

  return {
    async refresh(now) {
      const path = `requests?after=${Math.max(0, last - OVERLAP)}&limit=${SHOWN}`;
      const { requests } = await complaining(byId("journal-error"), () => read(path));
      const fresh = requests.filter((request) => !rows.has(request.id));
      for (const request of fresh) {
        const made = row(request, now);
        const above = [...rows.keys()].filter((id) => id > request.id);
        // Newest first; nearly always that is the very first place.
        if (above.length === 0) list.prepend(made);
        else rows.get(Math.min(...above)).after(made);
        rows.set(request.id, made);
      }
      last = Math.max(last, ...fresh.map((request) => request.id));
      const tooMany = [...rows.keys()].sort((one, other) => one - other).slice(0, Math.max(0, rows.size - SHOWN));
      for (const id of tooMany) {
        if (rows.get(id).contains(document.activeElement)) heading.focus();
        rows.get(id).remove();
        rows.delete(id);
      }
      if (rows.size === 0) list.append(none);
      else none.remove();
      byId("journal-count").textContent = rows.size < SHOWN ? rows.size : `the last ${SHOWN}`;
      byId("journal-jump").textContent = rows.size < SHOWN ? rows.size : `${SHOWN}+`;
      byId("journal-clear").hidden = rows.size === 0;
      if (fresh.length > 0 && !isFirst) say(newsOf(fresh));
      isFirst = false;
    },
    forget,
  };
}

function newsOf(requests) {
  if (requests.length > 1) return some(requests.length, "new request");
  const [{ method, path, status }] = requests;
  return `${method} ${path}: ${status ?? "no response"}`;
}
