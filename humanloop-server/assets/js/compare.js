// Two sessions side by side: calls aligned by name and place, what changed in behaviour and in code.
import { fill, h } from "./dom.js";
import { href, link } from "./address.js";
import { difference, differenceView } from "./code.js";
import { get } from "./data.js";
import { count, duration, moment, money, tokens } from "./format.js";
import { keys } from "./keys.js";
import { Rows } from "./rows.js";
import { Tree } from "./tree.js";
import { kindSign, outcomeSign } from "./words.js";

export async function comparePage(place, first, second) {
  const [a, b] = (await Promise.all([get(`session/${first}`), get(`session/${second}`)])).map((answer) => new Tree(answer));
  const pairs = align(a.roots, b.roots);
  const detail = h("aside", { class: "detail" }, h("p", { class: "quiet pad" }, "Select a call: what went in, came out, and ran, side by side."));
  let selected = -1;
  const rows = new Rows({ height: 28, label: "calls of both sessions", draw(pair, i) {
    const one = pair.b ?? pair.a;
    const label = h("span", { class: "label" }, h("span", { class: `change ${pair.change}` }, { same: "=", changed: "≠", added: "+", removed: "−" }[pair.change], h("span", { class: "hidden" }, pair.change)), kindSign(one.kind), h("b", null, one.name), pair.code && h("span", { class: "mark" }, "code changed"), h("span", { class: "words" }, one.error ?? one.result ?? ""));
    label.style.paddingLeft = `${Math.min(one.depth, 14) * 14}px`;
    const took = (side) => h("span", { class: "num" }, side ? [outcomeSign(side.outcome), " ", duration(side.duration)] : "–");
    const delta = pair.a?.duration != null && pair.b?.duration != null ? pair.b.duration - pair.a.duration : null;
    return h("div", { class: `row pairrow${i === selected ? " selected" : ""}`, role: "listitem", onclick: () => select(i) }, label, took(pair.a), took(pair.b), h("span", { class: "num" }, delta ? signed(delta, duration) : ""));
  } });
  async function select(i) {
    selected = i;
    rows.show();
    const pair = pairs[i];
    const [x, y] = await Promise.all([pair.a && get(`log/${pair.a.id}`), pair.b && get(`log/${pair.b.id}`)]);
    const text = (side, part) => { const value = part(side?.log ?? {}); return value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2); };
    const part = (title, of) => h("section", { class: "part" }, h("h3", null, title), differenceView(text(x, of), text(y, of)));
    fill(detail, h("header", { class: "detailhead" }, h("div", { class: "line" }, h("h2", null, (pair.b ?? pair.a).name))), h("div", { class: "tabbody" }, part("Error", (log) => log.error), part("Output", (log) => log.output), part("Input", (log) => log.inputs), part("Messages", (log) => log.messages), part("Code", (log) => log.config?.source_code), part("Config", (log) => log.config && { ...log.config, source_code: undefined })));
  }
  const total = (name, of, figure, format) => {
    const delta = figure ? figure(b) - figure(a) : 0;
    return h("tr", null, h("th", null, name), h("td", null, of(a)), h("td", null, of(b)), h("td", { class: "quiet" }, delta ? signed(delta, format) : ""));
  };
  const used = (tree) => (tree.session.prompt_tokens ?? 0) + (tree.session.output_tokens ?? 0);
  const counts = (change) => pairs.filter((pair) => pair.change === change).length;
  fill(place, h("div", { class: "session open comparison" }, h("div", { class: "summary" }, h("h1", null, "Two sessions"), h("table", { class: "totals" }, h("tbody", null, total("", (tree) => link(href(["session", tree.session.id]), null, moment(tree.session.created_at, true))), total("took", (tree) => duration(tree.end), (tree) => tree.end, duration), total("tokens", (tree) => tokens(tree.session.prompt_tokens, tree.session.output_tokens), used, count), total("cost", (tree) => money(tree.session.cost), (tree) => tree.session.cost ?? 0, money), total("went wrong", (tree) => tree.session.failed, (tree) => tree.session.failed, count))),
    h("p", { class: "quiet" }, `${counts("same")} same · ${counts("changed")} changed · ${counts("added")} added · ${counts("removed")} removed`)), h("div", { class: "panes" }, h("div", { class: "left" }, rows.element), detail)));
  rows.set(pairs);
  const step = (by) => { const next = Math.max(0, Math.min(pairs.length - 1, selected + by)); rows.reveal(next); select(next); };
  keys({ j: ["next call", () => step(1)], ArrowDown: ["next call", () => step(1)], k: ["call before", () => step(-1)], ArrowUp: ["call before", () => step(-1)], n: ["next change", () => { const next = pairs.findIndex((pair, i) => i > selected && pair.change !== "same"); if (next >= 0) { rows.reveal(next); select(next); } }] });
}

/** A difference with its sign. */
function signed(delta, format) {
  const [, about, figure] = /^([≈<] )?(.*)$/.exec(format(Math.abs(delta)));
  return `${about ?? ""}${delta > 0 ? "+" : "−"}${figure}`;
}

/** Pairs in the order of the trees: equal names by their longest common order, then what is below them. */
function align(left, right) {
  const pairs = [];
  const stack = [...level(left, right)].reverse();
  while (stack.length) {
    const [a, b] = stack.pop();
    const code = Boolean(a && b && a.config !== b.config);
    const change = !a ? "added" : !b ? "removed" : code || a.outcome !== b.outcome || a.words !== b.words || a.result !== b.result || a.error !== b.error ? "changed" : "same";
    pairs.push({ a, b, code, change });
    stack.push(...level(a?.children ?? [], b?.children ?? []).reverse());
  }
  return pairs;
}

function level(left, right) {
  const [x, y] = [[...left], [...right]];
  return difference(left.map((one) => one.name), right.map((one) => one.name)).map(([sign]) => (sign === " " ? [x.shift(), y.shift()] : sign === "-" ? [x.shift(), null] : [null, y.shift()]));
}
