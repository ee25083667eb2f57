// The official TypeScript client against the server: the guide's flows, lists, streams, errors and reads.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
const { Humanloop } = createRequire(import.meta.url)("humanloop");

const [basePath, apiKey] = process.argv.slice(2);
// A slash at the end must not matter.
const humanloop = new Humanloop({ apiKey, basePath: `${basePath}/`, openaiApiKey: "sk-of-the-caller" });
const unique = () => crypto.randomUUID();

async function refused(status, call) {
  try {
    await call();
  } catch (error) {
    assert.equal(error.status, status, JSON.stringify(error.responseBody));
    return error.responseBody.detail;
  }
  assert.fail(`${status} was expected`);
}

const session = unique();
const question = "Which country won Eurovision 2023?";
const moderated = (await humanloop.chat({
  project: "ts_moderator",
  session_reference_id: session,
  model_config: {
    model: "gpt-4",
    max_tokens: 1,
    chat_template: [
      { role: "user", content: "{{user_request}}" },
      { role: "system", content: "Answer the above question with Yes or No." },
    ],
  },
  messages: [],
  inputs: { user_request: question },
})).data;
assert.equal(moderated.data[0].output, "No");
const config = { type: "tool", name: "Google Search", source_code: "function google() {}" };
const reference = unique();
const google = (await humanloop.log({
  project: "ts_google", session_reference_id: session, reference_id: reference, inputs: { q: question }, config,
})).data;
assert.equal(google.session_id, moderated.session_id);
const updated = (await humanloop.logs.updateByRef({ referenceId: reference, output: "Sweden" })).data;
assert.equal(updated.output, "Sweden");
assert.equal(updated.config.status, "committed");
const completed = (await humanloop.complete({
  project: "ts_assistant",
  session_reference_id: session,
  model_config: { model: "text-davinci-002", prompt_template: "Question: {{user_request}}" },
  inputs: { user_request: question },
})).data;
assert.equal(completed.data[0].output, `you said: Question: ${question}`);

const list = (await humanloop.log([1, 2, 3].map((n) => (
  { project: "ts_list", session_reference_id: session, parent_reference_id: reference, output: `${n}`, config }
)))).data;
assert.equal(list.length, 3);
const there = (await humanloop.sessions.get({ id: google.session_id })).data;
assert.equal(there.datapoints_count, 6);
const page = (await humanloop.logs.list({ projectId: list[0].project_id, size: 2 })).data;
assert.equal(page.total, 3);
assert.equal(page.records[0].parent_id, google.id);
const made = (await humanloop.sessions.create()).data;
assert.match(made.id, /^sesh_/);
const given = (await humanloop.feedback({ type: "rating", value: "good", data_id: google.id })).data;
assert.match(given.id, /^ann_/);
await humanloop.logs.delete({ id: [list[0].id] });
assert.equal((await humanloop.logs.list({ projectId: list[0].project_id })).data.total, 2);
assert.equal((await humanloop.projects.list({ filter: "ts_list" })).data.total, 1);

const pieces = [];
const stream = await humanloop.chatStream({
  project: "ts_stream", model_config: { model: "gpt-4" }, messages: [{ role: "user", content: "hi" }],
});
const reader = stream.data.getReader();
const decoder = new TextDecoder();
for (;;) {
  const { value, done } = await reader.read();
  if (done) break;
  pieces.push(typeof value === "object" && "output" in value ? value : JSON.parse(decoder.decode(value)));
}
assert.equal(pieces.map((piece) => piece.output).join("").replace(/\s/g, ""), "yousaid:hi");
assert.equal(pieces.at(-1).finish_reason, "stop");

await refused(422, () => humanloop.log({ output: "x", config }));
await refused(404, () => humanloop.sessions.get({ id: "sesh_nobody" }));
await refused(404, () => humanloop.logs.updateByRef({ referenceId: "nobody", output: "x" }));
const detail = await refused(400, () => humanloop.chat({
  project: "p", model_config: { model: "gpt-4" }, messages: [{ role: "user", content: "too long" }],
}));
assert.equal(detail.origin, "OpenAI");
console.log("the TypeScript client is content");
