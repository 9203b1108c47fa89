// The mock's clock: whether it was moved, and a dialog that moves it.

import { realTime, send } from "./api.js";
import { byId, complain, el, show } from "./dom.js";
import { some, span } from "./text.js";

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

/** A clock this many seconds off has been moved; less is the way of the response. */
const MOVED = 3;

/** The clock in the bar and its dialog. */
export function clock({ dialogs }) {
  const dialog = byId("clock-dialog");
  const form = dialog.querySelector("form");
  let isFrozen = false;
  let at = "";

  const move = (to) => dialogs.attempt(dialog, async () => {
    const { due, now, frozen } = await send("PUT", "clock", to);
    const listed = due.slice(0, DUE_SHOWN).map(({ kind, token, at }) =>
      el("li", {}, el("time", {}, at.replace("T", " ").replace("Z", "")), " ", DUE[kind] ?? kind, token ? ` (token ${token})` : ""));
    show(byId("clock-due"), [
      el("p", {}, due.length ? `${some(due.length, "thing")} fell due:` : "Nothing fell due."),
      el("ul", {}, listed, due.length > DUE_SHOWN ? el("li", {}, `and ${due.length - DUE_SHOWN} more`) : null),
    ]);
    tick(now, frozen);
  });

  for (const button of dialog.querySelectorAll("[data-advance]")) {
    button.addEventListener("click", () => move({ advance_seconds: Number(button.dataset.advance) }));
  }
  byId("clock-freeze").addEventListener("click", () => move({ frozen: !isFrozen }));
  form.addEventListener("submit", () => {
    const { value } = form.elements.now;
    if (!value) return complain(dialog.querySelector(".error"), new Error("Give a date and a time to set."));
    // Browsers leave out seconds that are zero.
    return move({ now: `${value.padEnd(19, ":00")}Z` });
  });
  byId("clock").addEventListener("click", open);

  function open() {
    byId("clock-due").replaceChildren();
    form.elements.now.value = at.slice(0, 19);
    dialogs.open(dialog);
  }

  /** Shows the mock's clock, and how far it is from the real one. */
  function tick(now, frozen) {
    isFrozen = frozen;
    at = now;
    const shown = now.slice(0, 19).replace("T", " ");
    const off = realTime === null ? 0 : (Date.parse(now) - realTime) / 1000;
    const isMoved = Math.abs(off) > MOVED;
    const moved = isMoved ? `${span(off)} ${off > 0 ? "ahead" : "behind"}` : null;
    const state = [moved, frozen ? "frozen" : null].filter(Boolean).join(", ");
    byId("now").textContent = shown;
    byId("now").dateTime = now;
    byId("clock").title = `The mock's clock, in UTC${state ? `: ${state}` : ""}. Press to move it.`;
    byId("clock-moved").textContent = state;
    byId("clock-moved").hidden = !state;
    byId("clock-now").textContent = `${shown} UTC`;
    byId("clock-state").textContent = state || "runs as the real time";
    byId("clock-freeze").textContent = frozen ? "Let it run" : "Freeze";
  }

  return { open, tick };
}
