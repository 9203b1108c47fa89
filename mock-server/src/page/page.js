// The page of one world. Each second it asks whether something has changed, and reads the rest only then.

import { accounts as accountsPart } from "./accounts.js";
import { Unreachable, confirm as openLink, read } from "./api.js";
import { assumptions as assumptionsPart } from "./assumptions.js";
import { client } from "./client.js";
import { clock as clockPart } from "./clock.js";
import { connect as connectPart } from "./connect.js";
import { detail as detailPart } from "./detail.js";
import { forms, identifying, leaking, resetting } from "./dialogs.js";
import { byId, complain, say } from "./dom.js";
import { enrolling } from "./enrol.js";
import { messageView, requestView } from "./entries.js";
import { faults as faultsPart } from "./faults.js";
import { enter, shortcuts } from "./keys.js";
import { findPlace, sandboxes as sandboxesPart } from "./sandboxes.js";
import { clearing, stream } from "./stream.js";

/** How long after one look the next one comes, in milliseconds. */
const PAUSE = 1000;

/** The interval for changes by time alone (a link that expires, a late message), in milliseconds. */
const LONGEST_UNSEEN = 5000;

/** After a slow look the page rests this many times as long, so that the mock can do other work. */
const REST = 10;
const LONGEST_REST = 15_000;

/** In a window narrower than this one part is shown at a time. */
const NARROW = matchMedia("(max-width: 56rem)");

const reveals = () => byId("reveal").checked;
let now = null;
let published = null;

const api = client();
const assumptions = assumptionsPart();
const dialogs = forms({ refresh });
const clock = clockPart({ dialogs });
const sandboxes = sandboxesPart({ dialogs });
const leaks = leaking({ dialogs, reveals });
const eid = identifying({ dialogs });
const reset = resetting({ dialogs });
const connect = connectPart({ api, refresh });
const faults = faultsPart({ refresh, dialogs, reveals, baseUrl: () => published?.base_url ?? "" });
const accounts = accountsPart({
  refresh,
  actions: {
    leak: (...what) => leaks.leakOf(...what).catch((error) => complain(byId("accounts-refusal"), error)),
    eid: eid.open,
    addItem: (account) => enrol.addItem(account),
    closeAlarm: async (account, alarm) => {
      const path = `/api/v1/account/${encodeURIComponent(account.id)}/alarms/${encodeURIComponent(alarm)}/close`;
      await api.asPartner(account.partner, "GET", path);
      return `Alarm ${alarm} is closed`;
    },
    partnerName: (id) => published?.partners.find((partner) => partner.id === id)?.name ?? String(id),
  },
});
const enrol = enrolling({ dialogs, api, selectAccount: accounts.select });
const activity = stream({ open: (key) => detail.current() === key ? detail.close() : detail.open(key), confirm });
const detail = detailPart({
  activity,
  views: {
    request: (_, name) => activity.entry(name) && requestView(activity.entry(name).data, {
      texts: assumptions, now, onlyPath: activity.onlyPath, openAccount, tryOther: lookAt,
    }),
    message: (_, name) => activity.entry(name) && messageView(activity.entry(name).data, { now, reveals: reveals(), confirm, openAccount }),
    connect: connect.view,
    assumptions: assumptions.view,
  },
});
clearing({ dialogs, activity, refresh });

/** Opens the link of a message, and tells what its page says. */
async function confirm({ link }) {
  const place = byId("activity-refusal");
  try {
    say(await openLink(link));
    complain(place);
  } catch (error) {
    complain(place, error);
  }
  await refresh();
}

async function openAccount(id) {
  showTab("accounts");
  await accounts.select(id);
  document.querySelector(`[data-account="${CSS.escape(String(id))}"] .row`)?.focus();
}

function lookAt(key) {
  assumptions.look(key);
  detail.open("assumptions");
}

const parts = [accounts, faults, activity];

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
    const at = await read("changes");
    now = at.now;
    clock.tick(at.now, at.frozen);
    if (!hasTexts) {
      await assumptions.start();
      hasTexts = true;
    }
    const isOther = at.world !== seen.world;
    if (isOther) {
      [api, ...parts].forEach((part) => part.forget());
      await Promise.all([assumptions.refresh(), connect.refresh(byId("begin"))]);
      published = await api.credentials();
      await where();
    }
    if (isForced || isOther || began - seenAt > LONGEST_UNSEEN || at.changes !== seen.changes) {
      await Promise.all(parts.map((part) => part.refresh(at.now)));
      seenAt = began;
      detail.renew();
    }
    if (isOther) detail.settle();
    // Later changes are counted from here.
    seen = { world: at.world, changes: at.changes };
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

/** Names the world in the bar and in the title of the window. */
async function where() {
  const sandbox = await findPlace();
  const name = sandbox ? `Sandbox ${sandbox.length > 16 ? sandbox.slice(0, 8) : sandbox}` : "Main world";
  document.title = sandbox ? `${name} · Defentry mock` : "Defentry mock";
  byId("world").textContent = name;
  byId("world").title = published?.base_url ?? "";
}

/** Chooses the part that a narrow window shows. */
function showTab(tab) {
  byId("panes").dataset.tab = tab;
  for (const button of document.querySelectorAll("[data-tab]:not(main)")) {
    if (button.dataset.tab === tab) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  if (NARROW.matches) detail.close();
}

const openers = {
  account: enrol.newAccount,
  fault: faults.open,
  help: () => dialogs.open(byId("help-dialog")),
  leak: () => leaks.open(),
  reset: reset.open,
  sandbox: sandboxes.open,
};
for (const button of document.querySelectorAll("[data-dialog]")) button.addEventListener("click", openers[button.dataset.dialog]);
for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => view(button.dataset.view));
for (const button of document.querySelectorAll("[data-tab]:not(main)")) button.addEventListener("click", () => showTab(button.dataset.tab));
byId("world").addEventListener("click", sandboxes.open);

function view(name) {
  byId("actions").hidePopover?.();
  if (detail.current() === name) detail.close();
  else detail.open(name);
}

const withAccount = (act) => () => (accounts.selected() ? act(accounts.selected()) : false);

shortcuts([
  { keys: ["/"], text: "Search accounts", act: () => [showTab("accounts"), byId("search").focus()] },
  { keys: ["f"], text: "Filter the activity", act: () => [showTab("activity"), byId("filters").elements.text.focus()] },
  { keys: ["a"], text: "Go to the accounts", act: () => [showTab("accounts"), enter(byId("accounts-list"))] },
  { keys: ["s"], text: "Go to the activity", act: () => [showTab("activity"), enter(byId("stream"))] },
  { keys: ["↑", "↓", "Home", "End"], text: "Move in a list" },
  { keys: ["Enter"], text: "Open or close what has the focus" },
  { keys: ["j"], text: "Show the entry below", act: () => detail.step(1) },
  { keys: ["k"], text: "Show the entry above", act: () => detail.step(-1) },
  { keys: ["Escape"], text: "Close the details", act: () => detail.close() },
  { keys: ["l"], text: "Add a leak", act: () => leaks.open() },
  { keys: ["n"], text: "New account", act: () => enrol.newAccount() },
  { keys: ["i"], text: "Add an item to the open account", act: withAccount(enrol.addItem) },
  { keys: ["x"], text: "Set a fault", act: () => faults.open() },
  { keys: ["t"], text: "Move the clock", act: () => clock.open() },
  { keys: ["b"], text: "Sandboxes", act: () => sandboxes.open() },
  { keys: ["c"], text: "Connect: base URL and credentials", act: () => view("connect") },
  { keys: ["u"], text: "Assumptions", act: () => view("assumptions") },
  { keys: ["?"], text: "These shortcuts", act: () => dialogs.open(byId("help-dialog")) },
]);

document.addEventListener("visibilitychange", () => document.hidden || poll());
poll();
