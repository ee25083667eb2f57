//! What the examples share beside humanloop: which model answers, and a look at the session afterwards.

use humanloop::Session;
use humanloop::provider::{Mock, OpenAi, Provider};
use humanloop::store::{Store, text};

/// OpenAI, or a compatible server, when the environment has a key; else a mock with the guide's own answers.
pub(crate) fn provider() -> Result<Box<dyn Provider>, humanloop::Error> {
    if std::env::var_os("OPENAI_API_KEY").is_some_and(|key| !key.is_empty()) {
        return Ok(Box::new(OpenAi::from_env()?));
    }
    eprintln!("offline: OPENAI_API_KEY is not set, so a mock model answers");
    Ok(Box::new(Mock::new().answer_when("(Yes/No)", "No").answer_when("Google result:", "Sweden won Eurovision 2023.")))
}

/// Prints the session as `humanloop show` does.
pub(crate) fn print_session(session: &Session) -> Result<(), Box<dyn std::error::Error>> {
    if let Ok(url) = std::env::var("HUMANLOOP_BASE_URL") {
        println!("\nThe logs are at {url}.");
        return Ok(());
    }
    let store = Store::open_existing(&humanloop::store_path())?;
    let tree = store.tree(session.id())?;
    print!("\n{}", text::tree(&tree, text::Style::default()));
    Ok(())
}
