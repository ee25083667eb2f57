// Where the session's time and money went, by name and by kind; what failed.
import { h } from "./dom.js";
import { count, duration, money } from "./format.js";
import { isBad, kindSign, outcomeSign } from "./words.js";

export function overview(tree, onSelect) {
  const groups = (key) => {
    const found = new Map();
    for (const one of tree.order) {
      const sum = found.get(key(one)) ?? { name: key(one), kind: one.kind, calls: 0, bad: 0, self: 0, cost: 0, tokens: 0, first: one };
      sum.calls += 1;
      sum.bad += isBad(one.outcome) ? 1 : 0;
      sum.self += one.self ?? 0;
      sum.cost += one.cost ?? 0;
      sum.tokens += (one.input ?? 0) + (one.output ?? 0);
      found.set(key(one), sum);
    }
    return [...found.values()].sort((a, b) => b.self - a.self);
  };
  const bad = tree.faults;
  return h("div", { class: "overview" },
    bad.length > 0 && h("section", { class: "part" }, h("h3", null, `Where it went wrong (${count(bad.length)})`), bad.slice(0, 8).map((one) => h("button", { type: "button", class: "fault", onclick: () => onSelect(one) }, outcomeSign(one.outcome), h("b", null, one.name), h("span", { class: "quiet" }, one.error ?? one.outcome)))),
    table("Time by function", groups((one) => one.name).slice(0, 20), onSelect), table("Time by kind", groups((one) => one.kind), null));
}

function table(title, sums, onSelect) {
  const most = Math.max(1, ...sums.map((sum) => sum.self));
  return h("section", { class: "part" }, h("h3", null, title), h("table", { class: "sums" },
    h("thead", null, h("tr", null, ["", "own time", "calls", "bad", "tokens", "cost"].map((name) => h("th", null, name)))),
    h("tbody", null, sums.map((sum) => {
      const share = h("span", { class: `share ${sum.kind}` });
      share.style.width = `${(sum.self / most) * 100}%`;
      const name = onSelect ? h("button", { type: "button", class: "plain", onclick: () => onSelect(sum.first) }, sum.name) : sum.name;
      return h("tr", null, h("td", null, kindSign(sum.kind), name, share), h("td", null, duration(sum.self)), h("td", null, count(sum.calls)), h("td", { class: sum.bad ? "bad" : "" }, sum.bad || ""), h("td", null, sum.tokens ? count(sum.tokens) : ""), h("td", null, money(sum.cost)));
    }))));
}
