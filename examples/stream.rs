//! A chat whose answer comes piece by piece: printed as it comes, logged when it ends, with the time to the first piece.
//!
//! `cargo run --example stream`; set `OPENAI_API_KEY` to ask OpenAI, and `OPENAI_BASE_URL` to ask any server that speaks
//! its API, such as Ollama's at `http://127.0.0.1:11434/v1` (with `MODEL`, the name of a model there).

#[path = "support/look.rs"]
mod look;
#[path = "support/model.rs"]
mod model;

use std::io::Write;
use std::time::Duration;

use humanloop::{Chat, Humanloop, Message, Session};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let guard = humanloop::init()?;
    let humanloop = Humanloop::new()?.with_provider(model::provider()?);
    let model = std::env::var("MODEL").unwrap_or_else(|_| "gpt-4o-mini".into());
    let session = Session::new();

    let chat = Chat::new(model)
        .project("stream_example")
        .max_tokens(60)
        .chat_template([
            Message::system("Answer in one sentence."),
            Message::user("{{question.text}}\nGoogle result: {{question.found}}"),
        ])
        .input("question", &serde_json::json!({"text": "Who won Eurovision 2023?", "found": "Sweden"}))
        .session_reference_id(session.reference_id());
    let mut samples = humanloop.chat_stream(chat).await?;
    while let Some(piece) = samples.next().await {
        print!("{}", piece?.output);
        std::io::stdout().flush()?;
    }
    println!();
    if let Some(usage) = samples.response().usage {
        println!("{} tokens in, {} out", usage.prompt_tokens, usage.generation_tokens);
    }

    guard.flush(Duration::from_secs(10));
    look::print_session(&session)
}
