//! Google's Gemini API.

use humanloop_api::{Content, ImageUrl, Message, Object, Part, RawValue, ReasoningEffort, Role, Stop, raw};
use reqwest::Url;
use reqwest::header::HeaderName;
use serde::Deserialize;

use super::connection::{Connection, Service, Settings, settings};
use super::{BoxFuture, Input, Pieces, Provider, Request, Response, variable};
use crate::error::Error;
use crate::http::join;
use crate::response::Wire;

const KEY: &str = "GEMINI_API_KEY";
const BASE_URL: &str = "GEMINI_BASE_URL";

static SERVICE: Service = Service {
    name: "google",
    wire: Wire::Gemini,
    host: "generativelanguage.googleapis.com",
    path: "/v1beta",
    key: KEY,
    base_url: BASE_URL,
    header: (HeaderName::from_static("x-goog-api-key"), ""),
};

/// Google's Gemini models. The key travels in a header, never in the address.
///
/// Messages of the role `system`, wherever they stand, go in order into `systemInstruction`. What a config's `other`
/// holds is added at the top of the request; a `generationConfig` in it is joined with ours.
///
/// ```no_run
/// use humanloop_runtime::provider::Gemini;
///
/// let gemini = Gemini::from_env()?; // GEMINI_API_KEY or GOOGLE_API_KEY, GEMINI_BASE_URL
/// # Ok::<(), humanloop_runtime::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gemini {
    connection: Connection,
}

/// Settings of [`Gemini`].
#[derive(Clone, Debug, Default)]
pub struct GeminiBuilder {
    settings: Settings,
}

settings!(GeminiBuilder, "https://generativelanguage.googleapis.com/v1beta");

impl GeminiBuilder {
    /// The provider.
    ///
    /// # Errors
    ///
    /// When the key is missing and the address is Google's, and when address or key cannot be used.
    pub fn build(self) -> Result<Gemini, Error> {
        Ok(Gemini { connection: Connection::new(&SERVICE, &self.settings)? })
    }
}

impl Gemini {
    /// As `GEMINI_API_KEY` (else `GOOGLE_API_KEY`) and `GEMINI_BASE_URL` say.
    ///
    /// # Errors
    ///
    /// As [`GeminiBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        Self::with(variable(KEY).or_else(|| variable("GOOGLE_API_KEY")))
    }

    pub(super) fn with(api_key: Option<String>) -> Result<Self, Error> {
        GeminiBuilder { settings: Settings { api_key, base_url: variable(BASE_URL), ..Settings::default() } }.build()
    }

    /// Settings in code; the environment is not looked at.
    pub fn builder() -> GeminiBuilder {
        GeminiBuilder::default()
    }

    fn path(request: &Request, call: &str) -> [String; 2] {
        let model = request.config.model.trim_start_matches("models/");
        ["models".into(), format!("{model}:{call}")]
    }

    async fn ask(&self, request: Request) -> Result<Response, Error> {
        let [models, call] = Self::path(&request, "generateContent");
        self.connection.ask(&[&models, &call], &self.body(&request)).await
    }

    async fn ask_for_pieces(&self, request: Request) -> Result<Pieces, Error> {
        let [models, call] = Self::path(&request, "streamGenerateContent");
        let mut url: Url = join(&self.connection.url, &[&models, &call]);
        url.set_query(Some("alt=sse"));
        self.connection.stream(url, &self.body(&request)).await
    }
}

impl Provider for Gemini {
    fn name(&self) -> &str {
        SERVICE.name
    }

    fn body(&self, request: &Request) -> Object {
        let config = &request.config;
        let mut body = Object::new();
        match &request.input {
            Input::Text(text) => body.insert("contents", &[turn("user", vec![text_part(text)])]),
            Input::Messages(messages) => {
                let system: Vec<Object> = messages
                    .iter()
                    .filter(|message| message.role == Role::System)
                    .map(|message| text_part(&message.text()))
                    .collect();
                if !system.is_empty() {
                    body.insert("systemInstruction", &[("parts", system)].into_iter().collect::<Object>());
                }
                body.insert("contents", &turns(messages));
            }
        }
        if let Some(tools) = config.tools.as_ref().filter(|tools| !tools.is_empty()) {
            let declarations: Vec<Object> = tools.iter().map(wire_tool).collect();
            body.insert("tools", &[[("functionDeclarations", declarations)].into_iter().collect::<Object>()]);
        }
        if let Some(choice) = request.tool_choice.as_deref().and_then(wire_choice) {
            body.insert("toolConfig", &[("functionCallingConfig", choice)].into_iter().collect::<Object>());
        }
        let mut generation = generation_config(request);
        for (name, value) in config.other.iter().flat_map(Object::iter) {
            match serde_json::from_str::<Object>(value.get()) {
                Ok(further) if name == "generationConfig" => {
                    for (name, value) in further.iter() {
                        generation.insert(name, value);
                    }
                }
                _ => body.insert(name, value),
            }
        }
        if !generation.is_empty() {
            body.insert("generationConfig", &generation);
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

fn generation_config(request: &Request) -> Object {
    let config = &request.config;
    let mut generation = Object::new();
    for (name, value) in [
        ("temperature", config.temperature),
        ("topP", config.top_p),
        ("presencePenalty", config.presence_penalty),
        ("frequencyPenalty", config.frequency_penalty),
    ] {
        if let Some(value) = value {
            generation.insert(name, &value);
        }
    }
    if let Some(tokens) = config.max_tokens.filter(|tokens| *tokens >= 0) {
        generation.insert("maxOutputTokens", &tokens);
    }
    match &config.stop {
        Some(Stop::One(text)) => generation.insert("stopSequences", &[text]),
        Some(Stop::Many(texts)) if !texts.is_empty() => generation.insert("stopSequences", texts),
        _ => {}
    }
    if let Some(seed) = config.seed {
        generation.insert("seed", &seed);
    }
    if request.samples > 1 {
        generation.insert("candidateCount", &request.samples);
    }
    let mut thinking = Object::new();
    match &config.reasoning_effort {
        Some(ReasoningEffort::Level(level)) => thinking.insert("thinkingLevel", level),
        Some(ReasoningEffort::Budget(tokens)) => thinking.insert("thinkingBudget", tokens),
        None => {}
    }
    if !thinking.is_empty() {
        generation.insert("thinkingConfig", &thinking);
    }
    if let Some(format) = &config.response_format {
        generation.insert("responseMimeType", "application/json");
        if let Some(schema) = super::schema_of(format) {
            generation.insert_raw("responseJsonSchema", schema);
        }
    }
    generation
}

fn turn(role: &str, parts: Vec<Object>) -> Object {
    let mut turn = Object::new();
    turn.insert("role", role);
    turn.insert("parts", &parts);
    turn
}

fn text_part(text: &str) -> Object {
    [("text", text)].into_iter().collect()
}

/// The conversation without its system messages; results of tools that follow each other belong into one turn.
fn turns(messages: &[Message]) -> Vec<Object> {
    let mut turns: Vec<(&str, Vec<Object>)> = Vec::new();
    for (place, message) in messages.iter().enumerate().filter(|(_, message)| message.role != Role::System) {
        let role = if message.role == Role::Assistant { "model" } else { "user" };
        let parts = parts(message, &messages[..place]);
        match turns.last_mut() {
            Some((last, content)) if *last == role => content.extend(parts),
            _ => turns.push((role, parts)),
        }
    }
    turns.into_iter().filter(|(_, parts)| !parts.is_empty()).map(|(role, parts)| turn(role, parts)).collect()
}

fn parts(message: &Message, before: &[Message]) -> Vec<Object> {
    if message.role == Role::Tool {
        // Google names the function, where v4 names the call.
        let id = message.tool_call_id.as_deref().unwrap_or_default();
        let calls = before.iter().rev().filter_map(|message| message.tool_calls.as_ref()).flatten();
        let called = calls.filter(|call| call.id == id).map(|call| call.function.name.as_str()).next();
        let name = message.name.as_deref().or(called).unwrap_or(id);
        let text = message.text();
        // It wants an object.
        let result: Object =
            serde_json::from_str(&text).unwrap_or_else(|_| [("result", text.as_str())].into_iter().collect());
        let mut response = Object::new();
        response.insert("name", name);
        response.insert("response", &result);
        return vec![[("functionResponse", response)].into_iter().collect()];
    }
    let mut parts: Vec<Object> = match &message.content {
        None => Vec::new(),
        Some(Content::Text(text)) if text.is_empty() => Vec::new(),
        Some(Content::Text(text)) => vec![text_part(text)],
        Some(Content::Parts(parts)) => parts
            .iter()
            .map(|part| match part {
                Part::Text { text } => text_part(text),
                Part::ImageUrl { image_url } => image_part(image_url),
            })
            .collect(),
    };
    for call in message.tool_calls.iter().flatten() {
        let mut wire = Object::new();
        wire.insert("name", &call.function.name);
        wire.insert("args", &call.function.arguments.as_deref().and_then(raw).or_else(|| raw("{}")));
        parts.push([("functionCall", wire)].into_iter().collect());
    }
    parts
}

/// An image by its address, or the image itself when the address holds it.
fn image_part(image: &ImageUrl) -> Object {
    let mut part = Object::new();
    let mut data = Object::new();
    match super::image_data(&image.url) {
        Some((media_type, bytes)) => {
            data.insert("mimeType", media_type);
            data.insert("data", bytes);
            part.insert("inlineData", &data);
        }
        None => {
            data.insert("fileUri", &image.url);
            part.insert("fileData", &data);
        }
    }
    part
}

/// A tool of v4, or of OpenAI's, as Google has it.
fn wire_tool(tool: &Object) -> Object {
    let inner: Option<Object> = tool.get("function").and_then(|inner| serde_json::from_str(inner.get()).ok());
    let tool = inner.as_ref().unwrap_or(tool);
    let mut wire: Object = tool.iter().filter(|(name, _)| ["name", "description"].contains(name)).collect();
    if let Some(schema) = tool.get("parameters") {
        wire.insert("parametersJsonSchema", schema);
    }
    wire
}

/// v4's choice of a tool, in Google's words.
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
    let mut wire = Object::new();
    match serde_json::from_str(choice.get()).ok()? {
        Choice::Word(word) => {
            let mode = match word.as_str() {
                "required" => "ANY",
                "none" => "NONE",
                _ => "AUTO",
            };
            wire.insert("mode", mode);
        }
        Choice::Named { function } => {
            wire.insert("mode", "ANY");
            wire.insert("allowedFunctionNames", &[function.name]);
        }
    }
    Some(wire)
}
