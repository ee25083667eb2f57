//! Logs: one recorded call (v4 document, sections 4.1 and 5.4 to 5.6).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Config, Feedback, FeedbackValue, Function, Kind, Message, Object, Outcome, Timestamp};

/// One recorded call: the body of `POST /logs`.
///
/// A log whose call has not ended yet has the outcome [`Running`](Outcome::Running) and no output; a [`LogUpdate`]
/// by its reference id completes it. In v4's own terms that is a log with neither `output` nor `error`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// The project's name; one that is not there is created.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub project: Option<String>,
    /// The project's id, in place of its name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub project_id: Option<String>,
    /// The session's id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session_id: Option<String>,
    /// The caller's name of the session; one that is not there is created.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session_reference_id: Option<String>,
    /// The id of the log this one is nested under.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent_id: Option<String>,
    /// The reference id of the log this one is nested under.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent_reference_id: Option<String>,
    /// The caller's name of this log: what children and updates name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference_id: Option<String>,
    /// Arguments by name, in declared order.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub inputs: Option<Object>,
    /// The messages that were sent to the model.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub messages: Option<Vec<Message>>,
    /// The result: text, or JSON text when [`output_format`](Self::output_format) says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output: Option<String>,
    /// **Ours**: what `output` holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output_format: Option<OutputFormat>,
    /// The model's message, tool calls included.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output_message: Option<Message>,
    /// Why the model stopped: `stop`, `length`, `tool_call`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub finish_reason: Option<String>,
    /// What went wrong, with its causes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Seconds from call to return.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration: Option<f64>,
    /// **Ours**: seconds from call to the first piece of a streamed answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_token: Option<f64>,
    /// When the call began.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_at: Option<Timestamp>,
    /// Free text: where the call came from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// Anything the caller wants to keep with the log.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metadata: Option<Object>,
    /// Printed output of the call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stdout: Option<String>,
    /// The end user.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
    /// The environment the call was made in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub environment: Option<String>,
    /// Whether to keep requests and responses; default true.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub save: Option<bool>,
    /// Tokens of the prompt, as the provider counted them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer, as the provider counted them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output_tokens: Option<u64>,
    /// Cost of the prompt in US dollars.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prompt_cost: Option<f64>,
    /// Cost of the answer in US dollars.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output_cost: Option<f64>,
    /// The request to the provider, without keys.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provider_request: Option<Object>,
    /// The provider's answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provider_response: Option<Object>,
    /// What was called; all logs of one function share it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub config: Option<Arc<Config>>,
    /// The id of what was called, in place of the config.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub config_id: Option<String>,
    /// Feedback that came with the log.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub feedback: Option<OneOrMany<Feedback>>,
    /// What an evaluator found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub judgment: Option<FeedbackValue>,
    /// The row of a data set that the inputs come from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source_datapoint_id: Option<String>,

    /// **Ours**: what kind of call it was; without it, a model config makes a prompt and a tool config a tool.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<Kind>,
    /// **Ours**: how the call ended; without it: failed with an error, ok with an output, else running.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<Outcome>,
    /// **Ours**: order of calls that began in the same nanosecond.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sequence: Option<u64>,
    /// **Ours**: the process that runs the call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub process: Option<Process>,
    /// **Ours**: the annotated function.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub function: Option<Arc<Function>>,
    /// **Ours**: the call ran outside of any session, so it opened one of its own; such as after a `tokio::spawn` that did not
    /// hand the context over. Never `false`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unbound: Option<bool>,
}

impl Log {
    /// The outcome: as given, or as v4's fields tell it.
    pub fn outcome(&self) -> Outcome {
        self.outcome.unwrap_or(match (&self.error, &self.output, &self.output_message) {
            (Some(_), ..) => Outcome::Failed,
            (None, None, None) => Outcome::Running,
            _ => Outcome::Ok,
        })
    }

    /// The kind: as given, or as the config tells it.
    pub fn kind(&self) -> Kind {
        self.kind.unwrap_or(match self.config.as_deref() {
            Some(Config::Model(_)) => Kind::Prompt,
            _ => Kind::Tool,
        })
    }

    /// With `save: false` keeps that the call happened, and forgets what was said.
    pub fn forget_unsaved(&mut self) {
        if self.save != Some(false) {
            return;
        }
        self.outcome = Some(self.outcome());
        self.inputs = None;
        self.messages = None;
        self.output = None;
        self.output_message = None;
        self.provider_request = None;
        self.provider_response = None;
        self.stdout = None;
        self.judgment = None;
    }

    /// Sets what an update says; what it does not say stays.
    pub fn apply(&mut self, update: LogUpdate) {
        fn set<T>(field: &mut Option<T>, value: Option<T>) {
            if value.is_some() {
                *field = value;
            }
        }
        self.outcome = update.outcome.or(match (&update.error, &update.output) {
            (Some(_), _) => Some(Outcome::Failed),
            (None, Some(_)) => Some(Outcome::Ok),
            (None, None) => self.outcome,
        });
        set(&mut self.output, update.output);
        set(&mut self.output_format, update.output_format);
        set(&mut self.output_message, update.output_message);
        set(&mut self.finish_reason, update.finish_reason);
        set(&mut self.error, update.error);
        set(&mut self.duration, update.duration);
        set(&mut self.first_token, update.first_token);
        set(&mut self.messages, update.messages);
        set(&mut self.prompt_tokens, update.prompt_tokens);
        set(&mut self.output_tokens, update.output_tokens);
        set(&mut self.prompt_cost, update.prompt_cost);
        set(&mut self.output_cost, update.output_cost);
        set(&mut self.provider_response, update.provider_response);
        match (&mut self.metadata, update.metadata) {
            (Some(metadata), Some(more)) => metadata.extend(more),
            (metadata, more) => set(metadata, more),
        }
    }
}

/// What `output` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// Text.
    Text,
    /// JSON.
    Json,
}

/// The process that runs a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Process {
    /// Its id: made anew by each process, so never used twice.
    pub id: uuid::Uuid,
    /// The operating system's number of it.
    pub pid: u32,
}

/// What is learned about a log later: the body of `PATCH /logs?reference_id=…`. Absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogUpdate {
    /// The log. On the wire it stands in the query; v4 ignores it in the body.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub reference_id: String,
    /// The result.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Seconds from call to return.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration: Option<f64>,
    /// **Ours**: seconds from call to the first piece of a streamed answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_token: Option<f64>,
    /// **Ours**: how the call ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<Outcome>,
    /// **Ours**: what `output` holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output_format: Option<OutputFormat>,
    /// **Ours**: the model's message.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output_message: Option<Message>,
    /// **Ours**: why the model stopped.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub finish_reason: Option<String>,
    /// **Ours**: the messages that were sent to the model.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub messages: Option<Vec<Message>>,
    /// **Ours**: tokens of the prompt.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prompt_tokens: Option<u64>,
    /// **Ours**: tokens of the answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output_tokens: Option<u64>,
    /// **Ours**: cost of the prompt in US dollars.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prompt_cost: Option<f64>,
    /// **Ours**: cost of the answer in US dollars.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output_cost: Option<f64>,
    /// **Ours**: the provider's answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provider_response: Option<Object>,
    /// **Ours**: metadata, added to what is there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metadata: Option<Object>,
}

/// The answer of `POST /logs` for one log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logged {
    /// The log's id.
    pub id: String,
    /// The project's id.
    #[serde(default)]
    pub project_id: Option<String>,
    /// The session's id.
    #[serde(default)]
    pub session_id: Option<String>,
    /// **Ours**: the id of what was called: a later log may name it in place of its config.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub config_id: Option<String>,
}

/// One thing, or a list of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// A list.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// The items, one or many.
    pub fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(item) => vec![item],
            Self::Many(items) => items,
        }
    }
}

/// One thing that is delivered: what a sink sends and a store takes in.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A log, ended or still running.
    Log(Box<Log>),
    /// What was learned about a log later.
    Update(Box<LogUpdate>),
    /// Feedback on a log.
    Feedback(Box<Feedback>),
}
