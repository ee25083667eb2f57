//! Configs: what was called, versioned by its content (v4 document, sections 4.3 and 4.4).

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::value::RawValue;

use crate::{Message, Object};

/// What was called: a model with its parameters, or a tool with its source.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[expect(clippy::large_enum_variant, reason = "there is one in a log, and logs are on the heap")]
pub enum Config {
    /// A model and its parameters.
    Model(ModelConfig),
    /// A function.
    Tool(ToolConfig),
}

impl Config {
    /// The name that is shown for it: a tool's own, a model's given one or the model itself.
    pub fn name(&self) -> &str {
        match self {
            Self::Model(config) => config.name.as_deref().unwrap_or(&config.model),
            Self::Tool(config) => &config.name,
        }
    }

    /// The model's name; empty for a tool.
    pub fn model(&self) -> &str {
        match self {
            Self::Model(config) => &config.model,
            Self::Tool(_) => "",
        }
    }

    /// The source text of the function, where it is known.
    pub fn source_code(&self) -> Option<&str> {
        match self {
            Self::Model(config) => config.source_code.as_deref(),
            Self::Tool(config) => config.source_code.as_deref(),
        }
    }

    /// The description, where there is one.
    pub fn description(&self) -> Option<&str> {
        match self {
            Self::Model(config) => config.description.as_deref(),
            Self::Tool(config) => config.description.as_deref(),
        }
    }
}

impl From<ModelConfig> for Config {
    fn from(config: ModelConfig) -> Self {
        Self::Model(config)
    }
}

impl From<ToolConfig> for Config {
    fn from(config: ToolConfig) -> Self {
        Self::Tool(config)
    }
}

/// A config without `type` is a model config, as both official clients leave it out.
impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Tag {
            #[serde(rename = "type", default)]
            kind: Option<String>,
        }
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let tag: Tag = serde_json::from_str(raw.get()).map_err(D::Error::custom)?;
        match tag.kind.as_deref() {
            None | Some("model") => serde_json::from_str(raw.get()).map(Self::Model).map_err(D::Error::custom),
            Some("tool") => serde_json::from_str(raw.get()).map(Self::Tool).map_err(D::Error::custom),
            Some(other) => {
                Err(D::Error::custom(format!("config type `{other}` is not known: write `model` or `tool`")))
            }
        }
    }
}

/// A model and its parameters. Absent fields have the defaults of the v4 document.
///
/// ```
/// use humanloop_api::{Message, ModelConfig};
///
/// let config = ModelConfig {
///     temperature: Some(0.0),
///     max_tokens: Some(1),
///     chat_template: Some(vec![Message::user("{{user_request}}")]),
///     ..ModelConfig::new("gpt-4")
/// };
/// assert_eq!(config.model, "gpt-4");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// The provider's name of the model.
    pub model: String,
    /// A name to show.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// `openai`, `anthropic`, `google`, `mock`, …; default `openai`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provider: Option<String>,
    /// `chat` or `complete`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub endpoint: Option<String>,
    /// The most tokens to generate; -1: as many as fit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_tokens: Option<i64>,
    /// Sampling temperature.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub top_p: Option<f64>,
    /// Penalty for tokens that occurred.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub presence_penalty: Option<f64>,
    /// Penalty for tokens by how often they occurred.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub frequency_penalty: Option<f64>,
    /// Where to stop.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stop: Option<Stop>,
    /// Seed of the sampling.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seed: Option<i64>,
    /// The form of the answer: `{"type":"json_object"}` or a JSON schema.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub response_format: Option<Object>,
    /// How much a reasoning model thinks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reasoning_effort: Option<ReasoningEffort>,
    /// Further parameters, passed through to the provider.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub other: Option<Object>,
    /// **Ours**: anything else that belongs to the prompt; never sent to the provider.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attributes: Option<Object>,
    /// Template of a completion.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prompt_template: Option<String>,
    /// Template of a chat; put before the messages of the call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chat_template: Option<Vec<Message>>,
    /// Functions offered to the model, each a JSON object as v4 has it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tools: Option<Vec<Object>>,
    /// **Ours**: the source text of the annotated function that makes the call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source_code: Option<String>,
}

impl ModelConfig {
    /// A config of `model` with default parameters.
    pub fn new(model: impl Into<String>) -> Self {
        Self { model: model.into(), ..Self::default() }
    }
}

/// Where a model stops.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Stop {
    /// At one text.
    One(String),
    /// At the first of several.
    Many(Vec<String>),
}

/// How much a reasoning model thinks before it answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ReasoningEffort {
    /// In a word of the provider's: `low`, `medium`, `high`.
    Level(String),
    /// At most so many tokens.
    Budget(u64),
}

/// A function: its name, source text and parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolConfig {
    /// The name that is shown.
    pub name: String,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// JSON schema of the parameters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parameters: Option<Object>,
    /// The source text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source_code: Option<String>,
    /// `inline` or `organization`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// Anything else.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub other: Option<Object>,
    /// Name of a preset.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preset_name: Option<String>,
    /// Whether the model has to keep to the schema.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub strict: Option<bool>,
}

impl ToolConfig {
    /// A config of the function called `name`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// **Ours**: where an annotated function stands, beside its config. Not part of the version: code that only moved is
/// the same code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// The function's identifier.
    pub ident: String,
    /// Path of its module, `crate::module`.
    pub module: String,
    /// File, as the compiler names it.
    pub file: String,
    /// Line of the attribute, from 1.
    pub line: u32,
    /// Digest of the function's tokens, layout and comments apart: 32 hexadecimal digits.
    pub version: String,
    /// How faithful the source text is.
    pub source_kind: SourceKind,
}

/// How faithful a function's source text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// The text of the file, checked against what was compiled.
    Exact,
    /// The text of the file, as its author wrote it; another attribute rewrote it before it was compiled.
    Written,
    /// Printed from the compiler's tokens: right, but without comments and layout.
    Expanded,
    /// Left out on request, or not to be had.
    #[default]
    Hidden,
}
