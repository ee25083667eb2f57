//! Anthropic's messages.

use humanloop_api::RawValue;
use serde::Deserialize;

use super::{Answer, Delta, Failure, Response, Tokens, message, tool_call};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Whole {
    role: Option<String>,
    model: Option<String>,
    content: Option<Vec<Block>>,
    stop_reason: Option<String>,
    usage: Option<Usage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Block {
    #[serde(rename = "type")]
    kind: Option<String>,
    text: Option<String>,
    id: Option<String>,
    name: Option<String>,
    input: Option<Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Usage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
}

impl Usage {
    /// Anthropic does not count among the input what its cache took or gave.
    fn tokens(self) -> Tokens {
        let cache =
            self.cache_creation_input_tokens.unwrap_or(0).saturating_add(self.cache_read_input_tokens.unwrap_or(0));
        Tokens {
            prompt: self.input_tokens.map(|tokens| tokens.saturating_add(cache)),
            output: self.output_tokens,
            cached: self.cache_read_input_tokens,
        }
    }
}

/// v4's words for why a model stops.
fn reason(reason: String) -> String {
    match reason.as_str() {
        "end_turn" | "stop_sequence" => "stop".into(),
        "max_tokens" => "length".into(),
        "tool_use" => "tool_call".into(),
        _ => reason,
    }
}

/// Reads an answer; its role and its usage are its mark.
pub(super) fn read(json: &str) -> Option<Response> {
    let whole: Whole = serde_json::from_str(json).ok()?;
    let content = whole.content.filter(|_| whole.role.as_deref() == Some("assistant"))?;
    let tokens = whole.usage?.tokens();
    tokens.prompt?;
    let mut text = String::new();
    let mut calls = Vec::new();
    for block in content {
        match block.kind.as_deref() {
            Some("text") => text.push_str(&block.text.unwrap_or_default()),
            Some("tool_use") => {
                let arguments = block.input.map_or("{}".into(), |input| input.get().to_owned());
                calls.push(tool_call(block.id.unwrap_or_default(), block.name.unwrap_or_default(), arguments));
            }
            _ => {} // thinking, and results of the provider's own tools
        }
    }
    let message = Some(message(&text, calls));
    let answer = Answer { text, message, finish_reason: whole.stop_reason.map(reason) };
    Some(Response::new(json, vec![answer], whole.model, tokens))
}

/// serde takes no raw JSON inside of a tagged enum, so the beginnings of a message and of a block have types of their own.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: MessageStart,
    },
    ContentBlockStart {
        index: usize,
        content_block: BlockStart,
    },
    ContentBlockDelta {
        index: usize,
        delta: BlockDelta,
    },
    ContentBlockStop {},
    MessageDelta {
        delta: MessageDelta,
        #[serde(default)]
        usage: Option<Usage>,
    },
    MessageStop {},
    Ping {},
    Error {
        error: Failure,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MessageStart {
    model: Option<String>,
    usage: Option<Usage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BlockStart {
    #[serde(rename = "type")]
    kind: Option<String>,
    text: Option<String>,
    id: Option<String>,
    name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BlockDelta {
    text: Option<String>,
    partial_json: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MessageDelta {
    stop_reason: Option<String>,
}

/// Reads one event of a stream.
pub(super) fn deltas(json: &str) -> Option<Vec<Delta>> {
    let answer = 0;
    let call = |slot, id, name, arguments| Delta::Call { answer, slot, id, name, arguments };
    Some(match serde_json::from_str(json).ok()? {
        Event::MessageStart { message } => {
            let model = message.model.map(Delta::Model);
            // The count of the output is only a beginning here.
            let tokens = message.usage.map(|usage| Delta::Tokens(Tokens { output: None, ..usage.tokens() }));
            model.into_iter().chain(tokens).collect()
        }
        Event::ContentBlockStart { index, content_block } => match content_block.kind.as_deref() {
            Some("tool_use") => vec![call(index, content_block.id, content_block.name, String::new())],
            _ => content_block
                .text
                .filter(|text| !text.is_empty())
                .map(|text| Delta::Text { answer, text })
                .into_iter()
                .collect(),
        },
        Event::ContentBlockDelta { index, delta: BlockDelta { text, partial_json } } => {
            let text = text.filter(|text| !text.is_empty()).map(|text| Delta::Text { answer, text });
            let arguments = partial_json.map(|json| call(index, None, None, json));
            text.into_iter().chain(arguments).collect()
        }
        Event::MessageDelta { delta, usage } => {
            let tokens = usage.map(|usage| Delta::Tokens(usage.tokens()));
            let finish = delta.stop_reason.map(|word| Delta::Finish { answer, reason: reason(word) });
            tokens.into_iter().chain(finish).collect()
        }
        Event::ContentBlockStop {} | Event::MessageStop {} | Event::Ping {} => Vec::new(),
        Event::Error { error } => vec![Delta::Failed(error.message.unwrap_or_else(|| json.into()))],
    })
}
