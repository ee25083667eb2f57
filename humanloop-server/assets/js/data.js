// Where data comes from: the server, or the exported file itself.

const embedded = document.getElementById("session-data");

/** The data of an exported file; `null` on a server. */
export const exported = embedded ? JSON.parse(embedded.textContent) : null;

/** What could not be had, and why. */
export class Missing extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** One answer of the server: JSON, or text. */
export async function get(path, params, { text = false, signal } = {}) {
  const query = new URLSearchParams(Object.entries(params ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== ""));
  if (exported) return fromFile(path, query);
  let answer;
  try {
    answer = await fetch(`/data/${path}${[...query].length ? `?${query}` : ""}`, { signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Missing(0, "the server does not answer: is `humanloop serve` still running?");
  }
  if (answer.redirected && new URL(answer.url).pathname === "/login") location.assign("/login");
  if (!answer.ok) {
    const body = await answer.text();
    let message = body;
    try {
      const parsed = JSON.parse(body);
      message = parsed.detail ?? parsed.message ?? parsed.error ?? body;
    } catch {}
    throw new Missing(answer.status, typeof message === "string" ? message : JSON.stringify(message));
  }
  return text ? answer.text() : answer.json();
}

function fromFile(path, query) {
  const [what, id, part] = path.split("/");
  const log = exported.logs[id];
  if (what === "session" && !part) return exported.session;
  if (what === "session" && part === "search") return { ids: found(query.get("q")) };
  if (what === "log" && log && !part) return { ...log, repeated: repeated(log, exported.logs[query.get("before")]) };
  if (what === "project") return { project: null, versions: exported.versions[id] ?? [] };
  throw new Missing(404, "an exported file holds one session only");
}

function found(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const holds = (log) => {
    const body = JSON.stringify(log.log).toLowerCase();
    return words.every((word) => body.includes(word));
  };
  return exported.session.rows.map((row) => row[0]).filter((id) => exported.logs[id] && holds(exported.logs[id]));
}

function repeated(log, before) {
  const [mine, theirs] = [log.log.messages ?? [], before?.log.messages ?? []];
  let same = 0;
  while (same < mine.length && same < theirs.length && JSON.stringify(mine[same]) === JSON.stringify(theirs[same])) same += 1;
  return same;
}

/** Follows a stream of the server's, from `since` on; goes on from the last event after a break. Returns how to stop. */
export function follow(path, since, onEvent, onState) {
  if (exported) return () => {};
  let source = null;
  let mark = since;
  const open = () => {
    source = new EventSource(`/data/${path}?since=${mark}`);
    source.onopen = () => onState?.("live");
    source.onerror = () => onState?.("lost");
    source.onmessage = (event) => {
      const data = JSON.parse(event.data);
      mark = data.upto;
      onEvent(data);
    };
  };
  // A page that nobody sees holds no connection: a browser has few of them for one server.
  const seen = () => {
    source?.close();
    source = null;
    if (document.visibilityState === "visible") open();
  };
  document.addEventListener("visibilitychange", seen);
  open();
  return () => {
    document.removeEventListener("visibilitychange", seen);
    source?.close();
  };
}
