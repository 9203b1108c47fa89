// Which assumptions are in force, what they are about, and what a fact says.

import { read } from "./api.js";
import { byId, el, show } from "./dom.js";

/** The assumptions of the world. */
export function assumptions() {
  const filter = byId("assumptions-filter");
  const switchedOnly = byId("switched-only");
  /** Sentences of the guide, by their ids. */
  let facts = new Map();
  /** What the fixture says of a key. */
  let known = new Map();
  /** What each key is here. */
  let values = {};

  filter.addEventListener("input", list);
  switchedOnly.addEventListener("change", list);

  const isSwitched = (key) => known.has(key) && String(known.get(key).default) !== String(values[key]);

  function list() {
    const keys = Object.keys(values);
    const switched = keys.filter(isSwitched);
    byId("assumptions-count").textContent = switched.length ? `${keys.length}, ${switched.length} switched` : keys.length;
    const term = filter.value.trim().toLowerCase();
    const meant = keys.filter((key) => key.includes(term) && (!switchedOnly.checked || isSwitched(key)));
    const none = el("li", { class: "none" }, switchedOnly.checked ? "All are as they are by default." : "There is no such key.");
    show(byId("assumptions-list"), meant.length ? meant.map(row) : [none]);
  }

  function row(key) {
    const entry = known.get(key);
    const others = (entry?.values ?? []).map(({ value }) => value).filter((value) => value !== String(values[key]));
    return el("li", { class: "assumption" },
      el("code", { class: "key" }, key),
      el("span", { class: "tags" },
        el("code", {}, String(values[key])),
        isSwitched(key) ? el("span", { class: "tag waiting" }, `switched; by default ${entry.default}`) : null),
      el("span", { class: "quiet" }, entry?.question ?? "", others.length ? `. Otherwise: ${others.join(", ")}` : ""));
  }

  return {
    /** Reads what never changes while the page is open. */
    async start() {
      const [fixture, sentences] = await Promise.all([read("page/assumptions.json"), read("page/facts.json")]);
      const entries = [...fixture.switches, ...fixture.texts, ...fixture.limits];
      known = new Map(entries.map((entry) => [entry.key, entry]));
      facts = new Map(sentences.map(({ id, fact }) => [id, fact]));
    },
    /** Reads what is in force in the world that is there now. */
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
