// A list of which only the rows that are seen are elements.
import { h } from "./dom.js";

export class Rows {
  /** `draw(item, index)` makes a row's element. */
  constructor({ height, draw, role = "list", label }) {
    this.height = height;
    this.draw = draw;
    this.items = [];
    this.inner = h("div", { class: "rows", role: "presentation" });
    this.element = h("div", { class: "scroll", tabindex: "0", role, "aria-label": label }, this.inner);
    this.element.addEventListener("scroll", () => this.soon(), { passive: true });
    new ResizeObserver(() => this.soon()).observe(this.element);
  }

  soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.show();
    });
  }

  set(items) {
    this.items = items;
    this.inner.style.height = `${items.length * this.height}px`;
    this.show();
  }

  show() {
    const { scrollTop, clientHeight } = this.element;
    const from = Math.max(0, Math.floor(scrollTop / this.height) - 8);
    const to = Math.min(this.items.length, Math.ceil((scrollTop + clientHeight) / this.height) + 8);
    const rows = [];
    for (let i = from; i < to; i += 1) {
      const row = this.draw(this.items[i], i);
      row.style.transform = `translateY(${i * this.height}px)`;
      rows.push(row);
    }
    this.inner.replaceChildren(...rows);
  }

  /** Scrolls as little as needed. */
  reveal(index) {
    const top = index * this.height;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop + this.height) this.element.scrollTop = Math.max(0, top - this.height * 2);
    else if (top + this.height * 2 > scrollTop + clientHeight) this.element.scrollTop = top + this.height * 3 - clientHeight;
  }
}
