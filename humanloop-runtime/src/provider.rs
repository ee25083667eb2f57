//! Model providers: who answers a prompt.
//!
//! ```
//! use humanloop_runtime::api::{Message, ModelConfig};
//! use humanloop_runtime::provider::{Mock, Provider, Request};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), humanloop_runtime::Error> {
//! let provider = Mock::new().answer("Sweden");
//! let request = Request::chat(ModelConfig::new("gpt-4"), [Message::user("Which country won Eurovision 2023?")]);
//! assert_eq!(provider.generate(request).await?.text(), "Sweden");
//! # Ok(())
//! # }
//! ```

use std::env;
use std::pin::Pin;

use humanloop_api::{Message, ModelConfig, Object, RawValue, Usage};
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::prompt::Prompt;
use crate::response::{Choice, Completion};

mod mock;
mod openai;

pub use mock::Mock;
pub use openai::{OpenAi, OpenAiBuilder};

/// A future on the heap, so that a [`Provider`] may be chosen at run time.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who answers a prompt.
pub trait Provider: Send + Sync {
    /// Its name in logs and errors: `openai`, `mock`.
    fn name(&self) -> &str;

    /// What would be sent for `request`: the JSON of the provider's own API, without keys.
    fn body(&self, request: &Request) -> Object;

    /// Sends `request`, and waits for the answer.
    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>>;
}

/// A provider that was chosen at run time.
impl Provider for Box<dyn Provider> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn body(&self, request: &Request) -> Object {
        (**self).body(request)
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        (**self).generate(request)
    }
}

/// The provider that the environment names: OpenAI, or what speaks like it at `OPENAI_BASE_URL`.
///
/// # Errors
///
/// When neither `OPENAI_API_KEY` nor `OPENAI_BASE_URL` is set, or when one of them cannot be used.
pub fn from_env() -> Result<Box<dyn Provider>, Error> {
    Ok(Box::new(OpenAi::from_env()?))
}

/// What a model is asked.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Model and parameters. Its templates are not looked at: the input is rendered already.
    pub config: ModelConfig,
    /// The rendered input.
    pub input: Input,
    /// How many answers are wanted; 0 counts as 1.
    pub samples: u32,
    /// The end user.
    pub user: Option<String>,
    /// Which of the config's tools to call: `"none"`, `"auto"`, `"required"`, or one by name as v4 has it.
    pub tool_choice: Option<Box<RawValue>>,
}

/// The rendered input of a model.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The messages of a chat.
    Messages(Vec<Message>),
    /// A text to complete.
    Text(String),
}

impl Default for Input {
    fn default() -> Self {
        Self::Messages(Vec::new())
    }
}

impl Request {
    /// A chat.
    pub fn chat(config: ModelConfig, messages: impl IntoIterator<Item = Message>) -> Self {
        Self { config, input: Input::Messages(messages.into_iter().collect()), ..Self::default() }
    }

    /// A text to complete.
    pub fn complete(config: ModelConfig, text: impl Into<String>) -> Self {
        Self { config, input: Input::Text(text.into()), ..Self::default() }
    }
}

/// The prompt of an annotated function: `provider.generate(humanloop::current_prompt().into())`.
impl From<Prompt> for Request {
    fn from(prompt: Prompt) -> Self {
        match prompt.text {
            Some(text) if prompt.messages.is_empty() => Self::complete(prompt.config, text),
            _ => Self::chat(prompt.config, prompt.messages),
        }
    }
}

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
    /// The provider's JSON, as it came.
    pub raw: Object,
}

/// One answer of a model.
#[derive(Clone, Debug, PartialEq)]
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

    /// Reads the JSON of a `chat/completions` or `completions` answer.
    fn read(json: &str) -> Option<Self> {
        let completion = Completion::parse(json)?;
        let usage = completion.usage.as_ref().map(|usage| {
            let (prompt, output) = (usage.prompt_tokens.unwrap_or(0), usage.completion_tokens.unwrap_or(0));
            Usage { prompt_tokens: prompt, generation_tokens: output, total_tokens: prompt + output }
        });
        Some(Self {
            model: completion.model.clone(),
            usage,
            answers: completion.into_choices().into_iter().map(Answer::from).collect(),
            raw: serde_json::from_str(json).ok()?,
        })
    }
}

impl From<Choice> for Answer {
    fn from(Choice { text, message, finish_reason }: Choice) -> Self {
        Self { text, message, finish_reason }
    }
}

impl Serialize for Response {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

/// A variable's text; one that is empty, or no text, counts as not set.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}
