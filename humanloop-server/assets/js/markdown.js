// Markdown as elements: what models write. Everything in it is data: HTML stays text, images and links are followed by a click only.
import { h } from "./dom.js";
import { rust } from "./code.js";

/** Lists and quotations within each other, and emphasis within emphasis, at most. */
const DEEP = 12;

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/;
const HEADING = /^ {0,3}(#{1,6})\s+(\S.*)$/;
const RULE = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])( +|$)/;
const SEPARATOR = /^ *\|? *:?-+:? *(?:\| *:?-+:? *)*\|? *$/;
const INDENTED = /^(?: {4}|\t)/;

/** Whether a text is written in Markdown, as far as its beginning tells. */
export function isMarkdown(text) {
  const lines = text.slice(0, 4096).split("\n");
  const has = (shape) => lines.some((line) => shape.test(line));
  const items = lines.filter((line) => ITEM.test(line) && line.trim().length > 2).length;
  return items > 1 || has(FENCE) || has(HEADING) || has(/\*\*\S[^*]*\*\*|(?:^|\s)`[^`\s][^`]*`|\[[^[\]]+\]\(https?:\/\//) || lines.some((line, i) => line.includes("|") && isTable(lines, i));
}

/** The text's elements. */
export function markdown(text) {
  return h("div", { class: "md", dir: "auto" }, blocksOf(text.replace(/\r\n?/g, "\n").split("\n"), 0));
}

function isTable(lines, i) {
  return lines[i].includes("|") && lines[i + 1]?.includes("-") && lines[i + 1].includes("|") && SEPARATOR.test(lines[i + 1]);
}

/** Whether a paragraph ends before this line. */
function isBlock(lines, i) {
  const line = lines[i];
  return !line.trim() || FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line) || isTable(lines, i);
}

function blocksOf(lines, depth) {
  const found = [];
  if (depth > DEEP) return [h("p", null, lines.join("\n"))];
  for (let i = 0; i < lines.length;) {
    const line = lines[i];
    const [, fence, language] = FENCE.exec(line) ?? [];
    const [, signs, title] = HEADING.exec(line) ?? [];
    const from = i;
    if (!line.trim()) i += 1;
    else if (fence) {
      i += 1;
      while (i < lines.length && !(lines[i].trim().startsWith(fence) && !lines[i].trim().replaceAll(fence[0], ""))) i += 1;
      const code = lines.slice(from + 1, i).join("\n");
      found.push(h("pre", { class: "fenced", tabindex: "0" }, h("code", null, /^(rust|rs)$/i.test(language) ? rust(code) : code)));
      i += 1;
    } else if (signs) {
      found.push(h("div", { class: `heading level${Math.min(signs.length, 4)}`, role: "heading", "aria-level": String(Math.min(signs.length + 3, 9)) }, inlineOf(title.trimEnd().replace(/ #+$/, ""), 0)));
      i += 1;
    } else if (RULE.test(line)) {
      found.push(h("hr"));
      i += 1;
    } else if (QUOTE.test(line)) {
      while (i < lines.length && (QUOTE.test(lines[i]) || !isBlock(lines, i))) i += 1;
      found.push(h("blockquote", null, blocksOf(lines.slice(from, i).map((one) => one.replace(QUOTE, "")), depth + 1)));
    } else if (ITEM.test(line)) i = listOf(lines, i, depth, found);
    else if (isTable(lines, i)) {
      while (i < lines.length && lines[i].includes("|")) i += 1;
      found.push(tableOf(lines.slice(from, i)));
    } else if (INDENTED.test(line)) {
      while (i < lines.length && (INDENTED.test(lines[i]) || !lines[i].trim())) i += 1;
      found.push(h("pre", { class: "fenced", tabindex: "0" }, h("code", null, lines.slice(from, i).map((one) => one.replace(INDENTED, "")).join("\n").trimEnd())));
    } else {
      i += 1;
      while (i < lines.length && !isBlock(lines, i)) i += 1;
      found.push(h("p", null, inlineOf(lines.slice(from, i).join("\n"), 0)));
    }
  }
  return found;
}

/** A list that begins at `i`; the line after it. */
function listOf(lines, i, depth, found) {
  const [, space, mark] = ITEM.exec(lines[i]);
  const numbered = /\d/.test(mark);
  const items = [];
  while (i < lines.length) {
    const [whole, indent, sign, gap] = ITEM.exec(lines[i]) ?? [];
    if (whole === undefined || indent.length < space.length || /\d/.test(sign) !== numbered || RULE.test(lines[i])) break;
    const width = indent.length + sign.length + Math.min(Math.max(gap.length, 1), 4);
    const inside = [lines[i].slice(whole.length)];
    i += 1;
    while (i < lines.length) {
      const margin = /^ */.exec(lines[i])[0].length;
      const blank = !lines[i].trim();
      // An empty line belongs to the item when what follows does.
      const next = blank ? lines.slice(i, i + 3).find((one) => one.trim()) : null;
      if (blank ? !(next && /^ */.exec(next)[0].length >= Math.min(width, indent.length + 2)) : margin < Math.min(width, indent.length + 2) && (isBlock(lines, i) || !inside.at(-1).trim())) break;
      inside.push(lines[i].slice(Math.min(margin, width)));
      i += 1;
    }
    const [, box] = /^\[([ xX])\] /.exec(inside[0]) ?? [];
    if (box) inside[0] = inside[0].slice(4);
    const content = blocksOf(inside, depth + 1);
    items.push(h("li", { class: box && "task" }, box && h("span", { class: "box", role: "img", "aria-label": box === " " ? "not done" : "done" }, box === " " ? "☐ " : "☑ "), content));
    let after = i;
    while (after < lines.length && !lines[after].trim()) after += 1;
    if (after > i && after - i < 3 && ITEM.test(lines[after] ?? "")) i = after;
  }
  found.push(h(numbered ? "ol" : "ul", { start: numbered && mark !== "1." ? parseInt(mark, 10) : null }, items));
  return i;
}

function tableOf([head, marks, ...rows]) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
  const sides = cells(marks).map((mark) => (mark.endsWith(":") ? (mark.startsWith(":") ? "center" : "right") : null));
  const row = (line, tag) => h("tr", null, cells(line).slice(0, sides.length).map((cell, i) => h(tag, { class: sides[i] && `to-${sides[i]}` }, inlineOf(cell, 0))));
  return h("div", { class: "wide" }, h("table", null, h("thead", null, row(head, "th")), h("tbody", null, rows.map((line) => row(line, "td")))));
}

const PAIRS = [["**", "strong"], ["__", "strong"], ["~~", "del"], ["*", "em"], ["_", "em"]];
const ADDRESS = /https?:\/\/[^\s<>"'`|\\^{}[\]]+/y;
const LINK = /\[((?:[^[\]\\]|\\.|\[[^[\]]*\])*)\]\((?:<([^<>\n]*)>|([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*))(?:\s+"[^"]*")?\s*\)/y;

/** A text with its emphasis, code and links. Where a sign comes next is looked up once, so a hostile text costs no more than a long one. */
function inlineOf(text, depth) {
  const found = [];
  const places = new Map();
  let plain = "";
  const put = (element) => { if (plain) found.push(plain); plain = ""; found.push(element); };
  const closing = (sign, from) => {
    const known = places.get(sign);
    if (known === undefined || (known >= 0 && known < from)) places.set(sign, text.indexOf(sign, from));
    return places.get(sign);
  };
  for (let i = 0; i < text.length;) {
    const c = text[i];
    if (c === "\\" && /[!-/:-@[-`{-~]/.test(text[i + 1] ?? "")) {
      plain += text[i + 1];
      i += 2;
    } else if (c === "`") {
      const ticks = /`+/y;
      ticks.lastIndex = i;
      const [sign] = ticks.exec(text);
      const end = closing(sign, i + sign.length);
      if (end > 0) put(h("code", null, text.slice(i + sign.length, end).replace(/^ (.*\S.*) $/, "$1")));
      else plain += sign;
      i = end > 0 ? end + sign.length : i + sign.length;
    } else if (c === "[" || (c === "!" && text[i + 1] === "[")) {
      const image = c === "!";
      LINK.lastIndex = i + (image ? 1 : 0);
      const [whole, label, pointed, bare] = (closing("](", i) > 0 && LINK.exec(text)) || [];
      const made = whole && linkTo(pointed ?? bare, image ? `image: ${label || (pointed ?? bare)}` : depth > DEEP ? label : inlineOf(label, depth + 1));
      if (made) put(made);
      else plain += c;
      i += made ? whole.length + (image ? 1 : 0) : 1;
    } else if (c === "h" && !/\w/.test(text[i - 1] ?? "")) {
      ADDRESS.lastIndex = i;
      const address = ADDRESS.exec(text)?.[0].replace(/[.,;:!?)*_~]+$/, "");
      const made = address && linkTo(address, address);
      if (made) put(made);
      else plain += c;
      i += made ? address.length : 1;
    } else {
      const [sign, tag] = PAIRS.find(([sign]) => text.startsWith(sign, i)) ?? [];
      const opens = sign && depth <= DEEP && /\S/.test(text[i + sign.length] ?? " ") && !(sign[0] === "_" && /\w/.test(text[i - 1] ?? ""));
      let end = opens ? closing(sign, i + sign.length + 1) : -1;
      // A closing sign stands behind a word; `*` within `**` is none.
      if (end > 0 && (/\s/.test(text[end - 1]) || (sign[0] === "_" && /\w/.test(text[end + sign.length] ?? "")) || (sign.length === 1 && text[end + 1] === sign))) end = -1;
      if (end > 0) put(h(tag, null, inlineOf(text.slice(i + sign.length, end), depth + 1)));
      else plain += sign ?? c;
      i = end > 0 ? end + sign.length : i + (sign ?? c).length;
    }
  }
  if (plain) found.push(plain);
  return found;
}

/** A link to another site, opened by a click in a page of its own; nothing for addresses of other kinds. */
function linkTo(address, label) {
  if (!/^(https?:\/\/|mailto:)/i.test(address ?? "")) return null;
  return h("a", { href: address, title: address, target: "_blank", rel: "noopener noreferrer nofollow" }, label);
}
