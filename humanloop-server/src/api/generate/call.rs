//! The body of a generating call.

use std::collections::BTreeMap;

use humanloop_api::{Message, ModelConfig, Object, RawValue};
use serde::Deserialize;

use crate::api::body::Body;
use crate::api::{Problem, logs};

/// The most answers that one call may ask for.
const MOST_SAMPLES: u32 = 128;

/// Fields of a model config: a misspelt one is refused, as v4 does.
const CONFIG: [&str; 22] = [
    "type",
    "model",
    "name",
    "description",
    "provider",
    "endpoint",
    "max_tokens",
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "stop",
    "seed",
    "response_format",
    "reasoning_effort",
    "other",
    "prompt_template",
    "chat_template",
    "tools",
    "source_code",
    "template_language",
    "tool_configs",
];

/// Which of the two kinds of call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Chat,
    Complete,
}

/// A generating call. The keys in it are handed to the provider, and kept nowhere.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Call {
    pub(super) project: Option<String>,
    pub(super) project_id: Option<String>,
    pub(super) session_id: Option<String>,
    pub(super) session_reference_id: Option<String>,
    pub(super) parent_id: Option<String>,
    pub(super) parent_reference_id: Option<String>,
    pub(super) inputs: Option<Object>,
    pub(super) source: Option<String>,
    pub(super) metadata: Option<Object>,
    pub(super) save: Option<bool>,
    pub(super) source_datapoint_id: Option<String>,
    pub(super) provider_api_keys: BTreeMap<String, Option<String>>,
    pub(super) num_samples: Option<u32>,
    #[serde(deserialize_with = "or_default")]
    pub(super) stream: bool,
    pub(super) user: Option<String>,
    seed: Option<i64>,
    pub(super) return_inputs: Option<bool>,
    pub(super) messages: Option<Vec<Message>>,
    pub(super) tool_choice: Option<Box<RawValue>>,
    tool_call: Option<Box<RawValue>>,
    response_format: Option<Object>,
    pub(super) logprobs: Option<u32>,
    pub(super) suffix: Option<String>,
    pub(super) model_config: Option<ModelConfig>,
    pub(super) model_config_id: Option<String>,
    pub(super) environment: Option<String>,
}

/// `null` as if it were not there.
fn or_default<'de, D: serde::Deserializer<'de>>(source: D) -> Result<bool, D::Error> {
    Option::deserialize(source).map(Option::unwrap_or_default)
}

/// Reads a call, and checks what can be checked by itself.
pub(super) fn read(body: &Body, endpoint: Endpoint) -> Result<Call, Problem> {
    let mut call: Call = body.read()?;
    if let Some(name) = unknown_field(body)? {
        let text = format!("extra fields not permitted: the fields are {}", CONFIG.join(", "));
        return Err(Problem::field(&["body", "model_config", &name], text));
    }
    if call.project.as_deref().or(call.project_id.as_deref()).is_none_or(|name| name.trim().is_empty()) {
        return Err(Problem::field(&["body", "project"], "field required: the project's name, or `project_id`"));
    }
    logs::at_most_one(["session_id", "session_reference_id"], &call.session_id, &call.session_reference_id)?;
    logs::at_most_one(["parent_id", "parent_reference_id"], &call.parent_id, &call.parent_reference_id)?;
    if endpoint == Endpoint::Chat && call.messages.is_none() {
        return Err(Problem::field(&["body", "messages"], "field required: a list, which may be empty"));
    }
    if !(1..=MOST_SAMPLES).contains(&call.num_samples.unwrap_or(1)) {
        return Err(Problem::field(&["body", "num_samples"], format!("write a number from 1 to {MOST_SAMPLES}")));
    }
    call.tool_choice = call.tool_choice.take().or_else(|| call.tool_call.take().and_then(by_name));
    Ok(call)
}

/// The old form of a tool choice: a word, or `{"name": …}`.
fn by_name(call: Box<RawValue>) -> Option<Box<RawValue>> {
    match serde_json::from_str::<Object>(call.get()) {
        Ok(function) if function.get("name").is_some() => {
            let mut choice = Object::new();
            choice.insert("type", "function");
            choice.insert("function", &function);
            Some(humanloop_api::json(&choice))
        }
        Ok(_) => None,
        Err(_) => Some(call),
    }
}

fn unknown_field(body: &Body) -> Result<Option<String>, Problem> {
    #[derive(Deserialize)]
    struct Only {
        #[serde(default)]
        model_config: Option<Object>,
    }
    let Some(config) = body.read::<Only>()?.model_config else { return Ok(None) };
    Ok(config.iter().map(|(name, _)| name.to_owned()).find(|name| !CONFIG.contains(&name.as_str())))
}

impl Call {
    /// The config with what the call says on top of it.
    pub(super) fn completed(&mut self, config: ModelConfig) -> ModelConfig {
        ModelConfig {
            seed: self.seed.or(config.seed),
            response_format: self.response_format.take().or(config.response_format),
            ..config
        }
    }

    /// How many answers are wanted.
    pub(super) fn samples(&self) -> u32 {
        self.num_samples.unwrap_or(1)
    }
}
