//! OpenAI's `responses`.

use serde::Deserialize;

use super::{Answer, Delta, Failure, Response, Tokens, message, tool_call};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Whole {
    object: Option<String>,
    model: Option<String>,
    status: Option<String>,
    output: Option<Vec<Item>>,
    usage: Option<Usage>,
    incomplete_details: Option<Incomplete>,
    error: Option<Failure>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Item {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<String>,
    call_id: Option<String>,
    name: Option<String>,
    arguments: Option<String>,
    content: Option<Vec<Content>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content {
    text: Option<String>,
    refusal: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Usage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    input_tokens_details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Incomplete {
    reason: Option<String>,
}

impl Usage {
    fn tokens(self) -> Tokens {
        let cached = self.input_tokens_details.and_then(|details| details.cached_tokens);
        Tokens { prompt: self.input_tokens, output: self.output_tokens, cached }
    }
}

impl Whole {
    /// v4's words for why a model stops.
    fn reason(&self, calls: bool) -> Option<String> {
        match (self.status.as_deref()?, self.incomplete_details.as_ref().and_then(|details| details.reason.as_deref()))
        {
            ("completed", _) if calls => Some("tool_call".into()),
            ("completed", _) => Some("stop".into()),
            ("incomplete", Some("max_output_tokens") | None) => Some("length".into()),
            ("incomplete", Some(other)) => Some(other.into()),
            (status, _) => Some(status.into()),
        }
    }
}

/// Reads an answer; it names itself.
pub(super) fn read(json: &str) -> Option<Response> {
    let mut whole: Whole = serde_json::from_str(json).ok()?;
    // Clients' structs may leave the word out.
    let counted = whole.usage.as_ref().is_some_and(|usage| usage.input_tokens.is_some());
    match whole.object.as_deref() {
        Some("response") => {}
        None if counted && whole.model.is_some() && whole.status.is_some() => {}
        _ => return None,
    }
    let mut text = String::new();
    let mut calls = Vec::new();
    for item in whole.output.take()? {
        match item.kind.as_deref() {
            Some("message") => {
                for part in item.content.into_iter().flatten() {
                    text.push_str(&part.text.or(part.refusal).unwrap_or_default());
                }
            }
            Some("function_call") => {
                let id = item.call_id.or(item.id).unwrap_or_default();
                calls.push(tool_call(id, item.name.unwrap_or_default(), item.arguments.unwrap_or_default()));
            }
            _ => {} // reasoning, and the provider's own tools
        }
    }
    let finish_reason = whole.reason(!calls.is_empty());
    let message = Some(message(&text, calls));
    let tokens = whole.usage.map(Usage::tokens).unwrap_or_default();
    Some(Response::new(json, vec![Answer { text, message, finish_reason }], whole.model, tokens))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    output_index: usize,
    delta: Option<String>,
    item: Option<Item>,
    response: Option<Whole>,
    message: Option<String>,
}

/// Reads one event of a stream.
pub(super) fn deltas(json: &str) -> Option<Vec<Delta>> {
    let event: Event = serde_json::from_str(json).ok()?;
    let (answer, slot) = (0, event.output_index);
    let name = event.kind.strip_prefix("response.");
    let mut deltas = Vec::new();
    match name.unwrap_or(&event.kind) {
        "output_text.delta" | "refusal.delta" => deltas.extend(event.delta.map(|text| Delta::Text { answer, text })),
        "output_item.added" => {
            if let Some(item) = event.item.filter(|item| item.kind.as_deref() == Some("function_call")) {
                let (id, arguments) = (item.call_id.or(item.id), item.arguments.unwrap_or_default());
                deltas.push(Delta::Call { answer, slot, id, name: item.name, arguments });
            }
        }
        "function_call_arguments.delta" => {
            let arguments = event.delta.unwrap_or_default();
            deltas.push(Delta::Call { answer, slot, id: None, name: None, arguments });
        }
        "completed" | "incomplete" | "failed" => {
            let whole = event.response.unwrap_or_default();
            deltas.extend(whole.error.as_ref().map(|error| {
                Delta::Failed(
                    error.message.clone().unwrap_or_else(|| "the provider failed and does not say why".into()),
                )
            }));
            deltas.extend(whole.reason(false).map(|reason| Delta::Finish { answer, reason }));
            deltas.extend(whole.model.map(Delta::Model));
            deltas.extend(whole.usage.map(|usage| Delta::Tokens(usage.tokens())));
        }
        "error" => deltas.push(Delta::Failed(event.message.unwrap_or_else(|| json.into()))),
        // Any other of its events says nothing that is kept; what is no event of it is not known here.
        _ => return name.map(|_| deltas),
    }
    Some(deltas)
}
