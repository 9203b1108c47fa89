// A request or a message in full.

import { confirmation, read } from "./api.js";
import { button, complain, copy, copyable, el, tag, when } from "./dom.js";
import { bodyOf } from "./json.js";
import { STATES, TOKENS, isRefused, statusKind } from "./stream.js";
import { duration, maskedPhone, some } from "./text.js";

/** A request: what was sent and what was answered side by side, and why it was answered so. */
export function requestView(request, { texts, now, onlyPath, tryOther, openAccount }) {
  const { status, fault, hint } = request;
  const account = /\/account\/([^/?*]+)/.exec(request.path)?.[1];
  const error = el("p", { class: "error", role: "alert", hidden: true });
  const copyWhole = async () => {
    try {
      const { curl } = await read(`requests/${request.id}/curl`);
      complain(error);
      await copy(curl, "the command");
    } catch (refused) {
      complain(error, refused);
    }
  };
  return {
    title: [el("span", { class: "method" }, request.method), " ", el("code", { class: "path" }, request.path)],
    children: [
      el("p", { class: "facts-line" },
        tag(statusKind(request), status ?? "no response"),
        request.observed ? tag("observed", "observed", { title: "Written as the real API was seen to answer" }) : null,
        el("span", {}, TOKENS[request.token]),
        el("span", {}, `${request.format} format`),
        el("span", {}, duration(request.duration_ms)),
        when(request.at, now),
        el("span", { class: "quiet" }, `Request ${request.id}`)),
      hint ? el("p", { class: isRefused(request) ? "note refusal" : "note" }, hint) : null,
      fault ? el("p", { class: "note" }, `Fault ${fault.id} applied: ${fault.kind}.`) : null,
      el("p", { class: "buttons" },
        button("Copy as curl", { title: "With the token and all values" }, copyWhole),
        button("Only this path", { class: "ghost" }, () => onlyPath(request.path)),
        account ? button(`Account ${account.slice(0, 8)}`, { class: "ghost" }, () => openAccount(account)) : null),
      error,
      el("div", { class: "sides" },
        side("Request", request.request, "the request body"),
        side("Response", request.response, "the response body")),
      basis(request, { texts, tryOther }),
      el("details", {},
        el("summary", {}, "As curl, masked"),
        el("pre", { class: "curl", tabindex: "0", "aria-label": "The request as curl, masked" }, request.curl)),
    ],
  };
}

/** The headers and the body of a request or a response. */
function side(title, part, what) {
  return el("section", { class: "side-of", "aria-label": title },
    el("h3", {}, title),
    !part
      ? el("p", { class: "quiet" }, "The connection ended without a response.")
      : [
        el("details", { "data-key": `headers-${title}` },
          el("summary", {}, "Headers ", el("span", { class: "count" }, Object.keys(part.headers).length)),
          el("dl", { class: "headers" }, Object.entries(part.headers).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]))),
        bodyOf(part.body, what),
        part.is_cut ? el("p", { class: "quiet small" }, part.body === null ? cut(part.bytes) : `Only the beginning is kept. ${cut(part.bytes)}`) : null,
      ]);
}

const cut = (bytes) => (bytes === null ? "Its length is not known." : `It had ${some(bytes, "byte")}.`);

/** Why the mock answered so: what is documented, what is assumed, and what was observed. */
function basis({ facts, assumptions, observed }, { texts, tryOther }) {
  const rows = [
    observed ? [tag("observed", "observed"), "Real API", `Written as the real API answered${texts.profileDate() ? `, seen on ${texts.profileDate()}` : ""}.`] : null,
    ...assumptions.map((key) => [
      tag("assumed", "assumed"),
      key,
      [texts.assumption(key), " ", button("Try another", { class: "ghost small", "aria-label": `Try another value of ${key}` }, () => tryOther(key))],
    ]),
    ...facts.map((id) => [tag("good", "documented"), id, texts.fact(id)]),
  ].filter(Boolean);
  return el("section", { class: "basis", "aria-labelledby": "basis-heading" },
    el("h3", { id: "basis-heading" }, "Why this response"),
    el("ul", {}, rows.map(([kind, name, text]) => el("li", {}, kind, el("code", {}, name), el("span", { class: "quiet" }, text)))));
}

const ABOUT = {
  open: (what) => `Its ${what} works.`,
  used: (what) => `Its ${what} was used.`,
  replaced: (what) => `A newer ${what} has replaced its own.`,
  expired: (what) => `Its ${what} no longer works: its time is over, or the item is gone.`,
  none: () => "It has neither a link nor a code.",
};

/** A message: its text, and what one can do with it. */
export function messageView(message, { now, reveals, confirm, openAccount }) {
  const { id, channel, link, code, state } = message;
  const isOpen = state === "open";
  const to = channel === "sms" && !reveals ? maskedPhone(message.to) : message.to;
  return {
    title: [message.subject ?? "SMS"],
    mark: `${state} ${reveals}`,
    children: [
      el("p", { class: "facts-line" },
        state === "none" ? null : tag(STATES[state], state),
        el("span", {}, `${channel === "sms" ? "SMS" : "Email"} to `, el("strong", {}, to)),
        when(message.sent_at, now),
        el("span", { class: "quiet" }, `Message ${id}`)),
      el("p", { class: "note" }, ABOUT[state](link ? "link" : "code")),
      el("pre", { class: "letter" }, message.text),
      el("p", { class: "buttons" },
        link && isOpen ? button("Confirm", { class: "main" }, () => confirm(message)) : null,
        code && isOpen ? copyable(code, `the code ${code}`, "code") : null,
        link ? el("a", { class: "as-button", href: confirmation(link), target: "_blank", rel: "noreferrer" }, "Open the link in a new tab") : null,
        link ? button("Copy the link", { class: "ghost" }, () => copy(link, "the link")) : null,
        button(`Account ${message.account_id}`, { class: "ghost" }, () => openAccount(message.account_id))),
      el("p", { class: "quiet small" }, "Kind: ", el("code", {}, message.kind)),
    ],
  };
}
