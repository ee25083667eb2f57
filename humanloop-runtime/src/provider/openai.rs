//! OpenAI, and the many servers that speak its HTTP API: Ollama, vLLM, LiteLLM, OpenRouter, …

use std::fmt;
use std::time::Duration;

use humanloop_api::{Message, Object};
use reqwest::header::AUTHORIZATION;
use reqwest::{Method, Url};
use serde::Deserialize;

use super::{BoxFuture, Input, Provider, Request, Response, variable};
use crate::error::Error;
use crate::http::{Answer, Http, Retry, base_url, excerpt, join};

const NAME: &str = "openai";
const KEY: &str = "OPENAI_API_KEY";
const BASE_URL: &str = "OPENAI_BASE_URL";
const HOST: &str = "api.openai.com";

/// OpenAI's HTTP API, at OpenAI or at any server that speaks it.
///
/// It needs a tokio runtime with IO and time, such as that of `#[tokio::main]`.
///
/// ```no_run
/// use humanloop_runtime::provider::OpenAi;
///
/// let openai = OpenAi::from_env()?;                                                        // OPENAI_API_KEY, OPENAI_BASE_URL
/// let ollama = OpenAi::builder().base_url("http://127.0.0.1:11434/v1").build()?;           // no key needed
/// # Ok::<(), humanloop_runtime::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenAi {
    url: Url,
    http: Http,
}

/// Settings of [`OpenAi`].
#[derive(Clone)]
pub struct OpenAiBuilder {
    api_key: Option<String>,
    base_url: Option<String>,
    connect_timeout: Duration,
    timeout: Duration,
    retries: u32,
}

/// Without the key.
impl fmt::Debug for OpenAiBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_key = self.api_key.is_some();
        f.debug_struct("OpenAiBuilder")
            .field("has_key", &has_key)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl OpenAi {
    /// As `OPENAI_API_KEY` and `OPENAI_BASE_URL` say.
    ///
    /// # Errors
    ///
    /// When neither is set, and as [`OpenAiBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        let builder = OpenAiBuilder { api_key: variable(KEY), base_url: variable(BASE_URL), ..Self::builder() };
        builder.build()
    }

    /// Settings in code; the environment is not looked at.
    pub fn builder() -> OpenAiBuilder {
        OpenAiBuilder {
            api_key: None,
            base_url: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(120),
            retries: 2,
        }
    }

    fn is_openai(&self) -> bool {
        self.url.host_str() == Some(HOST)
    }

    /// Whether `request` goes to `completions`, not to `chat/completions`.
    fn completes(&self, request: &Request) -> bool {
        match (&request.input, request.config.endpoint.as_deref()) {
            (Input::Messages(_), _) | (Input::Text(_), Some("chat")) => false,
            (Input::Text(_), Some(_)) => true,
            // At OpenAI most models only chat; elsewhere all of them complete.
            (Input::Text(_), None) => !self.is_openai() || only_completes(&request.config.model),
        }
    }

    async fn ask(&self, request: Request) -> Result<Response, Error> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::NoRuntime { call: "generate" });
        }
        if let Some(other) = request.config.provider.as_deref().filter(|other| *other != NAME && self.is_openai()) {
            let message = format!(
                "the config asks for the provider `{other}`, which OpenAI is not; set {BASE_URL} to an address of `{other}` that speaks OpenAI's API"
            );
            return Err(failed(None, message));
        }
        let path: &[&str] = if self.completes(&request) { &["completions"] } else { &["chat", "completions"] };
        let body = serde_json::to_vec(&self.body(&request)).map_err(|error| failed(None, error.to_string()))?;
        let sent = self.http.send(Method::POST, join(&self.url, path), body).await;
        let Answer { status, body } = sent.map_err(|reason| failed(None, format!("{reason} ({})", self.url)))?;
        if !(200..300).contains(&status) {
            return Err(failed(Some(status), self.http.without_key(&message_of(&body))));
        }
        Response::read(&body).ok_or_else(|| {
            let start = self.http.without_key(&excerpt(&body));
            failed(
                Some(status),
                format!("the answer of {} is no completion; it begins `{start}`; check {BASE_URL}", self.url),
            )
        })
    }
}

impl Provider for OpenAi {
    fn name(&self) -> &str {
        NAME
    }

    fn body(&self, request: &Request) -> Object {
        let config = &request.config;
        let mut body = Object::new();
        body.insert("model", &config.model);
        match &request.input {
            Input::Text(text) if self.completes(request) => body.insert("prompt", text),
            Input::Text(text) => body.insert("messages", &[Message::user(text)]),
            Input::Messages(messages) => {
                body.insert("messages", &messages.iter().map(wire_message).collect::<Vec<_>>());
            }
        }
        // -1 says: as many as fit, which is what leaving it out says.
        if let Some(tokens) = config.max_tokens.filter(|tokens| *tokens >= 0) {
            body.insert("max_tokens", &tokens);
        }
        for (name, value) in [
            ("temperature", config.temperature),
            ("top_p", config.top_p),
            ("presence_penalty", config.presence_penalty),
            ("frequency_penalty", config.frequency_penalty),
        ] {
            if let Some(value) = value {
                body.insert(name, &value);
            }
        }
        if let Some(stop) = &config.stop {
            body.insert("stop", stop);
        }
        if let Some(seed) = config.seed {
            body.insert("seed", &seed);
        }
        if let Some(format) = &config.response_format {
            body.insert("response_format", format);
        }
        if let Some(tools) = config.tools.as_ref().filter(|tools| !tools.is_empty()) {
            body.insert("tools", &tools.iter().map(wire_tool).collect::<Vec<_>>());
        }
        if let Some(choice) = &request.tool_choice {
            body.insert("tool_choice", choice);
        }
        if request.samples > 1 {
            body.insert("n", &request.samples);
        }
        if let Some(user) = &request.user {
            body.insert("user", user);
        }
        for (name, value) in config.other.iter().flat_map(Object::iter) {
            body.insert(name, value);
        }
        body
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(self.ask(request))
    }
}

impl OpenAiBuilder {
    /// The key; needed at OpenAI itself.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// The address up to and with its version; default `https://api.openai.com/v1`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// How long the connection may take; default 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one try may take in all; default 120 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often a request is sent again after 429, 5xx or a connection that did not come about; default 2.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The provider.
    ///
    /// # Errors
    ///
    /// When the key is missing and the address is OpenAI's, and when address or key cannot be used.
    pub fn build(self) -> Result<OpenAi, Error> {
        let default = format!("https://{HOST}/v1");
        let url = base_url(BASE_URL, KEY, self.base_url.as_deref().unwrap_or(&default))?;
        let key = self.api_key.as_deref().map(str::trim).filter(|key| !key.is_empty());
        if key.is_none() && url.host_str() == Some(HOST) {
            let needed_for = format!("OpenAI, which is asked unless {BASE_URL} names another server,");
            return Err(Error::MissingKey { variable: KEY, needed_for });
        }
        let retry = Retry {
            attempts: self.retries.saturating_add(1),
            pause: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            // An answer costs money: it is not asked for twice.
            repeatable: false,
        };
        let timeouts = (self.connect_timeout, self.timeout);
        let http = Http::new(&url, (AUTHORIZATION, "Bearer "), (KEY, key), timeouts, retry)?;
        Ok(OpenAi { url, http })
    }
}

fn failed(status: Option<u16>, message: String) -> Error {
    Error::Provider { provider: NAME.into(), status, message }
}

/// Models of OpenAI's that only know `completions`; there will be no further ones.
fn only_completes(model: &str) -> bool {
    let base = model.strip_prefix("ft:").unwrap_or(model);
    base.contains("-instruct")
        || ["text-", "code-", "davinci", "curie", "babbage", "ada"].iter().any(|start| base.starts_with(start))
}

/// A message as OpenAI has it, which calls the old form of one call by another name.
fn wire_message(message: &Message) -> Object {
    let mut wire = Object::new();
    wire.insert("role", &message.role);
    if let Some(content) = &message.content {
        wire.insert("content", content);
    }
    if let Some(name) = &message.name {
        wire.insert("name", name);
    }
    if let Some(id) = &message.tool_call_id {
        wire.insert("tool_call_id", id);
    }
    if let Some(calls) = &message.tool_calls {
        wire.insert("tool_calls", calls);
    }
    if let Some(call) = &message.tool_call {
        wire.insert("function_call", call);
    }
    wire
}

/// A tool of v4, wrapped as OpenAI has it; one that is wrapped already stays.
fn wire_tool(tool: &Object) -> Object {
    if tool.get("function").is_some() {
        return tool.clone();
    }
    let known = tool.iter().filter(|(name, _)| ["name", "description", "parameters", "strict"].contains(name));
    let function: Object = known.collect();
    let mut wire = Object::new();
    wire.insert("type", "function");
    wire.insert("function", &function);
    wire
}

/// The provider's own message; where there is none, the beginning of what it answered.
fn message_of(body: &str) -> String {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Body {
        Nested { error: Message },
        Text { error: String },
        Flat { message: String },
    }
    #[derive(Deserialize)]
    struct Message {
        message: String,
    }
    match serde_json::from_str(body) {
        Ok(Body::Nested { error: Message { message } } | Body::Text { error: message } | Body::Flat { message }) => {
            message
        }
        Err(_) if body.trim().is_empty() => "(no text)".into(),
        Err(_) => excerpt(body),
    }
}
