// The accounts of the world, and the one that is looked at.

import { confirm, confirmation, read, readText } from "./api.js";
import { byId, complain, complaining, copy, el, idOf, say, show, some, when } from "./dom.js";
import { KINDS } from "./kinds.js";

const PAGE = 50;

/** The list of accounts and the selected one. `refresh` looks at everything again, `leak` and `eid` open their dialogs. */
export function accounts({ refresh, leak, eid }) {
  const list = byId("accounts-list");
  const body = byId("account-body");
  const heading = byId("account-heading");
  const search = byId("search");
  let limit = PAGE;
  let selected = null;
  let shownList = null;
  let shownAccount = null;
  let now = null;

  search.addEventListener("input", () => {
    limit = PAGE;
    refreshList().catch(() => {});
  });
  byId("accounts-more").addEventListener("click", () => {
    limit += PAGE;
    refreshList().catch(() => {});
  });
  byId("reveal").addEventListener("change", refresh);

  /** Lists the accounts, page by page up to what has been asked for. */
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
    // Somebody has typed on; what they look for now is on its way.
    if (term !== search.value) return;
    const found = pages.flatMap((page) => page.accounts);
    const { total } = pages[0];
    if (selected === null && found.length > 0) {
      selected = String(found[0].id);
      await refreshAccount();
    }
    const text = JSON.stringify([found, total, selected, term]);
    if (text === shownList) return;
    shownList = text;
    byId("accounts-count").textContent = found.length < total ? `${found.length} of ${total.toLocaleString("en")}` : total;
    byId("accounts-more").hidden = next === null;
    const nobody = term ? "No account is found by that." : "This world has no accounts.";
    show(list, found.length ? found.map(listed) : [el("li", { class: "none" }, nobody)], search);
  }

  function listed(account) {
    const id = String(account.id);
    return el("li", {},
      el("button", {
        type: "button",
        class: "account",
        "data-key": `account-${id}`,
        "aria-current": id === selected ? "true" : null,
        onclick: () => select(id),
      },
      el("span", { class: "name" }, `${account.first_name} ${account.last_name}`),
      idOf(id),
      el("span", { class: "email", title: account.email }, account.email ?? "no email"),
      el("span", { class: "tags" },
        tag("", some(account.items, "item")),
        account.pending ? tag("waiting", `${account.pending} waiting`) : null,
        account.leaks ? tag("", some(account.leaks, "leak")) : null,
        account.open_alarms ? tag("alarm", `${some(account.open_alarms, "alarm")} open`) : null)));
  }

  async function select(id) {
    selected = id;
    await Promise.allSettled([refreshAccount(), refreshList()]);
    // Where the account stands below the list, the eye must be led there.
    if (matchMedia("(max-width: 70rem)").matches) byId("account").scrollIntoView();
    say(`Showing ${heading.textContent}`);
  }

  /** Shows the selected account, if it has changed. */
  async function refreshAccount() {
    if (selected === null) {
      body.replaceChildren();
      heading.textContent = "Account";
      return;
    }
    const id = selected;
    const reveal = byId("reveal").checked;
    let text;
    try {
      text = await readText(`accounts/${encodeURIComponent(id)}${reveal ? "?reveal=true" : ""}`);
      complain(byId("account-error"));
    } catch (error) {
      if (error.status === 404) {
        selected = null;
        shownAccount = null;
        return refreshAccount();
      }
      complain(byId("account-error"), error);
      throw error;
    }
    if (id !== selected || text === shownAccount) return;
    shownAccount = text;
    const { account } = JSON.parse(text);
    heading.textContent = `${account.first_name} ${account.last_name}`;
    show(body, whole(account), heading);
  }

  function whole(account) {
    const items = account.items.map((one) => item(account, one));
    const leaks = account.leaks.map(leakRow).reverse();
    return [
      profile(account),
      el("h3", {}, "Items ", el("span", { class: "count" }, account.items.length)),
      el("ul", { class: "rows" }, items.length ? items : el("li", { class: "none" }, "This account watches nothing.")),
      el("h3", {}, "Leaks and alarms ", el("span", { class: "count" }, account.leaks.length)),
      el("ul", { class: "rows" }, leaks.length ? leaks : el("li", { class: "none" }, "No breach holds what it watches.")),
    ];
  }

  function profile(account) {
    const ssn = account.ssn
      ? [el("code", {}, account.ssn), account.is_ssn_monitored ? " monitored" : " not monitored"]
      : ["none"];
    const pairs = [
      ["Id", [el("code", {}, String(account.id))]],
      ["Partner", [String(account.partner)]],
      ["Email", [account.email ?? "none", differs(account)]],
      ["Phone", [account.phone ? el("code", {}, account.phone) : "none"]],
      ["SSN", ssn],
      ["Plan", [`${account.plan_id}, ${account.online ? "with" : "without"} Online Data`]],
      account.online ? ["Online Data", [online(account.online)]] : null,
    ];
    const buttons = account.ssn
      ? el("button", { type: "button", "data-key": "leak-ssn", onclick: () => leak(account, "ssn") }, "Leak the SSN")
      : el("button", { type: "button", "data-key": "eid", onclick: () => eid(account) }, "Complete an electronic ID");
    return el("div", { class: "profile" },
      el("dl", {}, pairs.filter(Boolean).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
      buttons);
  }

  function differs(account) {
    const isOther = account.created_with && account.created_with !== account.email;
    return isOther ? ` (SSO knows it as ${account.created_with})` : null;
  }

  function online(standing) {
    if (!standing.has_profile) return "no profile yet";
    const parts = [
      standing.scan_status,
      `${standing.sites_completed + standing.sites_failed} of ${some(standing.sites_total, "site")} scanned`,
      standing.sites_failed ? `${standing.sites_failed} failed` : null,
      standing.sites_with_data ? `${standing.sites_with_data} with data` : null,
      standing.removal_requests_total
        ? `${standing.removal_requests_done} of ${some(standing.removal_requests_total, "removal")} done`
        : null,
    ];
    return parts.filter(Boolean).join(", ");
  }

  function item(account, one) {
    const key = `${one.kind}-${one.id}`;
    const state = one.waiting ? tag("waiting", one.waiting.is_over ? "expired" : "waiting") : tag("good", "confirmed");
    return el("li", { class: "item", "data-item": key },
      el("span", { class: "kind" }, KINDS[one.kind]),
      el("span", { class: "value" }, el("code", {}, one.value), " ", idOf(one.id)),
      el("span", { class: "tags" }, state, one.leaks ? tag("", some(one.leaks, "leak")) : null),
      el("span", { class: "buttons" },
        confirmButton(one, key),
        el("button", {
          type: "button",
          class: "quiet",
          "data-key": `leak-${key}`,
          "aria-label": `Leak this ${KINDS[one.kind]}, number ${one.id}`,
          onclick: () => leak(account, one.kind, one.id),
        }, "Leak this")),
      one.waiting ? why(one.waiting, key) : null);
  }

  function confirmButton({ waiting, kind, id }, key) {
    if (!waiting || waiting.is_over) return null;
    if (waiting.code) {
      const label = `Copy the code ${waiting.code}`;
      return el("button", { type: "button", "data-key": `code-${key}`, onclick: () => copy(waiting.code, "Code") }, label);
    }
    return el("button", {
      type: "button",
      class: "main",
      "data-key": `confirm-${key}`,
      "aria-label": `Confirm this ${KINDS[kind]}, number ${id}`,
      onclick: async (event) => {
        const place = event.target.closest("li").querySelector(".error");
        try {
          say(await confirm(waiting.link));
          complain(place);
        } catch (error) {
          complain(place, error);
        }
        await refresh();
      },
    }, "Confirm");
  }

  function why(waiting, key) {
    return el("div", { class: "why" },
      el("p", {}, waiting.is_over ? "Waited until " : "Waits until ", when(waiting.until, now), ": ", waiting.why),
      waiting.link && !waiting.is_over
        ? el("p", {}, el("a", { href: confirmation(waiting.link), target: "_blank", rel: "noreferrer", "data-key": `open-${key}` },
          "Open the link in a new tab"))
        : null,
      el("p", { class: "error", role: "alert", hidden: true }));
  }

  function leakRow(one) {
    const { alarm } = one;
    return el("li", { class: "leak" },
      tag(one.severity.toLowerCase(), one.severity),
      el("span", { class: "value" },
        el("strong", {}, one.title), " ",
        el("span", { class: "quiet" }, `${KINDS[one.kind]} `), el("code", {}, one.value)),
      el("span", { class: "tags" },
        alarm.status === "OPEN" ? tag("alarm", "alarm open") : tag("", "alarm closed"), idOf(alarm.id),
        one.is_watched ? null : tag("", "no longer watched")),
      el("span", { class: "quiet" }, "found ", when(one.found_at, now)));
  }

  return {
    /** Looks at everything again, at the fake's time `at`. */
    async refresh(at) {
      now = at;
      await refreshAccount();
      await refreshList();
    },
    /** Another world has come: nothing that is shown counts any more. */
    forget() {
      shownList = null;
      shownAccount = null;
    },
    /** The id of the account that is looked at. */
    selected: () => selected,
  };
}

const tag = (kind, text) => el("span", { class: `tag ${kind}`.trim() }, text);
