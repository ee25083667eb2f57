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
use std::sync::Arc;

use humanloop_api::{Message, ModelConfig, Object, RawValue};

use crate::error::Error;
use crate::prompt::{Prompt, schema_of};

mod anthropic;
mod choose;
mod connection;
mod gemini;
mod keys;
mod mock;
mod openai;
mod pieces;
pub(crate) mod sse;

pub use anthropic::{Anthropic, AnthropicBuilder};
pub(crate) use choose::{Chosen, of, set_default};
pub use choose::{for_config, from_env, scope};
pub use gemini::{Gemini, GeminiBuilder};
pub use keys::Keys;
pub use mock::Mock;
pub(crate) use openai::body as openai_body;
pub use openai::{OpenAi, OpenAiBuilder};
pub use pieces::Pieces;

pub use crate::response::{Answer, Piece, Response};

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

    /// Sends `request`, and gives the answer piece by piece, as it comes. The future fails with all that goes wrong
    /// before the answer begins, the pieces with what goes wrong on the way.
    ///
    /// A provider that does not stream gives the pieces of the whole answer.
    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Pieces, Error>> {
        let whole = self.generate(request);
        Box::pin(async move { whole.await.map(Pieces::of) })
    }
}

/// A provider that was chosen at run time.
macro_rules! delegate {
    ($pointer:ty) => {
        impl Provider for $pointer {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn body(&self, request: &Request) -> Object {
                (**self).body(request)
            }

            fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
                (**self).generate(request)
            }

            fn stream(&self, request: Request) -> BoxFuture<'_, Result<Pieces, Error>> {
                (**self).stream(request)
            }
        }
    };
}
delegate!(Box<dyn Provider>);
delegate!(Arc<dyn Provider>);

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

/// A variable's text; one that is empty, or no text, counts as not set.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Media type and base64 text of a `data:` address.
fn image_data(url: &str) -> Option<(&str, &str)> {
    url.strip_prefix("data:")?.split_once(";base64,")
}
