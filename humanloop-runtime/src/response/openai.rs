//! OpenAI's `chat/completions` and `completions`, and the many servers that speak the same.

use humanloop_api::{Content, FunctionCall, Message, Role, ToolCall};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Answer, Delta, Failure, Response, Tokens};

#[derive(Debug, Deserialize)]
struct Completion {
    #[serde(default)]
    object: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    created: Option<f64>,
    /// Counts that are no counts do not make the answer none.
    #[serde(default)]
    usage: Option<Known<Usage>>,
    choices: Vec<Choice>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Usage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    index: Option<usize>,
    message: Option<WireMessage>,
    delta: Option<WireDelta>,
    text: Option<String>,
    finish_reason: Option<String>,
}

/// What has the shape of a `T`, or another one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Known<T> {
    Shape(T),
    Other(IgnoredAny),
}

impl<T> Known<T> {
    fn shape(self) -> Option<T> {
        match self {
            Self::Shape(value) => Some(value),
            Self::Other(_) => None,
        }
    }
}

/// What is said: as v4 has it, or in parts of kinds that v4 does not know, such as a model's thoughts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum WireContent {
    Known(Content),
    Parts(Vec<WirePart>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WirePart {
    text: Option<String>,
}

impl WireContent {
    fn content(self) -> Content {
        match self {
            Self::Known(content) => content,
            Self::Parts(parts) => Content::Text(parts.into_iter().filter_map(|part| part.text).collect()),
        }
    }
}

#[derive(Debug, Deserialize)]
struct WireMessage {
    /// Some servers leave it out.
    #[serde(default = "assistant")]
    role: Role,
    #[serde(default)]
    content: Option<WireContent>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<WireCall>>,
    #[serde(default)]
    function_call: Option<WireFunction>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireDelta {
    content: Option<WireContent>,
    refusal: Option<String>,
    tool_calls: Option<Vec<WireCall>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireCall {
    index: Option<usize>,
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    function: Option<WireFunction>,
    /// A tool that takes text in place of JSON.
    custom: Option<WireFunction>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireFunction {
    name: Option<String>,
    #[serde(alias = "input")]
    arguments: Option<Arguments>,
}

/// JSON as a text, as it should be, or as itself.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Arguments {
    Text(String),
    Json(serde_json::Value),
}

impl Arguments {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Json(value) => value.to_string(),
        }
    }
}

fn assistant() -> Role {
    Role::Assistant
}

/// Reads what is known to be an answer.
#[cfg(feature = "http")]
pub(super) fn read(json: &str) -> Option<Response> {
    Completion::parse(json).map(|completion| completion.into_response(json))
}

/// Reads an answer that says of itself what it is: any program may have `choices` with a `text`.
pub(super) fn read_marked(json: &str) -> Option<Response> {
    let completion = Completion::parse(json)?;
    completion.is_marked().then(|| completion.into_response(json))
}

impl Completion {
    /// `None` when it has not the shape.
    fn parse(json: &str) -> Option<Self> {
        let completion: Self = serde_json::from_str(json).ok()?;
        let answers = |choice: &Choice| match &choice.message {
            Some(message) => message.role == Role::Assistant,
            None => choice.text.is_some(),
        };
        (!completion.choices.is_empty() && completion.choices.iter().all(answers)).then_some(completion)
    }

    fn is_marked(&self) -> bool {
        match self.object.as_deref() {
            Some("chat.completion" | "text_completion") => true,
            // Some clients' structs leave the word out.
            None | Some("") => {
                let counted = matches!(&self.usage, Some(Known::Shape(usage)) if usage.prompt_tokens.is_some());
                self.model.is_some() && (counted || self.created.is_some())
            }
            Some(_) => false,
        }
    }

    fn into_response(self, json: &str) -> Response {
        let answers = self.choices.into_iter().map(Choice::read).collect();
        let usage = self.usage.and_then(Known::shape);
        Response::new(json, answers, self.model, usage.map(Usage::tokens).unwrap_or_default())
    }
}

impl Usage {
    fn tokens(self) -> Tokens {
        let cached = self.prompt_tokens_details.and_then(|details| details.cached_tokens);
        Tokens { prompt: self.prompt_tokens, output: self.completion_tokens, cached }
    }
}

/// v4 has one word for what providers call by two.
fn reason(reason: String) -> String {
    match reason.as_str() {
        "tool_calls" | "function_call" => "tool_call".into(),
        _ => reason,
    }
}

impl Choice {
    fn read(self) -> Answer {
        let finish_reason = self.finish_reason.map(reason);
        match self.message {
            None => Answer { text: self.text.unwrap_or_default(), message: None, finish_reason },
            Some(wire) => {
                let message = wire.read();
                Answer { text: message.text(), message: Some(message), finish_reason }
            }
        }
    }
}

impl WireMessage {
    fn read(self) -> Message {
        let calls = self.tool_calls.map(|calls| calls.into_iter().filter_map(WireCall::read).collect::<Vec<_>>());
        Message {
            role: self.role,
            content: self.content.map(WireContent::content).or(self.refusal.map(Content::Text)),
            name: None,
            tool_call_id: None,
            tool_calls: calls.filter(|calls| !calls.is_empty()),
            tool_call: self.function_call.and_then(WireFunction::read),
        }
    }
}

impl WireCall {
    fn read(self) -> Option<ToolCall> {
        let function = self.function.or(self.custom)?.read()?;
        let kind = self.kind.unwrap_or_else(|| "function".into());
        Some(ToolCall { id: self.id.unwrap_or_default(), kind, function })
    }
}

impl WireFunction {
    fn read(self) -> Option<FunctionCall> {
        Some(FunctionCall { name: self.name?, arguments: self.arguments.map(Arguments::text) })
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Event {
    Failed { error: Failure },
    Chunk(Completion),
}

/// Reads one event of a stream.
pub(super) fn deltas(json: &str) -> Option<Vec<Delta>> {
    let chunk = match serde_json::from_str(json).ok()? {
        Event::Failed { error } => return Some(vec![Delta::Failed(error.message.unwrap_or_else(|| json.into()))]),
        Event::Chunk(chunk) => chunk,
    };
    let of_text = |choice: &Choice| choice.delta.is_none() && choice.text.is_some();
    let is_chunk = |choice: &Choice| choice.delta.is_some() || of_text(choice) || choice.finish_reason.is_some();
    let is_last = chunk.choices.is_empty() && chunk.usage.is_some();
    let is_named = chunk.object.as_deref() == Some("chat.completion.chunk");
    if !(is_named || is_last || chunk.model.is_some() && chunk.choices.iter().all(is_chunk)) {
        return None;
    }
    let mut deltas = Vec::new();
    deltas.extend(chunk.model.map(Delta::Model));
    for choice in chunk.choices {
        let answer = choice.index.unwrap_or(0);
        if of_text(&choice) {
            deltas.push(Delta::Completes);
        }
        let WireDelta { content, refusal, tool_calls } = choice.delta.unwrap_or_default();
        let content = content.map(|content| match content.content() {
            Content::Text(text) => text,
            content => Message { content: Some(content), ..Message::assistant("") }.text(),
        });
        for text in [content, refusal, choice.text].into_iter().flatten().filter(|text| !text.is_empty()) {
            deltas.push(Delta::Text { answer, text });
        }
        for (place, call) in tool_calls.into_iter().flatten().enumerate() {
            let function = call.function.or(call.custom).unwrap_or_default();
            deltas.push(Delta::Call {
                answer,
                slot: call.index.unwrap_or(place),
                id: call.id,
                name: function.name,
                arguments: function.arguments.map(Arguments::text).unwrap_or_default(),
            });
        }
        deltas.extend(choice.finish_reason.map(|word| Delta::Finish { answer, reason: reason(word) }));
    }
    deltas.extend(chunk.usage.and_then(Known::shape).map(|usage| Delta::Tokens(usage.tokens())));
    Some(deltas)
}
