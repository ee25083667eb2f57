//! The keys of a `.prompt` file's front matter: the parameters of the model.
//!
//! | key | value |
//! | --- | --- |
//! | `model` | a text; the only key that has to be there |
//! | `provider` | a text: `openai`, `anthropic`, `google`, `mock`, … |
//! | `endpoint` | `chat` or `complete` |
//! | `temperature` | a number from 0 to 2 |
//! | `max_tokens` | a whole number from 1; -1 is as many as fit |
//! | `top_p` | a number from 0 to 1 |
//! | `stop` | a text, or a list of texts |
//! | `presence_penalty`, `frequency_penalty` | a number from -2 to 2 |
//! | `seed` | a whole number |
//! | `response_format` | an object with the `type` `text`, `json_object` or `json_schema` |
//! | `reasoning_effort` | a text: `low`, `medium`, `high`, …; or a whole number of tokens |
//! | `tools` | a list of objects, each with a `name` of its own, and `description`, `parameters` (a JSON Schema), `strict` |
//! | `other` | an object: further parameters, for the provider |
//! | `attributes` | an object: anything else that belongs to the prompt |
//! | `template_language` | `default` |
//!
//! A key that is `null` is one that is not there.

use crate::mistake::Mistake;
use crate::suggest::nearest;
use crate::yaml::{Entry, Value};

/// All keys, in the order in which they are printed.
pub const KEYS: [&str; 16] = [
    "model",
    "provider",
    "endpoint",
    "temperature",
    "max_tokens",
    "top_p",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "response_format",
    "reasoning_effort",
    "tools",
    "other",
    "attributes",
    "template_language",
];

/// What is wrong with the value of a key, and what to write instead; for front matter and for the attribute's options.
///
/// ```
/// use humanloop_template::{front, yaml::Value};
///
/// assert_eq!(front::wrong("temperature", &Value::Float(0.7)), None);
/// assert_eq!(front::wrong("temperature", &Value::Int(3)).unwrap(), "`temperature` is a number from 0 to 2");
/// ```
pub fn wrong(key: &str, value: &Value) -> Option<String> {
    if *value == Value::Null {
        return None;
    }
    let number = |from: f64, to: f64| match value {
        Value::Int(number) => (from..=to).contains(&(*number as f64)),
        Value::Float(number) => (from..=to).contains(number),
        _ => false,
    };
    let (fits, wanted) = match key {
        "model" => (filled(value), "a text, the provider's name of a model"),
        "provider" => (filled(value), "a text, such as `openai`, `anthropic`, `google` or `mock`"),
        "endpoint" => return word(key, value, &["chat", "complete"]),
        "template_language" => return word(key, value, &["default"]),
        "temperature" => (number(0.0, 2.0), "a number from 0 to 2"),
        "top_p" => (number(0.0, 1.0), "a number from 0 to 1"),
        "presence_penalty" | "frequency_penalty" => (number(-2.0, 2.0), "a number from -2 to 2"),
        "max_tokens" => {
            (matches!(value, Value::Int(-1 | 1..)), "a whole number from 1, or -1 for as many tokens as fit")
        }
        "seed" => (matches!(value, Value::Int(_)), "a whole number"),
        "stop" => {
            // A line break alone is a good place to stop.
            let stop = |value: &Value| text(value).is_some_and(|text| !text.is_empty());
            (stop(value) || matches!(value, Value::List(items) if items.iter().all(stop)), "a text, or a list of texts")
        }
        "response_format" => {
            let kind = field(value, "type").and_then(text);
            let schema = kind != Some("json_schema") || matches!(field(value, "json_schema"), Some(Value::Map(_)));
            let known = matches!(kind, Some("text" | "json_object" | "json_schema"));
            (known && schema, r#"`{"type": "json_object"}`, or `{"type": "json_schema", "json_schema": {…}}`"#)
        }
        "reasoning_effort" => {
            (filled(value) || matches!(value, Value::Int(0..)), "`low`, `medium`, `high`, or a whole number of tokens")
        }
        "tools" => match value {
            Value::List(tools) => return wrong_tools(tools),
            _ => (false, TOOLS),
        },
        "other" | "attributes" => (matches!(value, Value::Map(_)), "an object"),
        _ => return None,
    };
    (!fits).then(|| format!("`{key}` is {wanted}"))
}

const TOOLS: &str = r#"a list of `{"name": …, "description": …, "parameters": {…}}`"#;

/// The first tool that is none, or has the name of one before it.
fn wrong_tools(tools: &[Value]) -> Option<String> {
    let mut names = Vec::new();
    tools.iter().find_map(|tool| {
        let Some(name) = field(tool, "name").or_else(|| field(tool, "id")).filter(|name| filled(name)).and_then(text)
        else {
            let inside = matches!(field(tool, "function"), Some(Value::Map(_)));
            let what = if inside { "; write what stands in `function` without the object around it" } else { "" };
            return Some(format!("`tools` is {TOOLS}{what}"));
        };
        let twin = names.contains(&name).then(|| format!("two tools are named `{name}`"));
        names.push(name);
        twin.or_else(|| wrong_tool(name, tool))
    })
}

/// Other keys are the provider's, but for those that are nearly one of ours.
fn wrong_tool(name: &str, tool: &Value) -> Option<String> {
    const KEYS: [&str; 5] = ["name", "description", "parameters", "strict", "source_code"];
    let Value::Map(entries) = tool else { return None };
    entries.iter().find_map(|(key, value)| {
        let wanted = match (key.as_str(), value) {
            (_, Value::Null) | ("description", Value::Text(_)) | ("parameters", Value::Map(_)) => return None,
            ("strict", Value::Bool(_)) => return None,
            ("description", _) => "a text",
            ("parameters", _) => "a JSON Schema, which is an object",
            ("strict", _) => "`true` or `false`",
            (key, _) if KEYS.contains(&key) => return None,
            (key, _) => {
                let near = nearest(key, KEYS)?;
                return Some(format!("the tool `{name}` has no `{key}`; did you mean `{near}`?"));
            }
        };
        Some(format!("`{key}` of the tool `{name}` is {wanted}"))
    })
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn filled(value: &Value) -> bool {
    text(value).is_some_and(|text| !text.trim().is_empty())
}

fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Map(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, value)| value),
        _ => None,
    }
}

fn word(key: &str, value: &Value, words: &[&str]) -> Option<String> {
    let list = format!("`{}`", words.join("` or `"));
    match value {
        Value::Text(word) if words.contains(&word.as_str()) => None,
        Value::Text(word) if key == "template_language" && word == "jinja" => {
            Some("the language `jinja` is not read: leave the key out, and write `{{variables}}` only".into())
        }
        Value::Text(word) => match nearest(word, words.iter().copied()) {
            Some(near) => Some(format!("`{key}` is {list}; did you mean `{near}`?")),
            None => Some(format!("`{key}` is {list}")),
        },
        _ => Some(format!("`{key}` is {list}")),
    }
}

/// Checks what front matter says; `end` is where a key that is missing would stand.
pub(crate) fn check(entries: &[Entry], end: usize, mistakes: &mut Vec<Mistake>) {
    for entry in entries {
        if KEYS.contains(&entry.key.as_str()) {
            if let Some(message) = wrong(&entry.key, &entry.value) {
                let span = if entry.span.is_empty() { entry.key_span.clone() } else { entry.span.clone() };
                mistakes.push(Mistake::new(span, message));
            }
        } else {
            let near = nearest(&entry.key, KEYS).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let message = format!(
                "`{}` is no key of a prompt{near} (a parameter that only the provider knows goes into `other: {{…}}`, anything else into `attributes: {{…}}`)",
                entry.key
            );
            mistakes.push(Mistake::new(entry.key_span.clone(), message));
        }
    }
    if !entries.iter().any(|entry| entry.key == "model" && entry.value != Value::Null) {
        mistakes.push(Mistake::new(end..end + 3, "`model` is missing; write `model: gpt-4o`, say, above this line"));
    }
}
