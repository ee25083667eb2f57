//! A bare client of OpenAI's two endpoints, for the example that has no humanloop in it.

use serde::Deserialize;
use serde_json::{Value, json};

/// Where OpenAI, or a compatible server, answers, and with which key; `None` is the guide's own answers.
pub(crate) struct OpenAi(pub(crate) Option<(String, String)>);

#[derive(Deserialize)]
struct Chat {
    choices: Vec<ChatChoice>,
}

#[derive(Deserialize)]
struct ChatChoice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<CompletionChoice>,
}

#[derive(Deserialize)]
struct CompletionChoice {
    text: String,
}

impl OpenAi {
    /// The service that the environment names.
    pub(crate) fn from_env() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let key = variable("OPENAI_API_KEY");
        Self(key.map(|key| (variable("OPENAI_BASE_URL").unwrap_or("https://api.openai.com/v1".into()), key)))
    }

    /// The answer of a chat model.
    pub(crate) async fn chat(
        &self,
        model: &str,
        temperature: f64,
        max_tokens: u32,
        messages: Value,
    ) -> reqwest::Result<String> {
        let Some((url, key)) = &self.0 else { return Ok("No".into()) };
        let body = json!({"model": model, "temperature": temperature, "max_tokens": max_tokens, "messages": messages});
        let request = reqwest::Client::new().post(format!("{url}/chat/completions")).bearer_auth(key).json(&body);
        let mut answer: Chat = request.send().await?.error_for_status()?.json().await?;
        Ok(answer.choices.pop().and_then(|choice| choice.message.content).unwrap_or_default())
    }

    /// The answer of a completion model.
    pub(crate) async fn complete(&self, model: &str, temperature: f64, prompt: &str) -> reqwest::Result<String> {
        let Some((url, key)) = &self.0 else { return Ok("Sweden won Eurovision 2023.".into()) };
        let body = json!({"model": model, "temperature": temperature, "prompt": prompt});
        let request = reqwest::Client::new().post(format!("{url}/completions")).bearer_auth(key).json(&body);
        let mut answer: Completion = request.send().await?.error_for_status()?.json().await?;
        Ok(answer.choices.pop().map(|choice| choice.text.trim().to_owned()).unwrap_or_default())
    }
}
