//! An annotated function, as its expansion describes it: one `static` a function, of which its logs share the config.

use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::Mutex;

use humanloop_api::{self as api, Config, Kind, ModelConfig, Object, ReasoningEffort, SourceKind, Stop, ToolConfig};
use serde::de::DeserializeOwned;

use crate::pipeline::lock;
use crate::template_message::TemplateMessage;

/// What the compiler knew of an annotated function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    pub(crate) kind: Kind,
    pub(crate) ident: &'static str,
    module: &'static str,
    pub(crate) place: &'static Location<'static>,
    source: Source,
    pub(crate) version: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    pub(crate) name: Option<&'static str>,
    project: Option<&'static str>,
    description: Option<&'static str>,
    pub(crate) prompt: Option<&'static Template>,
}

/// The function's text, and how faithful it is.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// The text of the file, checked against what was compiled.
    Exact(&'static str),
    /// The text of the file; another attribute rewrote it before it was compiled.
    Written(&'static str),
    /// Printed from the compiler's tokens.
    Expanded(&'static str),
    /// Left out.
    Hidden,
}

impl Function {
    /// A function with neither options nor documentation, which stands where this is called; `parameters` are names and types.
    #[track_caller]
    pub const fn new(
        kind: Kind,
        ident: &'static str,
        module: &'static str,
        source: Source,
        version: &'static str,
        parameters: &'static [(&'static str, &'static str)],
    ) -> Self {
        let (name, project, description, prompt) = (None, None, None, None);
        let place = Location::caller();
        Self { kind, ident, module, place, source, version, parameters, name, project, description, prompt }
    }

    /// The option `name`.
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// The option `project`.
    pub const fn project(mut self, project: &'static str) -> Self {
        self.project = Some(project);
        self
    }

    /// The option `description`, else the doc comment.
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// The model config of a prompt.
    pub const fn prompt(mut self, template: &'static Template) -> Self {
        self.prompt = Some(template);
        self
    }

    /// The project its logs gather in: the option, else the function's own identifier.
    pub(crate) fn project_name(&self) -> &'static str {
        self.project.unwrap_or(self.ident)
    }

    fn source(&self) -> (SourceKind, Option<String>) {
        match self.source {
            Source::Exact(text) => (SourceKind::Exact, Some(text.into())),
            Source::Written(text) => (SourceKind::Written, Some(text.into())),
            Source::Expanded(text) => (SourceKind::Expanded, Some(text.into())),
            Source::Hidden => (SourceKind::Hidden, None),
        }
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> api::Function {
        api::Function {
            ident: self.ident.into(),
            module: self.module.into(),
            file: self.place.file().into(),
            line: self.place.line(),
            version: self.version.into(),
            source_kind: self.source().0,
        }
    }

    /// What is called: a model config for a prompt with a model, else a tool config.
    pub(crate) fn config(&self) -> Config {
        let source_code = self.source().1;
        let description = self.description.map(String::from);
        match &self.prompt {
            Some(template) => Config::Model(ModelConfig {
                name: Some(self.name.unwrap_or(self.ident).into()),
                description,
                source_code,
                ..template.config()
            }),
            None => Config::Tool(ToolConfig {
                description,
                source_code,
                parameters: Some(schema::of_parameters(self.parameters)),
                ..ToolConfig::new(self.name.unwrap_or(self.ident))
            }),
        }
    }
}

/// The model config of a prompt, as its attribute gives it.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    model: &'static str,
    provider: Option<&'static str>,
    endpoint: Option<&'static str>,
    temperature: Option<f64>,
    max_tokens: Option<i64>,
    top_p: Option<f64>,
    stop: Option<&'static [&'static str]>,
    presence_penalty: Option<f64>,
    frequency_penalty: Option<f64>,
    seed: Option<i64>,
    template: Option<&'static str>,
    chat: Option<&'static [TemplateMessage]>,
    file: Option<&'static str>,
    reasoning_effort: Option<&'static str>,
    response_format: Option<&'static str>,
    tools: Option<&'static str>,
    other: Option<&'static str>,
}

macro_rules! options {
    ($($name:ident: $type:ty),* $(,)?) => {
        $(
            #[doc = concat!("The option `", stringify!($name), "`.")]
            pub const fn $name(mut self, $name: $type) -> Self {
                self.$name = Some($name);
                self
            }
        )*
    };
}

impl Template {
    /// A model with its default parameters.
    pub const fn new(model: &'static str) -> Self {
        Self {
            model,
            provider: None,
            endpoint: None,
            temperature: None,
            max_tokens: None,
            top_p: None,
            stop: None,
            presence_penalty: None,
            frequency_penalty: None,
            seed: None,
            template: None,
            chat: None,
            file: None,
            reasoning_effort: None,
            response_format: None,
            tools: None,
            other: None,
        }
    }

    options! {
        provider: &'static str,
        endpoint: &'static str,
        temperature: f64,
        max_tokens: i64,
        top_p: f64,
        stop: &'static [&'static str],
        presence_penalty: f64,
        frequency_penalty: f64,
        seed: i64,
        template: &'static str,
        chat: &'static [TemplateMessage],
        file: &'static str,
        reasoning_effort: &'static str,
        response_format: &'static str,
        tools: &'static str,
        other: &'static str,
    }

    /// The text of the template, or of its file.
    pub(crate) const fn text(&self) -> Option<&'static str> {
        match self.template {
            Some(text) => Some(text),
            None => self.file,
        }
    }

    /// The messages of a chat.
    pub(crate) const fn messages(&self) -> &'static [TemplateMessage] {
        match self.chat {
            Some(messages) => messages,
            None => &[],
        }
    }

    /// The model's name.
    pub(crate) fn model(&self) -> String {
        if self.model.is_empty() { self.config().model } else { self.model.into() }
    }

    /// The option whose JSON is none, and why. The macro has looked into literals, not into constants.
    #[cfg(feature = "http")]
    pub(crate) fn wrong_json(&self) -> Option<(&'static str, String)> {
        fn wrong<T: DeserializeOwned>(text: Option<&'static str>) -> Option<String> {
            Some(serde_json::from_str::<T>(text?).err()?.to_string())
        }
        let object = [("response_format", self.response_format), ("other", self.other)]
            .into_iter()
            .find_map(|(name, text)| Some((name, format!("it is no JSON object: {}", wrong::<Object>(text)?))));
        let list = || Some(("tools", format!("it is no JSON list of objects: {}", wrong::<Vec<Object>>(self.tools)?)));
        object.or_else(list)
    }

    /// The config of the wire: what the file says, and above it what the attribute says.
    pub(crate) fn config(&self) -> ModelConfig {
        let file = self.file.map(file_config).unwrap_or_default();
        let chat = self.chat.map(|messages| messages.iter().map(TemplateMessage::message).collect());
        let texts = self.template.is_some() || chat.is_some();
        // A number is a budget of tokens.
        let effort = self.reasoning_effort.map(|text| match text.parse() {
            Ok(tokens) => ReasoningEffort::Budget(tokens),
            Err(_) => ReasoningEffort::Level(text.into()),
        });
        ModelConfig {
            model: if self.model.is_empty() { file.model } else { self.model.into() },
            provider: self.provider.map(String::from).or(file.provider),
            endpoint: self.endpoint.map(String::from).or(file.endpoint),
            temperature: self.temperature.or(file.temperature),
            max_tokens: self.max_tokens.or(file.max_tokens),
            top_p: self.top_p.or(file.top_p),
            stop: self.stop.map(|stops| Stop::Many(stops.iter().map(ToString::to_string).collect())).or(file.stop),
            presence_penalty: self.presence_penalty.or(file.presence_penalty),
            frequency_penalty: self.frequency_penalty.or(file.frequency_penalty),
            seed: self.seed.or(file.seed),
            reasoning_effort: effort.or(file.reasoning_effort),
            response_format: self.response_format.and_then(parsed).or(file.response_format),
            tools: self.tools.and_then(parsed).or(file.tools),
            other: self.other.and_then(parsed).or(file.other),
            attributes: file.attributes,
            prompt_template: self.template.map(String::from).or(file.prompt_template.filter(|_| !texts)),
            chat_template: chat.or(file.chat_template.filter(|_| !texts)),
            ..ModelConfig::default()
        }
    }
}

/// JSON of an option; what is none has been told by the macro, or is told by [`Template::wrong_json`].
fn parsed<T: DeserializeOwned>(json: &'static str) -> Option<T> {
    serde_json::from_str(json).ok()
}

/// The config of a `.prompt` file, or of a plain text: a completion. Each text is read once; the macro has checked it.
fn file_config(text: &'static str) -> ModelConfig {
    static READ: Mutex<BTreeMap<&'static str, ModelConfig>> = Mutex::new(BTreeMap::new());
    let read = |text: &str| {
        let plain = || ModelConfig { prompt_template: Some(text.into()), ..ModelConfig::default() };
        ModelConfig::from_prompt_file(text).unwrap_or_else(|_| plain())
    };
    lock(&READ).entry(text).or_insert_with(|| read(text)).clone()
}

/// JSON schema of parameters, from the types as they are written; a type that is not known by its spelling is left
/// open. `x-rust-type` holds the type itself.
mod schema {
    use super::Object;

    pub(super) fn of_parameters(parameters: &[(&'static str, &'static str)]) -> Object {
        let properties: Object = parameters.iter().map(|(name, rust)| (*name, of_type(rust))).collect();
        let required: Vec<&str> = parameters
            .iter()
            .filter(|(_, rust)| inside(&squeeze(rust), "Option").is_none())
            .map(|(name, _)| *name)
            .collect();
        let mut schema = Object::new();
        schema.insert("type", "object");
        schema.insert("properties", &properties);
        schema.insert("required", &required);
        schema
    }

    fn of_type(rust: &str) -> Object {
        let mut schema = of_spelling(&squeeze(rust));
        schema.insert("x-rust-type", rust);
        schema
    }

    fn of_spelling(rust: &str) -> Object {
        let rust =
            rust.strip_prefix('&').map_or(rust, |rest| rest.trim_start_matches("'_ ").trim_start_matches("mut "));
        let mut schema = Object::new();
        match rust {
            "str" | "String" | "char" | "Path" | "PathBuf" => schema.insert("type", "string"),
            "bool" => schema.insert("type", "boolean"),
            "f32" | "f64" => schema.insert("type", "number"),
            "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => {
                schema.insert("type", "integer");
            }
            _ => {
                if let Some(item) = inside(rust, "Option") {
                    return of_spelling(item);
                }
                let item =
                    inside(rust, "Vec").or_else(|| rust.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')));
                if let Some(item) = item {
                    schema.insert("type", "array");
                    schema.insert("items", &of_spelling(item));
                }
            }
        }
        schema
    }

    /// `T` of `name<T>`.
    fn inside<'a>(rust: &'a str, name: &str) -> Option<&'a str> {
        rust.strip_prefix(name)?.strip_prefix('<')?.strip_suffix('>')
    }

    /// The compiler's spacing between tokens taken out, but for the blank that two words need.
    fn squeeze(rust: &str) -> String {
        let mut out = String::with_capacity(rust.len());
        for word in rust.split_whitespace() {
            let glued = out.chars().next_back().is_some_and(char::is_alphanumeric)
                && word.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            if glued {
                out.push(' ');
            }
            out.push_str(word);
        }
        out
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn known_spellings_have_a_schema_and_others_are_open() {
            let schema =
                of_parameters(&[("q", "& str"), ("limit", "Option < u32 >"), ("tags", "Vec<String>"), ("db", "&Pool")]);
            let text = serde_json::to_string(&schema).expect("serializes");
            assert_eq!(
                text,
                r#"{"type":"object","properties":{"q":{"type":"string","x-rust-type":"& str"},"limit":{"type":"integer","x-rust-type":"Option < u32 >"},"tags":{"type":"array","items":{"type":"string"},"x-rust-type":"Vec<String>"},"db":{"x-rust-type":"&Pool"}},"required":["q","tags","db"]}"#
            );
        }
    }
}
