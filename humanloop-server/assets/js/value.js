// A logged value: JSON as a tree that folds, text as text, marks of what was left out; long ones cut until asked for.
import { append, fill, h, say } from "./dom.js";
import { bytes, count } from "./format.js";
import { isMarkdown, markdown } from "./markdown.js";

/** Characters of a text that are shown before "show all". */
const CUT = 4096;
const LISTED = 200;
/** Characters of a block of a very long text. */
const BLOCK = 16384;

/** A value of any kind; `whole(path)` gets a text that the server cut. A text of a `writer` that knows Markdown is shown as such. */
export function valueView(value, whole, path = "", writer = false) {
  if (typeof value === "string") return prose(value, null, writer);
  if (value?.$cut && Object.keys(value).length === 1) return prose(value.$cut.head, { size: value.$cut.bytes, all: () => whole(value.$cut.path) }, writer);
  const mark = markOf(value, whole);
  if (mark) return mark;
  if (value !== null && typeof value === "object") return h("div", { class: "json" }, branch(value, whole, path, 0));
  return h("div", { class: "json" }, leaf(value));
}

function markOf(value, whole) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  const keys = Object.keys(value);
  if (keys.length !== 1 || !keys[0].startsWith("$")) return null;
  const inside = value[keys[0]];
  const mark = (text, title) => h("span", { class: "mark", title }, text);
  switch (keys[0]) {
    case "$redacted": return mark("redacted", "the program did not let this value out");
    case "$skipped": return mark("skipped", "the program does not log this value");
    case "$type": return [mark("not logged", "a value that is neither Serialize nor Debug"), h("code", null, ` ${inside}`)];
    case "$unserializable": return mark(`not logged: ${inside}`, "the value could not be written");
    case "$debug": return [h("span", { class: "mark soft", title: "shown by Debug: the type is not Serialize" }, "Debug"), longText(String(inside), null)];
    case "$truncated": return [mark(`cut by the program, ${bytes(inside?.bytes ?? 0)} in all`, "a limit of the program"), longText(String(inside?.start ?? ""), null)];
    case "$cut": return longText(inside.head, { size: inside.bytes, all: () => whole(inside.path) });
    case "$more": return mark(`… ${count(inside.count)} more`, "left out here; Raw has all");
    default: return null;
  }
}

const DATA = /^data:([\w.+-]+\/[\w.+-]+)[^,]*;base64,/;
const BEGINNINGS = { iVBORw0KGgo: "image/png", "/9j/": "image/jpeg", R0lGOD: "image/gif", JVBERi0: "application/pdf", SUQz: "audio/mpeg", "//uQ": "audio/mpeg", "//vQ": "audio/mpeg", T2dnUw: "audio/ogg", ZkxhQw: "audio/flac", UEsDB: "application/zip" };

/** RIFF holds sound (WAVE) or a picture (WEBP): the ninth byte and those behind it. */
const RIFF = { QVZF: "audio/wav", RUJQ: "image/webp" };

/** What a text in base64 holds; `null` for any other text. */
function typeOfData(text) {
  const named = DATA.exec(text.slice(0, 200))?.[1];
  if (named || text.length < 200 || /[^\w+/=\s-]/.test(text.slice(0, CUT))) return named ?? null;
  if (text.startsWith("UklGR")) return RIFF[text.slice(12, 16)] ?? null;
  return Object.entries(BEGINNINGS).find(([start]) => text.startsWith(start))?.[1] ?? null;
}

const SHOWN = { image: /^image\/(png|jpeg|gif|webp)$/, sound: /^audio\/(wav|x-wav|mpeg|mp3|ogg|flac|webm|mp4|aac)$/ };

/** A file in a text: its type and size; an image and a sound as such, others to be saved, the text on demand. */
function fileView(text, type, rest) {
  const kind = Object.keys(SHOWN).find((name) => SHOWN[name].test(type));
  const url = (all) => (all.startsWith("data:") ? all : `data:${type};base64,${all.replace(/\s/g, "")}`);
  const view = (all) => (kind === "image" ? h("img", { src: url(all), alt: type }) : kind === "sound" ? h("audio", { src: url(all), controls: true, preload: "metadata" }) : save(url(all), type));
  const asText = h("button", { class: "more", type: "button", onclick: () => asText.replaceWith(longText(text, rest, true)) }, "as text");
  const show = h("button", { class: "more", type: "button", onclick: () => rest.all().then((all) => show.replaceWith(view(all)), (error) => say(error.message)) }, kind ? `show the ${kind}` : "get the file");
  return h("div", { class: "file" }, h("span", { class: "mark soft" }, `${type}, ${bytes(Math.round((rest?.size ?? text.length) * 0.75))}`), rest ? show : view(text), asText);
}

/** Saves a file; what it holds is never opened as a page. */
function save(url, type) {
  return h("a", { class: "more", href: url, download: `value.${type.split("/")[1].replace(/\W.*/, "")}` }, "save the file");
}

/** Whether characters that one does not see are shown by a sign. */
let signs = false;

/** Shows them, or not, in what is drawn from now on. */
export function toggleSigns() {
  signs = !signs;
  return signs;
}

const UNSEEN = /([ \t\n\r\u0000-\u001f\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff])/;
const SIGNS = { " ": "·", "\t": "→", "\n": "↵", "\r": "␍" };

/** A text as it is; with signs, each beside its character, so that a copy is still the text. */
function written(text) {
  if (!signs) return text;
  return text.split(UNSEEN).map((part, i) => (i % 2 ? h("span", { class: "unseen", "data-sign": SIGNS[part] ?? `\\u${part.charCodeAt(0).toString(16).padStart(4, "0")}` }, part) : part));
}

/** Characters of a text that is rendered, at most. */
const RENDERED = 200000;

/** Whether Markdown is rendered: where it is expected, until the reader says otherwise. */
let rendering = null;

/** Renders all Markdown from now on, or none. */
export function toggleMarkdown() {
  rendering = !(rendering ?? true);
  return rendering;
}

/** A text as it is, or as the Markdown it is written in, with a switch between the two. */
function prose(text, rest, expected) {
  if (signs || !isMarkdown(text) || typeOfData(text)) return longText(text, rest);
  const body = h("div");
  const choice = (label, on) => h("button", { type: "button", "aria-pressed": "false", onclick: () => draw(on) }, label);
  const choices = [choice("rendered", true), choice("as written", false)];
  const draw = (on) => {
    choices.forEach((button, i) => button.setAttribute("aria-pressed", String((i === 0) === on)));
    fill(body, on ? rendered(text, rest) : longText(text, rest));
  };
  draw(rendering ?? expected);
  return h("div", { class: "prose" }, h("span", { class: "switch", role: "group", "aria-label": "this text" }, choices), body);
}

function rendered(text, rest) {
  if (!rest && text.length <= CUT) return markdown(text);
  const head = text.slice(0, CUT);
  const place = h("div", null, markdown(head.slice(0, head.lastIndexOf("\n") + 1) || head), "…");
  const more = h("button", { class: "more", type: "button", async onclick() {
    more.disabled = true;
    try {
      const all = rest ? await rest.all() : text;
      fill(place, all.length > RENDERED ? [h("p", { class: "quiet" }, "too long to be rendered"), h("pre", { class: "text" }, blocks(all))] : markdown(all));
      more.remove();
    } catch (error) {
      more.disabled = false;
      say(error.message);
    }
  } }, `show all (${bytes(rest?.size ?? new Blob([text]).size)})`);
  return h("div", null, place, more);
}

/** Text of which the beginning is shown. */
export function longText(text, rest, plain) {
  const type = plain ? null : typeOfData(text);
  if (type) return fileView(text, type, rest);
  if (!rest && text.length <= CUT) return h("pre", { class: "text", dir: "auto" }, text === "" ? h("span", { class: "mark soft" }, "empty text") : written(text));
  const size = rest?.size ?? new Blob([text]).size;
  const pre = h("pre", { class: "text", dir: "auto" }, written(text.slice(0, CUT)), "…");
  const more = h("button", { class: "more", type: "button", onclick: show }, `show all (${bytes(size)})`);
  async function show() {
    more.disabled = true;
    try {
      const all = blocks(rest ? await rest.all() : text);
      pre.removeAttribute("dir"); // each block has its own: the browser would look through all of them for each
      fill(pre, all);
      more.remove();
    } catch (error) {
      more.disabled = false;
      say(error.message);
    }
  }
  return h("div", null, pre, more);
}

/** A long text in blocks, of which the browser lays out only those that are seen. */
function blocks(text) {
  const found = [];
  for (let from = 0; from < text.length;) {
    const piece = text.slice(from, from + BLOCK);
    const line = piece.lastIndexOf("\n") + 1;
    const to = from + (piece.length < BLOCK || !line ? piece.length : line);
    found.push(h("span", { class: "block", dir: "auto" }, text.slice(from, to)));
    from = to;
  }
  return found;
}

function branch(value, whole, path, depth) {
  const list = Array.isArray(value);
  const entries = list ? value.slice(0, LISTED).map((item, i) => [i, item]) : Object.entries(value);
  if (!entries.length) return h("span", { class: "punct" }, list ? "[]" : "{}");
  const items = entries.map(([key, item]) => {
    const below = list ? `${path}[${key}]` : path ? `${path}.${key}` : key;
    const name = h("button", { class: "key", type: "button", title: `copy the path ${below}`, onclick: () => copyText(below, "path") }, String(key));
    const mark = markOf(item, whole);
    const nested = !mark && item !== null && typeof item === "object" && Object.keys(item).length;
    if (!nested) return h("div", { class: "entry" }, name, h("span", { class: "punct" }, ": "), mark ?? leaf(item));
    const size = Array.isArray(item) ? `[${item.length}]` : `{${Object.keys(item).length}}`;
    const body = h("div", { class: "inside" });
    const details = h("details", { class: "entry", open: depth < 2 }, h("summary", null, name, h("span", { class: "punct" }, ` ${size}`)), body);
    const open = () => details.open && !body.firstChild && append(body, [branch(item, whole, below, depth + 1)]);
    details.addEventListener("toggle", open);
    open();
    return details;
  });
  if (list && value.length > LISTED) items.push(h("div", { class: "entry" }, h("span", { class: "mark soft" }, `… ${count(value.length - LISTED)} more`)));
  return items;
}

function leaf(value) {
  if (typeof value === "string") return value.length > 160 || value.includes("\n") ? longText(value, null) : h("span", { class: "string", dir: "auto" }, JSON.stringify(value));
  if (value !== null && typeof value === "object") return h("span", { class: "punct" }, Array.isArray(value) ? "[]" : "{}");
  return h("span", { class: value === null ? "null" : typeof value }, String(value));
}

export async function copyText(text, what) {
  await navigator.clipboard.writeText(text).then(() => say(`copied: ${what}`), () => say("the browser does not allow copying here"));
}
