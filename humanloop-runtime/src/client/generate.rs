//! Calls of models: the template is rendered, the provider is asked, and the call is logged.

use std::sync::Arc;

use humanloop_api::{
    self as api, Config, Generated, Kind, LogUpdate, Message, MissingVariable, ModelConfig, Object, Outcome,
    OutputFormat, Path, RawValue, Sample, Stop, id, json, render, render_message, value_of,
};
use serde::Serialize;

use super::options::{log_options, model_options};
use super::running::Running;
use super::{Humanloop, complete_log};
use crate::answer::count;
use crate::clock::Start;
use crate::error::Error;
use crate::provider::{Answer, Input, Provider, Request, Response};

/// A call of a chat model, for [`Humanloop::chat`].
///
/// The messages are the rendered template, then those of [`messages`](Self::messages) as they are.
///
/// ```
/// use humanloop_runtime::{Chat, Message};
///
/// let chat = Chat::new("gpt-4").chat_template([Message::user("{{question}}")]).inputs([("question", "Who won?")]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Chat {
    pub(super) log: api::Log,
    config: ModelConfig,
    pub(super) messages: Vec<Message>,
    pub(super) samples: u32,
    pub(super) tool_choice: Option<Box<RawValue>>,
}

/// A call of a model that completes a text, for [`Humanloop::complete`].
///
/// ```
/// use humanloop_runtime::Complete;
///
/// let complete = Complete::new("gpt-3.5-turbo-instruct").prompt_template("Question: {{q}}\nAnswer:").inputs([("q", "Who won?")]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Complete {
    pub(super) log: api::Log,
    config: ModelConfig,
    pub(super) samples: u32,
}

log_options!(Chat);
log_options!(Complete);
model_options!(Chat);
model_options!(Complete);

impl Chat {
    /// The template: messages with `{{variables}}`, which the inputs replace.
    pub fn chat_template(mut self, messages: impl IntoIterator<Item = Message>) -> Self {
        self.config.chat_template = Some(messages.into_iter().collect());
        self
    }

    /// Messages behind those of the template; nothing in them is replaced.
    pub fn messages(mut self, messages: impl IntoIterator<Item = Message>) -> Self {
        self.messages = messages.into_iter().collect();
        self
    }

    /// Functions offered to the model, each `{"name", "description", "parameters"}`.
    pub fn tools(mut self, tools: impl IntoIterator<Item = Object>) -> Self {
        self.config.tools = Some(tools.into_iter().collect());
        self
    }

    /// Which function to call: `"none"`, `"auto"`, `"required"`, or `{"type":"function","function":{"name":…}}`.
    pub fn tool_choice(mut self, choice: &(impl Serialize + ?Sized)) -> Self {
        self.tool_choice = Some(json(choice));
        self
    }

    /// The form of the answer: `{"type":"json_object"}` or a JSON schema.
    pub fn response_format(mut self, format: Object) -> Self {
        self.config.response_format = Some(format);
        self
    }
}

impl Complete {
    /// The template: a text with `{{variables}}`, which the inputs replace.
    pub fn prompt_template(mut self, template: impl Into<String>) -> Self {
        self.config.prompt_template = Some(template.into());
        self
    }
}

/// What every call of a model comes to: its templates are rendered.
pub(super) struct Parts {
    pub(super) log: api::Log,
    config: ModelConfig,
    input: Result<Input, Error>,
    pub(super) samples: u32,
    pub(super) tool_choice: Option<Box<RawValue>>,
}

impl From<Chat> for Parts {
    fn from(chat: Chat) -> Self {
        let Chat { log, config, messages, samples, tool_choice } = chat;
        let inputs = log.inputs.as_ref();
        let template = config.chat_template.iter().flatten();
        let template = template.map(|message| rendered(inputs, |value| render_message(message, value)));
        let input = template.chain(messages.into_iter().map(Ok)).collect::<Result<_, _>>().map(Input::Messages);
        Self { log, config, input, samples, tool_choice }
    }
}

impl From<Complete> for Parts {
    fn from(complete: Complete) -> Self {
        let Complete { log, config, samples } = complete;
        let template = config.prompt_template.as_deref().unwrap_or_default();
        let input = rendered(log.inputs.as_ref(), |value| render(template, value)).map(Input::Text);
        Self { log, config, input, samples, tool_choice: None }
    }
}

/// A call whose log is open.
pub(super) struct Begun {
    pub(super) log: api::Log,
    pub(super) running: Running,
    pub(super) ready: Result<(Arc<dyn Provider>, Request), Error>,
}

/// Opens the log of a call, and finds who answers it.
pub(super) fn begin(humanloop: &Humanloop, parts: Parts) -> Begun {
    let Parts { log, config, input, samples, tool_choice } = parts;
    let start = Start::now();
    let mut log = api::Log { config: Some(Config::Model(config.clone()).into()), kind: Some(Kind::Prompt), ..log };
    complete_log(&mut log, start);
    let request = input.map(|input| Request { config, input, samples, user: log.user.clone(), tool_choice });
    let ready = request.and_then(|request| Ok((humanloop.provider(&request.config)?, request)));
    if let Ok((provider, request)) = &ready {
        if let Input::Messages(messages) = &request.input {
            log.messages = Some(messages.clone());
        }
        log.provider_request = Some(provider.body(request));
    }
    let running = Running::open(humanloop.pipeline(), &log, start);
    Begun { log, running, ready }
}

pub(super) async fn generate(humanloop: &Humanloop, parts: Parts) -> Result<Generated, Error> {
    let Begun { log, running, ready } = begin(humanloop, parts);
    match answer(ready).await {
        Ok(response) => Ok(answered(running, log, response)),
        Err(error) => {
            let text = Some(error.to_string());
            running.end(LogUpdate { error: text, outcome: Some(Outcome::Failed), ..LogUpdate::default() });
            Err(error)
        }
    }
}

async fn answer(ready: Result<(Arc<dyn Provider>, Request), Error>) -> Result<Response, Error> {
    let (provider, request) = ready?;
    provider.generate(request).await
}

/// Logs the answers, the first one in the open log, each further one in a log of its own; their tokens, which the
/// provider counts together, stand in the first.
fn answered(running: Running, log: api::Log, response: Response) -> Generated {
    let ids: Vec<String> = (0..response.answers.len()).map(|index| sample_id(&log, index)).collect();
    log_further(&running, &log, &ids, &response);
    running.end(first_update(&log, &response));
    let samples = (0_u32..).zip(ids).zip(&response.answers);
    Generated {
        data: samples.map(|((index, id), answer)| sample(index, id, answer, &log)).collect(),
        session_id: session_id(&log),
        usage: response.usage,
        provider_request: log.provider_request,
        provider_responses: vec![response.raw],
    }
}

/// The id of a sample's log: the first is that of the call.
pub(super) fn sample_id(log: &api::Log, index: usize) -> String {
    log.reference_id.clone().filter(|_| index == 0).unwrap_or_else(|| id::new().to_string())
}

/// Logs all samples but the first.
pub(super) fn log_further(running: &Running, log: &api::Log, ids: &[String], response: &Response) {
    for (reference_id, answer) in ids.iter().zip(&response.answers).skip(1) {
        let duration = Some(running.duration());
        let mut further = api::Log { reference_id: Some(reference_id.clone()), duration, ..log.clone() };
        further.apply(update(answer));
        running.also(further);
    }
}

/// What the first sample, and the response as a whole, add to the log of the call.
pub(super) fn first_update(log: &api::Log, response: &Response) -> LogUpdate {
    let mut first = LogUpdate {
        outcome: Some(Outcome::Ok),
        provider_response: Some(response.raw.clone()),
        ..response.answers.first().map(update).unwrap_or_default()
    };
    count(&mut first, response, log.config.as_deref().map_or("", Config::model));
    first
}

fn update(answer: &Answer) -> LogUpdate {
    LogUpdate {
        output: Some(answer.text.trim().to_owned()),
        output_format: Some(OutputFormat::Text),
        output_message: answer.message.clone(),
        finish_reason: answer.finish_reason.clone(),
        outcome: Some(Outcome::Ok),
        ..LogUpdate::default()
    }
}

fn sample(index: u32, id: String, answer: &Answer, log: &api::Log) -> Sample {
    Sample {
        id,
        index,
        output: answer.text.trim().to_owned(),
        raw_output: answer.text.clone(),
        finish_reason: answer.finish_reason.clone(),
        messages: log.messages.clone(),
        output_message: answer.message.clone(),
        tool_calls: answer.message.as_ref().and_then(|message| message.tool_calls.clone()),
    }
}

/// The session that the log is in; with only a parent, its own is not known here.
fn session_id(log: &api::Log) -> Option<String> {
    let named = log.session_id.clone();
    let by_reference = || log.session_reference_id.as_deref().map(|reference| id::of_reference(reference).to_string());
    let implied = || {
        let is_root = log.parent_id.is_none() && log.parent_reference_id.is_none();
        let reference = log.reference_id.as_deref().filter(|_| is_root)?;
        Some(id::implied_session(id::of_reference(reference)).to_string())
    };
    named.or_else(by_reference).or_else(implied)
}

/// A template with its variables replaced by the inputs.
fn rendered<T>(
    inputs: Option<&Object>,
    render: impl FnOnce(&Value<'_>) -> Result<T, MissingVariable>,
) -> Result<T, Error> {
    render(&|path| value_of(inputs?, path)).map_err(|missing| {
        let known = inputs.into_iter().flat_map(Object::iter).map(|(name, _)| name.to_owned()).collect();
        Error::MissingVariable(MissingVariable { known, ..missing })
    })
}

type Value<'a> = dyn Fn(&Path) -> Option<String> + 'a;
