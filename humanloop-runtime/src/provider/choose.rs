//! Which provider answers: the one that the config names, with the keys at hand.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use humanloop_api::ModelConfig;

use super::{Anthropic, Gemini, Keys, Mock, OpenAi, Provider, variable};
use crate::context::Context;
use crate::error::Error;
use crate::pipeline::lock;

/// The provider of the process, when it was given one.
static DEFAULT: Mutex<Option<Chosen>> = Mutex::new(None);
/// The providers of the environment, by name: each keeps its connections.
static OF_ENVIRONMENT: Mutex<BTreeMap<String, Arc<dyn Provider>>> = Mutex::new(BTreeMap::new());

/// A provider that stands above what configs name.
#[derive(Clone)]
pub(crate) struct Chosen(pub(crate) Arc<dyn Provider>);

impl fmt::Debug for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// `future`, with `provider` answering its prompts without a body and its explicit calls, whatever their configs name.
///
/// ```
/// use humanloop_runtime::provider::{self, Mock};
///
/// # async fn answer() {}
/// # async fn example() {
/// provider::scope(Mock::new().answer("Sweden"), answer()).await;
/// # }
/// ```
pub async fn scope<F: Future>(provider: impl Provider + 'static, future: F) -> F::Output {
    // All else is as where it is first polled.
    let mut context = Context::current();
    context.set_provider(Chosen(Arc::new(provider)));
    context.scope(future).await
}

/// From now on, the provider of this process.
pub(crate) fn set_default(provider: Option<Chosen>) {
    *lock(&DEFAULT) = provider;
}

/// Who answers a prompt of this config: the provider of the scope, else that of the process, else the one it names.
pub(crate) fn of(config: &ModelConfig) -> Result<Arc<dyn Provider>, Error> {
    let chosen = Context::current().provider().cloned().or_else(|| lock(&DEFAULT).clone());
    if let Some(Chosen(provider)) = chosen {
        return Ok(provider);
    }
    let name = config.provider.clone().unwrap_or_default();
    if let Some(provider) = lock(&OF_ENVIRONMENT).get(&name) {
        return Ok(provider.clone());
    }
    let provider = for_config(config, &Keys::default())?;
    Ok(lock(&OF_ENVIRONMENT).entry(name).or_insert(provider).clone())
}

/// The provider that the environment names: OpenAI, or what speaks like it at `OPENAI_BASE_URL`.
///
/// # Errors
///
/// When neither `OPENAI_API_KEY` nor `OPENAI_BASE_URL` is set, or when one of them cannot be used.
pub fn from_env() -> Result<Box<dyn Provider>, Error> {
    Ok(Box::new(OpenAi::from_env()?))
}

/// The provider of a config: the one that its field `provider` names, with a key of `keys`, else of the environment.
///
/// | provider | who | variables |
/// | --- | --- | --- |
/// | none, `openai` | OpenAI, or what speaks like it | `OPENAI_API_KEY`, `OPENAI_BASE_URL` |
/// | `openai_azure` | Azure's `/openai/v1` | `AZURE_OPENAI_API_KEY`, `AZURE_OPENAI_ENDPOINT` |
/// | `anthropic` | Anthropic | `ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL` |
/// | `google`, `gemini` | Google's Gemini | `GEMINI_API_KEY` or `GOOGLE_API_KEY`, `GEMINI_BASE_URL` |
/// | `mock` | nobody: it echoes | |
/// | any other | what speaks like OpenAI | `OPENAI_API_KEY`, `OPENAI_BASE_URL` |
///
/// # Errors
///
/// When a key or an address is missing or cannot be used.
///
/// ```
/// use humanloop_runtime::api::ModelConfig;
/// use humanloop_runtime::provider::{Keys, for_config};
///
/// let config = ModelConfig { provider: Some("anthropic".into()), ..ModelConfig::new("claude-sonnet-4-5") };
/// let keys: Keys = [("anthropic", "sk-secret")].into_iter().collect();
/// assert_eq!(for_config(&config, &keys)?.name(), "anthropic");
/// # Ok::<(), humanloop_runtime::Error>(())
/// ```
pub fn for_config(config: &ModelConfig, keys: &Keys) -> Result<Arc<dyn Provider>, Error> {
    let name = config.provider.as_deref().unwrap_or("openai");
    Ok(match name {
        "mock" => Arc::new(Mock::new()),
        "anthropic" => {
            let key = keys.get(name).or_else(|| variable("ANTHROPIC_API_KEY"));
            Arc::new(Anthropic::with(key)?)
        }
        "google" | "gemini" => {
            let given = keys.get("google").or_else(|| keys.get("gemini"));
            let key = given.or_else(|| variable("GEMINI_API_KEY")).or_else(|| variable("GOOGLE_API_KEY"));
            Arc::new(Gemini::with(key)?)
        }
        "openai_azure" => {
            let endpoint = keys.get("openai_azure_endpoint").or_else(|| variable("AZURE_OPENAI_ENDPOINT"));
            let endpoint = endpoint.ok_or_else(|| Error::Setting {
                name: "AZURE_OPENAI_ENDPOINT",
                problem: "it is not set, and Azure has no address of its own; set it as https://NAME.openai.azure.com"
                    .into(),
            })?;
            let key = keys.get(name).or_else(|| variable("AZURE_OPENAI_API_KEY"));
            Arc::new(OpenAi::with(key, Some(azure_url(&endpoint)))?)
        }
        _ => {
            let key = keys.get(name).or_else(|| variable("OPENAI_API_KEY"));
            Arc::new(OpenAi::with(key, variable("OPENAI_BASE_URL")).map_err(|error| hinted(error, config))?)
        }
    })
}

/// Azure's address with the path of the API that is OpenAI's own, unless there is a path.
fn azure_url(endpoint: &str) -> String {
    let endpoint = endpoint.trim().trim_end_matches('/');
    if endpoint.contains("/openai") { endpoint.into() } else { format!("{endpoint}/openai/v1") }
}

/// The model's name may tell that the config forgot its provider.
fn hinted(error: Error, config: &ModelConfig) -> Error {
    let provider = match config.model.as_str() {
        model if model.starts_with("claude") => "anthropic",
        model if model.starts_with("gemini") => "google",
        _ => return error,
    };
    match error {
        Error::MissingKey { variable, needed_for } if config.provider.is_none() => {
            let needed_for =
                format!("{needed_for} (for the model `{}` write `provider = \"{provider}\"`)", config.model);
            Error::MissingKey { variable, needed_for }
        }
        other => other,
    }
}
