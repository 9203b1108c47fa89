// Putting things on the page. Everything that came from a world goes in as text, never as markup.

import { shortId, shortMask, shortTime } from "./text.js";

/** An element with attributes, listeners (`onclick`) and children; texts become text, and null is left out. */
export function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

const ICONS = {
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M6 6V3h7v7h-3M3 6h7v7H3z",
  down: "M4 6l4 4 4-4",
  left: "M10 3L5 8l5 5",
  mail: "M2.5 4h11v8h-11zM2.5 4.5L8 9l5.5-4.5",
  phone: "M5 1.5h6v13H5zM7.5 12.5h1",
  right: "M6 4l4 4-4 4",
  up: "M4 10l4-4 4 4",
};

/** A small picture beside a text. Screen readers pass over it. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of [["viewBox", "0 0 16 16"], ["class", "icon"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button. `attributes.key` finds it again after its part was written anew. */
export const button = (text, { key, ...attributes }, onclick) =>
  el("button", { type: "button", "data-key": key, ...attributes, onclick }, text);

export const tag = (kind, text, attributes = {}) => el("span", { class: `tag ${kind}`.trim(), ...attributes }, text);

/**
 * Replaces the content of `container` by `children`. The element of the same `data-key` has the focus again, or is open
 * again; if it is gone, the focus goes to `instead`.
 */
export function show(container, children, instead) {
  const active = container.contains(document.activeElement) ? document.activeElement : null;
  const opened = [...container.querySelectorAll("details[open][data-key]")].map((details) => details.dataset.key);
  container.replaceChildren(...children);
  const keyed = (key) => container.querySelector(`[data-key="${CSS.escape(key)}"]`);
  for (const key of opened) keyed(key)?.setAttribute("open", "");
  if (active) (active.dataset.key && keyed(active.dataset.key) || instead)?.focus();
}

/** Shows the sentence of an error in its place, or takes it away. */
export function complain(place, error) {
  place.textContent = error ? error.message : "";
  place.hidden = !error;
}

/** Returns the result of `look`. An error is shown in `place` until `look` succeeds, and is thrown again. */
export async function complaining(place, look) {
  try {
    const seen = await look();
    complain(place);
    return seen;
  } catch (error) {
    complain(place, error);
    throw error;
  }
}

/** What this browser was told to remember. Where it may not, nothing is. */
export function remembered(key) {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}

export function remember(key, is) {
  try {
    if (is) localStorage.setItem(key, "1");
    else localStorage.removeItem(key);
  } catch {
    // It is forgotten with the page.
  }
}

let quiet;

/** Shows news about an action, also to screen readers; with `undo`, a button that takes it back. */
export function say(text, undo) {
  const news = byId("news");
  const clear = () => news.replaceChildren();
  const back = undo && button("Undo", {}, () => {
    clear();
    undo();
  });
  news.replaceChildren(el("span", {}, text), ...(back ? [back] : []));
  clearTimeout(quiet);
  quiet = setTimeout(clear, undo ? 12_000 : 6000);
}

/** Tells screen readers alone what has come by itself. */
export function announce(text) {
  byId("announcement").replaceChildren(text);
}

/** A time of the mock, the whole of it in the tooltip. */
export const when = (at, now) => el("time", { datetime: at, title: at.replace("T", " ").replace("Z", " UTC") }, shortTime(at, now));

/** A short id, the whole of it in the tooltip. */
export function idOf(id) {
  const text = String(id);
  return el("span", { class: "id", title: text.length > 8 ? text : null }, shortId(id));
}

/** A watched value. Of a masked one the end is shown. */
export const valueOf = (value) => el("code", { class: "value" }, shortMask(value));

/** A text in monospace with a button that copies it. */
export function copyable(text, what, key) {
  return el("span", { class: "copyable" },
    el("code", {}, text),
    el("button", {
      type: "button", class: "ghost only-icon", "data-key": key, "aria-label": `Copy ${what}`, title: `Copy ${what}`,
      onclick: () => copy(text, what),
    }, icon("copy")));
}

/** Puts `text` in the clipboard and says so; where the browser does not allow it, shows the text to be copied by hand. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Only pages from this machine, or by https, have a clipboard; the old way works without.
    if (!copyBySelection(text)) return;
  }
  say(`Copied ${what}`);
}

function copyBySelection(text) {
  const dialog = byId("copy-dialog");
  const area = dialog.querySelector("textarea");
  area.value = text;
  dialog.showModal();
  area.select();
  const copied = document.execCommand("copy");
  if (copied) dialog.close();
  return copied;
}
