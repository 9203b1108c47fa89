// The details beside the stream: one thing at a time, whose address is in the page's own.

import { byId, icon, show } from "./dom.js";

/**
 * The pane of the details. `views` makes what is shown: by the first word of a view's name, a function of the rest of it
 * that returns a title and children, or null if there is nothing to show; and a mark, if it can change.
 */
export function detail({ views, activity }) {
  const pane = byId("detail");
  const heading = byId("detail-heading");
  const body = byId("detail-body");
  /** The name of what is shown, as in `request-12` or `connect`. */
  let current = null;
  /** What was new about it when it was written. */
  let mark;
  /** What had the focus before. */
  let opener = null;

  byId("close-detail").append(icon("close"));
  byId("newer").append(icon("up"));
  byId("elder").append(icon("down"));
  byId("close-detail").addEventListener("click", close);
  byId("newer").addEventListener("click", () => step(-1));
  byId("elder").addEventListener("click", () => step(1));

  const isEntry = (name) => /^(request|message)-/.test(name ?? "");

  function open(name, { focus = true } = {}) {
    if (!make(name)) return false;
    if (current === null) opener = document.activeElement;
    current = name;
    history.replaceState(null, "", `#${name}`);
    activity.mark(isEntry(name) ? name : null);
    pane.hidden = false;
    document.body.classList.add("with-detail");
    byId("newer").hidden = byId("elder").hidden = !isEntry(name);
    write(make(name));
    body.scrollTop = 0;
    // A stream beside details has other lines.
    activity.entry(name)?.node.scrollIntoView({ block: "nearest" });
    if (focus) heading.focus();
    return true;
  }

  const make = (name) => views[name.split("-")[0]]?.(name.slice(name.indexOf("-") + 1), name) ?? null;

  function write({ title, children, mark: of }) {
    mark = of;
    heading.replaceChildren(...title);
    show(body, children.filter(Boolean), heading);
  }

  function close() {
    if (current === null) return false;
    const was = current;
    current = null;
    pane.hidden = true;
    document.body.classList.remove("with-detail");
    history.replaceState(null, "", location.pathname + location.search);
    activity.mark(null);
    if (isEntry(was)) activity.focus(was);
    else (opener?.isConnected && opener !== document.body ? opener : byId("activity-heading")).focus();
    opener = null;
    return true;
  }

  /** Shows the entry below or above; the focus stays where it is. */
  function step(steps) {
    const next = isEntry(current) && activity.beside(current, steps);
    if (!next) return false;
    open(next, { focus: false });
    return true;
  }

  return {
    open,
    close,
    step,
    /** Writes what is shown anew, if there is something new about it. */
    renew() {
      const made = current && make(current);
      if (made?.mark !== undefined && made.mark !== mark) write(made);
    },
    current: () => current,
    /** Another world has come: shows what the address of the page names, and nothing that is no longer there. */
    settle() {
      const name = current ?? decodeURIComponent(location.hash.slice(1));
      if (!name) return;
      if (!make(name)) close();
      else if (current) activity.mark(isEntry(name) ? name : null);
      else open(name, { focus: false });
    },
  };
}
