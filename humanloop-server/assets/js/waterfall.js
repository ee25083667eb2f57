// Time: the bar of a row, and the small map of the whole session above the rows, in which a drag zooms.
import { h } from "./dom.js";
import { duration } from "./format.js";
import { isBad } from "./words.js";

/** The bar of one log, or of a run of logs, within `[from, to]`. */
export function bar(line, tree, [from, to], now) {
  const all = line.run ?? [line.node];
  const width = Math.max(1, to - from);
  const cell = h("div", { class: "wf", role: "presentation" });
  for (const one of all.length > 400 ? all.filter((_, i) => i % Math.ceil(all.length / 400) === 0) : all) {
    const end = one.start + (one.duration ?? (one.outcome === "running" ? Math.max(0, now - one.start) : 0));
    if (end < from || one.start > to) continue;
    const left = Math.max(0, (one.start - from) / width);
    const right = Math.min(1, (end - from) / width);
    const piece = h("span", { class: `bar ${one.kind} ${one.outcome}${tree.critical.has(one.id) ? " critical" : ""}`, title: `${duration(one.duration) || one.outcome}, from +${duration(one.start)}${tree.critical.has(one.id) ? "; the end waited for it" : ""}` });
    piece.style.left = `min(${left * 100}%, 100% - 2px)`;
    piece.style.width = `max(2px, ${(right - left) * 100}%)`;
    if (one.firstToken && one.duration && !line.run) {
      const tick = h("i", { title: `first token after ${duration(one.firstToken)}` });
      tick.style.left = `${Math.min(100, (one.firstToken / one.duration) * 100)}%`;
      piece.append(tick);
    }
    cell.append(piece);
  }
  return cell;
}

export class Minimap {
  constructor(onZoom) {
    this.canvas = h("canvas", { class: "minimap", height: "36", "aria-label": "the session's time; drag to zoom, double click for all", role: "img", title: "drag to zoom, double click for all" });
    let begin = null;
    const at = (event) => Math.min(1, Math.max(0, event.offsetX / this.canvas.clientWidth));
    this.canvas.addEventListener("pointerdown", (event) => { begin = at(event); this.canvas.setPointerCapture(event.pointerId); });
    this.canvas.addEventListener("pointerup", (event) => {
      const [a, b] = [begin, at(event)].sort((x, y) => x - y);
      begin = null;
      if (b - a > 0.005) onZoom([a * this.end, b * this.end]);
    });
    this.canvas.addEventListener("dblclick", () => onZoom(null));
    new ResizeObserver(() => this.tree && this.draw(this.tree, this.range)).observe(this.canvas);
  }

  draw(tree, range) {
    [this.tree, this.range, this.end] = [tree, range, Math.max(1, tree.end)];
    const ratio = devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    this.canvas.width = width * ratio;
    this.canvas.height = 36 * ratio;
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    const colors = Object.fromEntries(["tool", "prompt", "flow", "bad", "accent"].map((name) => [name, style.getPropertyValue(`--${name}`)]));
    const deepest = tree.order.reduce((most, one) => Math.max(most, Math.min(10, one.depth)), 1);
    for (const bad of [false, true]) for (const one of tree.order) {
      if (isBad(one.outcome) !== bad) continue;
      context.fillStyle = bad ? colors.bad : colors[one.kind];
      // What only holds others is a shade: the work below it is what one looks for.
      context.globalAlpha = one.children.length ? 0.3 : bad ? 1 : 0.75;
      context.fillRect((one.start / this.end) * width, 2 + (Math.min(10, one.depth) / (deepest + 1)) * 32, Math.max(1, ((one.duration ?? 0) / this.end) * width), Math.max(2, 28 / (deepest + 1)));
    }
    // Where it went wrong, also when that is one call of 50,000 and less than a pixel.
    context.globalAlpha = 1;
    context.fillStyle = colors.bad;
    for (const one of tree.faults) {
      const x = Math.min(width - 2, (one.start / this.end) * width);
      context.fillRect(x, 6, 2, 30);
      context.beginPath();
      context.moveTo(x - 3, 0);
      context.lineTo(x + 5, 0);
      context.lineTo(x + 1, 7);
      context.fill();
    }
    if (!range) return;
    context.globalAlpha = 0.18;
    context.fillStyle = colors.accent;
    context.fillRect((range[0] / this.end) * width, 0, ((range[1] - range[0]) / this.end) * width, 36);
  }
}
