// The keyboard: each page says what its keys do, and `?` shows it.
import { h } from "./dom.js";

let bound = {};

/** Sets the page's keys: `{ j: ["next row", () => …] }`. */
export function keys(map) {
  bound = map;
}

export function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input, select, textarea");
    if (typing && event.key === "Escape") {
      event.preventDefault(); // browsers would empty the field
      return event.target.blur();
    }
    if (typing || document.querySelector("dialog[open]")) return;
    if (event.key === "?") return help();
    // A focused button or link keeps Enter and the space bar.
    if (event.key === "Enter" && event.target.matches("button, a, summary")) return;
    const found = bound[event.key];
    if (!found) return;
    event.preventDefault();
    found[1](event);
  });
}

const NAMES = { ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→" };

export function help() {
  const rows = Object.entries({ ...bound, "?": ["this help"] }).map(([key, [text]]) => h("tr", null, h("td", null, h("kbd", null, NAMES[key] ?? key)), h("td", null, text)));
  const dialog = h("dialog", { class: "help", "aria-label": "keys", onclose: () => dialog.remove() }, h("h2", null, "Keys"), h("table", null, rows), h("form", { method: "dialog" }, h("button", null, "close")));
  document.body.append(dialog);
  dialog.showModal();
}
