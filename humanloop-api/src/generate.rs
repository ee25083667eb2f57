//! The answer of a generating call, `chat` or `complete` (v4 document, section 5.1).

use serde::{Deserialize, Serialize};

use crate::{Message, Object, ToolCall};

/// What a generating call answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Generated {
    /// One item a sample.
    pub data: Vec<Sample>,
    /// The session's id.
    #[serde(default)]
    pub session_id: Option<String>,
    /// Tokens of all samples.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// The request to the provider, without keys.
    #[serde(default)]
    pub provider_request: Option<Object>,
    /// The provider's answers, as they came.
    #[serde(default)]
    pub provider_responses: Vec<Object>,
}

impl Generated {
    /// The first sample's output; empty when there is none.
    pub fn output(&self) -> &str {
        self.data.first().map_or("", |sample| &sample.output)
    }
}

/// One generated answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The log's id: what feedback and children name.
    pub id: String,
    /// The number of the sample, from 0.
    pub index: u32,
    /// The text, white space around it stripped; empty when the model only calls tools.
    pub output: String,
    /// The text as the provider gave it.
    pub raw_output: String,
    /// `stop`, `length` or `tool_call`.
    #[serde(default)]
    pub finish_reason: Option<String>,
    /// The messages that were sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub messages: Option<Vec<Message>>,
    /// The message to append to a conversation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output_message: Option<Message>,
    /// The calls that the model asks for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tool_calls: Option<Vec<ToolCall>>,
}

/// Tokens, as the provider counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens of the answers.
    pub generation_tokens: u64,
    /// Both.
    pub total_tokens: u64,
}
