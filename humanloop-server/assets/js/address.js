// Where the reader is: a path and parameters, in the URL of the server's pages and behind the # of an exported file.
import { h } from "./dom.js";
import { exported } from "./data.js";

/** `{ path: ["session", "…"], params }`. */
export function here() {
  const text = exported ? location.hash.slice(1) || "/" : location.pathname + location.search;
  const [path, query] = text.split("?");
  return { path: path.split("/").filter(Boolean).map(decodeURIComponent), params: new URLSearchParams(query ?? "") };
}

/** The address as text; parameters without a value are left out. */
export function href(path, params) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params ?? {})) if (value !== null && value !== undefined && value !== "") query.set(name, value);
  const text = `/${path.map(encodeURIComponent).join("/")}${[...query].length ? `?${query}` : ""}`;
  return exported ? `#${text}` : text;
}

/** Goes there, and draws it. */
export function visit(address) {
  history.pushState(null, "", address);
  dispatchEvent(new Event("visit"));
}

/** Changes parameters of this page in the address only: nothing is drawn anew. */
export function note(changes, { push = false } = {}) {
  const { path, params } = here();
  const all = { ...Object.fromEntries(params), ...changes };
  history[push ? "pushState" : "replaceState"](null, "", href(path, all));
}

/** A link that draws without loading anew. */
export function link(address, attributes, ...children) {
  const go = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    visit(address);
  };
  return h("a", { href: address, onclick: go, ...attributes }, ...children);
}
