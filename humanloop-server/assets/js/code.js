// Rust with its colours, and the lines that differ between two texts.
import { h } from "./dom.js";

const TOKENS = /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(r#*"[\s\S]*?"#*|b?"(?:\\[\s\S]|[^"\\])*"|'(?:\\.|[^'\\\n])')|('[a-z_]\w*)|(#!?\[[^\]]*\])|\b(as|async|await|break|const|continue|crate|dyn|else|enum|extern|false|fn|for|if|impl|in|let|loop|match|mod|move|mut|pub|ref|return|self|Self|static|struct|super|trait|true|type|unsafe|use|where|while)\b|(\b\d[\w.]*)|(\b\w+!)|(\b[A-Z]\w*)|(\b[a-z_]\w*(?=\())/g;
const CLASSES = ["comment", "string", "lifetime", "attribute", "keyword", "number", "macro", "type", "call"];

/** Source with line numbers that begin at `line`. */
export function codeView(text, line = 1) {
  const code = h("code", null, rust(text));
  const numbers = h("span", { class: "numbers", "aria-hidden": "true" }, text.split("\n").map((_, i) => `${i + line}\n`));
  return h("pre", { class: "code", tabindex: "0" }, numbers, code);
}

/** The text's parts, coloured. */
export function rust(text) {
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(TOKENS)) {
    parts.push(text.slice(last, match.index), h("span", { class: `t-${CLASSES[match.slice(1).findIndex((group) => group !== undefined)]}` }, match[0]));
    last = match.index + match[0].length;
  }
  parts.push(text.slice(last));
  return parts;
}

/** Pieces of two lists: `[" " | "-" | "+", item]`; above a size everything in the middle counts as changed. */
export function difference(a, b) {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const [x, y] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const pieces = a.slice(0, head).map((item) => [" ", item]);
  if (x.length * y.length > 4e6) pieces.push(...x.map((item) => ["-", item]), ...y.map((item) => ["+", item]));
  else {
    const width = y.length + 1;
    const best = new Uint32Array((x.length + 1) * width);
    for (let i = x.length - 1; i >= 0; i -= 1) for (let j = y.length - 1; j >= 0; j -= 1) {
      best[i * width + j] = x[i] === y[j] ? best[(i + 1) * width + j + 1] + 1 : Math.max(best[(i + 1) * width + j], best[i * width + j + 1]);
    }
    let [i, j] = [0, 0];
    while (i < x.length || j < y.length) {
      if (i < x.length && j < y.length && x[i] === y[j]) pieces.push([" ", x[i]]), i += 1, j += 1;
      else if (j >= y.length || (i < x.length && best[(i + 1) * width + j] >= best[i * width + j + 1])) pieces.push(["-", x[i++]]);
      else pieces.push(["+", y[j++]]);
    }
  }
  return pieces.concat(a.slice(a.length - tail).map((item) => [" ", item]));
}

/** Two texts as one, with lines taken away and added; within a changed line the words. */
export function differenceView(before, after) {
  if (before === after) return h("p", { class: "quiet" }, "no difference");
  const linesOf = (text) => (text === "" ? [] : text.split("\n")); // nothing is no empty line
  const pieces = difference(linesOf(before), linesOf(after));
  const lines = [];
  for (let i = 0; i < pieces.length; i += 1) {
    const [sign, text] = pieces[i];
    const next = pieces[i + 1];
    const alone = sign === "-" && next?.[0] === "+" && pieces[i - 1]?.[0] !== "-" && pieces[i + 2]?.[0] !== "+";
    if (!alone) {
      lines.push(lineOf(sign, text));
      continue;
    }
    const words = difference(text.split(/(\W)/), next[1].split(/(\W)/));
    const only = (wanted) => words.filter(([of]) => of === " " || of === wanted).map(([of, word]) => (of === " " ? word : h("b", null, word)));
    lines.push(lineOf("-", only("-")), lineOf("+", only("+")));
    i += 1;
  }
  return h("pre", { class: "difference", tabindex: "0" }, lines);
}

function lineOf(sign, content) {
  return h("span", { class: sign === "-" ? "gone" : sign === "+" ? "came" : "same" }, sign, " ", content, "\n");
}
