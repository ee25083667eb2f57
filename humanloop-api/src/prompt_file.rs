//! Model configs as `.prompt` files; the format is described in the crate `humanloop-template`.

use humanloop_template::yaml::Value;
use humanloop_template::{Body, Call, Message as Element, Mistakes, Part as Piece, PromptFile, Role as Speaker};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Content, FunctionCall, ImageUrl, Message, ModelConfig, Object, Part, ReasoningEffort, Role, Stop, ToolCall, json,
};

impl ModelConfig {
    /// Reads a `.prompt` file.
    ///
    /// # Errors
    ///
    /// All mistakes in it, each with its place.
    ///
    /// ```
    /// use humanloop_api::{Message, ModelConfig};
    ///
    /// let text = "---\nmodel: gpt-4o\ntemperature: 0.7\n---\n\n<user>\n  {{question}}\n</user>\n";
    /// let config = ModelConfig::from_prompt_file(text)?;
    /// assert_eq!(config.temperature, Some(0.7));
    /// assert_eq!(config.chat_template, Some(vec![Message::user("{{question}}")]));
    /// assert_eq!(config.to_prompt_file(), text);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_prompt_file(text: &str) -> Result<Self, Mistakes> {
        let file = PromptFile::parse(text)?;
        let get = |key: &str| file.get(key);
        let text = |key: &str| match get(key) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let whole = |key: &str| match get(key) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        };
        let number = |key: &str| match get(key) {
            Some(Value::Int(number)) => Some(*number as f64),
            Some(Value::Float(number)) => Some(*number),
            _ => None,
        };
        let object = |key: &str| get(key).and_then(object).filter(|object| !object.is_empty());
        let mut config = Self {
            provider: text("provider"),
            endpoint: text("endpoint"),
            temperature: number("temperature"),
            max_tokens: whole("max_tokens"),
            top_p: number("top_p"),
            stop: get("stop").and_then(stop),
            presence_penalty: number("presence_penalty"),
            frequency_penalty: number("frequency_penalty"),
            seed: whole("seed"),
            response_format: object("response_format"),
            reasoning_effort: text("reasoning_effort")
                .map(ReasoningEffort::Level)
                .or_else(|| u64::try_from(whole("reasoning_effort")?).ok().map(ReasoningEffort::Budget)),
            other: object("other"),
            attributes: object("attributes"),
            tools: match get("tools") {
                Some(Value::List(tools)) if !tools.is_empty() => Some(tools.iter().filter_map(self::object).collect()),
                _ => None,
            },
            ..Self::new(text("model").unwrap_or_default())
        };
        match file.body {
            Body::Text(text) => config.prompt_template = Some(text),
            Body::Messages(messages) => config.chat_template = Some(messages.into_iter().map(message).collect()),
        }
        Ok(config)
    }

    /// Prints a `.prompt` file that reads as this config. Its name, its description and the source of its function have
    /// no place there.
    pub fn to_prompt_file(&self) -> String {
        let mut front = Vec::new();
        let mut put = |key: &str, value: Option<Value>| front.extend(value.map(|value| (key.to_owned(), value)));
        let is_chat = self.chat_template.is_some();
        let endpoint = self.endpoint.clone().or_else(|| (!is_chat).then(|| "complete".into()));
        put("model", Some(Value::Text(self.model.clone())));
        put("provider", value(&self.provider));
        put("endpoint", value(&endpoint));
        put("temperature", value(&self.temperature));
        put("max_tokens", value(&self.max_tokens));
        put("top_p", value(&self.top_p));
        put("stop", value(&self.stop));
        put("presence_penalty", value(&self.presence_penalty));
        put("frequency_penalty", value(&self.frequency_penalty));
        put("seed", value(&self.seed));
        put("response_format", value(&self.response_format));
        put("reasoning_effort", value(&self.reasoning_effort));
        put("tools", value(&self.tools));
        put("other", value(&self.other));
        put("attributes", value(&self.attributes));
        let body = match &self.chat_template {
            Some(messages) => Body::Messages(messages.iter().map(element).collect()),
            None => Body::Text(self.prompt_template.clone().unwrap_or_default()),
        };
        PromptFile { front, body, variables: Vec::new() }.to_string()
    }
}

/// A field as YAML; JSON is YAML.
fn value(field: &Option<impl Serialize>) -> Option<Value> {
    Value::parse(json(field.as_ref()?).get()).ok()
}

fn object(value: &Value) -> Option<Object> {
    serde_json::from_str(&value.to_json()).ok()
}

fn stop(value: &Value) -> Option<Stop> {
    let text = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    match value {
        Value::List(items) => Some(Stop::Many(items.iter().filter_map(text).collect())),
        value => text(value).map(Stop::One),
    }
}

fn message(element: Element) -> Message {
    let role = match element.role {
        Speaker::System => Role::System,
        Speaker::User => Role::User,
        Speaker::Assistant => Role::Assistant,
        Speaker::Tool => Role::Tool,
    };
    let mut parts = element.parts;
    let content = match (parts.pop(), parts.is_empty()) {
        (None, _) => None,
        (Some(Piece::Text(text)), true) => Some(Content::Text(text)),
        (Some(last), _) => Some(Content::Parts(parts.into_iter().chain([last]).map(part).collect())),
    };
    let call = |Call { name, id, arguments }: Call| {
        let function = FunctionCall { name, arguments: Some(arguments) };
        ToolCall { id, kind: "function".into(), function }
    };
    let calls: Vec<ToolCall> = element.calls.into_iter().map(call).collect();
    Message {
        content,
        name: element.name,
        tool_call_id: element.id,
        tool_calls: (!calls.is_empty()).then_some(calls),
        ..Message::new(role, "")
    }
}

fn part(part: Piece) -> Part {
    match part {
        Piece::Text(text) => Part::Text { text },
        Piece::Image { url, detail } => Part::ImageUrl { image_url: ImageUrl { url, detail } },
    }
}

fn element(message: &Message) -> Element {
    let role = match message.role {
        Role::System => Speaker::System,
        Role::User => Speaker::User,
        Role::Assistant => Speaker::Assistant,
        Role::Tool => Speaker::Tool,
    };
    let parts = match &message.content {
        None => Vec::new(),
        Some(Content::Text(text)) => vec![Piece::Text(text.clone())],
        Some(Content::Parts(parts)) => parts
            .iter()
            .map(|part| match part {
                Part::Text { text } => Piece::Text(text.clone()),
                Part::ImageUrl { image_url: ImageUrl { url, detail } } => {
                    Piece::Image { url: url.clone(), detail: detail.clone() }
                }
            })
            .collect(),
    };
    let call = |call: &ToolCall| Call {
        name: call.function.name.clone(),
        id: call.id.clone(),
        arguments: call.function.arguments.clone().filter(|json| is_object(json)).unwrap_or_else(|| "{}".into()),
    };
    Element {
        role,
        name: message.name.clone(),
        id: message.tool_call_id.clone(),
        parts,
        calls: message.tool_calls.iter().flatten().map(call).collect(),
    }
}

fn is_object(json: &str) -> bool {
    serde_json::from_str::<&RawValue>(json).is_ok_and(|value| value.get().starts_with('{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_read_and_printed() {
        let text = r#"---
model: gpt-4o
provider: openai
endpoint: chat
temperature: 1
max_tokens: -1
top_p: 0.5
stop: END
presence_penalty: -2
frequency_penalty: 0.25
seed: 7
response_format: {"type": "json_object"}
reasoning_effort: low
tools: [{"name": "search", "parameters": {"type": "object"}}]
other: {"logit_bias": {"50256": -100}}
attributes: {"team": "search"}
---
<system>Be short.</system>
<user name="ada"><text>{{q}}</text><image url="{{url}}" detail="low"/></user>
<assistant><tool name="search" id="1">{"q": 1}</tool></assistant>
<tool id="1">found</tool>
"#;
        let config = ModelConfig::from_prompt_file(text).expect("no mistakes");
        assert_eq!((config.temperature, config.max_tokens, config.seed), (Some(1.0), Some(-1), Some(7)));
        assert_eq!(config.stop, Some(Stop::One("END".into())));
        assert_eq!(config.reasoning_effort, Some(ReasoningEffort::Level("low".into())));
        assert_eq!(config.tools.as_ref().map(Vec::len), Some(1));
        let messages = config.chat_template.as_ref().expect("a chat");
        assert_eq!(messages[0], Message::system("Be short."));
        assert!(matches!(&messages[1].content, Some(Content::Parts(parts)) if parts.len() == 2));
        assert_eq!((messages[2].content.as_ref(), messages[3].tool_call_id.as_deref()), (None, Some("1")));
        let again = ModelConfig::from_prompt_file(&config.to_prompt_file()).expect("it prints what it reads");
        assert_eq!(json(&again).get(), json(&config).get(), "{}", config.to_prompt_file());
    }

    #[test]
    fn a_completion_keeps_its_line_breaks() {
        let config =
            ModelConfig { prompt_template: Some("\nQ: {{q}}\nA:\n".into()), ..ModelConfig::new("davinci-002") };
        let again = ModelConfig::from_prompt_file(&config.to_prompt_file()).expect("it prints what it reads");
        assert_eq!(again.prompt_template, config.prompt_template);
    }
}
