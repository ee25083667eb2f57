// Projects: the versions of each function or prompt, what differs between two, and the logs of one.
import { fill, h } from "./dom.js";
import { here, href, link, note } from "./address.js";
import { codeView, differenceView } from "./code.js";
import { get } from "./data.js";
import { ago, count, counted, duration, moment, money, tokens } from "./format.js";
import { keys } from "./keys.js";
import { valueView } from "./value.js";
import { kindSign, outcomeSign } from "./words.js";

export async function projectsPage(place) {
  const { projects } = await get("projects", { q: here().params.get("q") });
  keys({});
  fill(place, h("div", { class: "page" }, h("h1", null, "Projects"), projects.length ? h("div", { class: "wide" }, h("table", { class: "grid" }, h("thead", null, h("tr", null, ["project", "logs", "made", "last used"].map((name) => h("th", null, name)))),
    h("tbody", null, projects.map((project) => h("tr", null, h("td", null, kindSign(project.kind ?? "tool"), link(href(["project", String(project.id)]), null, project.name)), h("td", { class: "num" }, count(project.logs)), h("td", { class: "num" }, moment(project.created)), h("td", { class: "num" }, ago(project.updated))))))) : h("p", { class: "empty" }, "No projects yet: a function's logs make one.")));
}

export async function projectPage(place, id) {
  const { project, versions } = await get(`project/${id}`);
  const params = here().params;
  let shown = versions.find((version) => version.config === params.get("version")) ?? versions[0];
  let against = versions.find((version) => version.config === params.get("against"));
  let tab = params.get("tab") ?? "source";
  const table = h("div", { class: "wide" });
  const body = h("div", { class: "version" });
  const pick = (version) => { shown = version; note({ version: version.config }); draw(); };
  function draw() {
    fill(table, h("table", { class: "grid" }, h("thead", null, h("tr", null, ["version", "first seen", "last seen", "calls", "went wrong", "tokens", "cost", "on average"].map((name) => h("th", null, name)))),
      h("tbody", null, versions.map((version) => h("tr", { class: version === shown ? "selected" : "" }, h("td", null, kindSign(version.kind), h("button", { type: "button", class: "plain", "aria-pressed": String(version === shown), onclick: () => pick(version) }, version.name, " ", h("code", { class: "quiet" }, version.config.slice(0, 8))), version.model && h("span", { class: "model" }, version.model)),
        h("td", { class: "num", title: moment(version.first, true) }, moment(version.first)), h("td", { class: "num", title: moment(version.last, true) }, ago(version.last)), h("td", { class: "num" }, count(version.logs)), h("td", { class: version.failed ? "num bad" : "num" }, version.failed ? `✕ ${count(version.failed)} (${((version.failed / version.logs) * 100).toFixed(1)} %)` : "0"), h("td", { class: "num" }, version.input || version.output ? tokens(version.input, version.output) : ""), h("td", { class: "num" }, money(version.cost)), h("td", { class: "num" }, duration(version.duration)))))));
    if (!shown) return fill(body, h("p", { class: "empty" }, "No versions yet."));
    const tabs = [["source", "Source"], ["difference", "Difference"], ["config", "Config"], ["logs", "Logs"]];
    const content = h("div", { class: "tabbody" });
    fill(body, h("div", { class: "tabs", role: "tablist" }, tabs.map(([key, label]) => h("button", { type: "button", role: "tab", "aria-selected": String(key === tab), onclick: () => { tab = key; note({ tab }); draw(); } }, label))), content);
    if (tab === "source") fill(content, shown.function && h("p", { class: "quiet" }, `${shown.function.file}:${shown.function.line} · ${shown.function.module}`), shown.body.source_code ? codeView(shown.body.source_code, shown.function?.line ?? 1) : h("p", { class: "quiet" }, "The source was not logged."));
    if (tab === "config") fill(content, valueView({ ...shown.body, source_code: undefined }));
    if (tab === "difference") difference2(content);
    if (tab === "logs") logs(content, null);
  }
  function difference2(content) {
    const others = versions.filter((version) => version !== shown);
    if (!others.length) return fill(content, h("p", { class: "quiet" }, "There is one version only."));
    against = others.includes(against) ? against : others.filter((version) => version.name === shown.name && version.first < shown.first).sort((a, b) => (a.first < b.first ? 1 : -1))[0] ?? others[0];
    const select = h("select", { "aria-label": "compare with", onchange: () => { against = others[select.selectedIndex]; note({ against: against.config }); draw(); } }, others.map((version) => h("option", { selected: version === against }, `${version.name} ${version.config.slice(0, 8)}, ${moment(version.last)}`)));
    const rest = (version) => JSON.stringify({ ...version.body, source_code: undefined }, null, 2);
    fill(content, h("p", null, "from ", select, " to ", h("code", null, shown.config.slice(0, 8))), h("h3", null, "Source"), differenceView(against.body.source_code ?? "", shown.body.source_code ?? ""), h("h3", null, "Config"), differenceView(rest(against), rest(shown)));
  }
  async function logs(content, after, before = []) {
    const answer = await get("logs", { project: id, config: shown.config, state: here().params.get("state"), after });
    const all = before.concat(answer.logs);
    fill(content, h("p", { class: "quiet" }, counted(answer.total, "log")), h("div", { class: "list" }, all.map((log) => h("div", { class: "item" }, link(href(["session", log.session], { log: log.id }), null, h("span", { class: "main" }, outcomeSign(log.outcome), h("span", { class: "words" }, log.words ?? "", " → ", log.error ? h("span", { class: "bad" }, log.error) : log.result ?? "")), h("span", { class: "figures three" }, h("span", null, tokens(log.input, log.output)), h("span", null, duration(log.duration)), h("time", { title: moment(log.start, true) }, ago(log.start))))))),
      answer.next && h("button", { type: "button", class: "more", onclick: () => logs(content, answer.next, all) }, "more"));
  }
  const step = (by) => versions.length && pick(versions[Math.max(0, Math.min(versions.length - 1, versions.indexOf(shown) + by))]);
  keys({ j: ["next version", () => step(1)], k: ["version before", () => step(-1)], d: ["difference", () => { tab = "difference"; note({ tab }); draw(); }] });
  fill(place, h("div", { class: "page" }, h("p", { class: "quiet" }, link(href(["projects"]), null, "Projects")), h("h1", null, project.name), table, body));
  draw();
}
