// The page of one world. Each second it asks whether something has changed, and reads the rest only then.

import { accounts as accountsPart } from "./accounts.js";
import { Unreachable, read } from "./api.js";
import { assumptions as assumptionsPart } from "./assumptions.js";
import { dialogs as dialogsPart, pageOf, sandboxHere } from "./dialogs.js";
import { byId, el } from "./dom.js";
import { faults as faultsPart } from "./faults.js";
import { journal as journalPart } from "./journal.js";
import { outbox as outboxPart } from "./outbox.js";

/** How long after one look the next one comes, in milliseconds. */
const PAUSE = 1000;

/** The interval for changes by time alone (a link that expires, a late message), in milliseconds. */
const LONGEST_UNSEEN = 5000;

/** After a slow look the page rests this many times as long, so that the mock can do other work. */
const REST = 10;
const LONGEST_REST = 15_000;

const assumptions = assumptionsPart();
const dialogs = dialogsPart({ refresh, selected: () => accounts.selected() });
const accounts = accountsPart({ refresh, leak: dialogs.leakOf, eid: dialogs.openEid });
const faults = faultsPart({ refresh, onSubmit: dialogs.onSubmit, open: dialogs.open });
const outbox = outboxPart({ refresh });
const journal = journalPart({ refresh, texts: assumptions });
const parts = [accounts, faults, outbox, journal];

/** The state at the last look: the mark of the world and its number of changes. */
let seen = { world: null, changes: null };
let seenAt = 0;
let hasTexts = false;
let looking = null;
let isWanted = false;
let next;

/** Reads everything, whether or not something seems to have changed. */
function refresh() {
  isWanted = true;
  return run();
}

/** One look at a time; a look that is wanted meanwhile comes after it. */
function run() {
  looking ??= (async () => {
    do {
      const isForced = isWanted;
      isWanted = false;
      await look(isForced);
    } while (isWanted);
  })().finally(() => (looking = null));
  return looking;
}

async function look(isForced) {
  clearTimeout(next);
  const began = performance.now();
  try {
    const now = await read("changes");
    dialogs.tick(now.now, now.frozen);
    if (!hasTexts) {
      await assumptions.start();
      hasTexts = true;
    }
    if (now.world !== seen.world) {
      parts.forEach((part) => part.forget());
      await assumptions.refresh();
    }
    const isOld = began - seenAt > LONGEST_UNSEEN;
    if (isForced || isOld || now.world !== seen.world || now.changes !== seen.changes) {
      await Promise.all(parts.map((part) => part.refresh(now.now)));
      seenAt = began;
    }
    // Later changes are counted from here.
    seen = { world: now.world, changes: now.changes };
    tell("live", null);
  } catch (error) {
    seen = { world: null, changes: null };
    tell("stopped", error);
  }
  const rest = Math.min(LONGEST_REST, REST * (performance.now() - began));
  clearTimeout(next);
  next = setTimeout(poll, Math.max(PAUSE, rest));
}

/** Looks for changes, unless the page is hidden. */
function poll() {
  if (document.hidden) return tell("paused", null);
  run();
}

/** Shows whether the mock answers. */
function tell(state, error) {
  byId("live").textContent = state;
  byId("live").className = `state ${state}`;
  const banner = byId("banner");
  banner.hidden = !error;
  const text = error instanceof Unreachable ? `${error.message} This page goes on as soon as it is back.` : error?.message;
  if (error && banner.textContent !== text) banner.textContent = text;
}

function where() {
  const sandbox = sandboxHere();
  document.title = sandbox ? `Sandbox ${sandbox.slice(0, 8)} · Defentry mock` : "Defentry mock";
  const shown = sandbox
    ? ["Sandbox ", el("code", { title: sandbox }, sandbox.slice(0, 8)), " · ", el("a", { href: pageOf(null) }, "main world")]
    : ["Main world"];
  byId("where").replaceChildren(...shown);
}

document.addEventListener("visibilitychange", () => document.hidden || poll());
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select") || document.querySelector("dialog[open]");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    byId("search").focus();
  }
});

where();
poll();
