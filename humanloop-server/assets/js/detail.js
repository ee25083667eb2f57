// One log beside the tree: what went in and came out, its messages, prompt, code, and everything raw.
import { append, fill, h } from "./dom.js";
import { href, link, note, here } from "./address.js";
import { codeView, differenceView } from "./code.js";
import { asCurl, asJson, asRustTest } from "./copy.js";
import { exported, get } from "./data.js";
import { bytes, duration, moment, money, tokens } from "./format.js";
import { messagesView } from "./messages.js";
import { copyText, valueView } from "./value.js";
import { kindSign, outcomeBadge } from "./words.js";

const TABS = {
  call: ["Input & output", () => true, callView],
  messages: ["Messages", (log) => log.messages?.length || log.output_message, messagesView],
  prompt: ["Prompt", (log) => log.config?.type === "model", promptView],
  code: ["Code", () => true, sourceView],
  raw: ["Raw", () => true, rawView],
};

/** Draws the log into `place`. */
export async function showDetail(place, one, { before, onClose, signal, start }) {
  if (place.dataset.log !== one.id) fill(place, h("p", { class: "quiet pad" }, "loading…"));
  const detail = await get(`log/${one.id}`, { before }, { signal });
  place.dataset.log = one.id;
  const whole = (path) => get(`log/${one.id}/value`, { path }, { text: true });
  const tabs = Object.entries(TABS).filter(([, [, applies]]) => applies(detail.log));
  const body = h("div", { class: "tabbody", role: "tabpanel", id: "tabbody", tabindex: "0" });
  const bar = h("div", { class: "tabs", role: "tablist" });
  const select = (name, focus) => {
    const current = tabs.find(([key]) => key === name) ?? tabs[0];
    fill(bar, tabs.map(([key, [label]]) => h("button", { type: "button", role: "tab", "aria-controls": "tabbody", "data-tab": key, "aria-selected": String(key === current[0]), tabindex: key === current[0] ? "0" : "-1", onclick: () => { note({ tab: key }); select(key, true); } }, label)));
    if (focus) bar.querySelector("[aria-selected=true]").focus();
    fill(body, current[1][2](detail, whole));
  };
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.stopPropagation();
    const at = tabs.findIndex(([key]) => key === bar.querySelector("[aria-selected=true]").dataset.tab);
    const next = tabs[(at + step + tabs.length) % tabs.length][0];
    note({ tab: next });
    select(next, true);
  });
  fill(place, head(one, detail, onClose, start), bar, body);
  select(here().params.get("tab"));
  place.detail = detail;
}

function head(one, detail, onClose, start) {
  const { log } = detail;
  const price = log.metadata?.cost;
  const fact = (name, value, title) => (value ? h("span", { class: "fact", title }, h("i", null, name), " ", value) : null);
  const copies = [["log as JSON", asJson], ["call as curl", asCurl], ["Rust test", asRustTest]].filter(([what]) => what !== "call as curl" || one.kind === "prompt");
  return h("header", { class: "detailhead" },
    h("div", { class: "line" }, kindSign(one.kind), h("h2", null, one.name), outcomeBadge(one.outcome),
      h("details", { class: "menu" }, h("summary", null, "copy"), h("div", null, copies.map(([what, make]) => h("button", { type: "button", async onclick(event) { event.target.closest("details").open = false; copyText(await make(detail), what); } }, what)), h("button", { type: "button", onclick: () => copyText(location.href, "link") }, "link"))),
      h("button", { class: "close", type: "button", "aria-label": "close", onclick: onClose }, "×")),
    h("div", { class: "facts" },
      fact("took", duration(one.duration) || (one.outcome === "running" ? "running" : null)), fact("own", one.self !== one.duration && duration(one.self), "time that no call below covers"),
      fact("first token", duration(one.firstToken)), fact("tokens", tokens(one.input, one.output), "in → out"),
      fact("cost", price?.unknown_price ? "price unknown" : money(one.cost), price?.prices_of && `estimated by the prices of ${price.prices_of}`),
      fact("model", one.model), fact("began", `${moment(log.created_at, true)} · +${duration(one.start)}`),
      fact("project", exported ? detail.project : link(href(["project", String(detail.project_id)], { version: detail.config }), null, detail.project ?? "?")),
      log.finish_reason && fact("finish", log.finish_reason), one.missing && fact("note", "its parent is not in this session"), log.unbound && fact("note", "ran outside of any session")));
}

function section(title, ...content) {
  return h("section", { class: "part" }, h("h3", null, title), content);
}

/** A section of a logged value, which can be copied whole. */
function valueSection(title, path, { log, whole }, ...content) {
  const shown = typeof log[path] === "string" ? log[path] : JSON.stringify(log[path], null, 2);
  const text = async () => (shown.includes('"$cut"') ? whole(path) : shown);
  return section([title, h("button", { type: "button", class: "copy", onclick: async () => copyText(await text(), title.toLowerCase()) }, "copy")], ...content);
}

function callView(detail, whole) {
  const { log } = detail;
  const inputs = log.inputs && Object.keys(log.inputs).length ? log.inputs : null;
  const value = (item, path) => valueView(item, whole, path);
  const types = argumentTypes(log.config?.source_code);
  const words = typeof log.error === "string" ? log.error.split("\n")[0].slice(0, 60) : null;
  return [
    log.error != null && valueSection("Error", "error", { log, whole }, h("div", { class: "error" }, value(log.error)), !exported && words && link(href([], { q: words.replace(/[^\p{L}\p{N} ]+/gu, " ").trim(), state: "bad" }), { class: "small" }, "same error elsewhere")),
    inputs ? valueSection("Input", "inputs", { log, whole }, h("dl", { class: "arguments" }, Object.entries(inputs).map(([name, item]) => [h("dt", null, name, types[name] && h("span", { class: "quiet" }, `: ${types[name]}`)), h("dd", null, value(item, name))]))) : section("Input", h("p", { class: "quiet" }, "no arguments")),
    log.error == null && log.output != null && valueSection("Output", "output", { log, whole }, valueView(log.output, whole, "output", log.config?.type === "model" || log.kind === "flow")),
    log.error == null && log.output == null && section("Output", h("p", { class: "quiet" }, { running: "not ended yet", cancelled: "cancelled before it returned", interrupted: "its process is gone", panicked: "it panicked" }[log.outcome] ?? "nothing returned")),
    log.stdout && section("Printed", value(log.stdout)),
    detail.feedback?.length > 0 && section("Feedback", value(detail.feedback)),
    log.metadata && section("Metadata", value(log.metadata, "metadata")),
  ];
}

/** Names of arguments and their types, as the source has them. */
function argumentTypes(source) {
  if (typeof source !== "string") return {};
  const start = source.search(/\bfn\s+\w+/);
  const open = source.indexOf("(", start);
  if (start < 0 || open < 0) return {};
  const types = {};
  let depth = 0;
  let piece = "";
  for (const c of source.slice(open)) {
    if ("([{<".includes(c)) depth += 1;
    if (")]}>".includes(c)) depth -= 1;
    if ((c === "," && depth === 1) || depth === 0) {
      const [, name, type] = /^\s*(?:mut\s+)?(\w+)\s*:\s*([\s\S]+)$/.exec(piece) ?? [];
      if (name) types[name] = type.replace(/\s+/g, " ").trim();
      piece = "";
      if (depth === 0) break;
    } else if (depth > 1 || c !== "(") piece += c;
  }
  return types;
}

function promptView(detail, whole) {
  const { config, inputs, messages } = detail.log;
  const { type, source_code, prompt_template, chat_template, description, ...parameters } = config;
  const names = Object.keys(inputs ?? {});
  const template = (text) => (typeof text === "string" ? h("pre", { class: "text" }, text.split(/(\{\{\s*\w+\s*\}\})/).map((part, i) => (i % 2 ? h("span", { class: names.includes(part.slice(2, -2).trim()) ? "variable" : "variable unset", title: "variable" }, part) : part))) : valueView(text, whole));
  const rendered = (text) => {
    if (typeof text !== "string") return valueView(text, whole);
    const values = Object.values(inputs ?? {}).filter((item) => typeof item === "string" && item.length > 1);
    const shape = new RegExp(`(${values.map((item) => item.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "g");
    return h("pre", { class: "text" }, values.length && text.length < 20000 ? text.split(shape).map((part, i) => (i % 2 ? h("span", { class: "variable" }, part) : part)) : text);
  };
  const pair = (left, right) => h("div", { class: "pair" }, h("div", null, h("h4", null, "template"), left), h("div", null, h("h4", null, "rendered"), right));
  return [
    prompt_template && section("Prompt", pair(template(prompt_template), rendered(messages?.[0]?.content ?? ""))),
    chat_template?.map((one, i) => section(one.role, pair(template(one.content), rendered(messages?.[i]?.content ?? "")))),
    !prompt_template && !chat_template && h("p", { class: "quiet" }, "The program did not log a template."),
    section("Parameters", valueView(parameters, whole)),
    section("Version", h("p", null, exported ? h("code", null, detail.config) : link(href(["project", String(detail.project_id)], { version: detail.config, tab: "logs" }), null, "all calls of this version "), h("code", null, detail.config?.slice(0, 12)))),
  ];
}

function sourceView(detail, whole) {
  const { log } = detail;
  const where = log.function;
  let source = log.config?.source_code;
  const place = h("div");
  const draw = (text) => append(place, [codeView(text, where?.line ?? 1)]);
  if (typeof source === "string") draw(source);
  else if (source?.$cut) whole(source.$cut.path).then((text) => draw((source = text)), (error) => fill(place, error.message));
  else fill(place, h("p", { class: "quiet" }, "The program did not log the source of this call."));
  const since = h("div");
  const button = h("button", { type: "button", class: "more", async onclick() {
    const { versions } = await get(`project/${detail.project_id}`);
    const mine = versions.find((version) => version.config === detail.config);
    const earlier = versions.filter((version) => version.name === mine?.name && version.config !== mine.config && version.first < mine.first).sort((a, b) => (a.first < b.first ? 1 : -1))[0];
    fill(since, earlier ? [h("p", { class: "quiet" }, `against version ${earlier.config.slice(0, 12)}, last seen ${moment(earlier.last)}`), differenceView(earlier.body.source_code ?? "", String(source ?? ""))] : h("p", { class: "quiet" }, "there is no earlier version"));
  } }, "changed since the version before");
  const today = h("button", { type: "button", class: "more", async onclick() {
    try {
      const now = (await get(`log/${detail.id}/now`)).source;
      fill(since, now === null ? h("p", { class: "quiet" }, `there is no ${where.ident} in ${where.file} any more`) : [h("p", { class: "quiet" }, `from what ran to ${where.file} now`), differenceView(String(source ?? ""), now)]);
    } catch (error) {
      fill(since, h("p", { class: "quiet" }, error.message));
    }
  } }, "changed in the working tree");
  const spot = where && `${where.file}:${where.line}`;
  const editor = h("span");
  // Where the function stands now; without the sources, or the file in them, there is nothing to open.
  if (where && detail.sources) get(`log/${detail.id}/now`).then((now) => fill(editor, h("a", { href: now.editor, title: `${where.file}, where the function stands now` }, "open in the editor"), now.git && [" · ", commitOf(now, source, where.file)]), () => {});
  return [
    h("div", { class: "facts" }, where && h("button", { type: "button", class: "key", title: "copy", onclick: () => copyText(spot, "place") }, spot), editor, where && h("code", null, `${where.module}::${where.ident}`), where?.version && h("span", { title: `digest of the function's tokens, as cargo humanloop lists it: ${where.version}` }, h("i", null, "version "), h("code", null, where.version.slice(0, 12))),
      where && h("span", { class: "mark soft" }, { exact: "exact source", written: "source as written by the compiler", expanded: "source after expansion", hidden: "source hidden" }[where.source_kind]),
      detail.config && h("span", { title: `what was called, with its options: ${detail.config}` }, h("i", null, "config "), h("code", null, detail.config.slice(0, 12))), source && h("button", { type: "button", class: "key", onclick: () => copyText(String(source), "source") }, `copy (${bytes(String(source).length)})`)),
    place, source && button, source && where && !exported && [" ", today], since,
  ];
}

/** The commit of the file in the working tree, and whether that is what ran. */
function commitOf({ git, source }, ran, file) {
  const same = typeof ran === "string" && ran === source;
  const title = `the last commit to ${file}${git.changed ? ", which has changed since" : ""}; ${same ? "what ran is what stands there now" : "what ran is another text"}`;
  return h("span", { title }, h("i", null, "git "), h("code", null, git.commit), git.changed && " and changes", same ? ", what ran" : ", not what ran");
}

function rawView(detail, whole) {
  return [h("p", { class: "quiet" }, "log ", h("code", null, detail.id)), valueView(detail.log, whole)];
}
