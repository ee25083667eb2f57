// A conversation: messages by role, tool calls joined to their results, what was sent before marked as repeated.
import { h } from "./dom.js";
import { counted } from "./format.js";
import { copyText, longText, valueView } from "./value.js";

export function messagesView(detail, whole) {
  const messages = detail.log.messages ?? [];
  const answer = detail.log.output_message;
  const results = new Map(messages.filter((one) => one.tool_call_id).map((one) => [one.tool_call_id, one]));
  const called = new Set(messages.flatMap((one) => (one.tool_calls ?? []).map((call) => call.id)));
  const repeated = Math.min(detail.repeated ?? 0, messages.length);
  const shown = (list, old) => list.filter((one) => !(one.tool_call_id && called.has(one.tool_call_id))).map((one) => message(one, { results, whole, old }));
  return h("div", { class: "messages" },
    repeated > 0 && h("details", { class: "repeated" }, h("summary", null, `${counted(repeated, "message")} repeated from the call before`), shown(messages.slice(0, repeated), true)),
    shown(messages.slice(repeated), false),
    answer ? message(answer, { results, whole, isNew: true }) : detail.log.output != null && messages.length > 0 && message({ role: "assistant", content: detail.log.output }, { results, whole, isNew: true }));
}

function message(one, { results, whole, old, isNew }) {
  const body = [content(one.content, whole, one.role), (one.tool_calls ?? []).map((call) => toolCall(call, results.get(call.id), whole))];
  const head = [h("b", null, one.role), one.name && ` ${one.name}`, one.tool_call_id && h("code", null, ` ${one.tool_call_id}`), isNew && h("span", { class: "mark soft" }, "answer"), h("button", { type: "button", class: "copy", title: "copy the message as JSON", async onclick(event) { event.preventDefault(); copyText(JSON.stringify(await uncut(one, whole), null, 2), "message"); } }, "copy")];
  if (one.role === "system" || old) return h("details", { class: `message ${one.role}`, open: !old && !one.content?.$cut && String(one.content ?? "").length < 300 }, h("summary", null, head), body);
  return h("section", { class: `message ${one.role}` }, h("header", null, head), body);
}

/** A value with the texts that the server cut. */
async function uncut(value, whole) {
  if (value === null || typeof value !== "object") return value;
  if (value.$cut) return whole(value.$cut.path);
  if (Array.isArray(value)) return Promise.all(value.map((item) => uncut(item, whole)));
  return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([name, item]) => [name, await uncut(item, whole)])));
}

/** A message's content; what a tool answers is rarely prose. */
function content(value, whole, role) {
  if (value === null || value === undefined) return null;
  if (!Array.isArray(value)) return valueView(value, whole, "", role !== "tool");
  return value.map((part) => {
    if (part.type === "text") return valueView(part.text, whole, "", role !== "tool");
    const url = part.image_url?.url;
    if (typeof url === "string" && /^data:image\/(png|jpeg|gif|webp);/.test(url)) return h("img", { src: url, alt: "an image of the message" });
    return url?.$cut ? h("button", { class: "more", type: "button", async onclick(event) {
      const all = await whole(url.$cut.path);
      event.target.replaceWith(/^data:image\/(png|jpeg|gif|webp);/.test(all) ? h("img", { src: all, alt: "an image of the message" }) : longText(all, null));
    } }, "show the image") : h("p", { class: "quiet" }, `image: ${url}`);
  });
}

function toolCall(call, result, whole) {
  let args = call.function?.arguments;
  try {
    args = JSON.parse(args);
  } catch {}
  return h("div", { class: "toolcall" }, h("header", null, "calls ", h("b", null, call.function?.name ?? "?"), h("code", null, ` ${call.id}`)), args !== undefined && valueView(args, whole),
    result ? h("div", { class: "result" }, h("header", null, "result"), content(result.content, whole, "tool")) : h("p", { class: "quiet" }, "its result is not in these messages"));
}
