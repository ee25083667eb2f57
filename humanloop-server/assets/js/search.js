// The search within a session: words, and conditions such as `tool:search error:timeout tokens>1000 cost>0.01 ms>50`.

const FIELDS = { tool: "name", prompt: "name", flow: "name", name: "name", model: "model", error: "error", in: "words", out: "result", is: "outcome" };
const FIGURES = { tokens: (one) => (one.input ?? 0) + (one.output ?? 0), cost: (one) => one.cost ?? 0, ms: (one) => (one.duration ?? 0) / 1e6, s: (one) => (one.duration ?? 0) / 1e9 };

/** `{ words, test }`: plain words, and whether a log fits all conditions. */
export function parseSearch(text) {
  const words = [];
  const tests = [];
  for (const [part] of text.matchAll(/\w+:"[^"]*"|"[^"]*"|\S+/g)) {
    const [, figure, sign, number] = /^(tokens|cost|ms|s)([<>])([\d.]+)$/.exec(part) ?? [];
    const [, field, value] = /^(\w+):"?([^"]+)"?$/.exec(part) ?? [];
    if (figure) tests.push((one) => (sign === ">" ? FIGURES[figure](one) > Number(number) : FIGURES[figure](one) < Number(number)));
    else if (FIELDS[field]) {
      const wanted = value.toLowerCase();
      tests.push((one) => String(one[FIELDS[field]] ?? "").toLowerCase().includes(wanted) && (!["tool", "prompt", "flow"].includes(field) || one.kind === field));
    } else words.push(part.replaceAll('"', ""));
  }
  return { words, test: (one) => tests.every((test) => test(one)), conditions: tests.length };
}

/** Whether what the row shows holds all words. */
export function holdsWords(one, words) {
  const text = `${one.name} ${one.model ?? ""} ${one.words ?? ""} ${one.result ?? ""} ${one.error ?? ""} ${one.reference ?? ""} ${one.id}`.toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase()));
}
