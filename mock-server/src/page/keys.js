// The keyboard: shortcuts of a single key, and lists in which the arrows move.

import { byId, el, remember, remembered } from "./dom.js";

const OFF = "defentry-mock-shortcuts-off";

/** Moves of the arrows and their letters in a list, by the number of rows. */
const MOVES = { ArrowDown: 1, ArrowUp: -1 };

const rowsOf = (list) => [...list.querySelectorAll(".row")].filter((row) => row.checkVisibility());

/** Makes a list of `.row` buttons one stop of the Tab key, in which ↓ ↑ Home End move. */
export function arrows(list) {
  list.addEventListener("keydown", (event) => {
    if (!event.target.matches(".row") || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = rowsOf(list);
    const at = rows.indexOf(event.target);
    const to = { Home: rows[0], End: rows.at(-1) }[event.key] ?? (MOVES[event.key] && rows[at + MOVES[event.key]]);
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
  list.addEventListener("focusin", (event) => event.target.matches(".row") && stop(list, event.target));
}

/** Keeps one row of a list within reach of the Tab key. Call it when rows came or went. */
export function reachable(list) {
  const rows = rowsOf(list);
  if (!rows.some((row) => row.tabIndex === 0)) stop(list, rows[0]);
}

function stop(list, row) {
  for (const other of list.querySelectorAll(".row[tabindex='0']")) other.tabIndex = -1;
  if (row) row.tabIndex = 0;
}

/** Focuses the row of a list that is within reach. */
export function enter(list) {
  const row = list.querySelector(".row[tabindex='0']");
  row?.focus();
  return Boolean(row);
}

/**
 * Shortcuts: rows of key, text and act. A single key does nothing while somebody writes or a dialog is open, and can be
 * switched off, because speech input types letters.
 */
export function shortcuts(table) {
  const isOn = byId("help-dialog").querySelector("input");
  isOn.checked = !remembered(OFF);
  isOn.addEventListener("change", () => remember(OFF, !isOn.checked));
  byId("shortcuts").append(...table.flatMap(({ keys, text }) => [
    el("dt", {}, keys.map((key) => el("kbd", {}, key === "Escape" ? "Esc" : key))),
    el("dd", {}, text),
  ]));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    const isTyping = event.target.closest("input:not([type=checkbox]), textarea, select");
    if (event.key !== "Escape" && (isTyping || !isOn.checked)) return;
    const found = table.find(({ keys, act }) => act && keys.includes(event.key));
    if (!found || found.act(event) === false) return;
    event.preventDefault();
  });
}
