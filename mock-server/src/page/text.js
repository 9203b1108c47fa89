// How times, numbers and ids are written. Pure: nothing here touches the page.

/** `1 item`, `2 items`. */
export const some = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The day of a time of the mock: `29 Nov 2026`. */
export const dayOf = (at) => `${Number(at.slice(8, 10))} ${MONTHS[Number(at.slice(5, 7)) - 1]} ${at.slice(0, 4)}`;

/** A time of the mock: `16:26:06` on the same day, else `29 Nov 16:26`, with the year if it is another one. */
export function shortTime(at, now) {
  if (now && at.slice(0, 10) === now.slice(0, 10)) return at.slice(11, 19);
  const day = now && at.slice(0, 4) === now.slice(0, 4) ? dayOf(at).slice(0, -5) : dayOf(at);
  return `${day} ${at.slice(11, 16)}`;
}

const UNITS = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

/** A span of seconds in its two largest units: `1 d 1 h`. */
export function span(seconds) {
  const exact = Math.round(Math.abs(seconds));
  // Of a long span a second more or less is the way of the response.
  let left = exact < 3600 ? exact : Math.round(exact / 60) * 60;
  const parts = [];
  for (const [length, unit] of UNITS) {
    const many = Math.floor(left / length);
    left -= many * length;
    if (many > 0) parts.push(`${many} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0 s";
}

/** How long ago something was: `just now`, `5 min ago`. Only the largest unit. */
export function ago(seconds) {
  const [length, unit] = UNITS.find(([length]) => seconds >= length) ?? [1, "s"];
  return seconds < 2 ? "just now" : `${Math.floor(seconds / length)} ${unit} ago`;
}

/** A duration in milliseconds: `0.4 ms`, `12 ms`, `1.3 s`. */
export function duration(milliseconds) {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds < 10 ? Number(milliseconds.toFixed(1)) : Math.round(milliseconds)} ms`;
}

/** A number that the mock has masked with stars, shortened: `•••• 7466`. Other texts stay. */
export function shortMask(text) {
  const tail = /^[^\p{L}\p{N}*]*\*[^\p{L}\p{N}]*([\p{L}\p{N}]*)$/u.exec(text);
  return tail ? `•••• ${tail[1]}`.trim() : text;
}

/** How much of the end of a phone number is shown. */
const PHONE_SHOWN = 2;

/** The end of a phone number, as the mock masks one. */
export const maskedPhone = (phone) => `•••• ${phone.slice(-PHONE_SHOWN)}`;

/** A short id: the beginning of a UUID. */
export const shortId = (id) => String(id).slice(0, 8);

/** `first_name` as a label: `First name`. Abbreviations stay in capitals. */
export function label(name) {
  const words = name.replaceAll("_", " ").replace(/\b(ssn|iban|cvc|id)\b/g, (word) => word.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The path of a request without its query, every id as `{id}`, so that requests to one route have one path. */
export function routeOf(path) {
  const isId = (segment) => /^\d+$|^[0-9a-f]{8}-|^\*+/i.test(segment);
  return path.split("?")[0].split("/").map((segment) => (isId(segment) ? "{id}" : segment)).join("/");
}

/** Whether a time of the mock is another day's than `now`. */
export const isOtherDay = (at, now) => at.slice(0, 10) !== now.slice(0, 10);
