//! Logs that are written by hand, and what is learned about them later.

use std::future::{IntoFuture, Ready, ready};
use std::sync::Arc;

use humanloop_api::{self as api, Config, Kind, LogUpdate, Message, Object, OutputFormat, Timestamp, json};
use serde::Serialize;

use super::Humanloop;
use super::options::log_options;
use crate::error::Error;

/// A call that was made elsewhere, for [`Humanloop::log`].
///
/// With neither output nor error it is a call that is still running: [`Logs::update_by_ref`] completes it.
///
/// ```
/// use humanloop_runtime::{Log, ToolConfig};
///
/// let log = Log::new(ToolConfig::new("Google Search")).project("google").inputs([("q", "Eurovision")]).output("Sweden");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    log: api::Log,
}

log_options!(Log);

impl Log {
    /// A log of a call of `config`: a [`ToolConfig`](api::ToolConfig) or a [`ModelConfig`](api::ModelConfig).
    pub fn new(config: impl Into<Config>) -> Self {
        Self { log: api::Log { config: Some(Arc::new(config.into())), ..api::Log::default() } }
    }

    /// The result, as text.
    pub fn output(mut self, text: impl Into<String>) -> Self {
        self.log.output = Some(text.into());
        self.log.output_format = Some(OutputFormat::Text);
        self
    }

    /// The result, as JSON.
    pub fn output_json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        self.log.output = Some(json(value).get().to_owned());
        self.log.output_format = Some(OutputFormat::Json);
        self
    }

    /// What went wrong.
    pub fn error(mut self, text: impl Into<String>) -> Self {
        self.log.error = Some(text.into());
        self
    }

    /// The messages that were sent to the model.
    pub fn messages(mut self, messages: impl IntoIterator<Item = Message>) -> Self {
        self.log.messages = Some(messages.into_iter().collect());
        self
    }

    /// The model's message, tool calls included.
    pub fn output_message(mut self, message: Message) -> Self {
        self.log.output_message = Some(message);
        self
    }

    /// Tokens of the prompt and of the answer.
    pub fn tokens(mut self, prompt: u64, output: u64) -> Self {
        self.log.prompt_tokens = Some(prompt);
        self.log.output_tokens = Some(output);
        self
    }

    /// When the call began; default now.
    pub fn created_at(mut self, time: Timestamp) -> Self {
        self.log.created_at = Some(time);
        self
    }

    /// Seconds from call to return.
    pub fn duration(mut self, seconds: f64) -> Self {
        self.log.duration = Some(seconds);
        self
    }

    /// What kind of call it was; default as the config tells.
    pub fn kind(mut self, kind: Kind) -> Self {
        self.log.kind = Some(kind);
        self
    }

    pub(super) fn into_api(self) -> api::Log {
        self.log
    }
}

/// A log with all fields of the API.
impl From<api::Log> for Log {
    fn from(log: api::Log) -> Self {
        Self { log }
    }
}

/// Logs that were made before.
#[derive(Clone, Copy, Debug)]
pub struct Logs<'a> {
    humanloop: &'a Humanloop,
}

impl<'a> Logs<'a> {
    pub(super) fn new(humanloop: &'a Humanloop) -> Self {
        Self { humanloop }
    }

    /// Adds to the log of this reference id what was not known when it was made; nothing happens until it is awaited.
    pub fn update_by_ref(self, reference_id: impl Into<String>) -> UpdateByRef<'a> {
        let update = LogUpdate { reference_id: reference_id.into(), ..LogUpdate::default() };
        UpdateByRef { humanloop: self.humanloop, update }
    }
}

/// What is learned about a log later; awaiting it sends it.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct UpdateByRef<'a> {
    humanloop: &'a Humanloop,
    update: LogUpdate,
}

impl UpdateByRef<'_> {
    /// The result, as text.
    pub fn output(mut self, text: impl Into<String>) -> Self {
        self.update.output = Some(text.into());
        self.update.output_format = Some(OutputFormat::Text);
        self
    }

    /// The result, as JSON.
    pub fn output_json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        self.update.output = Some(json(value).get().to_owned());
        self.update.output_format = Some(OutputFormat::Json);
        self
    }

    /// What went wrong.
    pub fn error(mut self, text: impl Into<String>) -> Self {
        self.update.error = Some(text.into());
        self
    }

    /// Seconds from call to return.
    pub fn duration(mut self, seconds: f64) -> Self {
        self.update.duration = Some(seconds);
        self
    }

    /// Metadata, in place of what was there.
    pub fn metadata(mut self, metadata: Object) -> Self {
        self.update.metadata = Some(metadata);
        self
    }
}

impl IntoFuture for UpdateByRef<'_> {
    type Output = Result<(), Error>;
    type IntoFuture = Ready<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.humanloop.update(self.update);
        ready(Ok(()))
    }
}
