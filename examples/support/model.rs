//! Which model answers the examples.

use humanloop::provider::{Mock, OpenAi, Provider};

/// OpenAI, or a compatible server, when the environment has a key; else a mock with the guide's own answers.
pub(crate) fn provider() -> Result<Box<dyn Provider>, humanloop::Error> {
    if std::env::var_os("OPENAI_API_KEY").is_some_and(|key| !key.is_empty()) {
        return Ok(Box::new(OpenAi::from_env()?));
    }
    eprintln!("offline: OPENAI_API_KEY is not set, so a mock model answers");
    Ok(Box::new(Mock::new().answer_when("(Yes/No)", "No").answer_when("Google result:", "Sweden won Eurovision 2023.")))
}
