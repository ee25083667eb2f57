//! A streaming chat: each answer is printed as it comes, and the conversation goes on with it. The log has the whole of it,
//! its tokens, and the time to the first piece.
//!
//! `cargo run --example chat`; set `OPENAI_API_KEY` to ask OpenAI, and `OPENAI_BASE_URL` to ask any server that speaks
//! its API, such as Ollama's at `http://127.0.0.1:11434/v1` (with `MODEL`, the name of a model there, while it is built).

#[path = "support/look.rs"]
mod look;
#[path = "support/offline.rs"]
mod offline;

use std::io::Write;
use std::time::Duration;

use futures_util::StreamExt;
use humanloop::provider::{self, Mock};
use humanloop::{Error, Session, Texts};

const MODEL: &str = match option_env!("MODEL") {
    Some(model) => model,
    None => "gpt-4o-mini",
};

/// Answers the last question of a conversation.
#[humanloop::prompt(
    project = "chat_example",
    model = MODEL,
    temperature = 0,
    max_tokens = 60,
    chat_template = [
        system("Answer in one sentence."),
        user("What was said so far:\n{{history}}\n\nQuestion: {{question}}"),
    ],
)]
fn answer(history: &str, question: &str) -> Texts;

/// Asks, prints the pieces, and gives the whole.
#[humanloop::flow]
async fn turn(history: &str, question: &str) -> Result<String, Error> {
    println!("> {question}");
    let mut pieces = answer(history, question);
    let mut whole = String::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        print!("{piece}");
        let _ = std::io::stdout().flush();
        whole.push_str(&piece);
    }
    println!();
    Ok(whole)
}

async fn talk(questions: &[&str]) -> Result<(), Error> {
    let mut history = String::new();
    for question in questions {
        let answer = turn(&history, question).await?;
        history.push_str(&format!("{question}\n{answer}\n"));
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let humanloop = humanloop::init()?;
    let mock = Mock::new().answer("Sweden won Eurovision 2023.").answer("It had won six times before.");
    let provider = offline::provider_or(mock)?;

    let session = Session::new();
    let questions = ["Which country won Eurovision 2023?", "How often had it won before?"];
    let result = session.scope(provider::scope(provider, talk(&questions))).await;

    humanloop.flush(Duration::from_secs(10));
    look::print_session(&session)?;
    Ok(result?)
}
