// A session's logs as a tree: what is above what, what went wrong below, which lines are seen.
import { KINDS, OUTCOMES, isBad } from "./words.js";

/** Equal siblings from which on a run of them is one line. */
const RUN = 5;
/** Steps of a loop at most, and its rounds from which on it is one line. */
const LOOP = 4;
const ROUNDS = 4;

/** One row of the answer, by name. */
function node(row, answer) {
  const [id, parent, sequence, config, project, kind, outcome, start, duration, firstToken, input, output, cost, words, result, error, reference] = row;
  const version = answer.configs[config];
  return {
    id, parent, sequence, start, duration, firstToken, input, output, error, reference,
    config: version?.[0] ?? null, name: version?.[1] ?? answer.projects[project], model: version?.[2] || null, project: answer.projects[project],
    kind: KINDS[kind], outcome: OUTCOMES[outcome], worst: outcome, cost: cost === null ? null : cost / 1e9, words, result,
    children: [], above: null, depth: 0, descendants: 0,
  };
}

export class Tree {
  constructor(answer) {
    this.byId = new Map();
    this.losses = new Map();
    this.take(answer);
  }

  /** Takes in new and changed rows. */
  take(answer) {
    this.session = answer.session;
    this.upto = answer.upto;
    for (const [program, sentences] of answer.losses ?? []) this.losses.set(program, sentences);
    for (const row of answer.rows) this.byId.set(row[0], node(row, answer));
    this.join();
  }

  join() {
    const all = [...this.byId.values()].sort((a, b) => a.start - b.start || a.sequence - b.sequence);
    this.roots = [];
    this.end = 0;
    for (const one of all) Object.assign(one, { children: [], above: null, worst: OUTCOMES.indexOf(one.outcome), descendants: 0 });
    for (const one of all) {
      const above = this.byId.get(one.parent);
      one.above = above && above !== one ? above : null;
      one.missing = Boolean(one.parent && !above);
      // Clocks of two machines differ, or one was set back.
      one.skewed = Boolean(one.above && one.start < one.above.start);
      (one.above?.children ?? this.roots).push(one);
      this.end = Math.max(this.end, one.start + (one.duration ?? 0));
    }
    this.order = [];
    const stack = [...this.roots].reverse();
    while (stack.length) {
      const one = stack.pop();
      one.depth = one.above ? one.above.depth + 1 : 0;
      one.place = this.order.push(one) - 1;
      for (let i = one.children.length - 1; i >= 0; i -= 1) stack.push(one.children[i]);
    }
    for (let i = this.order.length - 1; i >= 0; i -= 1) {
      const one = this.order[i];
      one.self = own(one);
      if (!one.above) continue;
      one.above.worst = Math.max(one.above.worst, one.worst);
      one.above.descendants += one.descendants + 1;
    }
    /** What went wrong itself, not by something below it. */
    this.faults = this.order.filter((one) => isBad(one.outcome) && !one.children.some((child) => isBad(child.worst)));
    this.cost = this.order.reduce((sum, one) => sum + (one.cost ?? 0), 0);
    this.critical = critical(this.roots);
  }

  /** The lines that are seen: of logs, and of runs of equal siblings. */
  lines({ folded, opened, keep, level, longest }) {
    const lines = [];
    const stack = [];
    const push = (children, above) => {
      const fit = keep ? children.filter((child) => keep.has(child.id)) : children;
      const kept = longest ? [...fit].sort((a, b) => (b.duration ?? 0) - (a.duration ?? 0)) : fit;
      for (const line of runs(kept, opened, Boolean(keep), above).reverse()) stack.push(line);
    };
    push(this.roots, null);
    while (stack.length) {
      const line = stack.pop();
      lines.push(line);
      if (line.run || folded.has(line.node.id) || (level !== undefined && line.node.depth >= level)) continue;
      push(line.node.children, line.node);
    }
    return lines;
  }

  /** These logs and all above them. */
  withAncestors(ids) {
    const kept = new Set();
    for (const id of ids) for (let one = this.byId.get(id); one && !kept.has(one.id); one = one.above) kept.add(one.id);
    return kept;
  }
}

function runs(children, opened, apart, above) {
  const lines = [];
  for (let i = 0; i < children.length;) {
    const loop = apart ? null : repetition(children, i);
    if (!loop) {
      lines.push({ node: children[i] });
      i += 1;
      continue;
    }
    const run = children.slice(i, loop.end);
    const key = `${above?.id ?? ""}/${run[0].id}`;
    lines.push({ run, period: loop.period, node: run[0], key, open: opened.has(key) });
    if (opened.has(key)) for (const child of run) lines.push({ node: child, inRun: true });
    i = loop.end;
  }
  return lines;
}

/** The equal siblings that begin at `i`, or the steps of a loop, and where they end. */
function repetition(children, i) {
  for (let period = 1; period <= LOOP; period += 1) {
    let end = i + period;
    while (end < children.length && children[end].name === children[end - period].name && children[end].worst === children[end - period].worst) end += 1;
    const rounds = Math.floor((end - i) / period);
    if (rounds >= (period === 1 ? RUN : ROUNDS)) return { period, end: i + rounds * period };
  }
  return null;
}

/** Time that no child covers. */
function own(one) {
  if (one.duration === null) return null;
  let covered = 0;
  let until = one.start;
  for (const child of one.children) {
    const from = Math.max(child.start, until);
    const to = Math.min(child.start + (child.duration ?? 0), one.start + one.duration);
    if (to > from) covered += to - from;
    until = Math.max(until, to);
  }
  return Math.max(0, one.duration - covered);
}

/** The chain of calls that the end had to wait for. */
function critical(roots) {
  const found = new Set();
  const end = (one) => one.start + (one.duration ?? 0);
  const stack = roots.length ? [roots.reduce((a, b) => (end(b) > end(a) ? b : a))] : [];
  while (stack.length) {
    const one = stack.pop();
    found.add(one.id);
    let until = Infinity;
    for (const child of [...one.children].sort((a, b) => end(b) - end(a))) {
      if (end(child) > until) continue;
      stack.push(child);
      until = child.start;
    }
  }
  return found;
}
