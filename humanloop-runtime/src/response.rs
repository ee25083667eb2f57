//! What a model answered, read from the JSON of any provider: the text, the messages, the tokens and why it stopped.
//!
//! The same readers serve the providers, whose answers come over HTTP, and the capture of annotated functions, whose
//! values are whatever the client of the user's choice returns.

use humanloop_api::{FunctionCall, Message, Object, RawValue, ToolCall, Usage};
use serde::{Deserialize, Serialize, Serializer};

mod anthropic;
mod assembly;
mod gemini;
mod openai;
mod responses;

pub use assembly::Piece;
pub(crate) use assembly::{Assembly, Delta};

/// What a model answered.
///
/// It serializes as the provider's own JSON: an annotated function that returns it has text and tokens in its log.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The answers, one a sample.
    pub answers: Vec<Answer>,
    /// The model that answered, by the provider's name of it.
    pub model: Option<String>,
    /// Tokens of all answers, as the provider counted them.
    pub usage: Option<Usage>,
    /// Those tokens of the prompt that the provider had in its cache, where it says so.
    pub cached_tokens: Option<u64>,
    /// The provider's JSON, as it came; that of a stream is put together from its pieces, and says so by `"streamed": true`.
    pub raw: Object,
}

/// One answer of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The text as the provider gave it; empty when the model only calls tools.
    pub text: String,
    /// The message of a chat, tool calls included.
    pub message: Option<Message>,
    /// Why the model stopped: `stop`, `length`, `tool_call`, …
    pub finish_reason: Option<String>,
}

impl Response {
    /// The first answer's text; empty when there is none.
    pub fn text(&self) -> &str {
        self.answers.first().map_or("", |answer| &answer.text)
    }

    /// The first answer's message: what to append to a conversation.
    pub fn message(&self) -> Option<&Message> {
        self.answers.first()?.message.as_ref()
    }

    /// The tools that the first answer calls.
    pub fn tool_calls(&self) -> &[ToolCall] {
        self.message().and_then(|message| message.tool_calls.as_deref()).unwrap_or_default()
    }

    /// Why the first answer ended: `stop`, `length`, `tool_call`, …
    pub fn finish_reason(&self) -> Option<&str> {
        self.answers.first()?.finish_reason.as_deref()
    }

    fn new(json: &str, answers: Vec<Answer>, model: Option<String>, tokens: Tokens) -> Self {
        let raw = serde_json::from_str(json).unwrap_or_default();
        Self { answers, model, usage: tokens.usage(), cached_tokens: tokens.cached, raw }
    }
}

impl Serialize for Response {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

/// The provider that speaks a shape of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg(feature = "http")]
pub(crate) enum Wire {
    OpenAi,
    Anthropic,
    Gemini,
}

#[cfg(feature = "http")]
impl Wire {
    /// Reads what is known to be an answer of the provider; `None` when it has not its shape.
    pub(crate) fn read(self, json: &str) -> Option<Response> {
        match self {
            Self::OpenAi => openai::read(json),
            Self::Anthropic => anthropic::read(json),
            Self::Gemini => gemini::read(json),
        }
    }

    /// Reads what is known to be an event of the provider's stream; `None` when it has not its shape.
    pub(crate) fn deltas(self, json: &str) -> Option<Vec<Delta>> {
        match self {
            Self::OpenAi => openai::deltas(json),
            Self::Anthropic => anthropic::deltas(json),
            Self::Gemini => gemini::deltas(json),
        }
    }
}

/// Reads the JSON of a model's response, whoever the provider; `None` when it is anything else.
pub(crate) fn read(json: &str) -> Option<Response> {
    // Most of what functions return is no response: a glance spares the parsing.
    let glance = |word: &str| json.contains(word);
    None.or_else(|| glance("\"choices\"").then(|| openai::read_marked(json)).flatten())
        .or_else(|| glance("\"candidates\"").then(|| gemini::read(json)).flatten())
        .or_else(|| glance("\"stop_reason\"").then(|| anthropic::read(json)).flatten())
        .or_else(|| glance("\"output\"").then(|| responses::read(json)).flatten())
        .or_else(|| glance("\"captured_raw_body\"").then(|| captured(json)).flatten())
}

/// The provider's own JSON inside of a client's: `genai` keeps it when asked to.
fn captured(json: &str) -> Option<Response> {
    #[derive(Deserialize)]
    struct Client {
        captured_raw_body: Box<RawValue>,
    }
    let client: Client = serde_json::from_str(json).ok()?;
    let body = client.captured_raw_body.get();
    (!body.contains("\"captured_raw_body\"")).then(|| read(body)).flatten()
}

/// Reads the JSON of one item of a model's stream, whoever the provider; `None` when it is anything else.
pub(crate) fn deltas(json: &str) -> Option<Vec<Delta>> {
    let glance = |word: &str| json.contains(word);
    None.or_else(|| glance("\"choices\"").then(|| openai::deltas(json)).flatten())
        .or_else(|| glance("\"candidates\"").then(|| gemini::deltas(json)).flatten())
        .or_else(|| glance("\"response.").then(|| responses::deltas(json)).flatten())
        .or_else(|| glance("\"type\"").then(|| anthropic::deltas(json)).flatten())
}

/// Tokens; absent where the provider did not count them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tokens {
    pub(crate) prompt: Option<u64>,
    pub(crate) output: Option<u64>,
    /// Those of `prompt` that came from a cache.
    pub(crate) cached: Option<u64>,
}

impl Tokens {
    /// What is known of both.
    fn usage(self) -> Option<Usage> {
        let known = self.prompt.is_some() || self.output.is_some();
        let (prompt, output) = (self.prompt.unwrap_or(0), self.output.unwrap_or(0));
        known.then(|| Usage {
            prompt_tokens: prompt,
            generation_tokens: output,
            total_tokens: prompt.saturating_add(output),
        })
    }

    /// What `later` knows, else what was known.
    fn update(&mut self, later: Self) {
        self.prompt = later.prompt.or(self.prompt);
        self.output = later.output.or(self.output);
        self.cached = later.cached.or(self.cached);
    }
}

/// A text where the provider may also write `null`, or nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failure {
    message: Option<String>,
}

/// A tool call, whose arguments are JSON text.
fn tool_call(id: impl Into<String>, name: impl Into<String>, arguments: impl Into<String>) -> ToolCall {
    let function = FunctionCall { name: name.into(), arguments: Some(arguments.into()) };
    ToolCall { id: id.into(), kind: "function".into(), function }
}

/// The message of a chat: a text, calls, or both.
fn message(text: &str, calls: Vec<ToolCall>) -> Message {
    let mut message = Message::assistant(text);
    if !calls.is_empty() {
        message.content = message.content.filter(|_| !text.is_empty());
        message.tool_calls = Some(calls);
    }
    message
}

#[cfg(test)]
mod tests;
