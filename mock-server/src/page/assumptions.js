// The assumptions in force, their questions, and the texts of facts.

import { read } from "./api.js";
import { byId, el, show } from "./dom.js";

/** The assumptions of the world. */
export function assumptions() {
  const filter = byId("assumptions-filter");
  const setOnly = byId("switched-only");
  /** Sentences of the guide, by their ids. */
  let facts = new Map();
  /** The entry of the fixture, by key. */
  let known = new Map();
  /** The value of each key in this world. */
  let values = {};

  filter.addEventListener("input", list);
  setOnly.addEventListener("change", list);

  const isSet = (key) => known.has(key) && String(known.get(key).default) !== String(values[key]);

  function list() {
    const keys = Object.keys(values);
    const set = keys.filter(isSet);
    byId("assumptions-count").textContent = set.length ? `${keys.length}, ${set.length} set` : keys.length;
    const term = filter.value.trim().toLowerCase();
    const meant = keys.filter((key) => key.includes(term) && (!setOnly.checked || isSet(key)));
    const none = el("li", { class: "none" }, setOnly.checked ? "All are as they are by default." : "There is no such key.");
    show(byId("assumptions-list"), meant.length ? meant.map(row) : [none]);
  }

  function row(key) {
    const entry = known.get(key);
    const others = (entry?.values ?? []).map(({ value }) => value).filter((value) => value !== String(values[key]));
    return el("li", { class: "assumption" },
      el("code", { class: "key" }, key),
      el("span", { class: "tags" },
        el("code", {}, String(values[key])),
        isSet(key) ? el("span", { class: "tag waiting" }, `set; by default ${entry.default}`) : null),
      el("span", { class: "quiet" }, entry?.question ?? "", others.length ? `. Otherwise: ${others.join(", ")}` : ""));
  }

  return {
    /** Reads the fixtures, which never change while the page is open. */
    async start() {
      const [fixture, sentences] = await Promise.all([read("page/assumptions.json"), read("page/facts.json")]);
      const entries = [...fixture.switches, ...fixture.texts, ...fixture.limits];
      known = new Map(entries.map((entry) => [entry.key, entry]));
      facts = new Map(sentences.map(({ id, fact }) => [id, fact]));
    },
    /** Reads the values in force in the current world. */
    async refresh() {
      const health = await read("health");
      byId("version").textContent = health.version;
      values = health.assumptions;
      list();
    },
    fact: (id) => facts.get(id) ?? "",
    assumption: (key) => `is ${values[key]}: ${known.get(key)?.question ?? ""}`,
  };
}
