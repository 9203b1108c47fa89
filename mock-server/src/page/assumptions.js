// What the mock does where the documentation is silent: its assumptions, what was learnt from a real API, and the texts
// of the documented facts.

import { read, send } from "./api.js";
import { button, byId, complain, el, tag } from "./dom.js";
import { some } from "./text.js";
import { pageOf } from "./sandboxes.js";

/** The assumptions of the world. */
export function assumptions() {
  /** Sentences of the documentation, by their ids. */
  let facts = new Map();
  /** The entry of the fixture, by key. */
  let known = new Map();
  /** The value of each key in this world. */
  let values = {};
  /** The profile in short, and the values that it tells, by key. */
  let profile = null;
  let observed = {};
  /** The values to be tried in a sandbox, by key. */
  const wanted = new Map();
  let term = "";
  let onlyChanged = false;

  const isDefault = (key) => !known.has(key) || String(known.get(key).default) === String(values[key]);
  const isObserved = (key) => observed[key] === String(values[key]);

  /** The values that a key has been observed to have, if it was always the same one. */
  function take(file) {
    const seen = {};
    for (const source of Object.values(file?.sources ?? {})) {
      for (const [key, counts] of Object.entries(source.assumptions ?? {})) (seen[key] ??= []).push(...Object.keys(counts));
    }
    const agree = Object.entries(seen).filter(([, [first, ...others]]) => others.every((other) => other === first));
    observed = Object.fromEntries(agree.map(([key, [value]]) => [key, value]));
  }

  // The view.

  function view() {
    const list = el("ul", { class: "rows assumptions", id: "assumptions-list" });
    const error = el("p", { class: "error", role: "alert", hidden: true });
    const bar = el("div", { class: "staged", hidden: true });
    const filter = el("input", {
      type: "search", "aria-label": "Filter assumptions", placeholder: "Filter by key or question", autocomplete: "off", spellcheck: "false",
      oninput: (event) => {
        term = event.target.value.toLowerCase();
        write();
      },
    });
    filter.value = term;
    const changed = el("input", {
      type: "checkbox", "data-key": "only-changed",
      onchange: (event) => {
        onlyChanged = event.target.checked;
        write();
      },
    });
    changed.checked = onlyChanged;

    function write() {
      const meant = Object.keys(values).filter((key) =>
        (`${key} ${known.get(key)?.question ?? ""}`.toLowerCase().includes(term)) && (!onlyChanged || !isDefault(key) || wanted.has(key)));
      list.replaceChildren(...(meant.length
        ? meant.map((key) => row(key, staged))
        : [el("li", { class: "none" }, onlyChanged ? "All have their default values." : "There is no such assumption.")]));
      staged();
    }

    /** The bar that makes a sandbox of the values that were chosen. */
    function staged() {
      bar.hidden = wanted.size === 0;
      bar.replaceChildren(
        el("span", {}, `${some(wanted.size, "other value")} chosen`),
        button("Discard", { class: "ghost" }, () => {
          wanted.clear();
          write();
        }),
        button("Try in a new sandbox", { class: "main" }, async () => {
          try {
            const { id } = await send("POST", "sandboxes", { assume: Object.fromEntries(wanted) });
            location.assign(pageOf(id));
          } catch (refused) {
            complain(error, refused);
          }
        }));
    }

    write();
    return {
      title: ["Assumptions ", el("span", { class: "count" }, Object.keys(values).length)],
      children: [
        el("p", { class: "quiet" }, "Where the documentation does not say what the API does, the mock follows these. Choose other values to try them in a new sandbox; this world stays as it is."),
        learnt(),
        el("div", { class: "filters" }, filter, el("label", { class: "check" }, changed, " Only changed")),
        list, error, bar,
      ],
    };
  }

  function row(key, staged) {
    const entry = known.get(key) ?? {};
    const value = String(values[key]);
    const origin = isObserved(key) ? tag("observed", "observed") : isDefault(key) ? tag("", "default") : tag("open", "set");
    const means = entry.values?.find((one) => one.value === value)?.means;
    return el("li", { "data-assumption": key },
      el("div", {},
        el("code", { class: "key" }, key), " ", origin,
        el("p", { class: "quiet" }, `${sentence(entry.question ?? "")}${isDefault(key) ? "" : ` By default ${entry.default}.`}`)),
      choice(key, entry, value, staged),
      means ? el("p", { class: "means quiet small" }, means) : null);
  }

  function choice(key, entry, value, staged) {
    const set = (chosen) => {
      if (chosen === value || chosen === "") wanted.delete(key);
      else wanted.set(key, chosen);
      staged();
    };
    const now = wanted.get(key) ?? value;
    const attributes = { "aria-label": `Value of ${key}`, "data-key": `value-${key}` };
    if (!entry.values) {
      const input = el("input", { ...attributes, type: entry.unit || typeof entry.default === "number" ? "number" : "text", oninput: (event) => set(event.target.value.trim()) });
      input.value = now;
      return input;
    }
    const options = entry.values.some((one) => one.value === value) ? entry.values : [{ value }, ...entry.values];
    return el("select", { ...attributes, onchange: (event) => set(event.target.value) },
      options.map((one) => el("option", { value: one.value, selected: one.value === now, title: one.means }, one.value)));
  }

  /** What was learnt from a real API, and when. */
  function learnt() {
    if (!profile) {
      return el("p", { class: "note" }, "Nothing was learnt from a real API yet. ", el("code", {}, "--profile FILE"), " makes the mock answer as one was seen to.");
    }
    return el("section", { class: "learnt", "aria-label": "Learnt from a real API" },
      el("h3", {}, tag("observed", "observed"), ` Learnt from a real API, last on ${profile.date}`),
      el("ul", {}, profile.sources.map(({ kind, date, requests, id }) =>
        el("li", {}, `${date}: ${kind}, ${some(requests, "request")} `, el("span", { class: "quiet id", title: id }, String(id).slice(0, 12))))),
      el("p", { class: "quiet" }, `${some(profile.answers, "kind of response", "kinds of responses")} known.`),
      profile.not_used.length
        ? el("details", { "data-key": "not-used" },
          el("summary", {}, `${some(profile.not_used.length, "observation is", "observations are")} not used`),
          el("ul", { class: "bullets" }, profile.not_used.map((note) => el("li", {}, note))))
        : null);
  }

  return {
    /** Reads the fixtures, which never change while the page is open. */
    async start() {
      const [fixture, sentences] = await Promise.all([read("page/assumptions.json"), read("page/facts.json")]);
      known = new Map([...fixture.switches, ...fixture.texts, ...fixture.limits].map((entry) => [entry.key, entry]));
      facts = new Map(sentences.map(({ id, fact }) => [id, fact]));
    },
    /** Reads the values in force in the current world, and what it has learnt. */
    async refresh() {
      const health = await read("health");
      byId("version").textContent = health.version;
      values = health.assumptions;
      profile = health.profile;
      take(profile && await read("profile"));
      const set = Object.keys(values).filter((key) => !isDefault(key) && !isObserved(key)).length;
      const chip = byId("assumptions-set");
      chip.hidden = set === 0 && !profile;
      chip.textContent = [profile ? profile.date : null, set ? `${set} set` : null].filter(Boolean).join(", ");
      chip.title = [profile ? `Learnt from a real API, last on ${profile.date}` : null, set ? "Not as by default" : null].filter(Boolean).join(". ");
      chip.className = profile ? "tag observed" : "tag open";
    },
    view,
    /** Shows one key alone. */
    look(key) {
      term = key;
      onlyChanged = false;
    },
    fact: (id) => facts.get(id) ?? "",
    assumption: (key) => `${sentence(known.get(key)?.question ?? "")} Here: ${values[key]}${isObserved(key) ? ", as observed" : isDefault(key) ? "" : ", as set"}.`,
    profileDate: () => profile?.date,
  };
}

const sentence = (text) => (text ? `${text.charAt(0).toUpperCase()}${text.slice(1)}.` : "");
