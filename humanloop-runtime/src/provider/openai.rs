//! OpenAI, and the many servers that speak its HTTP API: Azure, Ollama, vLLM, llama.cpp, LiteLLM, OpenRouter, …

use humanloop_api::{Message, Object};
use reqwest::header::AUTHORIZATION;

use super::connection::{Connection, Service, Settings, settings};
use super::{BoxFuture, Input, Pieces, Provider, Request, Response, variable};
use crate::error::Error;
use crate::http::join;
use crate::response::Wire;

const NAME: &str = "openai";
const KEY: &str = "OPENAI_API_KEY";
const BASE_URL: &str = "OPENAI_BASE_URL";

static SERVICE: Service = Service {
    name: NAME,
    wire: Wire::OpenAi,
    host: "api.openai.com",
    path: "/v1",
    key: KEY,
    base_url: BASE_URL,
    header: (AUTHORIZATION, "Bearer "),
};

/// OpenAI's HTTP API, at OpenAI or at any server that speaks it.
///
/// It needs a tokio runtime with IO and time, such as that of `#[tokio::main]`.
///
/// ```no_run
/// use humanloop_runtime::provider::OpenAi;
///
/// let openai = OpenAi::from_env()?;                                                        // OPENAI_API_KEY, OPENAI_BASE_URL
/// let ollama = OpenAi::builder().base_url("http://127.0.0.1:11434/v1").build()?;           // no key needed
/// let azure = OpenAi::builder().base_url("https://NAME.openai.azure.com/openai/v1").api_key("…").build()?;
/// # Ok::<(), humanloop_runtime::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenAi {
    connection: Connection,
}

/// Settings of [`OpenAi`].
#[derive(Clone, Debug, Default)]
pub struct OpenAiBuilder {
    settings: Settings,
}

settings!(OpenAiBuilder, "https://api.openai.com/v1");

impl OpenAi {
    /// As `OPENAI_API_KEY` and `OPENAI_BASE_URL` say.
    ///
    /// # Errors
    ///
    /// When neither is set, and as [`OpenAiBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        Self::with(variable(KEY), variable(BASE_URL))
    }

    pub(super) fn with(api_key: Option<String>, base_url: Option<String>) -> Result<Self, Error> {
        OpenAiBuilder { settings: Settings { api_key, base_url, ..Settings::default() } }.build()
    }

    /// Settings in code; the environment is not looked at.
    pub fn builder() -> OpenAiBuilder {
        OpenAiBuilder::default()
    }

    /// Whether `request` goes to `completions`, not to `chat/completions`.
    fn completes(&self, request: &Request) -> bool {
        match (&request.input, request.config.endpoint.as_deref()) {
            (Input::Messages(_), _) | (Input::Text(_), Some("chat")) => false,
            (Input::Text(_), Some(_)) => true,
            // At OpenAI most models only chat; elsewhere all of them complete.
            (Input::Text(_), None) => !self.connection.is_home() || only_completes(&request.config.model),
        }
    }

    /// Where `request` goes.
    ///
    /// # Errors
    ///
    /// When its config asks for somebody else.
    fn path(&self, request: &Request) -> Result<&'static [&'static str], Error> {
        if let Some(other) =
            request.config.provider.as_deref().filter(|other| *other != NAME && self.connection.is_home())
        {
            let message = format!(
                "the config asks for the provider `{other}`, which OpenAI is not; set {BASE_URL} to an address of `{other}` that speaks OpenAI's API"
            );
            return Err(self.connection.failed(None, message));
        }
        Ok(if self.completes(request) { &["completions"] } else { &["chat", "completions"] })
    }

    async fn ask(&self, request: Request) -> Result<Response, Error> {
        self.connection.ask(self.path(&request)?, &self.body(&request)).await
    }

    async fn ask_for_pieces(&self, request: Request) -> Result<Pieces, Error> {
        let url = join(&self.connection.url, self.path(&request)?);
        let mut body = self.body(&request);
        body.insert("stream", &true);
        if body.get("stream_options").is_none() {
            body.insert("stream_options", &[("include_usage", true)].into_iter().collect::<Object>());
        }
        self.connection.stream(url, &body).await
    }
}

impl Provider for OpenAi {
    fn name(&self) -> &str {
        NAME
    }

    fn body(&self, request: &Request) -> Object {
        body_of(request, self.completes(request))
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(self.ask(request))
    }

    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Pieces, Error>> {
        Box::pin(self.ask_for_pieces(request))
    }
}

impl OpenAiBuilder {
    /// The provider.
    ///
    /// # Errors
    ///
    /// When the key is missing and the address is OpenAI's, and when address or key cannot be used.
    pub fn build(self) -> Result<OpenAi, Error> {
        Ok(OpenAi { connection: Connection::new(&SERVICE, &self.settings)? })
    }
}

/// What would be sent for `request`; a text is completed, unless its config asks for a chat.
pub(crate) fn body(request: &Request) -> Object {
    body_of(request, request.config.endpoint.as_deref() != Some("chat"))
}

/// `completes`: a text goes to `completions`, not as a message to `chat/completions`.
fn body_of(request: &Request, completes: bool) -> Object {
    let config = &request.config;
    let mut body = Object::new();
    body.insert("model", &config.model);
    match &request.input {
        Input::Text(text) if completes => body.insert("prompt", text),
        Input::Text(text) => body.insert("messages", &[Message::user(text)]),
        Input::Messages(messages) => {
            body.insert("messages", &messages.iter().map(wire_message).collect::<Vec<_>>());
        }
    }
    // -1 says: as many as fit, which is what leaving it out says.
    if let Some(tokens) = config.max_tokens.filter(|tokens| *tokens >= 0) {
        let chats = !completes || matches!(request.input, Input::Messages(_));
        let name = if chats && thinks(&config.model) { "max_completion_tokens" } else { "max_tokens" };
        body.insert(name, &tokens);
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
    if let Some(effort) = &config.reasoning_effort {
        body.insert("reasoning_effort", effort);
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

/// Models of OpenAI's that only know `completions`; there will be no further ones.
fn only_completes(model: &str) -> bool {
    let base = model.strip_prefix("ft:").unwrap_or(model);
    base.contains("-instruct")
        || ["text-", "code-", "davinci", "curie", "babbage", "ada"].iter().any(|start| base.starts_with(start))
}

/// Models that refuse `max_tokens`, as their thoughts count: o1 and its successors, GPT-5 and later.
fn thinks(model: &str) -> bool {
    let base = model.strip_prefix("ft:").unwrap_or(model);
    let number =
        |start: &str| base.strip_prefix(start)?.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok();
    number("o").is_some() || number("gpt-").is_some_and(|version| version >= 5)
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
