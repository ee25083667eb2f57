//! A provider for tests and examples: it asks nobody.

use std::collections::VecDeque;
use std::sync::Mutex;

use humanloop_api::{Message, Object, Role};

use super::{BoxFuture, Input, Provider, Request, Response};
use crate::error::Error;
use crate::pipeline::lock;
use crate::response::Wire;

/// Answers by script, without any model.
///
/// The first [`answer_when`](Self::answer_when) that fits the prompt answers; else the next [`answer`](Self::answer) of
/// those given, in order; else it echoes what the user said last: `ECHO: …`. Its token counts are white-space separated
/// words, and its answers say so.
///
/// ```
/// use humanloop_runtime::provider::Mock;
///
/// let mock = Mock::new().answer_when("moderator", "No").answer("Sweden").fail(429, "slow down");
/// ```
#[derive(Debug, Default)]
pub struct Mock {
    rules: Vec<(String, String)>,
    script: Mutex<VecDeque<Scripted>>,
}

#[derive(Debug)]
enum Scripted {
    Answer(String),
    Failure { status: u16, message: String },
}

impl Mock {
    /// A provider that only echoes.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next answer.
    pub fn answer(self, text: impl Into<String>) -> Self {
        lock(&self.script).push_back(Scripted::Answer(text.into()));
        self
    }

    /// The answer to every prompt that contains `part`.
    pub fn answer_when(mut self, part: impl Into<String>, text: impl Into<String>) -> Self {
        self.rules.push((part.into(), text.into()));
        self
    }

    /// The next answer is this failure.
    pub fn fail(self, status: u16, message: impl Into<String>) -> Self {
        lock(&self.script).push_back(Scripted::Failure { status, message: message.into() });
        self
    }

    fn next(&self, prompt: &str, said: &str) -> Result<String, Error> {
        if let Some((_, text)) = self.rules.iter().find(|(part, _)| prompt.contains(part)) {
            return Ok(text.clone());
        }
        match lock(&self.script).pop_front() {
            Some(Scripted::Answer(text)) => Ok(text),
            Some(Scripted::Failure { status, message }) => {
                Err(Error::Provider { provider: self.name().into(), status: Some(status), message })
            }
            None => Ok(format!("ECHO: {said}")),
        }
    }

    fn reply(&self, request: &Request) -> Result<Response, Error> {
        let (prompt, said) = match &request.input {
            Input::Text(text) => (text.clone(), text.clone()),
            Input::Messages(messages) => {
                let last = messages.iter().rev().find(|message| message.role == Role::User);
                let texts: Vec<String> = messages.iter().map(Message::text).collect();
                (texts.join("\n"), last.map(Message::text).unwrap_or_default())
            }
        };
        let mut choices = Vec::new();
        let mut words = 0;
        for index in 0..request.samples.max(1) {
            let text = self.next(&prompt, &said)?;
            words += count(&text);
            choices.push(choice(request, index, &text));
        }
        let usage: Object =
            [("prompt_tokens", count(&prompt)), ("completion_tokens", words), ("total_tokens", count(&prompt) + words)]
                .into_iter()
                .collect();
        let mut raw = Object::new();
        raw.insert("object", if is_chat(request) { "chat.completion" } else { "text_completion" });
        raw.insert("model", &request.config.model);
        raw.insert("choices", &choices);
        raw.insert("usage", &usage);
        raw.insert("usage_unit", "words");
        let json = serde_json::to_string(&raw).unwrap_or_default();
        let unread =
            || Error::Provider { provider: self.name().into(), status: None, message: "it cannot be read".into() };
        Wire::OpenAi.read(&json).ok_or_else(unread)
    }
}

impl Provider for Mock {
    fn name(&self) -> &str {
        "mock"
    }

    fn body(&self, request: &Request) -> Object {
        let mut body = Object::new();
        body.insert("model", &request.config.model);
        match &request.input {
            Input::Text(text) => body.insert("prompt", text),
            Input::Messages(messages) => body.insert("messages", messages),
        }
        body
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move { self.reply(&request) })
    }
}

fn is_chat(request: &Request) -> bool {
    matches!(request.input, Input::Messages(_))
}

fn choice(request: &Request, index: u32, text: &str) -> Object {
    let mut choice = Object::new();
    choice.insert("index", &index);
    if is_chat(request) {
        choice.insert("message", &Message::assistant(text));
    } else {
        choice.insert("text", text);
    }
    choice.insert("finish_reason", "stop");
    choice
}

/// Words between white space: what the mock calls tokens.
fn count(text: &str) -> usize {
    text.split_whitespace().count()
}
