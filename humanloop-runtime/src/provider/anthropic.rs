//! Anthropic's messages API.

use humanloop_api::{
    Content, ImageUrl, Message, ModelConfig, Object, Part, RawValue, ReasoningEffort, Role, Stop, raw,
};
use reqwest::header::HeaderName;
use serde::Deserialize;

use super::connection::{Connection, Service, Settings, settings};
use super::{BoxFuture, Input, Pieces, Provider, Request, Response, variable};
use crate::error::Error;
use crate::http::join;
use crate::response::Wire;

const KEY: &str = "ANTHROPIC_API_KEY";
const BASE_URL: &str = "ANTHROPIC_BASE_URL";
const PATH: &[&str] = &["messages"];
/// Anthropic wants a limit; every model of it takes this one.
const MAX_TOKENS: i64 = 4096;

static SERVICE: Service = Service {
    name: "anthropic",
    wire: Wire::Anthropic,
    host: "api.anthropic.com",
    path: "/v1",
    key: KEY,
    base_url: BASE_URL,
    header: (HeaderName::from_static("x-api-key"), ""),
};

/// Anthropic's models.
///
/// Messages of the role `system`, wherever they stand, go in order into Anthropic's field of that name. Without
/// `max_tokens`, or with -1, 4096 are asked for, as Anthropic wants a limit. It has no seed and no penalties: a config
/// that asks for them is refused. Several samples are asked for one after the other.
///
/// ```no_run
/// use humanloop_runtime::provider::Anthropic;
///
/// let anthropic = Anthropic::from_env()?; // ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL
/// # Ok::<(), humanloop_runtime::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Anthropic {
    connection: Connection,
}

/// Settings of [`Anthropic`].
#[derive(Clone, Debug, Default)]
pub struct AnthropicBuilder {
    settings: Settings,
}

settings!(AnthropicBuilder, "https://api.anthropic.com/v1");

impl AnthropicBuilder {
    /// The provider.
    ///
    /// # Errors
    ///
    /// When the key is missing and the address is Anthropic's, and when address or key cannot be used.
    pub fn build(self) -> Result<Anthropic, Error> {
        let connection = Connection::new(&SERVICE, &self.settings)?.with_header("anthropic-version", "2023-06-01");
        Ok(Anthropic { connection })
    }
}

impl Anthropic {
    /// As `ANTHROPIC_API_KEY` and `ANTHROPIC_BASE_URL` say.
    ///
    /// # Errors
    ///
    /// As [`AnthropicBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        Self::with(variable(KEY))
    }

    pub(super) fn with(api_key: Option<String>) -> Result<Self, Error> {
        // Anthropic's own clients take the address without the version.
        let base_url = variable(BASE_URL).map(|url| match url.trim_end_matches('/') {
            url if url.ends_with("/v1") => url.to_owned(),
            url => format!("{url}/v1"),
        });
        AnthropicBuilder { settings: Settings { api_key, base_url, ..Settings::default() } }.build()
    }

    /// Settings in code; the environment is not looked at.
    pub fn builder() -> AnthropicBuilder {
        AnthropicBuilder::default()
    }

    /// Refuses what Anthropic cannot do, rather than leave it out in silence.
    fn check(&self, config: &ModelConfig) -> Result<(), Error> {
        let asks = |value: Option<f64>| value.is_some_and(|value| value != 0.0);
        let name = match config {
            ModelConfig { seed: Some(_), .. } => "seed",
            _ if asks(config.presence_penalty) => "presence_penalty",
            _ if asks(config.frequency_penalty) => "frequency_penalty",
            _ => return Ok(()),
        };
        Err(self.connection.failed(None, format!("Anthropic has no `{name}`; leave it out of the config")))
    }

    async fn ask(&self, request: Request) -> Result<Response, Error> {
        self.check(&request.config)?;
        let body = self.body(&request);
        let mut whole = self.connection.ask(PATH, &body).await?;
        let mut raws = vec![whole.raw.clone()];
        for _ in 1..request.samples {
            let next = self.connection.ask(PATH, &body).await?;
            whole.answers.extend(next.answers);
            whole.cached_tokens = match (whole.cached_tokens, next.cached_tokens) {
                (Some(a), Some(b)) => Some(a.saturating_add(b)),
                (known, other) => known.or(other),
            };
            if let (Some(sum), Some(usage)) = (&mut whole.usage, next.usage) {
                sum.prompt_tokens = sum.prompt_tokens.saturating_add(usage.prompt_tokens);
                sum.generation_tokens = sum.generation_tokens.saturating_add(usage.generation_tokens);
                sum.total_tokens = sum.total_tokens.saturating_add(usage.total_tokens);
            }
            raws.push(next.raw);
        }
        if raws.len() > 1 {
            whole.raw = [("responses", raws)].into_iter().collect();
        }
        Ok(whole)
    }

    async fn ask_for_pieces(&self, request: Request) -> Result<Pieces, Error> {
        if request.samples > 1 {
            return self.ask(request).await.map(Pieces::of);
        }
        self.check(&request.config)?;
        let mut body = self.body(&request);
        body.insert("stream", &true);
        self.connection.stream(join(&self.connection.url, PATH), &body).await
    }
}

impl Provider for Anthropic {
    fn name(&self) -> &str {
        SERVICE.name
    }

    fn body(&self, request: &Request) -> Object {
        let config = &request.config;
        let mut body = Object::new();
        body.insert("model", &config.model);
        body.insert("max_tokens", &config.max_tokens.filter(|tokens| *tokens >= 0).unwrap_or(MAX_TOKENS));
        match &request.input {
            Input::Text(text) => body.insert("messages", &[turn("user", vec![text_block(text)])]),
            Input::Messages(messages) => {
                let system = messages.iter().filter(|message| message.role == Role::System).map(Message::text);
                let system = system.collect::<Vec<_>>().join("\n\n");
                if !system.is_empty() {
                    body.insert("system", &system);
                }
                body.insert("messages", &turns(messages));
            }
        }
        for (name, value) in [("temperature", config.temperature), ("top_p", config.top_p)] {
            if let Some(value) = value {
                body.insert(name, &value);
            }
        }
        match &config.stop {
            Some(Stop::One(text)) => body.insert("stop_sequences", &[text]),
            Some(Stop::Many(texts)) if !texts.is_empty() => body.insert("stop_sequences", texts),
            _ => {}
        }
        if let Some(tools) = config.tools.as_ref().filter(|tools| !tools.is_empty()) {
            body.insert("tools", &tools.iter().map(wire_tool).collect::<Vec<_>>());
        }
        if let Some(choice) = request.tool_choice.as_deref().and_then(wire_choice) {
            body.insert("tool_choice", &choice);
        }
        let mut output = Object::new();
        match &config.reasoning_effort {
            Some(ReasoningEffort::Level(level)) => output.insert("effort", level),
            Some(ReasoningEffort::Budget(tokens)) => {
                let mut thinking = Object::new();
                thinking.insert("type", "enabled");
                thinking.insert("budget_tokens", tokens);
                body.insert("thinking", &thinking);
            }
            None => {}
        }
        if let Some(schema) = config.response_format.as_ref().and_then(super::schema_of) {
            let mut format = Object::new();
            format.insert("type", "json_schema");
            format.insert_raw("schema", schema);
            output.insert("format", &format);
        }
        if !output.is_empty() {
            body.insert("output_config", &output);
        }
        if let Some(user) = &request.user {
            body.insert("metadata", &[("user_id", user)].into_iter().collect::<Object>());
        }
        for (name, value) in config.other.iter().flat_map(Object::iter) {
            body.insert(name, value);
        }
        body
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(self.ask(request))
    }

    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Pieces, Error>> {
        Box::pin(self.ask_for_pieces(request))
    }
}

fn typed(kind: &str) -> Object {
    [("type", kind)].into_iter().collect()
}

fn turn(role: &str, content: Vec<Object>) -> Object {
    let mut turn = Object::new();
    turn.insert("role", role);
    turn.insert("content", &content);
    turn
}

fn text_block(text: &str) -> Object {
    let mut block = typed("text");
    block.insert("text", text);
    block
}

/// The conversation without its system messages. Results of tools are the user's, and those that follow each other
/// belong into one turn.
fn turns(messages: &[Message]) -> Vec<Object> {
    let mut turns: Vec<(&str, Vec<Object>)> = Vec::new();
    for message in messages.iter().filter(|message| message.role != Role::System) {
        let role = if message.role == Role::Assistant { "assistant" } else { "user" };
        let blocks = blocks(message);
        if blocks.is_empty() {
            continue;
        }
        match turns.last_mut() {
            Some((last, content)) if *last == role => content.extend(blocks),
            _ => turns.push((role, blocks)),
        }
    }
    turns.into_iter().map(|(role, content)| turn(role, content)).collect()
}

fn blocks(message: &Message) -> Vec<Object> {
    if message.role == Role::Tool {
        let mut block = typed("tool_result");
        block.insert("tool_use_id", &message.tool_call_id);
        block.insert("content", &message.text());
        return vec![block];
    }
    let mut blocks: Vec<Object> = match &message.content {
        None => Vec::new(),
        // Anthropic takes no empty text.
        Some(Content::Text(text)) if text.is_empty() => Vec::new(),
        Some(Content::Text(text)) => vec![text_block(text)],
        Some(Content::Parts(parts)) => parts
            .iter()
            .map(|part| match part {
                Part::Text { text } => text_block(text),
                Part::ImageUrl { image_url } => image_block(image_url),
            })
            .collect(),
    };
    for call in message.tool_calls.iter().flatten() {
        let mut block = typed("tool_use");
        block.insert("id", &call.id);
        block.insert("name", &call.function.name);
        let arguments = call.function.arguments.as_deref().and_then(raw).or_else(|| raw("{}"));
        block.insert("input", &arguments);
        blocks.push(block);
    }
    blocks
}

/// An image by its address, or the image itself when the address holds it.
fn image_block(image: &ImageUrl) -> Object {
    let mut source = typed("url");
    match super::image_data(&image.url) {
        Some((media_type, data)) => {
            source = typed("base64");
            source.insert("media_type", media_type);
            source.insert("data", data);
        }
        None => source.insert("url", &image.url),
    }
    let mut block = typed("image");
    block.insert("source", &source);
    block
}

/// A tool of v4, or of OpenAI's, as Anthropic has it; one that is Anthropic's already stays.
fn wire_tool(tool: &Object) -> Object {
    let inner: Option<Object> = tool.get("function").and_then(|inner| serde_json::from_str(inner.get()).ok());
    let tool = inner.as_ref().unwrap_or(tool);
    if tool.get("name").is_none() || tool.get("input_schema").is_some() || tool.get("type").is_some() {
        return tool.clone();
    }
    let mut wire: Object = tool.iter().filter(|(name, _)| ["name", "description"].contains(name)).collect();
    match tool.get("parameters") {
        Some(schema) => wire.insert("input_schema", schema),
        None => wire.insert("input_schema", &typed("object")),
    }
    wire
}

/// v4's choice of a tool, in Anthropic's words.
fn wire_choice(choice: &RawValue) -> Option<Object> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Choice {
        Word(String),
        Named { function: Function },
    }
    #[derive(Deserialize)]
    struct Function {
        name: String,
    }
    match serde_json::from_str(choice.get()) {
        Ok(Choice::Word(word)) => Some(typed(if word == "required" { "any" } else { &word })),
        Ok(Choice::Named { function }) => {
            let mut choice = typed("tool");
            choice.insert("name", &function.name);
            Some(choice)
        }
        Err(_) => serde_json::from_str(choice.get()).ok(),
    }
}
