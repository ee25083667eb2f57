// Figures as people read them: always with their unit.

/** Nanoseconds. */
export function duration(ns) {
  if (ns === null || ns === undefined) return "";
  const sign = ns < 0 ? "−" : "";
  const n = Math.abs(ns);
  if (n === 0) return "0";
  if (n < 1e3) return `${sign}${n} ns`;
  if (n < 1e6) return `${sign}${three(n / 1e3)} µs`;
  if (n < 1e9) return `${sign}${three(n / 1e6)} ms`;
  if (n < 60e9) return `${sign}${three(n / 1e9)} s`;
  const seconds = Math.round(n / 1e9);
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${sign}${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function three(n) {
  return n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2);
}

/** A whole number, grouped by thousands. */
export function count(n) {
  return n === null || n === undefined ? "" : n.toLocaleString("en-US");
}

/** "1 log", "2 logs". */
export function counted(n, word) {
  return `${count(n)} ${word}${n === 1 ? "" : "s"}`;
}

/** Tokens in and out. */
export function tokens(input, output) {
  if (input == null && output == null) return "";
  return `${count(input ?? 0)} → ${count(output ?? 0)}`;
}

/** US dollars; estimates, so they are marked as about. */
export function money(dollars) {
  if (!dollars) return "";
  if (dollars < 0.00001) return "< $0.00001";
  const digits = dollars >= 1 ? 2 : Math.min(5, 1 - Math.floor(Math.log10(dollars)));
  return `≈ $${dollars.toFixed(digits)}`;
}

/** Bytes. */
export function bytes(n) {
  if (n < 1000) return `${n} B`;
  if (n < 1e6) return `${three(n / 1e3)} kB`;
  return `${three(n / 1e6)} MB`;
}

/** A time of day with its date when that is not today's, in the zone of the reader. */
export function moment(iso, full) {
  const time = new Date(iso);
  const two = (n, width = 2) => String(n).padStart(width, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  if (full) return `${day} ${clock}.${two(time.getMilliseconds(), 3)} ${zone(time)}`;
  return time.toDateString() === new Date().toDateString() ? clock : `${day} ${clock.slice(0, 5)}`;
}

function zone(time) {
  const minutes = -time.getTimezoneOffset();
  const sign = minutes < 0 ? "−" : "+";
  return `UTC${sign}${Math.floor(Math.abs(minutes) / 60)}${minutes % 60 ? `:${Math.abs(minutes % 60)}` : ""}`;
}

/** How long ago. */
export function ago(iso) {
  const seconds = (Date.now() - new Date(iso)) / 1000;
  if (seconds < 5) return "now";
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} d ago`;
}
