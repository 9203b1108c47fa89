// The outbox: links that confirm on a click, and codes to copy.

import { confirm, confirmation, readText, send } from "./api.js";
import { byId, complain, complaining, copy, el, idOf, masked, say, show, when } from "./dom.js";

/** So many messages are shown, the last ones. */
const SHOWN = 100;

/** How much of the end of a phone number is shown. */
const PHONE_SHOWN = 2;

/** The messages of the world. `refresh` reads everything again. */
export function outbox({ refresh }) {
  const list = byId("outbox-list");
  const heading = byId("outbox-heading");
  let shown = null;
  let now = null;
  /** The results of links that were opened here, by the id of their message. */
  const results = new Map();

  heading.tabIndex = -1;
  byId("outbox-clear").addEventListener("click", async () => {
    try {
      await send("DELETE", "outbox");
      complain(byId("outbox-error"));
      say("The outbox is empty; links and codes that were in it go on working");
    } catch (error) {
      complain(byId("outbox-error"), error);
    }
    await refresh();
  });

  function row(message) {
    const { id, channel, link, code } = message;
    const reveals = byId("reveal").checked;
    const to = channel === "sms" && !reveals ? masked(message.to, PHONE_SHOWN) : message.to;
    const result = results.get(id);
    return el("li", { class: "message", "data-message": id },
      el("span", { class: "quiet" }, when(message.sent_at, now)),
      el("span", { class: "value to" }, to),
      el("span", { class: "buttons" },
        code ? el("button", { type: "button", "data-key": `code-${id}`, onclick: () => copy(code, "Code") }, `Copy ${code}`) : null,
        link && result?.ok ? el("span", { class: "tag good" }, "confirmed") : null,
        link && !result?.ok
          ? el("button", {
            type: "button",
            class: "main",
            "data-key": `confirm-${id}`,
            "aria-label": `Confirm ${message.to}, message ${id}`,
            onclick: () => open(id, link),
          }, "Confirm")
          : null),
      el("p", { class: "error", role: "alert", hidden: !result || result.ok }, result && !result.ok ? result.text : null),
      el("details", { "data-key": `text-${id}` },
        el("summary", { "data-key": `text-of-${id}` }, `${message.kind}, account `, idOf(message.account_id)),
        message.subject ? el("p", {}, message.subject) : null,
        el("pre", {}, message.text),
        link
          ? el("p", { class: "buttons" },
            el("a", { href: confirmation(link), target: "_blank", rel: "noreferrer" }, "Open the link in a new tab"),
            el("button", { type: "button", class: "quiet", "data-key": `copy-${id}`, onclick: () => copy(link, "Link") }, "Copy the link"))
          : null));
  }

  async function open(id, link) {
    try {
      const text = await confirm(link);
      results.set(id, { ok: true, text });
      say(text);
    } catch (error) {
      results.set(id, { ok: false, text: error.message });
    }
    shown = null;
    await refresh();
  }

  return {
    async refresh(at) {
      now = at;
      const text = await complaining(byId("outbox-error"), () => readText(`outbox?limit=${SHOWN + 1}`));
      const state = `${byId("reveal").checked} ${text}`;
      if (state === shown) return;
      shown = state;
      const { messages } = JSON.parse(text);
      const count = messages.length > SHOWN ? `the last ${SHOWN}` : messages.length;
      byId("outbox-count").textContent = count;
      byId("outbox-jump").textContent = messages.length > SHOWN ? `${SHOWN}+` : messages.length;
      byId("outbox-clear").hidden = messages.length === 0;
      const rows = messages.slice(-SHOWN).map(row).reverse();
      const none = "No message yet. An item that needs confirmation sends one.";
      show(list, rows.length ? rows : [el("li", { class: "none" }, none)], heading);
    },
    forget() {
      shown = null;
      results.clear();
    },
  };
}
