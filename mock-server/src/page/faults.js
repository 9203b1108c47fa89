// The faults of this world, how often each has matched, and a form to set one.

import { read, readText, send } from "./api.js";
import { button, byId, complain, complaining, copy, el, say, show, tag } from "./dom.js";
import { maskedPhone, shortTime, some } from "./text.js";

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

/** The faults of the world and the dialog that sets one. `refresh` reads everything again. */
export function faults({ refresh, dialogs, reveals, baseUrl }) {
  const list = byId("faults-list");
  const dialog = byId("fault-dialog");
  const form = dialog.querySelector("form");
  const fields = form.elements;
  let shown = null;
  let hasPaths = false;
  let now = null;

  fields.kind.append(...Object.entries(KINDS).map(([kind, { name }]) => el("option", { value: kind }, name)));
  fields.kind.addEventListener("change", fit);
  form.addEventListener("input", preview);
  byId("fault-copy").addEventListener("click", () => copy(byId("fault-curl").textContent, "the command"));
  byId("faults-clear").addEventListener("click", () => end("faults", known(), "No fault is set"));

  /** Shows the fields of the kind that is chosen, and no others; hidden fields are not sent. */
  function fit() {
    const { own, isOfMessages } = KINDS[fields.kind.value];
    for (const part of dialog.querySelectorAll("[data-of]")) {
      const isMeant = part.dataset.of === (isOfMessages ? "messages" : "requests") || own.includes(part.dataset.of);
      part.hidden = !isMeant;
      part.querySelectorAll("input, select").forEach((field) => (field.disabled = !isMeant));
    }
    preview();
  }

  async function open() {
    form.reset();
    fit();
    dialogs.open(dialog);
    if (hasPaths) return;
    try {
      const { paths } = await read("openapi.json");
      byId("fault-paths").replaceChildren(...Object.keys(paths).map((path) => el("option", { value: path })));
      hasPaths = true;
    } catch {
      // Without suggestions a path is typed.
    }
  }

  /** The fault that the form describes, in the form of the control route. */
  function described() {
    const isNumber = (name) => name === "status" || fields[name].type === "number";
    const given = [...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== "");
    const fault = Object.fromEntries(given.map(([name, value]) => [name, isNumber(name) ? Number(value) : value]));
    const { up_to: upTo, share, ...rest } = fault;
    if (upTo !== undefined) rest.milliseconds = { uniform: [fault.milliseconds, upTo] };
    if (share !== undefined) rest.share = share / 100;
    return rest;
  }

  function preview() {
    const json = JSON.stringify(described()).replaceAll("'", "'\\''");
    byId("fault-curl").textContent = `curl -X POST ${baseUrl()}/_mock/faults \\\n  --json '${json}'`;
  }

  dialogs.onSubmit(dialog, async () => {
    const { id } = await send("POST", "faults", described());
    return `Fault ${id} is set`;
  });

  const known = () => (shown ? JSON.parse(shown.slice(shown.indexOf("{"))).faults : []);

  /** Ends faults. Those that were not over can be set again. */
  async function end(path, ended, done) {
    try {
      await send("DELETE", path);
      complain(byId("faults-error"));
      const live = ended.filter(({ is_over: isOver }) => !isOver);
      say(done, live.length ? () => again(live) : null);
    } catch (error) {
      complain(byId("faults-error"), error);
    }
    await refresh();
  }

  /** Sets faults again, with what was left of each. */
  async function again(faults) {
    try {
      for (const { id, matched, left, ends_at: endsAt, is_over: isOver, ...fault } of faults) {
        await send("POST", "faults", left === undefined || left === null ? fault : { ...fault, next: left });
      }
    } catch (error) {
      complain(byId("faults-error"), error);
    }
    await refresh();
  }

  function target(fault) {
    if (KINDS[fault.kind].isOfMessages) {
      const to = fault.to && !fault.to.includes("@") && !reveals() ? maskedPhone(fault.to) : fault.to;
      return [{ email: "every email", sms: "every SMS" }[fault.channel] ?? "every message", to ? ` to ${to}` : ""].join("");
    }
    const token = fault.token === "none" ? "without a token" : fault.token ? `with token ${fault.token}` : "";
    return [fault.method, fault.path ?? "every path", token].filter(Boolean).join(" ");
  }

  function many({ next, share, matched, left, ends_at: endsAt, is_over: isOver }) {
    const so = share === undefined ? "" : `${Math.round(share * 1000) / 10}% of them; `;
    const until = endsAt ? `until ${shortTime(endsAt, now)}` : "until it is ended";
    const rest = isOver ? "over" : next === undefined ? until : `${left} to come`;
    return `${so}matched ${matched === 1 ? "once" : `${matched} times`}; ${rest}`;
  }

  function row(fault) {
    return el("li", { class: "fault", "data-fault": fault.id },
      tag(fault.is_over ? "" : "solid", `fault ${fault.id}`),
      el("div", { class: "what" },
        el("code", { class: "path" }, target(fault)),
        el("span", { class: "quiet small" }, `${KINDS[fault.kind].does(fault)}; ${many(fault)}`)),
      button(fault.is_over ? "Remove" : "End", { key: `end-${fault.id}`, "aria-label": `${fault.is_over ? "Remove" : "End"} fault ${fault.id}` },
        () => end(`faults/${fault.id}`, [fault], `Fault ${fault.id} has ended`)));
  }

  return {
    open,
    async refresh(at) {
      now = at;
      const text = await complaining(byId("faults-error"), () => readText("faults"));
      const state = `${reveals()} ${text}`;
      if (state === shown) return;
      shown = state;
      const { faults } = JSON.parse(text);
      const on = faults.filter(({ is_over: isOver }) => !isOver).length;
      byId("faults").hidden = faults.length === 0;
      byId("faults-count").textContent = on === faults.length ? on : `${on}, ${faults.length - on} over`;
      show(list, faults.map(row), faults.length ? byId("faults-heading") : byId("activity-heading"));
    },
    forget() {
      shown = null;
    },
  };
}
