//! A provider for prompts without a body: the environment's, else a script.

use humanloop::provider::{Mock, OpenAi, Provider};

/// OpenAI, or a compatible server, when the environment names one; else `mock`.
pub(crate) fn provider_or(mock: Mock) -> Result<Box<dyn Provider>, humanloop::Error> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("OPENAI_API_KEY") || is_set("OPENAI_BASE_URL") {
        return Ok(Box::new(OpenAi::from_env()?));
    }
    eprintln!("offline: OPENAI_API_KEY is not set, so a mock model answers");
    Ok(Box::new(mock))
}
