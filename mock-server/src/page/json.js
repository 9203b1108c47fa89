// JSON as a tree that folds, in colours; and other bodies as they are.

import { copy, el } from "./dom.js";
import { some } from "./text.js";

/** Lists and objects longer than this begin folded, unless they are the whole body. */
const LONG = 12;

/** In a list, objects after so many begin folded: they are mostly alike. */
const FIRST = 2;

/** Below this depth everything begins folded. */
const DEEP = 4;

/** A body of a request or response: a text, a value, or nothing. `what` names it for the button that copies it. */
export function bodyOf(body, what) {
  if (body === null || body === undefined || body === "") return el("p", { class: "quiet" }, "No body");
  const value = typeof body === "string" ? parsed(body) : body;
  const text = typeof body === "string" ? body : JSON.stringify(body, null, 2);
  const shown = value !== null && typeof value === "object" ? el("div", { class: "json" }, node(null, value, 0)) : el("pre", {}, text);
  return el("div", { class: "body" },
    shown,
    el("button", { type: "button", class: "ghost copies", "aria-label": `Copy ${what}`, onclick: () => copy(text, what) }, "Copy"));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function node(key, value, depth) {
  const name = typeof key === "string" ? [el("span", { class: "key" }, JSON.stringify(key)), ": "] : [];
  if (value === null || typeof value !== "object") return el("div", { class: "leaf" }, ...name, scalar(value));
  const isList = Array.isArray(value);
  const [opening, closing] = isList ? "[]" : "{}";
  const entries = isList ? [...value.entries()] : Object.entries(value);
  if (entries.length === 0) return el("div", { class: "leaf" }, ...name, opening + closing);
  const isOpen = depth === 0 || (depth < DEEP && entries.length <= LONG && !(key >= FIRST));
  const many = isList ? some(entries.length, "item") : some(entries.length, "field");
  const details = el("details", { open: isOpen },
    el("summary", {}, ...name, opening, el("span", { class: "folded" }, ` ${many} ${closing}`)));
  const fill = () => details.children.length > 1 || details.append(
    el("div", { class: "inside" }, entries.map(([key, inner]) => node(key, inner, depth + 1))), el("div", {}, closing));
  // What is folded is written when it is unfolded: it may be long.
  if (isOpen) fill();
  else details.addEventListener("toggle", fill, { once: true });
  return details;
}

function scalar(value) {
  const type = value === null ? "null" : typeof value;
  return el("span", { class: type }, JSON.stringify(value));
}
