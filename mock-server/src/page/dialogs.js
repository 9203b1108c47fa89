// What a person does to the world: add a leak, complete an electronic ID, move the clock, make a sandbox, reset.

import { read, send } from "./api.js";
import { byId, complain, el, say, show, some } from "./dom.js";
import { KINDS } from "./kinds.js";

const PROVIDERS = { SE: "bankid", DK: "mitid", FI: "ftn" };

const DUE = {
  "crm-token-expired": "CRM token expired",
  "app-token-expired": "app token expired",
  "sso-code-expired": "one-time SSO code expired",
  "confirmation-link-expired": "confirmation link expired",
  "verification-code-expired": "verification code expired",
  "scan-completed": "scan of a site completed",
  "scan-failed": "scan of a site failed",
  "removal-moved-on": "removal request moved on",
};

/** So many things that fell due are listed. */
const DUE_SHOWN = 20;

/** The dialogs. `refresh` looks at everything again; `selected` is the id of the account that is looked at. */
export function dialogs({ refresh, selected }) {
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.querySelector(".cancel").addEventListener("click", () => dialog.close());
    // Without an answer to a submit, Enter in a field would leave the page.
    dialog.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  }

  /** Runs `act` when the form of a dialog is sent, shows in place what is refused, and otherwise closes the dialog. */
  function onSubmit(dialog, act) {
    dialog.querySelector("form").addEventListener("submit", (event) => attempt(dialog, () => act(new FormData(event.target))));
  }

  async function attempt(dialog, act) {
    const place = dialog.querySelector(".error");
    try {
      const done = await act();
      complain(place);
      if (done) {
        dialog.close();
        say(done);
      }
    } catch (error) {
      complain(place, error);
    }
    await refresh();
  }

  function open(dialog) {
    complain(dialog.querySelector(".error"));
    dialog.showModal();
  }

  // A leak.

  const leakDialog = byId("leak-dialog");
  const leakForm = leakDialog.querySelector("form").elements;

  /** Hides a number of a person until it is asked for; it is in the form all the same. */
  function conceal(hides) {
    byId("leak-conceal").hidden = !hides;
    leakForm.shown.checked = false;
    leakForm.value.classList.toggle("concealed", hides);
  }

  leakForm.kind.append(...Object.entries(KINDS).map(([kind, title]) => el("option", { value: kind }, title)));
  leakForm.shown.addEventListener("change", () => leakForm.value.classList.toggle("concealed", !leakForm.shown.checked));

  onSubmit(leakDialog, async (form) => {
    const leak = { kind: form.get("kind"), value: form.get("value"), has_password: form.has("has_password") };
    if (form.get("severity")) leak.severity = form.get("severity");
    if (form.get("title")) leak.title = form.get("title");
    const { seen_by: seenBy } = await send("POST", "leaks", leak);
    return seenBy.length
      ? `Leaked; an alarm was raised on ${some(seenBy.length, "account")}`
      : "Leaked; nobody watches that value yet";
  });

  function openLeak(kind, value, hides) {
    leakDialog.querySelector("form").reset();
    conceal(hides);
    if (kind) leakForm.kind.value = kind;
    if (value) leakForm.value.value = value;
    open(leakDialog);
    if (value) leakForm.severity.focus();
  }

  // An electronic ID.

  const eidDialog = byId("eid-dialog");
  const eidForm = eidDialog.querySelector("form").elements;

  onSubmit(eidDialog, async (form) => {
    const eid = { provider: form.get("provider"), ssn: form.get("ssn") };
    await send("POST", `accounts/${encodeURIComponent(form.get("account").trim())}/eid`, eid);
    return "The electronic ID is complete, and the SSN is set";
  });

  function openEid(account) {
    eidDialog.querySelector("form").reset();
    eidForm.account.value = account?.id ?? selected() ?? "";
    eidForm.provider.value = PROVIDERS[account?.country_code] ?? "bankid";
    open(eidDialog);
    if (eidForm.account.value) eidForm.ssn.focus();
  }

  // The clock.

  const clockDialog = byId("clock-dialog");
  const clockForm = clockDialog.querySelector("form").elements;
  let isFrozen = false;

  const moveClock = (to) => attempt(clockDialog, async () => {
    const { due, now, frozen } = await send("PUT", "clock", to);
    const listed = due.slice(0, DUE_SHOWN).map(({ kind, token, at }) =>
      el("li", {}, el("time", {}, at), " ", DUE[kind] ?? kind, token ? ` (token ${token})` : ""));
    show(byId("clock-due"), [
      el("p", {}, due.length ? `${some(due.length, "thing")} fell due:` : "Nothing fell due."),
      el("ul", {}, listed, due.length > DUE_SHOWN ? el("li", {}, `and ${due.length - DUE_SHOWN} more`) : null),
    ]);
    tick(now, frozen);
  });

  for (const button of clockDialog.querySelectorAll("[data-advance]")) {
    button.addEventListener("click", () => moveClock({ advance_seconds: Number(button.dataset.advance) }));
  }
  byId("clock-freeze").addEventListener("click", () => moveClock({ frozen: !isFrozen }));
  clockDialog.querySelector("form").addEventListener("submit", () => {
    if (!clockForm.now.value) return complain(clockDialog.querySelector(".error"), new Error("Give a date and a time to set."));
    // Browsers leave the seconds out where they are none.
    return moveClock({ now: `${clockForm.now.value.padEnd(19, ":00")}Z` });
  });
  byId("clock").addEventListener("click", () => {
    byId("clock-due").replaceChildren();
    clockForm.now.value = (byId("clock-now").dataset.at ?? "").slice(0, 19);
    open(clockDialog);
  });

  /** Shows what the fake's clock shows. */
  function tick(now, frozen) {
    isFrozen = frozen;
    const shown = now.slice(0, 19).replace("T", " ");
    byId("now").textContent = frozen ? `${shown} (frozen)` : shown;
    byId("clock-now").textContent = `${shown} UTC`;
    byId("clock-now").dataset.at = now;
    byId("clock-state").textContent = frozen ? "stands still" : "runs";
    byId("clock-freeze").textContent = frozen ? "Let it run" : "Freeze";
  }

  // Sandboxes.

  const sandboxDialog = byId("sandbox-dialog");

  onSubmit(sandboxDialog, async (form) => {
    const lines = form.get("assume").split("\n").map((line) => line.trim()).filter(Boolean);
    const pairs = lines.map((line) => {
      const at = line.indexOf("=");
      if (at < 1) throw new Error(`${line} is not of the form KEY=VALUE, as in remove.status=200`);
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    });
    const wanted = { assume: Object.fromEntries(pairs) };
    if (form.get("seed")) wanted.seed = form.get("seed");
    const { id } = await send("POST", "sandboxes", wanted);
    location.assign(pageOf(id));
  });

  async function listSandboxes() {
    const { sandboxes } = await read("sandboxes");
    const here = sandboxHere();
    const rows = sandboxes.map(({ id }) =>
      el("li", { class: "sandbox" },
        id === here ? el("span", {}, el("code", {}, id), " is this one") : el("a", { href: pageOf(id) }, el("code", {}, id)),
        el("button", {
          type: "button",
          "data-key": `end-${id}`,
          "aria-label": `End sandbox ${id}`,
          onclick: () => attempt(sandboxDialog, async () => {
            await send("DELETE", `sandboxes/${id}`);
            await listSandboxes();
          }),
        }, "End")));
    show(byId("sandbox-list"), rows, sandboxDialog.querySelector(".main"));
  }

  // Reset.

  const resetDialog = byId("reset-dialog");
  onSubmit(resetDialog, async () => {
    await send("POST", "reset");
    return "The world is as its seed has it";
  });

  const openers = {
    leak: () => openLeak(),
    eid: () => openEid(),
    reset: () => open(resetDialog),
    sandbox: () => {
      open(sandboxDialog);
      listSandboxes().catch((error) => complain(sandboxDialog.querySelector(".error"), error));
    },
  };
  for (const button of document.querySelectorAll("[data-dialog]")) {
    button.addEventListener("click", openers[button.dataset.dialog]);
  }

  return {
    tick,
    openEid,
    onSubmit,
    open,
    /** Offers to leak what an account holds. To be leaked it must be known: asking for that is asking for the number. */
    async leakOf(account, kind, id) {
      try {
        const { account: revealed } = await read(`accounts/${encodeURIComponent(account.id)}?reveal=true`);
        const item = revealed.items.find((item) => item.kind === kind && item.id === id);
        openLeak(kind, kind === "ssn" ? revealed.ssn : item?.value, kind !== "email" && !byId("reveal").checked);
      } catch (error) {
        complain(byId("account-error"), error);
      }
    },
  };
}

const BELOW_SANDBOX = /\/_sandbox\/([^/]+)\/_mock\/$/;

/** The sandbox that this page is below, if it is below one. */
export const sandboxHere = () => BELOW_SANDBOX.exec(location.pathname)?.[1] ?? null;

/** The page of a sandbox, or of the main world. */
export function pageOf(sandbox) {
  const root = location.pathname.replace(BELOW_SANDBOX, "/_mock/").replace(/_mock\/$/, "");
  return sandbox ? `${root}_sandbox/${encodeURIComponent(sandbox)}/_mock/` : `${root}_mock/`;
}
