// Putting things on the page. Everything that came from a world goes in as text, never as markup.

/** An element with attributes, listeners (`onclick`) and children; texts become text, and null is left out. */
export function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);

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

let quiet;

/** Shows news, also to screen readers. */
export function say(text) {
  const news = byId("news");
  news.textContent = text;
  clearTimeout(quiet);
  quiet = setTimeout(() => (news.textContent = ""), 6000);
}

/** A time of the mock; without the date if it is of the same day. */
export function when(text, now) {
  const shown = now && text.slice(0, 10) === now.slice(0, 10) ? text.slice(11, 19) : text.slice(0, 16).replace("T", " ");
  return el("time", { datetime: text, title: text }, shown);
}

/** A short id: the beginning of a UUID, with the whole in the tooltip. */
export function idOf(id) {
  const text = String(id);
  return el("span", { class: "quiet id", title: text.length > 8 ? text : null }, `#${text.slice(0, 8)}`);
}

/** `1 item`, `2 items`. */
export const some = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** All but the last `shown` letters and digits as stars, as the mock masks numbers. */
export function masked(text, shown) {
  const total = text.replace(/[^\p{L}\p{N}]/gu, "").length;
  let seen = 0;
  return text.replace(/[\p{L}\p{N}]/gu, (char) => (++seen + shown > total ? char : "*"));
}

/** Puts `text` in the clipboard and says so; where the browser does not allow it, shows the text to be copied by hand. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Only pages from this machine, or by https, have a clipboard; the old way works without.
    if (!copyBySelection(text)) return;
  }
  say(`${what} copied`);
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
