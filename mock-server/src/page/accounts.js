// The accounts of the world: a list in which the selected one is open.

import { read, readText } from "./api.js";
import { accountView } from "./account.js";
import { announce, byId, complain, complaining, el, idOf, remember, remembered, show, tag } from "./dom.js";
import { arrows, reachable } from "./keys.js";
import { some } from "./text.js";

const PAGE = 50;
const REVEALS = "defentry-mock-numbers";

/** The accounts. `actions` are what one can do with an account; `refresh` reads everything again. */
export function accounts({ refresh, actions }) {
  const list = byId("accounts-list");
  const search = byId("search");
  const reveal = byId("reveal");
  let limit = PAGE;
  let selected = null;
  /** The selected account, with everything that belongs to it. */
  let opened = null;
  let openedText = null;
  let found = [];
  let shown = null;
  let isFirst = true;
  let now = null;

  arrows(list);
  reveal.checked = remembered(REVEALS);
  reveal.addEventListener("change", () => {
    remember(REVEALS, reveal.checked);
    refresh();
  });
  search.addEventListener("input", () => {
    limit = PAGE;
    refreshList().catch(() => {});
  });
  search.addEventListener("keydown", async (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      list.querySelector(".row")?.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      await refreshList().catch(() => {});
      if (found.length > 0) await select(String(found[0].id));
    }
  });
  byId("accounts-more").addEventListener("click", () => {
    limit += PAGE;
    refreshList().catch(() => {});
  });

  /** Lists the accounts, page by page up to `limit`. */
  async function refreshList() {
    const term = search.value;
    const pages = [];
    let next = null;
    await complaining(byId("accounts-error"), async () => {
      do {
        const after = next === null ? "" : `&after=${encodeURIComponent(next)}`;
        const page = await read(`accounts?limit=${PAGE}&search=${encodeURIComponent(term)}${after}`);
        pages.push(page);
        next = page.next;
      } while (next !== null && pages.length * PAGE < limit);
    });
    // The search text has changed since; the list for it is on its way.
    if (term !== search.value) return;
    found = pages.flatMap((page) => page.accounts);
    const { total } = term ? await read("accounts?limit=1") : pages[0];
    if (term !== search.value) return;
    if (isFirst && found.length > 0) {
      selected = String(found[0].id);
      isFirst = false;
      await refreshSelected();
    }
    const count = found.length < total ? `${found.length} of ${total.toLocaleString("en")}` : total;
    byId("accounts-count").textContent = byId("accounts-tab").textContent = count;
    byId("accounts-more").hidden = next === null;
    write();
  }

  /** Writes the list, if anything in it has changed. */
  function write() {
    const text = JSON.stringify([found, selected, openedText]);
    if (text === shown) return;
    shown = text;
    const none = search.value ? "No account matches." : "This world has no accounts yet.";
    show(list, found.length ? found.map(listed) : [el("li", { class: "none" }, none)], search);
    reachable(list);
  }

  function listed(account) {
    const id = String(account.id);
    const isOpen = id === selected && opened !== null;
    return el("li", { class: isOpen ? "account open" : "account", "data-account": id },
      el("button", {
        type: "button",
        class: "row",
        tabindex: "-1",
        "data-key": `account-${id}`,
        "aria-expanded": String(isOpen),
        onclick: () => select(isOpen ? null : id),
      },
      el("span", { class: "name" }, `${account.first_name} ${account.last_name}`, " ", idText(account.id)),
      el("span", { class: "email" }, account.email ?? "no email"),
      el("span", { class: "tags" },
        tag("", some(account.items, "item")),
        account.pending ? tag("open", `${account.pending} pending`) : null,
        account.open_alarms ? tag("alarm", `${some(account.open_alarms, "open alarm")}`) : null)),
      isOpen ? accountView(opened, { now, actions, refresh }) : null);
  }

  async function select(id) {
    selected = id;
    await Promise.allSettled([refreshSelected()]);
    write();
    if (opened) announce(`Showing ${opened.first_name} ${opened.last_name}`);
  }

  /** Reads the selected account. */
  async function refreshSelected() {
    const id = selected;
    let text = null;
    if (id !== null) {
      try {
        text = await readText(`accounts/${encodeURIComponent(id)}${reveal.checked ? "?reveal=true" : ""}`);
        complain(byId("accounts-error"));
      } catch (error) {
        if (error.status !== 404) {
          complain(byId("accounts-error"), error);
          throw error;
        }
        selected = null;
      }
    }
    if (id !== selected && selected !== null) return;
    openedText = text;
    opened = text && JSON.parse(text).account;
  }

  return {
    /** Reads everything again, at the mock's time `at`. */
    async refresh(at) {
      now = at;
      await refreshSelected();
      await refreshList();
    },
    /** Another world has come: everything that is shown is out of date. */
    forget() {
      shown = null;
      openedText = null;
      isFirst = selected === null;
    },
    /** Opens the account with this id. */
    select: (id) => select(String(id)),
    /** The selected account. */
    selected: () => opened,
    /** The accounts that are listed. */
    found: () => found,
  };
}

const idText = (id) => el("span", { class: "quiet" }, idOf(id));
