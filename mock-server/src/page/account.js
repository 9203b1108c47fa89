// One account: who it is, what it watches, and what was found.

import { confirm, confirmation } from "./api.js";
import { button, byId, complain, copyable, el, idOf, say, tag, valueOf, when } from "./dom.js";
import { KINDS } from "./kinds.js";
import { shortMask, some } from "./text.js";

const SCANS = {
  SCAN_NOT_STARTED: "not scanned yet",
  SCAN_INITIATED: "scan in progress",
  SCAN_COMPLETED: "scan completed",
  SCAN_FAILED: "scan failed",
};

/** The account below its row in the list. `actions` are what one can do with it. */
export function accountView(account, { now, actions, refresh }) {
  /** Runs an action of a row, and shows a refusal above the accounts. */
  async function act(action) {
    try {
      say(await action());
      complain(byId("accounts-refusal"));
    } catch (error) {
      complain(byId("accounts-refusal"), error);
    }
    await refresh();
  }

  function profile() {
    const pairs = [
      ["Partner", actions.partnerName(account.partner)],
      ["Plan", `${account.plan_id}, ${account.online ? "with" : "without"} Online Data`],
      ["Phone", account.phone ? valueOf(account.phone) : "none"],
      ["SSN", account.ssn ? [valueOf(account.ssn), account.is_ssn_monitored ? " monitored" : " not monitored"] : "none"],
      account.created_with && account.created_with !== account.email ? ["SSO email", account.created_with] : null,
      account.online ? ["Online Data", online(account.online)] : null,
    ];
    return el("dl", { class: "pairs" }, pairs.filter(Boolean).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
  }

  function item(one) {
    const key = `${one.kind}-${one.id}`;
    const name = `${KINDS[one.kind]} ${one.id}`;
    const { waiting } = one;
    const state = waiting ? (waiting.is_over ? tag("over", "expired") : tag("open", "pending")) : tag("good", "confirmed");
    return el("li", { class: "entry", "data-item": key },
      el("div", { class: "what" },
        valueOf(one.value),
        el("span", { class: "quiet small" }, KINDS[one.kind], " ", idOf(one.id),
          one.leaks ? ` · ${some(one.leaks, "leak")}` : null)),
      state,
      button("Leak", { class: "ghost tail", key: `leak-${key}`, "aria-label": `Leak ${name}`, title: "Add a leak of this value" },
        () => actions.leak(account, one.kind, one.id)),
      waiting && !waiting.is_over
        ? el("div", { class: "waits" }, el("span", { class: "quiet small", title: waiting.why }, "until ", when(waiting.until, now)),
          confirming(waiting, key, name))
        : null);
  }

  function confirming({ link, code }, key, name) {
    if (code) return copyable(code, `the code of ${name}`, `code-${key}`);
    return [
      button("Confirm", { key: `confirm-${key}`, "aria-label": `Confirm ${name}`, title: "Open the link of the email" },
        () => act(() => confirm(link))),
      el("a", {
        href: confirmation(link), target: "_blank", rel: "noreferrer", class: "small", "data-key": `open-${key}`,
        "aria-label": `Open the link of ${name} in a new tab`, title: "Open the link in a new tab",
      }, "Link"),
    ];
  }

  function leak(one) {
    const { alarm } = one;
    const isOpen = alarm.status === "OPEN";
    return el("li", { class: "entry leak", "data-alarm": alarm.id },
      severity(one.severity),
      el("div", { class: "what" },
        el("strong", {}, one.title),
        el("span", { class: "quiet small" }, KINDS[one.kind], " ", shortMask(one.value), " · ", when(one.found_at, now),
          one.is_watched ? null : " · no longer watched")),
      tag(isOpen ? "alarm" : "", isOpen ? "alarm open" : "alarm closed", { title: `Alarm ${alarm.id}` }),
      isOpen
        ? button("Close", { class: "ghost tail", key: `close-${alarm.id}`, "aria-label": `Close alarm ${alarm.id}`, title: "Close the alarm" },
          () => act(() => actions.closeAlarm(account, alarm.id)))
        : el("span", { class: "tail" }));
  }

  const leaks = account.leaks.map(leak).reverse();
  return el("div", { class: "whole" },
    profile(),
    el("p", { class: "buttons" },
      button("Add item", { key: "add-item" }, () => actions.addItem(account)),
      account.ssn
        ? button("Leak the SSN", { class: "ghost", key: "leak-ssn" }, () => actions.leak(account, "ssn"))
        : button("Electronic ID", { key: "eid", title: "Act as the user signing in with an electronic ID, which sets the SSN" },
          () => actions.eid(account))),
    el("h3", {}, "Items ", el("span", { class: "count" }, account.items.length)),
    el("ul", {}, account.items.length ? account.items.map(item) : el("li", { class: "none" }, "It watches nothing yet.")),
    el("h3", {}, "Leaks and alarms ", el("span", { class: "count" }, account.leaks.length)),
    el("ul", {}, leaks.length ? leaks : el("li", { class: "none" }, "No leak holds what it watches.")));
}

function online(state) {
  if (!state.has_profile) return "no profile yet";
  const parts = [
    SCANS[state.scan_status] ?? state.scan_status,
    `${state.sites_completed + state.sites_failed} of ${some(state.sites_total, "site")}`,
    state.sites_failed ? `${state.sites_failed} failed` : null,
    state.sites_with_data ? `${state.sites_with_data} with data` : null,
    state.removal_requests_total
      ? `${state.removal_requests_done} of ${some(state.removal_requests_total, "removal")} done`
      : null,
  ];
  return parts.filter(Boolean).join(", ");
}

/** A severity as bars and as a word. */
function severity(name) {
  return el("span", { class: `severity ${name.toLowerCase()}` },
    el("span", { class: "bars", "aria-hidden": "true" }, [1, 2, 3, 4].map(() => el("i", {}))), name.charAt(0) + name.slice(1).toLowerCase());
}
