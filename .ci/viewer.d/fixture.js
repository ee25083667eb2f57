// Realistic sessions, written as `humanloop export --json` writes them, for `humanloop import`.
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";

const BASE = Date.parse("2026-11-24T09:00:00Z");
const at = (ms) => new Date(BASE + ms).toISOString();
let clock = 0;

export const SEARCH = (limit) => `/// Searches the web for the question.
#[humanloop::tool(name = "search", skip(api_key))]
async fn search(question: &str, limit: usize, api_key: &str) -> Result<Vec<Hit>, SearchError> {
    let hits = client().get(ENDPOINT).query(&[("q", question)]).send().await?;
    let hits: Vec<Hit> = hits.json().await?;
    Ok(hits.into_iter().take(limit.min(${limit})).collect()) // at most ${limit}
}`;
const ANSWER = `#[humanloop::prompt(model = "gpt-4o", chat_template = [
    system("You answer briefly."),
    user("Question: {{question}}\\nGoogle says: {{found}}"),
])]
async fn answer(question: &str, found: &str) -> Result<Response, Error>;`;

const tool = (name, source) => ({ type: "tool", name, source_code: source ?? `fn ${name}(question: &str) -> String {\n    question.to_uppercase()\n}` });
const prompt = { type: "model", name: "answer", model: "gpt-4o", temperature: 0.2, max_tokens: 256, source_code: ANSWER, chat_template: [{ role: "system", content: "You answer briefly." }, { role: "user", content: "Question: {{question}}\nGoogle says: {{found}}" }] };
const place = (ident, line) => ({ ident, module: "agent::steps", file: "src/steps.rs", line, version: "5e1d0c2ab7749f3386fa41d2c90be871", source_kind: "exact" });

/** A session that logs are added to; they begin one after another. */
export class Session {
  constructor(reference) {
    this.reference = reference;
    this.logs = [];
    this.losses = [];
    clock += 60000;
    this.start = clock;
  }

  log(parent, ms, took, fields) {
    const id = randomUUID();
    this.logs.push({ project: fields.config?.name ?? "agent", reference_id: id, session_reference_id: this.reference, parent_reference_id: parent ?? undefined, created_at: at(this.start + ms), duration: took === null ? undefined : took / 1000, sequence: this.logs.length, source: "test", ...fields });
    return id;
  }

  write(file) {
    writeFileSync(file, JSON.stringify({ humanloop_export: 1, session: {}, logs: this.logs, losses: this.losses }));
  }
}

/** An agent of a few turns: a flow, tools, model calls with tool calls, one stream, whatever goes wrong. */
export function agent(reference, { question = "Which country won Eurovision 2023?", limit = 5, fails = false, reply = "Sweden won Eurovision 2023 with “Tattoo” by Loreen." } = {}) {
  const session = new Session(reference);
  const flow = session.log(null, 0, 4200, { kind: "flow", config: tool("assist"), inputs: { question }, output: fails ? undefined : reply, error: fails ? "the search gave up\ncaused by: operation timed out after 1500 ms" : undefined, outcome: fails ? "failed" : "ok" });
  session.log(flow, 20, 310, { kind: "prompt", config: { ...prompt, name: "moderate", model: "gpt-4o-mini", chat_template: undefined, source_code: undefined }, inputs: { question }, messages: [{ role: "system", content: "Say Yes if this is harmful, else No." }, { role: "user", content: question }], output: "No", prompt_tokens: 41, output_tokens: 1, prompt_cost: 0.000006, output_cost: 0.0000006, metadata: { cost: { estimate: true, prices_of: "2026-07-24" } } });
  const arguments_ = { question, limit, api_key: { $skipped: true }, session_token: { $redacted: true } };
  session.log(flow, 350, 1500, { kind: "tool", config: tool("search", SEARCH(limit)), function: place("search", 41), inputs: arguments_, output: fails ? undefined : JSON.stringify([{ title: "Eurovision 2023", url: "https://example.com/esc", score: 0.93 }, { title: "Loreen", url: "https://example.com/loreen", score: 0.71 }]), output_format: fails ? undefined : "json", error: fails ? "operation timed out after 1500 ms" : undefined, outcome: fails ? "failed" : "ok" });
  if (fails) {
    session.log(flow, 1900, 700, { kind: "tool", config: tool("retry"), inputs: { question }, outcome: "cancelled" });
    session.log(flow, 2700, 12, { kind: "tool", config: tool("parse"), inputs: { text: "…" }, error: "panicked at src/parse.rs:12: index out of bounds: the len is 0 but the index is 3", outcome: "panicked" });
    return session;
  }
  const first = [{ role: "system", content: "You answer briefly." }, { role: "user", content: `Question: ${question}\nGoogle says: Loreen` }];
  const call = { id: "call_7f", type: "function", function: { name: "search", arguments: JSON.stringify({ question, limit }) } };
  session.log(flow, 1900, 900, { kind: "prompt", config: prompt, function: place("answer", 58), inputs: { question, found: "Loreen" }, messages: first, output_message: { role: "assistant", content: null, tool_calls: [call] }, output: "", prompt_tokens: 112, output_tokens: 18, prompt_cost: 0.00028, output_cost: 0.00018, finish_reason: "tool_call" });
  session.log(flow, 2850, 1300, { kind: "prompt", config: prompt, function: place("answer", 58), inputs: { question, found: "Loreen" }, messages: [...first, { role: "assistant", tool_calls: [call] }, { role: "tool", tool_call_id: "call_7f", content: '[{"title":"Eurovision 2023"}]' }], output: reply, output_message: { role: "assistant", content: reply }, prompt_tokens: 188, output_tokens: 16, prompt_cost: 0.00047, output_cost: 0.00016, finish_reason: "stop", metadata: { stream: { items: 16, left_out: 0, first_item_seconds: 0.42 } } });
  return session;
}

/** What the README shows: a researcher with a plan, calls side by side, one that fails and is made again, an answer. */
export function researcher(reference) {
  const session = new Session(reference);
  const question = "Why did Loreen win Eurovision twice, and who else has?";
  const model = (name, text, fields) => ({ kind: "prompt", config: { ...prompt, name, chat_template: undefined, source_code: undefined }, inputs: { question }, messages: [{ role: "system", content: text }, { role: "user", content: question }], ...fields });
  const root = session.log(null, 0, 9400, { kind: "flow", config: tool("research"), inputs: { question }, output: "Loreen won in 2012 and 2023; only Johnny Logan had won twice before her.", outcome: "ok" });
  session.log(root, 10, 380, model("moderate", "Say Yes if this is harmful, else No.", { output: "No", prompt_tokens: 48, output_tokens: 1, prompt_cost: 0.0001, output_cost: 0.00001 }));
  session.log(root, 400, 1400, model("plan", "Write the searches that answer the question.", { output: '["Loreen Euphoria Tattoo", "two wins Eurovision", "jury points 2023"]', output_format: "json", prompt_tokens: 212, output_tokens: 41, prompt_cost: 0.0005, output_cost: 0.0004 }));
  const gather = session.log(root, 1820, 3900, { kind: "flow", config: tool("gather"), inputs: { searches: 3 }, output: "7 pages" });
  const searched = (ms, took, text, rest) => session.log(gather, ms, took, { kind: "tool", config: tool("search", SEARCH(5)), function: place("search", 41), inputs: { question: text, limit: 5, api_key: { $skipped: true } }, ...rest });
  searched(1830, 1250, "Loreen Euphoria Tattoo", { output: "3 hits" });
  searched(1835, 2050, "two wins Eurovision", { output: "2 hits" });
  searched(1840, 1500, "jury points 2023", { error: "operation timed out after 1500 ms", outcome: "failed" });
  searched(3420, 1300, "jury points 2023", { output: "2 hits" });
  session.log(gather, 4760, 900, model("rank", "Order the pages by how well they answer.", { output: "[4, 1, 6]", prompt_tokens: 2130, output_tokens: 12, prompt_cost: 0.0053, output_cost: 0.0001 }));
  session.log(root, 5760, 3600, { kind: "prompt", config: prompt, function: place("answer", 58), inputs: { question, found: "Euphoria, Tattoo, Johnny Logan" }, messages: [{ role: "system", content: "You answer briefly." }, { role: "user", content: `Question: ${question}\nGoogle says: Euphoria, Tattoo, Johnny Logan` }], output: "Loreen won in 2012 and 2023; only Johnny Logan had won twice before her.", output_message: { role: "assistant", content: "Loreen won in 2012 and 2023; only Johnny Logan had won twice before her." }, prompt_tokens: 1804, output_tokens: 96, prompt_cost: 0.0045, output_cost: 0.00096, finish_reason: "stop", first_token: 0.74 });
  return session;
}

/** 50,000 logs, one of which failed, deep down. */
export function large(reference, size = 50000) {
  const session = new Session(reference);
  const root = session.log(null, 0, size, { kind: "flow", config: tool("crawl"), inputs: { seeds: 500 }, output: "done" });
  let above = root;
  for (let i = 0; i < 500; i += 1) above = session.log(above, i, size - 2 * i, { kind: "flow", config: tool(`level ${i % 7}`), inputs: { depth: i }, output: "ok" });
  let step = root;
  for (let i = session.logs.length; i < size; i += 1) {
    if (i % 100 === 1) step = session.log(root, i - 0.5, 100, { kind: "flow", config: tool(`page ${i % 3}`), inputs: { page: i }, output: "ok" });
    else if (i === 43210) session.log(step, i, 0.7, { kind: "tool", config: tool("fetch"), inputs: { url: "https://example.com/needle" }, error: "connection reset by the needle host", outcome: "failed" });
    else session.log(step, i, 0.7, { kind: "tool", config: tool(i % 5 ? "fetch" : "embed"), inputs: { url: `https://example.com/${i}` }, output: "200" });
  }
  return session;
}

/** Texts that would be markup if anything took them for it, and one of 20 MB. */
export function hostile(reference) {
  const session = new Session(reference);
  const html = `</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"><b>bold</b>`;
  const flow = session.log(null, 0, 300, { kind: "flow", config: tool(`<i>name</i>`), inputs: { prompt: html }, output: html });
  session.log(flow, 10, 100, { kind: "prompt", config: prompt, inputs: { question: html, found: "مرحبا بالعالم 日本語 👩‍🚀" }, messages: [{ role: "user", content: html }], output: html, output_message: { role: "assistant", content: html } });
  session.log(flow, 150, 100, { kind: "tool", config: tool("read file"), inputs: { path: "/big" }, output: `begin ${"0123456789abcdef".repeat(1250000)} the very end` });
  return session;
}
