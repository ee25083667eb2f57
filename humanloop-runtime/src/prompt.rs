//! The rendered prompt of a function annotated with `prompt`.

use std::borrow::Cow;

use humanloop_api::{Message, ModelConfig, render};

use crate::context::Context;
use crate::function::Template;

/// A rendered prompt: the messages, or the text of a completion, and the model's parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    /// Model, parameters and templates.
    pub config: ModelConfig,
    /// The rendered messages of a chat.
    pub messages: Vec<Message>,
    /// The rendered text of a completion.
    pub text: Option<String>,
}

impl Prompt {
    /// The prompt of `template` with each variable replaced by its value.
    pub(crate) fn new(template: &Template, variables: &[(&'static str, String)]) -> Self {
        let config = template.config();
        let rendered = |text: &str| {
            let value = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
            // The macro has checked that each variable is a parameter; were one missing, the template says more than nothing.
            render(text, value).unwrap_or_else(|_| text.into())
        };
        let messages = config.chat_template.iter().flatten();
        Self {
            messages: messages.map(|message| Message::new(message.role, rendered(&message.text()))).collect(),
            text: config.prompt_template.as_deref().map(rendered),
            config,
        }
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.config.model
    }

    /// The text to complete; for a chat, its messages' texts joined by line breaks.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.text {
            Some(text) => text.into(),
            None => self.messages.iter().map(Message::text).collect::<Vec<_>>().join("\n").into(),
        }
    }
}

/// The rendered messages and parameters of the prompt whose body calls this; an empty prompt elsewhere.
///
/// It works with logging off, too: the body needs it to call the model.
pub fn current_prompt() -> Prompt {
    Context::current().prompt.map_or_else(Prompt::default, |prompt| Prompt::clone(&prompt))
}
