// Dialogs: what they have in common, and those of a leak, an electronic ID and a reset.

import { read, send } from "./api.js";
import { byId, complain, el, say } from "./dom.js";
import { KINDS } from "./kinds.js";
import { some } from "./text.js";

const PROVIDERS = { SE: "bankid", DK: "mitid", FI: "ftn" };

/** How a value of each kind is written. */
const EXAMPLES = {
  email: "erika@example.com",
  phone: "+46701740650",
  iban: "SE3550000000054910000003",
  passport: "XX0000000",
  drivers_license: "850101-2390",
  credit_card: "5555555555554444",
  ssn: "19900101-2385",
};

/** What all dialogs do. `refresh` reads everything again. */
export function forms({ refresh }) {
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.querySelector(".cancel").addEventListener("click", () => dialog.close());
    // Otherwise Enter in a field would submit the form and leave the page.
    dialog.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
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

  return {
    attempt,
    /** Runs `act` when the form of a dialog is sent, shows a refusal in the dialog, and otherwise closes it. */
    onSubmit(dialog, act) {
      dialog.querySelector("form").addEventListener("submit", (event) => attempt(dialog, () => act(new FormData(event.target))));
    },
    open(dialog) {
      complain(dialog.querySelector(".error"));
      byId("actions").hidePopover?.();
      dialog.showModal();
    },
  };
}

/** The dialog that adds a leak. */
export function leaking({ dialogs, reveals }) {
  const dialog = byId("leak-dialog");
  const form = dialog.querySelector("form");
  const fields = form.elements;

  fields.kind.append(...Object.entries(KINDS).map(([kind, title]) => el("option", { value: kind }, title)));
  fields.kind.addEventListener("change", exemplify);
  fields.shown.addEventListener("change", () => fields.value.classList.toggle("concealed", !fields.shown.checked));

  function exemplify() {
    fields.value.placeholder = EXAMPLES[fields.kind.value] ?? "";
  }

  /** Hides a number of a person until it is asked for; it is in the form all the same. */
  function conceal(hides) {
    byId("leak-conceal").hidden = !hides;
    fields.shown.checked = false;
    fields.value.classList.toggle("concealed", hides);
  }

  dialogs.onSubmit(dialog, async (data) => {
    const kind = data.get("kind");
    const leak = { kind, value: data.get("value"), has_password: data.has("has_password") };
    if (data.get("severity")) leak.severity = data.get("severity");
    if (data.get("title")) leak.title = data.get("title");
    try {
      const { seen_by: seenBy } = await send("POST", "leaks", leak);
      return seenBy.length
        ? `Leaked; an alarm was raised on ${some(seenBy.length, "account")}`
        : "Leaked; no account watches that value yet, so nobody sees it";
    } catch (error) {
      if (error.status !== 400) throw error;
      throw new Error(`${KINDS[kind]}: ${error.message}; an example is ${EXAMPLES[kind]}`);
    }
  });

  function open(kind, value, hides = false) {
    form.reset();
    conceal(hides);
    if (kind) fields.kind.value = kind;
    if (value) fields.value.value = value;
    exemplify();
    dialogs.open(dialog);
    // With a value all is given: Enter adds the leak.
    if (value) form.querySelector(".main").focus();
    else fields.value.focus();
  }

  return {
    open,
    /** Offers to leak a value of an account. The form needs the value, so the number is read in full. */
    async leakOf(account, kind, id) {
      const { account: revealed } = await read(`accounts/${encodeURIComponent(account.id)}?reveal=true`);
      const item = revealed.items.find((item) => item.kind === kind && item.id === id);
      open(kind, kind === "ssn" ? revealed.ssn : item?.value, kind !== "email" && !reveals());
    },
  };
}

/** The dialog that completes an electronic ID. */
export function identifying({ dialogs }) {
  const dialog = byId("eid-dialog");
  const form = dialog.querySelector("form");

  dialogs.onSubmit(dialog, async (data) => {
    await send("POST", `accounts/${encodeURIComponent(data.get("account"))}/eid`, { provider: data.get("provider"), ssn: data.get("ssn") });
    return "The electronic ID is complete, and the SSN is set";
  });

  return {
    open(account) {
      form.reset();
      byId("eid-who").textContent = `${account.first_name} ${account.last_name}`;
      form.elements.account.value = account.id;
      form.elements.provider.value = PROVIDERS[account.country_code] ?? "bankid";
      dialogs.open(dialog);
      form.elements.ssn.focus();
    },
  };
}

/** The dialog that resets the world. */
export function resetting({ dialogs }) {
  const dialog = byId("reset-dialog");
  dialogs.onSubmit(dialog, async () => {
    await send("POST", "reset");
    return "The world is back at its seed";
  });
  return { open: () => dialogs.open(dialog) };
}
