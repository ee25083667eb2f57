// The frame around the pages, and which page is shown.
import { fill, h } from "./dom.js";
import { here, href, link } from "./address.js";
import { comparePage } from "./compare.js";
import { exported } from "./data.js";
import { help, keys, listenToKeys } from "./keys.js";
import { projectPage, projectsPage } from "./projects.js";
import { sessionPage } from "./session.js";
import { sessionsPage } from "./sessions.js";

const stage = h("main", { id: "content" });
const nav = h("nav", { "aria-label": "pages" });
let leave = null;
let turn = 0;

async function show() {
  const mine = (turn += 1);
  leave?.();
  leave = null;
  keys({});
  const { path } = here();
  const current = (name) => ((path[0] ?? "") === name ? "page" : null);
  fill(nav, !exported && [link(href([]), { "aria-current": current("") }, "Sessions"), link(href(["projects"]), { "aria-current": current("projects") }, "Projects")], h("button", { type: "button", class: "plain quiet", onclick: help }, "keys ", h("kbd", null, "?")));
  document.title = `${path[0] ?? "sessions"} · humanloop`;
  const place = h("div", { class: "place" }, h("p", { class: "quiet pad", role: "status" }, "loading…"));
  fill(stage, place);
  try {
    const stop = await page(place, path);
    if (mine === turn) leave = stop ?? null;
    else stop?.();
  } catch (error) {
    fill(place, h("div", { class: "problem", role: "alert" }, h("h2", null, error.status === 404 ? "Not there" : error.status === 0 ? "No connection" : "That did not work"), h("p", null, error.message), h("button", { type: "button", class: "more", onclick: show }, "try again")));
  }
}

function page(place, [name, a, b]) {
  if (exported) return sessionPage(place, exported.session.session.id);
  if (name === "session") return sessionPage(place, a);
  if (name === "compare") return comparePage(place, a, b);
  if (name === "projects") return projectsPage(place);
  if (name === "project") return projectPage(place, a);
  return sessionsPage(place);
}

document.body.append(h("a", { class: "skip", href: "#content", onclick: (event) => { event.preventDefault(); stage.querySelector("[tabindex], input, a, button")?.focus(); } }, "to the content"), h("header", { class: "top" }, exported ? h("span", { class: "brand" }, "humanloop") : link(href([]), { class: "brand" }, "humanloop"), nav), stage);
listenToKeys();
addEventListener("visit", show);
addEventListener("popstate", show);
show();
