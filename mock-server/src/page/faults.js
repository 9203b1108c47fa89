// The faults of this world, how often each has matched, and a form to set one.

import { read, readText, send } from "./api.js";
import { byId, complain, complaining, el, masked, say, show, some } from "./dom.js";

/** How much of the end of a phone number is shown. */
const PHONE_SHOWN = 2;

/** The effects of faults, by kind, and the fields of each kind. */
const KINDS = {
  "status": { name: "Error status", own: ["status", "when"], does: ({ status, when }) => `answers ${status}${moment(when)}` },
  "latency": { name: "Slow responses", own: ["milliseconds"], does: ({ milliseconds }) => `answers ${late(milliseconds)} late` },
  "throttle": {
    name: "Throttling",
    own: ["retry_after_seconds"],
    does: ({ retry_after_seconds: seconds }) => `answers too many requests, with Retry-After: ${seconds}`,
  },
  "cut": { name: "Closed connection", own: ["when"], does: ({ when }) => `closes the connection${moment(when)}` },
  "reset": { name: "Reset connection", own: ["when"], does: ({ when }) => `resets the connection${moment(when)}` },
  "truncate": { name: "Truncated responses", own: ["bytes"], does: ({ bytes }) => `cuts the body after ${some(bytes, "byte")}` },
  "message-delay": {
    name: "Late messages",
    own: ["seconds"],
    isOfMessages: true,
    does: ({ seconds }) => `arrives ${some(seconds, "second")} late`,
  },
  "message-drop": { name: "Lost messages", own: [], isOfMessages: true, does: () => "never arrives" },
  "message-double": { name: "Doubled messages", own: [], isOfMessages: true, does: () => "arrives twice" },
  "message-reorder": { name: "Messages out of order", own: [], isOfMessages: true, does: () => "arrives after the next one" },
};

const moment = (when) => (when === "after" ? " after the work is done" : " before the work is done");

function late(milliseconds) {
  if (typeof milliseconds === "number") return `${milliseconds} ms`;
  const { uniform, lognormal } = milliseconds;
  return uniform ? `${uniform[0]} to ${uniform[1]} ms` : `about ${lognormal.median} ms`;
}

/** The faults of the world. `refresh` reads everything again; `onSubmit` and `open` are those of the dialogs. */
export function faults({ refresh, onSubmit, open }) {
  const list = byId("faults-list");
  const dialog = byId("fault-dialog");
  const form = dialog.querySelector("form").elements;
  let shown = null;
  let hasPaths = false;

  form.kind.append(...Object.entries(KINDS).map(([kind, { name }]) => el("option", { value: kind }, name)));
  form.kind.addEventListener("change", fit);
  byId("set-fault").addEventListener("click", openForm);
  byId("faults-clear").addEventListener("click", () => end("faults", "No fault is set"));

  /** Shows the fields of the kind that is chosen, and no others; hidden fields are not sent. */
  function fit() {
    const { own, isOfMessages } = KINDS[form.kind.value];
    for (const part of dialog.querySelectorAll("[data-of]")) {
      const isMeant = part.dataset.of === (isOfMessages ? "messages" : "requests") || own.includes(part.dataset.of);
      part.hidden = !isMeant;
      part.querySelectorAll("input, select").forEach((field) => (field.disabled = !isMeant));
    }
  }

  async function openForm() {
    dialog.querySelector("form").reset();
    fit();
    open(dialog);
    if (hasPaths) return;
    try {
      const { paths } = await read("openapi.json");
      byId("fault-paths").replaceChildren(...Object.keys(paths).map((path) => el("option", { value: path })));
      hasPaths = true;
    } catch {
      // Without suggestions a path is typed.
    }
  }

  onSubmit(dialog, async (data) => {
    const isNumber = (name) => dialog.querySelector(`[name="${name}"]`).type === "number" || name === "status";
    const given = [...data].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== "");
    const fault = Object.fromEntries(given.map(([name, value]) => [name, isNumber(name) ? Number(value) : value]));
    const { id } = await send("POST", "faults", fault);
    return `Fault ${id} is set`;
  });

  async function end(path, done) {
    try {
      await send("DELETE", path);
      complain(byId("faults-error"));
      say(done);
    } catch (error) {
      complain(byId("faults-error"), error);
    }
    await refresh();
  }

  function target(fault) {
    const reveals = byId("reveal").checked;
    if (KINDS[fault.kind].isOfMessages) {
      const to = fault.to && !fault.to.includes("@") && !reveals ? masked(fault.to, PHONE_SHOWN) : fault.to;
      return [{ email: "every email", sms: "every SMS" }[fault.channel] ?? "every message", to ? ` to ${to}` : ""].join("");
    }
    const token = fault.token === "none" ? "without a token" : fault.token ? `with token ${fault.token}` : "";
    return [fault.method, fault.path ?? "every path", token].filter(Boolean).join(" ");
  }

  function many({ next, share, matched, left, ends_at: endsAt, is_over: isOver }) {
    const so = share === undefined ? "" : `${Math.round(share * 1000) / 10}% of them; `;
    const rest = isOver ? "over" : next === undefined ? (endsAt ? `until ${endsAt}` : "until it is ended") : `${left} to come`;
    return `${so}matched ${matched === 1 ? "once" : `${matched} times`}; ${rest}`;
  }

  function row(fault) {
    return el("li", { class: "fault", "data-fault": fault.id },
      el("span", { class: `tag ${fault.is_over ? "" : "waiting"}` }, `${fault.id}: ${fault.kind}`),
      el("code", { class: "path" }, target(fault)),
      el("button", {
        type: "button",
        "data-key": `end-${fault.id}`,
        "aria-label": `End fault ${fault.id}`,
        onclick: () => end(`faults/${fault.id}`, `Fault ${fault.id} has ended`),
      }, fault.is_over ? "Remove" : "End"),
      el("span", { class: "quiet what" }, `${KINDS[fault.kind].does(fault)}; ${many(fault)}`));
  }

  return {
    async refresh() {
      const text = await complaining(byId("faults-error"), () => readText("faults"));
      const state = `${byId("reveal").checked} ${text}`;
      if (state === shown) return;
      shown = state;
      const { faults } = JSON.parse(text);
      const on = faults.filter(({ is_over: isOver }) => !isOver).length;
      byId("faults").hidden = byId("faults-link").hidden = faults.length === 0;
      byId("faults-jump").textContent = on;
      byId("faults-count").textContent = on === faults.length ? on : `${on}, ${faults.length - on} over`;
      show(list, faults.map(row), byId("set-fault"));
    },
    forget() {
      shown = null;
    },
  };
}
