//! Nested logs: an agent whose calls nest under it, two levels deep; and the same by hand, with reference ids.
//!
//! `cargo run --example nested`; set `OPENAI_API_KEY` and `SERPAPI_API_KEY` to use the real services.

#[path = "support/look.rs"]
mod look;
#[path = "support/model.rs"]
mod model;
#[path = "support/search.rs"]
mod search;

use std::time::Duration;

use humanloop::api::ToolConfig;
use humanloop::provider::{Provider, Response};
use humanloop::{Humanloop, Log, Session};
use search::SearchError;

/// Searches Google for the answer to a question.
#[humanloop::tool(name = "Google Search", skip(api_key))]
async fn google(question: &str, api_key: Option<&str>) -> Result<String, SearchError> {
    search::google_answer(search::SERPAPI, question, api_key).await
}

/// Looks a question up: the agent's helper, with a call of its own below it.
#[humanloop::flow]
async fn research(question: &str) -> Result<String, SearchError> {
    let serpapi_key = std::env::var("SERPAPI_API_KEY").ok();
    google(question, serpapi_key.as_deref()).await
}

/// Answers the user's question.
#[humanloop::prompt(
    skip(provider),
    model = "gpt-3.5-turbo-instruct",
    temperature = 0.7,
    template = "Question: {{question}}\nGoogle result: {{found}}\nAnswer:\n"
)]
async fn answer(provider: &dyn Provider, question: &str, found: &str) -> Result<Response, humanloop::Error> {
    provider.generate(humanloop::current_prompt().into()).await
}

/// The agent: what it calls nests under it.
#[humanloop::flow(skip(provider))]
async fn agent(provider: &dyn Provider, question: &str) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let found = research(question).await?;
    let response = answer(provider, question, &found).await?;
    Ok(response.text().trim().to_owned())
}

/// The same shape, logged by hand: a log names its parent by the reference id that the parent was given.
async fn by_hand(question: &str, session: &Session) -> Result<(), humanloop::Error> {
    let humanloop = Humanloop::new()?;
    let (agent, research) = ("agent of nested.rs", "research of nested.rs");
    let run = session.reference_id();
    let log = |name: &str| {
        let log = Log::new(ToolConfig::new(name)).project(name).inputs([("question", question)]);
        log.output("Sweden").session_reference_id(&run)
    };
    let agent = format!("{agent}, {run}");
    let research = format!("{research}, {run}");
    humanloop.log(log("agent").reference_id(&agent)).await?;
    humanloop.log(log("research").reference_id(&research).parent_reference_id(&agent)).await?;
    humanloop.log(log("Google Search").parent_reference_id(&research)).await?;
    humanloop.log(log("answer").parent_reference_id(&agent)).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let humanloop = humanloop::init()?;
    let provider = model::provider()?;
    let question = "Which country won Eurovision 2023?";

    let session = Session::new();
    let answer = session.scope(agent(&*provider, question)).await;
    humanloop.flush(Duration::from_secs(10));
    match answer {
        Ok(answer) => println!("Assistant response: {answer}"),
        Err(error) => println!("The agent failed: {error}"),
    }
    look::print_session(&session)?;

    let session = Session::new();
    by_hand(question, &session).await?;
    humanloop.flush(Duration::from_secs(10));
    println!("\nThe same by hand, with reference ids:");
    look::print_session(&session)
}
