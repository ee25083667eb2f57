// The page of one session: tree and waterfall, and one log beside them.
import { fill, h, marked, say } from "./dom.js";
import { here, href, link, note, visit } from "./address.js";
import { asMarkdown } from "./copy.js";
import { exported, follow, get } from "./data.js";
import { showDetail } from "./detail.js";
import { count, counted, duration, moment, money, tokens } from "./format.js";
import { markFound } from "./found.js";
import { keys } from "./keys.js";
import { overview } from "./overview.js";
import { Rows } from "./rows.js";
import { holdsWords, parseSearch } from "./search.js";
import { Tree } from "./tree.js";
import { copyText, toggleMarkdown, toggleSigns } from "./value.js";
import { Minimap, bar } from "./waterfall.js";
import { KINDS, isBad, kindSign, OUTCOMES, outcomeSign } from "./words.js";

const ROW = 28;

/** Marks what has a quarter of the whole, or more, for itself. */
const hot = (part, whole) => (whole > 0 && part >= whole / 4 ? " hot" : "");

export async function sessionPage(place, id) {
  const tree = new Tree(await get(`session/${id}`));
  const view = new SessionView(place, tree);
  view.draw();
  const stop = follow(`session/${tree.session.id}/live`, tree.upto, (changes) => view.take(changes), (state) => view.state(state));
  return () => { stop(); clearInterval(view.clock); };
}

/** The session as a file: the same as `humanloop export` writes. */
function exportMenu(id) {
  const file = (form, without) => h("a", { href: `/data/session/${id}/file?as=${form}${without ? "&without_values=true" : ""}`, download: "" }, FILES[form], without && h("span", { class: "quiet" }, " without values"));
  return h("details", { class: "menu export" }, h("summary", { class: "chip" }, "export"), h("div", null, Object.keys(FILES).map((form) => file(form, false)), h("hr"), Object.keys(FILES).map((form) => file(form, true))));
}

const FILES = { html: "one page that opens offline", json: "JSON", otlp: "OpenTelemetry spans" };

class SessionView {
  constructor(place, tree) {
    Object.assign(this, { place, tree, folded: new Set(), opened: new Set(), hits: [], words: [], keep: null, range: null, born: performance.now() });
    this.kinds = new Set(KINDS);
    this.selected = here().params.get("log");
    this.rows = new Rows({ height: ROW, draw: (line, i) => this.row(line, i), role: "tree", label: "logs of the session" });
    this.rows.element.addEventListener("click", (event) => this.click(event));
    this.map = new Minimap((range) => { this.range = range; this.update(); });
    this.summary = h("div", { class: "summary" });
    this.live = h("span", { class: "live", role: "status" });
    this.detail = h("aside", { class: "detail", "aria-label": "log" });
    this.input = h("input", { type: "search", placeholder: "Search: words, tool:name error:text tokens>1000", "aria-label": "search in this session", value: here().params.get("q") ?? "", oninput: () => this.searchSoon() });
    this.markFound = markFound(this.detail);
    this.found = h("span", { class: "found", role: "status" });
    this.axis = h("div", { class: "axis", "aria-hidden": "true" });
    this.longest = here().params.get("order") === "longest";
    const order = h("button", { type: "button", class: "plain quiet order", title: "another order of what stands beside each other", onclick: () => { this.longest = !this.longest; note({ order: this.longest ? "longest" : "" }); tell(); this.update(); this.rows.show(); } });
    const tell = () => fill(order, this.longest ? "longest first ↓" : "in the order of the calls");
    tell();
    const kindChips = KINDS.map((kind) => h("button", { type: "button", class: "chip", "aria-pressed": "true", onclick: (event) => { this.kinds.has(kind) ? this.kinds.delete(kind) : this.kinds.add(kind); event.currentTarget.setAttribute("aria-pressed", String(this.kinds.has(kind))); this.filter(); } }, kindSign(kind), kind));
    this.bad = h("button", { type: "button", class: "chip", "aria-pressed": String(here().params.get("only") === "bad"), onclick: () => { const on = this.bad.getAttribute("aria-pressed") !== "true"; this.bad.setAttribute("aria-pressed", String(on)); note({ only: on ? "bad" : "" }); this.filter(); } }, "only what went wrong");
    fill(place, h("div", { class: "session" }, this.summary,
      h("div", { class: "tools" }, this.input, this.found, h("span", { class: "kinds", role: "group", "aria-label": "kinds" }, kindChips), this.bad, h("button", { type: "button", class: "chip", onclick: () => this.nextBad() }, "next error (e)"), h("button", { type: "button", class: "chip", onclick: () => copyText(asMarkdown(this.tree), "session as Markdown") }, "copy as Markdown"), exported ? null : exportMenu(tree.session.id)),
      h("div", { class: "panes" }, h("div", { class: "left" }, this.map.canvas, h("div", { class: "head" }, order, this.axis), this.rows.element), this.detail)));
    keys({
      j: ["next row", () => this.move(1)], ArrowDown: ["next row", () => this.move(1)], k: ["row before", () => this.move(-1)], ArrowUp: ["row before", () => this.move(-1)],
      ArrowRight: ["unfold", () => this.fold(false)], ArrowLeft: ["fold, or go up", () => this.fold(true)],
      Enter: ["open the row", () => this.open()], Escape: ["close the log", () => this.close()], "/": ["search", () => this.input.focus()], n: ["next hit", () => this.hit(1)], p: ["hit before", () => this.hit(-1)],
      e: ["next error", () => this.nextBad()], "[": ["session before", () => this.neighbour(1)], "]": ["next session", () => this.neighbour(-1)], d: ["compare with the session before", () => this.compare()], y: ["copy the output or error", () => this.copy()],
      s: ["show spaces, line ends and other unseen characters, or not", () => { say(toggleSigns() ? "unseen characters are shown" : "unseen characters are not shown"); if (this.selected) this.show(); }],
      m: ["render Markdown, or show it as written", () => { say(toggleMarkdown() ? "Markdown is rendered" : "texts are shown as written"); if (this.selected) this.show(); }],
      w: ["wrap long lines, or not", () => this.detail.classList.toggle("unwrapped")],
    });
    this.clock = setInterval(() => this.tree.session.running > 0 && this.update(), 1000);
  }

  draw() {
    this.filter();
    if (this.input.value) this.search();
    if (this.selected && this.tree.byId.has(this.selected)) this.select(this.tree.byId.get(this.selected));
    else this.showOverview();
  }

  take(changes) {
    this.tree.take(changes);
    this.filter();
    if (this.selected && changes.rows.some((row) => row[0] === this.selected)) this.show();
    if (!this.selected) this.showOverview();
  }

  state(state) {
    fill(this.live, state === "live" ? "● live" : "○ connection lost, trying again");
    this.live.className = `live ${state}`;
  }

  /** What is kept: by search, kind and outcome; with everything above it. */
  filter() {
    const bad = this.bad.getAttribute("aria-pressed") === "true";
    const all = this.kinds.size === KINDS.length && !bad && !this.searching;
    const fits = (one) => this.kinds.has(one.kind) && (!bad || isBad(one.outcome)) && (!this.searching || this.hitSet.has(one.id));
    this.keep = all ? null : this.tree.withAncestors(this.tree.order.filter(fits).map((one) => one.id));
    this.update();
  }

  update() {
    const { session } = this.tree;
    this.lines = this.tree.lines(this);
    this.rows.element.classList.toggle("plainrows", !session.prompt_tokens && !session.output_tokens && !session.cost);
    this.rows.set(this.lines);
    this.map.draw(this.tree, this.range);
    const [from, to] = this.span();
    fill(this.axis, [0, 0.25, 0.5, 0.75, 1].map((part) => h("span", null, duration(Math.round(from + (to - from) * part)))));
    const fact = (name, value, title) => (value ? h("span", { class: "fact", title }, h("i", null, name), " ", value) : null);
    const lost = this.tree.order.filter((one) => one.missing).length;
    const skewed = this.tree.order.filter((one) => one.skewed).length;
    const gone = this.tree.order.filter((one) => one.outcome === "interrupted").length;
    const failed = Number(session.failed);
    fill(this.summary, h("h1", null, failed ? outcomeSign("failed") : session.running ? outcomeSign("running") : outcomeSign("ok"), " ", session.first_input ?? session.reference_id),
      h("div", { class: "facts" }, fact("began", moment(session.created_at), moment(session.created_at, true)), fact("took", duration(this.tree.end)), fact("logs", count(this.tree.order.length)), KINDS.map((kind) => fact(`${kind}s`, session[`${kind}s`] ? count(session[`${kind}s`]) : null)), failed > 0 && h("button", { type: "button", class: "plain bad", title: "to the next error (e)", onclick: () => this.nextBad() }, `✕ ${count(failed)} went wrong`), session.running > 0 && h("span", { class: "fact running" }, `● ${count(session.running)} running`),
        fact("tokens", session.prompt_tokens || session.output_tokens ? tokens(session.prompt_tokens, session.output_tokens) : null), fact("cost", money(session.cost), "an estimate"), lost > 0 && fact("missing", `${counted(lost, "parent")} not in this session`), gone > 0 && fact("never ended", count(gone), "the process was gone before these calls ended"), skewed > 0 && fact("clocks differ", `${counted(skewed, "log")} began before what called them`), h("code", { class: "quiet", title: session.reference_id }, String(session.reference_id).slice(0, 40)),
        this.range && h("button", { type: "button", class: "chip", onclick: () => { this.range = null; this.update(); } }, "zoom out"), exported ? h("span", { class: "quiet" }, "exported file") : this.live),
      [...this.tree.losses.values()].map((sentences) => h("p", { class: "lossy", role: "note" }, h("b", { "aria-hidden": "true" }, "△ "), `Not all is here: ${sentences.join(". And ")}.`)));
    if (!this.lines.length) fill(this.rows.inner, h("p", { class: "quiet pad" }, "Nothing fits the search and the filters."));
  }

  span() {
    const running = this.tree.session.running > 0;
    return this.range ?? [0, Math.max(1, this.tree.end, running ? this.now() : 0)];
  }

  /** Nanoseconds since the session began, for bars that grow. */
  now() {
    return Math.min((Date.now() - new Date(this.tree.session.created_at)) * 1e6, this.tree.end * 1.5 + 60e9);
  }

  row(line, index) {
    const one = line.node;
    const open = line.run ? line.open : !this.folded.has(one.id);
    const branch = Boolean(line.run || one.children.length);
    const below = (line.run ?? [one]).reduce((all, item) => all + item.descendants, 0);
    const name = line.run ? line.run.slice(0, line.period).map((step) => step.name).join(" → ") : one.name;
    const depth = (Math.min(one.depth, 10) * 14 + Math.min(Math.max(one.depth - 10, 0), 30) * 2 + (line.inRun ? 10 : 0)) * (innerWidth < 720 ? 0.4 : 1);
    const label = h("span", { class: "label" }, h("span", { class: "twist", "aria-hidden": "true" }, branch ? (open ? "▾" : "▸") : ""), outcomeSign(line.run ? OUTCOMES[one.worst] : one.outcome), !line.run && one.worst > OUTCOMES.indexOf(one.outcome) && isBad(one.worst) && outcomeSign(OUTCOMES[one.worst], true), kindSign(one.kind),
      h("b", null, marked(name, this.words), line.run && ` × ${count(line.run.length / line.period)}`), one.model && h("span", { class: "model" }, one.model), below > 0 && !open && h("span", { class: "quiet" }, ` +${count(below)}`),
      h("span", { class: "words" }, one.error ? h("span", { class: "bad" }, marked(one.error, this.words)) : marked([one.words, one.result].filter((text) => text != null).join(" → "), this.words)));
    label.style.paddingLeft = `${depth}px`;
    const sum = (name) => (line.run ?? [one]).reduce((all, item) => all + (item[name] ?? 0), 0);
    const took = line.run ? sum("duration") : one.duration;
    return h("div", { class: `row${isBad(one.worst) ? " isbad" : ""}${one.id === this.selected && !line.run ? " selected" : ""}${line.run && this.cursor === line.key ? " selected" : ""}${this.hitSet?.has(one.id) ? " hit" : ""}`, role: "treeitem", id: `row-${index}`, "data-index": index, "aria-level": one.depth + 1, "aria-expanded": branch ? String(open) : null, "aria-selected": String(one.id === this.selected), "aria-posinset": index + 1, "aria-setsize": this.lines.length },
      label, h("span", { class: "num tok" }, line.run ? "" : tokens(one.input, one.output)), h("span", { class: `num cost${hot(sum("cost"), this.tree.cost)}` }, money(sum("cost"))), h("span", { class: `num dur${hot(sum("self"), this.tree.end)}` }, duration(took) || one.outcome), bar(line, this.tree, this.span(), this.now()));
  }

  click(event) {
    const row = event.target.closest(".row");
    if (!row) return;
    const line = this.lines[row.dataset.index];
    if (line.run || event.target.closest(".twist")) return this.toggle(line);
    this.select(line.node);
  }

  toggle(line) {
    const [set, key] = line.run ? [this.opened, line.key] : [this.folded, line.node.id];
    set.has(key) ? set.delete(key) : set.add(key);
    this.update();
  }

  at() {
    return this.cursor ? this.lines.findIndex((line) => line.key === this.cursor) : this.lines.findIndex((line) => !line.run && line.node.id === this.selected);
  }

  move(step) {
    const to = Math.min(this.lines.length - 1, Math.max(0, this.at() + step));
    const line = this.lines[to];
    if (!line) return;
    if (line.run) {
      this.cursor = line.key;
      this.rows.reveal(to);
      this.rows.show();
    } else this.select(line.node, true);
  }

  fold(close) {
    const line = this.lines[this.at()];
    if (!line) return this.move(1);
    const open = line.run ? line.open : !this.folded.has(line.node.id) && line.node.children.length > 0;
    if (open === close && (line.run || line.node.children.length)) return this.toggle(line);
    if (close && line.node.above) this.select(line.node.above);
    else if (!close) this.move(1);
  }

  open() {
    const line = this.lines[this.at()];
    if (line?.run) return this.toggle(line);
    if (line) this.select(line.node).then(() => this.detail.querySelector("#tabbody")?.focus());
  }

  /** Selects a log, and makes sure that its row is there. */
  select(one, soon) {
    this.selected = one.id;
    this.cursor = null;
    note({ log: one.id });
    if (this.keep && !this.keep.has(one.id)) this.keep = this.tree.withAncestors([...this.keep, one.id]);
    for (let above = one.above; above; above = above.above) this.folded.delete(above.id);
    this.lines = this.tree.lines(this);
    if (this.at() < 0) for (let item = one; item; item = item.above) for (const line of this.tree.lines(this)) if (line.run?.includes(item)) this.opened.add(line.key);
    this.update();
    const index = this.at();
    if (index >= 0) this.rows.reveal(index);
    this.rows.show();
    this.rows.element.setAttribute("aria-activedescendant", `row-${index}`);
    clearTimeout(this.later);
    if (soon) this.later = setTimeout(() => this.show(), 60);
    else return this.show();
  }

  async show() {
    this.aborted?.abort();
    this.aborted = new AbortController();
    this.place.firstChild.classList.add("open");
    const one = this.tree.byId.get(this.selected);
    let before = null;
    if (one.kind === "prompt") for (let i = one.place - 1; i >= 0 && !before; i -= 1) if (this.tree.order[i].kind === "prompt" && this.tree.order[i].config === one.config) before = this.tree.order[i].id;
    try {
      await showDetail(this.detail, one, { before, onClose: () => this.close(), signal: this.aborted.signal });
    } catch (error) {
      if (error.name !== "AbortError") fill(this.detail, h("p", { class: "problem" }, error.message));
    }
  }

  close() {
    this.selected = null;
    note({ log: "", tab: "" });
    this.place.firstChild.classList.remove("open");
    this.update();
    this.showOverview();
    this.rows.element.focus();
  }

  showOverview() {
    delete this.detail.dataset.log;
    fill(this.detail, overview(this.tree, (one) => this.select(one)));
  }

  searchSoon() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.search(), 150);
  }

  async search() {
    const text = this.input.value.trim();
    note({ q: text });
    const { words, test, conditions } = parseSearch(text);
    this.searching = text !== "";
    this.words = words;
    this.markFound(words);
    let inPayloads = [];
    if (words.length) inPayloads = (await get(`session/${this.tree.session.id}/search`, { q: words.join(" ") }).catch((error) => { say(error.message); return { ids: [] }; })).ids;
    if (text !== this.input.value.trim()) return;
    const found = new Set(inPayloads);
    this.hits = this.searching ? this.tree.order.filter((one) => (conditions === 0 || test(one)) && (!words.length || found.has(one.id) || holdsWords(one, words))) : [];
    this.hitSet = new Set(this.hits.map((one) => one.id));
    fill(this.found, this.searching ? counted(this.hits.length, "hit") : "");
    this.filter();
  }

  hit(step) {
    if (!this.hits.length) return say("no hits: / searches");
    const now = this.tree.byId.get(this.selected)?.place ?? -1;
    const next = step > 0 ? this.hits.find((one) => one.place > now) ?? this.hits[0] : this.hits.findLast((one) => one.place < now) ?? this.hits.at(-1);
    this.select(next);
  }

  nextBad() {
    const bad = this.tree.faults;
    if (!bad.length) return say("nothing went wrong in this session");
    const now = this.tree.byId.get(this.selected)?.place ?? -1;
    this.select(bad.find((one) => one.place > now) ?? bad[0]);
  }

  async neighbours() {
    const { sessions } = await get("sessions");
    return { sessions, at: sessions.findIndex((session) => session.id === this.tree.session.id) };
  }

  async neighbour(step) {
    if (exported) return;
    const { sessions, at } = await this.neighbours();
    const next = sessions[at + step];
    if (at < 0 || !next) return say("there is no other session there");
    visit(href(["session", next.id]));
  }

  async compare() {
    if (exported) return;
    const { sessions, at } = await this.neighbours();
    if (at < 0 || !sessions[at + 1]) return say("there is no session before this one");
    visit(href(["compare", sessions[at + 1].id, this.tree.session.id]));
  }

  async copy() {
    const log = this.detail.detail?.log;
    if (!this.selected || !log) return say("select a log first");
    let value = log.error ?? log.output ?? null;
    if (value?.$cut) value = await get(`log/${this.selected}/value`, { path: value.$cut.path }, { text: true });
    copyText(typeof value === "string" ? value : JSON.stringify(value, null, 2), log.error ? "error" : "output");
  }
}
