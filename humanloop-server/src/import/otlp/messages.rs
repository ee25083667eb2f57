//! Messages of a model's call, as the GenAI conventions and OpenInference write them.

use humanloop_api::{Message, Role};
use serde_json::{Value, json};

use super::Span;

/// What the model was asked; its instructions first.
pub(super) fn asked(span: &Span<'_>) -> Vec<Message> {
    let instructions = span.value("gen_ai.system_instructions");
    let instructions = instructions.and_then(|parts| of_parts(&json!({ "role": "system", "parts": parts })));
    let asked = span.value("gen_ai.input.messages");
    let asked = asked.as_ref().and_then(Value::as_array).map(|list| list.iter().filter_map(of_parts).collect());
    instructions.into_iter().chain(asked.unwrap_or_else(|| flat(span, "llm.input_messages"))).collect()
}

/// What it answered.
pub(super) fn answered(span: &Span<'_>) -> Option<Message> {
    let answered = span.value("gen_ai.output.messages");
    let first = answered.as_ref().and_then(|list| of_parts(list.get(0)?));
    first.or_else(|| flat(span, "llm.output_messages").into_iter().next())
}

/// The text of what it answered.
pub(super) fn answer_text(span: &Span<'_>) -> Option<String> {
    answered(span).map(|message| message.text().to_string()).filter(|text| !text.is_empty())
}

/// `{"role", "parts": [{"type": "text", "content"}…]}`.
fn of_parts(message: &Value) -> Option<Message> {
    let of = |kind: &'static str| {
        let parts = message["parts"].as_array().into_iter().flatten();
        parts.filter(move |part| part["type"] == kind)
    };
    if let Some(result) = of("tool_call_response").next() {
        let text = [&result["response"], &result["result"]].into_iter().find(|value| !value.is_null()).map(as_text);
        let message = json!({ "role": "tool", "content": text, "tool_call_id": result["id"] });
        return serde_json::from_value(message).ok();
    }
    let texts: Vec<&str> = of("text").filter_map(|part| part["content"].as_str()).collect();
    let calls = of("tool_call").map(|call| tool_call(&call["id"], &call["name"], &call["arguments"])).collect();
    made(role(message["role"].as_str()), (!texts.is_empty()).then(|| texts.join("\n")), calls)
}

/// `llm.input_messages.0.message.role` and its like.
fn flat(span: &Span<'_>, name: &str) -> Vec<Message> {
    let mut messages = Vec::new();
    loop {
        let at = |field: &str| format!("{name}.{}.message.{field}", messages.len());
        let Some(role) = span.text(&at("role")).map(|word| role(Some(word))) else { return messages };
        let content = span.text(&at("content")).map(Into::into);
        let mut calls = Vec::new();
        loop {
            let call = |field| span.attributes.get(&*at(&format!("tool_calls.{}.tool_call.{field}", calls.len())));
            let Some(function) = call("function.name") else { break };
            let (id, arguments) = (call("id").unwrap_or(&Value::Null), call("function.arguments"));
            calls.push(tool_call(id, function, arguments.unwrap_or(&Value::Null)));
        }
        let mut message = made(role, content, calls).unwrap_or_else(|| Message::new(role, ""));
        message.tool_call_id = span.text(&at("tool_call_id")).map(Into::into);
        messages.push(message);
    }
}

fn tool_call(id: &Value, name: &Value, arguments: &Value) -> Value {
    let arguments = (!arguments.is_null()).then(|| as_text(arguments));
    let function = json!({ "name": name, "arguments": arguments });
    json!({ "id": id.as_str().unwrap_or_default(), "type": "function", "function": function })
}

fn made(role: Role, content: Option<String>, calls: Vec<Value>) -> Option<Message> {
    let calls = (!calls.is_empty()).then_some(calls);
    serde_json::from_value(json!({ "role": role, "content": content, "tool_calls": calls })).ok()
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), Into::into)
}

fn role(word: Option<&str>) -> Role {
    match word {
        Some("system" | "developer") => Role::System,
        Some("assistant" | "model" | "ai") => Role::Assistant,
        Some("tool" | "function") => Role::Tool,
        _ => Role::User,
    }
}
