// The list of sessions: search and filters that stand in the address, and new ones as they come.
import { fill, h } from "./dom.js";
import { here, href, link, note, visit } from "./address.js";
import { follow, get } from "./data.js";
import { ago, count, counted, duration, moment, money, tokens } from "./format.js";
import { keys } from "./keys.js";
import { outcomeSign } from "./words.js";

const FILTERS = ["q", "state", "kind", "model", "project", "from", "until"];
const FREE_FILTERS = { q: "text", model: "model", from: "from", until: "until" };

export async function sessionsPage(place) {
  const params = here().params;
  const asked = () => Object.fromEntries(FILTERS.map((name) => [name, here().params.get(name)]));
  let answer = await get("sessions", asked());
  let cursor = -1;
  const chosen = new Set();
  const list = h("div", { class: "list", role: "list", "aria-label": "sessions" });
  const status = h("span", { class: "found", role: "status" });
  const live = h("span", { class: "live" });
  const change = async (changes) => {
    note(changes);
    answer = await get("sessions", asked());
    cursor = -1;
    draw();
  };
  let typing;
  const search = h("input", { type: "search", placeholder: "Search all sessions: inputs, outputs, errors, names", "aria-label": "search sessions", value: params.get("q") ?? "", oninput: () => { clearTimeout(typing); typing = setTimeout(() => change({ q: search.value.trim() }), 200); } });
  const choice = (name, label, options) => (controls[name] = h("select", { "aria-label": label, onchange: (event) => change({ [name]: event.target.value }) }, options.map(([value, text]) => h("option", { value, selected: (params.get(name) ?? "") === value }, text))));
  const model = h("input", { type: "text", class: "short", placeholder: "model", "aria-label": "model", value: params.get("model") ?? "", onchange: (event) => change({ model: event.target.value.trim() }) });
  const controls = { q: search, model };
  const chips = h("div", { class: "chips", role: "group", "aria-label": "filters" });
  const compare = h("button", { type: "button", class: "chip", hidden: true, onclick: () => visit(href(["compare", ...chosen])) }, "compare the two (d)");
  const more = h("button", { type: "button", class: "more", async onclick() {
    const next = await get("sessions", { ...asked(), after: answer.next });
    answer = { ...next, total: answer.total, upto: answer.upto, sessions: answer.sessions.concat(next.sessions) };
    draw();
  } }, "more");
  const head = h("div", { class: "columns", "aria-hidden": "true" }, h("span", { class: "main" }, "first input → last output"), h("span", { class: "figures" }, ["went wrong", "logs", "tokens in → out", "cost", "took", "began"].map((name) => h("span", null, name))));
  fill(place, h("div", { class: "page" }, h("h1", { class: "hidden" }, "Sessions"),
    h("div", { class: "tools" }, search, choice("state", "outcome", [["", "any outcome"], ["ok", "✓ ok"], ["bad", "✕ went wrong"], ["running", "● running"]]), choice("kind", "kind", [["", "any kind"], ["tool", "with tools"], ["prompt", "with prompts"], ["flow", "with flows"]]), choice("project", "project", [["", "all projects"], ...answer.projects.map((project) => [String(project.id), project.name])]), model, status, compare, live),
    chips, head, list, more));

  /** What is filtered by, each to be taken away; also what has no control, as a time that a link gave. */
  function drawChips() {
    const set = FILTERS.filter((name) => here().params.get(name));
    const words = (name) => (controls[name]?.selectedOptions ? controls[name].selectedOptions[0]?.text : `${FREE_FILTERS[name]} ${here().params.get(name)}`);
    const away = (names) => {
      for (const name of names) if (controls[name]) controls[name].value = "";
      change(Object.fromEntries(names.map((name) => [name, ""])));
    };
    chips.hidden = !set.length;
    fill(chips, set.map((name) => h("button", { type: "button", class: "chip", title: "take this filter away", onclick: () => away([name]) }, words(name), " ×")), set.length > 1 && h("button", { type: "button", class: "chip", onclick: () => away(set) }, "all away"));
  }

  function draw() {
    const all = answer.sessions;
    drawChips();
    head.hidden = !all.length;
    fill(status, counted(answer.total ?? all.length, "session"));
    more.hidden = !answer.next;
    const filtered = FILTERS.some((name) => here().params.get(name));
    fill(list, all.length ? all.map(row) : filtered ? h("p", { class: "empty" }, "No session fits. ", link(href([]), null, "Show all")) : h("div", { class: "empty" }, h("h2", null, "No sessions yet"), h("p", null, "Put ", h("code", null, "#[humanloop::tool]"), " on a function, ", h("code", null, "humanloop::init()"), " into main, and run the program: its session appears here.")));
  }

  function row(session, index) {
    const sign = session.failed > 0 ? "failed" : session.running > 0 ? "running" : "ok";
    const box = h("input", { type: "checkbox", checked: chosen.has(session.id), "aria-label": "choose for comparison", onchange: () => { box.checked ? chosen.add(session.id) : chosen.delete(session.id); compare.hidden = chosen.size !== 2; } });
    const took = (new Date(session.updated_at) - new Date(session.created_at)) * 1e6;
    return h("div", { class: `item${index === cursor ? " selected" : ""}`, role: "listitem", "data-id": session.id }, box, link(href(["session", session.id]), null,
      h("span", { class: "main" }, outcomeSign(sign), h("b", { dir: "auto" }, session.first_input || session.reference_id), session.last_output && h("span", { class: "words", dir: "auto" }, ` → ${session.last_output}`)),
      h("span", { class: "figures" }, h("span", null, session.failed > 0 && h("span", { class: "bad" }, `✕ ${count(session.failed)} `), session.running > 0 && h("span", { class: "running" }, `● ${count(session.running)}`)), h("span", null, counted(session.datapoints_count, "log")), h("span", null, session.prompt_tokens || session.output_tokens ? tokens(session.prompt_tokens, session.output_tokens) : ""), h("span", null, money(session.cost)), h("span", null, session.running > 0 ? "running" : duration(took)), h("time", { title: moment(session.created_at, true) }, ago(session.created_at)))));
  }

  const go = (step) => {
    cursor = Math.max(0, Math.min(answer.sessions.length - 1, cursor + step));
    draw();
    list.children[cursor]?.scrollIntoView({ block: "nearest" });
  };
  keys({
    j: ["next session", () => go(1)], ArrowDown: ["next session", () => go(1)], k: ["session before", () => go(-1)], ArrowUp: ["session before", () => go(-1)],
    Enter: ["open it", () => cursor >= 0 && visit(href(["session", answer.sessions[cursor].id]))], "/": ["search", () => search.focus()], d: ["compare the two that are chosen", () => chosen.size === 2 && visit(href(["compare", ...chosen]))],
  });
  draw();
  return follow("live", answer.upto, async (changes) => {
    const known = new Map(answer.sessions.map((session) => [session.id, session]));
    if (FILTERS.some((name) => here().params.get(name))) answer = await get("sessions", asked());
    else {
      for (const session of changes.sessions) {
        if (!known.has(session.id)) answer.total += 1;
        known.set(session.id, session);
      }
      answer.sessions = [...known.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1)).slice(0, Math.max(100, answer.sessions.length));
    }
    draw();
  }, (state) => { fill(live, state === "live" ? "● live" : "○ connection lost, trying again"); live.className = `live ${state}`; });
}
