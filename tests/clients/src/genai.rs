//! `genai`: asked to capture the provider's raw body, its response is logged by that body, whoever the provider.

use ::genai::Client;
use ::genai::chat::{ChatMessage, ChatOptions, ChatRequest, ChatResponse};
use humanloop::api::Role;

/// Answers in a word.
///
/// # Errors
///
/// Those of the client.
#[humanloop::prompt(
    skip(client),
    model = "claude-sonnet-4-5",
    temperature = 0.5,
    max_tokens = 20,
    chat_template = [system("Answer in one word."), user("{{question}}")],
)]
pub async fn answer(client: &Client, question: &str) -> anyhow::Result<ChatResponse> {
    let prompt = humanloop::current_prompt();
    let messages = prompt.messages.iter().map(|message| match message.role {
        Role::System => ChatMessage::system(message.text()),
        Role::Assistant => ChatMessage::assistant(message.text()),
        _ => ChatMessage::user(message.text()),
    });
    let mut options = ChatOptions::default().with_capture_raw_body(true);
    options.temperature = prompt.config.temperature;
    options.max_tokens = prompt.config.max_tokens.and_then(|tokens| u32::try_from(tokens).ok());
    Ok(client.exec_chat(prompt.model(), ChatRequest::new(messages.collect()), Some(&options)).await?)
}
