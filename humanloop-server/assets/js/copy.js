// What can be taken along as text: a log as JSON, as curl, as a Rust test; a session as Markdown.
import { exported, get } from "./data.js";
import { duration, tokens } from "./format.js";

/** The log in full, also where the page shows a cut value. */
async function wholeLog(log) {
  return exported ? log.log : JSON.parse(await get(`log/${log.id}/value`, { path: "" }, { text: true }));
}

export async function asJson(log) {
  return JSON.stringify(await wholeLog(log), null, 2);
}

/** The model call for a shell; the key stays a variable. */
export async function asCurl(log) {
  const whole = await wholeLog(log);
  const config = whole.config ?? {};
  const body = whole.provider_request ?? { model: config.model, temperature: config.temperature, max_tokens: config.max_tokens, messages: whole.messages };
  const text = JSON.stringify(body, null, 2).replaceAll("'", `'\\''`);
  return `curl "\${OPENAI_BASE_URL:-https://api.openai.com/v1}/chat/completions" \\\n  -H "Authorization: Bearer $OPENAI_API_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '${text}'`;
}

export async function asRustTest(log) {
  const whole = await wholeLog(log);
  const name = (whole.function?.ident ?? "call").replace(/\W+/g, "_");
  const fence = (value) => {
    const text = typeof value === "string" ? value : JSON.stringify(value ?? null, null, 2);
    let hashes = "#";
    while (text.includes(`"${hashes}`)) hashes += "#";
    return `r${hashes}"${text}"${hashes}`;
  };
  return `#[test]\nfn ${name}_as_logged() {\n    // log ${log.id}\n    let inputs = ${fence(whole.inputs)};\n    let expected = ${fence(whole.error ?? whole.output)};\n    // call \`${name}\` with the inputs, and compare\n}\n`;
}

export function asMarkdown(tree) {
  const lines = tree.order.slice(0, 2000).map((one) => {
    const figures = [one.outcome, duration(one.duration), tokens(one.input, one.output)].filter(Boolean).join(", ");
    const words = one.error ? `error: ${one.error}` : [one.words, one.result].filter(Boolean).join(" → ");
    return `${"  ".repeat(one.depth)}- **${one.name}** (${figures})${words ? `: ${words.replace(/\s+/g, " ")}` : ""}`;
  });
  if (tree.order.length > 2000) lines.push(`- … ${tree.order.length - 2000} more`);
  return `# Session ${tree.session.reference_id}\n\n${lines.join("\n")}\n`;
}
