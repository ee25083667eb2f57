//! A client that the program has already, wrapped: `async-openai` asks, humanloop logs.
//!
//! `cargo run -p humanloop-clients --example wrapped_client`; set `OPENAI_API_KEY` to ask OpenAI, and `OPENAI_BASE_URL` to ask
//! any server that speaks its API. Without them the mock answers in the client's place.

#[path = "../../../examples/support/look.rs"]
mod look;

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{CreateChatCompletionRequest, CreateChatCompletionResponse};
use humanloop::Session;
use humanloop::provider::{Mock, Provider};

/// Names the capital of a country.
#[humanloop::prompt(
    project = "wrapped_client_example",
    skip(client),
    model = "gpt-4o-mini",
    temperature = 0,
    max_tokens = 20,
    chat_template = [system("Answer in one word."), user("What is the capital of {{country}}?")],
)]
async fn capital(client: Option<&Client<OpenAIConfig>>, country: &str) -> anyhow::Result<CreateChatCompletionResponse> {
    let prompt = humanloop::current_prompt(); // rendered messages and parameters
    match client {
        Some(client) => {
            let request: CreateChatCompletionRequest = prompt.request()?;
            Ok(client.chat().create(request).await?)
        }
        None => offline(prompt).await,
    }
}

/// The mock's answer, as the client would have read it.
async fn offline(prompt: humanloop::Prompt) -> anyhow::Result<CreateChatCompletionResponse> {
    let answer = Mock::new().answer("Stockholm").generate(prompt.into()).await?;
    let mut json = serde_json::to_value(&answer)?;
    if let Some(fields) = json.as_object_mut() {
        fields.insert("id".into(), "mock".into());
        fields.insert("created".into(), 0.into());
    }
    Ok(serde_json::from_value(json)?)
}

fn client() -> Option<Client<OpenAIConfig>> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (key, url) = (variable("OPENAI_API_KEY"), variable("OPENAI_BASE_URL"));
    if key.is_none() && url.is_none() {
        eprintln!("offline: OPENAI_API_KEY is not set, so a mock model answers");
        return None;
    }
    let mut config = OpenAIConfig::new().with_api_key(key.unwrap_or_default());
    if let Some(url) = url {
        config = config.with_api_base(url);
    }
    Some(Client::with_config(config))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let humanloop = humanloop::init()?;
    let session = Session::new();
    let response = session.scope(capital(client().as_ref(), "Sweden")).await?;
    let text = response.choices.first().and_then(|choice| choice.message.content.as_deref());
    println!("The capital of Sweden is {}.", text.unwrap_or("(no answer)").trim());

    humanloop.flush(Duration::from_secs(10));
    look::print_session(&session).map_err(|error| anyhow::anyhow!("{error}"))
}
