// Elements, made from data that is never read as HTML.

/** An element; attributes that begin with "on" are listeners, `null` and `false` leave one out; children are nodes or text. */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** Appends nodes and texts, also nested lists of them; nothing for `null`. */
export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** Puts `children` in place of what the element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

/** The text with every occurrence of a needle marked. */
export function marked(text, needles) {
  const words = (needles ?? []).filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!words.length) return [text];
  return String(text).split(new RegExp(`(${words.join("|")})`, "giu")).map((part, i) => (i % 2 ? h("mark", null, part) : part));
}

/** Says something for a moment, also to screen readers. */
export function say(text) {
  let place = document.getElementById("said");
  if (!place) document.body.append((place = h("div", { id: "said", role: "status", "aria-live": "polite" })));
  fill(place, h("span", null, text));
  clearTimeout(say.timer);
  say.timer = setTimeout(() => place.replaceChildren(), 2500);
}
