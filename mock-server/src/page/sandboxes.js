// Private worlds: a list of them, and a form for a new one.

import { read, send } from "./api.js";
import { button, byId, complain, copyable, el, show } from "./dom.js";
import { ago } from "./text.js";

const BELOW_SANDBOX = /_sandbox\/([^/]+)\/_mock\/$/;

/** The sandbox that this page is of, null for the main world; and where the main world is. */
const place = {
  sandbox: BELOW_SANDBOX.exec(location.pathname)?.[1] ?? null,
  root: location.href.split("#")[0].split("?")[0].replace(BELOW_SANDBOX, "_mock/").replace(/_mock\/$/, ""),
};

/** Finds out which sandbox this page is of: by its address, or by the name before that of the server. */
export async function findPlace() {
  if (place.sandbox === null) {
    const { sandboxes } = await read("sandboxes");
    const named = sandboxes.find(({ id }) => location.hostname.startsWith(`${id}.`));
    if (named) {
      place.sandbox = named.id;
      place.root = place.root.replace(`//${named.id}.`, "//");
    }
  }
  return place.sandbox;
}

/** The page of a sandbox, or of the main world. */
export const pageOf = (sandbox) => `${place.root}${sandbox ? `_sandbox/${encodeURIComponent(sandbox)}/` : ""}_mock/`;

/** The dialog of the sandboxes. */
export function sandboxes({ dialogs }) {
  const dialog = byId("sandbox-dialog");
  /** The sandbox that is to end when its button is pressed once more. */
  let ending = null;

  dialogs.onSubmit(dialog, async (form) => {
    const lines = form.get("assume").split("\n").map((line) => line.trim()).filter(Boolean);
    const pairs = lines.map((line) => {
      const at = line.indexOf("=");
      if (at < 1) throw new Error(`${line} is not of the form KEY=VALUE, as in remove.status=200`);
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    });
    const wanted = { assume: Object.fromEntries(pairs) };
    if (form.get("seed")) wanted.seed = form.get("seed");
    const name = form.get("name").trim();
    const { id } = await (name ? send("PUT", `sandboxes/${encodeURIComponent(name)}`, wanted) : send("POST", "sandboxes", wanted));
    location.assign(pageOf(id));
  });

  async function list() {
    const { sandboxes } = await read("sandboxes");
    const main = el("li", { class: "sandbox" },
      el("span", { class: "what" }, place.sandbox === null ? el("strong", {}, "Main world") : el("a", { href: pageOf(null) }, "Main world"),
        place.sandbox === null ? el("span", { class: "quiet small" }, "this one") : null));
    show(byId("sandbox-list"), [main, ...sandboxes.map(row)], dialog.querySelector(".cancel"));
  }

  function row({ id, base_url: base, age_seconds: age, idle_seconds: idle }) {
    const isHere = id === place.sandbox;
    const ages = [isHere ? "this one" : null, `made ${ago(age)}`, `last used ${ago(idle)}`];
    const isEnding = ending === id;
    return el("li", { class: "sandbox" },
      el("div", { class: "what" },
        isHere ? el("strong", {}, id) : el("a", { href: pageOf(id) }, id),
        el("span", { class: "quiet small" }, ages.filter(Boolean).join(" · ")),
        copyable(base, `the base URL of ${id}`, `copy-${id}`)),
      button(isEnding ? "Yes, end it" : "End", {
        key: `end-${id}`, class: isEnding ? "danger" : "", "aria-label": `${isEnding ? "Yes, end" : "End"} sandbox ${id}`,
      }, () => dialogs.attempt(dialog, async () => {
        if (isEnding) await send("DELETE", `sandboxes/${encodeURIComponent(id)}`);
        ending = isEnding ? null : id;
        await list();
      })));
  }

  return {
    open() {
      ending = null;
      dialogs.open(dialog);
      list().catch((error) => complain(dialog.querySelector(".error"), error));
    },
  };
}
