//! `async-openai`: its request is the prompt's own, its response and its streams are logged as they are.

use ::async_openai::Client;
use ::async_openai::config::OpenAIConfig;
use ::async_openai::types::chat::{
    ChatCompletionResponseStream, CreateChatCompletionRequest, CreateChatCompletionResponse,
};
use ::async_openai::types::responses::{CreateResponseArgs, Response};

/// Answers in a word.
///
/// # Errors
///
/// Those of the client.
#[humanloop::prompt(
    skip(client),
    model = "gpt-4o-mini",
    temperature = 0.5,
    max_tokens = 20,
    chat_template = [system("Answer in one word."), user("{{question}}")],
)]
pub async fn answer(client: &Client<OpenAIConfig>, question: &str) -> anyhow::Result<CreateChatCompletionResponse> {
    let request: CreateChatCompletionRequest = humanloop::current_prompt().request()?;
    Ok(client.chat().create(request).await?)
}

/// The same, piece by piece: the option `stream` says what the alias hides.
///
/// # Errors
///
/// Those of the client.
#[humanloop::prompt(stream, skip(client), model = "gpt-4o-mini", chat_template = [user("{{question}}")])]
pub async fn pieces(client: &Client<OpenAIConfig>, question: &str) -> anyhow::Result<ChatCompletionResponseStream> {
    let request: CreateChatCompletionRequest = humanloop::current_prompt().request()?;
    Ok(client.chat().create_stream(request).await?)
}

/// By the API of responses, whose request has another shape.
///
/// # Errors
///
/// Those of the client.
#[humanloop::prompt(skip(client), model = "gpt-4o-mini", template = "Answer in one word: {{question}}")]
pub async fn respond(client: &Client<OpenAIConfig>, question: &str) -> anyhow::Result<Response> {
    let prompt = humanloop::current_prompt();
    let request = CreateResponseArgs::default().model(prompt.model()).input(&*prompt.text()).build()?;
    Ok(client.responses().create(request).await?)
}
