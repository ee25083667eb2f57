//! Logs, messages and configs as answers have them: every field of v4 is there, `null` where there is nothing.

use humanloop_api::{Config, Message, ModelConfig, Object, ToolConfig, json};
use humanloop_store::FullLog;

use super::names;

/// Fields of a log that are answered even when there is nothing in them.
const OF_LOG: [&str; 31] = [
    "config",
    "config_id",
    "created_at",
    "duration",
    "environment",
    "error",
    "finish_reason",
    "inputs",
    "judgment",
    "messages",
    "metadata",
    "output",
    "output_cost",
    "output_message",
    "output_tokens",
    "parent_id",
    "parent_reference_id",
    "project",
    "prompt_cost",
    "prompt_tokens",
    "provider_latency",
    "provider_request",
    "provider_response",
    "raw_output",
    "reference_id",
    "session_reference_id",
    "source",
    "source_datapoint_id",
    "stdout",
    "tool_choice",
    "user",
];
const OF_MESSAGE: [&str; 6] = ["role", "content", "name", "tool_call_id", "tool_calls", "tool_call"];
/// Fields of a model config, with their defaults.
const OF_MODEL: [(&str, &str); 18] = [
    ("name", "null"),
    ("description", "null"),
    ("provider", "\"openai\""),
    ("endpoint", "\"complete\""),
    ("max_tokens", "-1"),
    ("temperature", "1"),
    ("top_p", "1"),
    ("presence_penalty", "0"),
    ("frequency_penalty", "0"),
    ("stop", "null"),
    ("seed", "null"),
    ("response_format", "null"),
    ("other", "{}"),
    ("prompt_template", "null"),
    ("chat_template", "null"),
    ("tools", "null"),
    ("tool_configs", "null"),
    ("template_language", "\"default\""),
];
const OF_TOOL: [&str; 9] = [
    "description",
    "source",
    "source_code",
    "parameters",
    "setup_schema",
    "signature",
    "preset_name",
    "other",
    "created_by",
];

/// A log in full.
pub(crate) fn log(full: FullLog) -> Object {
    let FullLog { id, session, parent, project, config: config_id, updated_at, log, feedback, .. } = full;
    let mut answer = Object::new();
    answer.insert("id", &names::log(id));
    answer.insert("project_id", &names::project(project));
    answer.insert("session_id", &names::session(session));
    let fields: Object = object(&log);
    for (name, value) in fields.iter() {
        answer.insert_raw(name, value.to_owned());
    }
    if let (Some(config), Some(id)) = (&log.config, &config_id) {
        answer.insert("config", &self::config(id, config));
        answer.insert("config_id", &names::config(id));
    }
    if let Some(parent) = parent {
        answer.insert("parent_id", &names::log(parent));
    }
    if let Some(messages) = &log.messages {
        answer.insert("messages", &messages.iter().map(message).collect::<Vec<_>>());
    }
    if let Some(said) = &log.output_message {
        answer.insert("output_message", &message(said));
    }
    let tokens = [log.prompt_tokens, log.output_tokens].into_iter().flatten().reduce(u64::saturating_add);
    answer.insert("tokens", &tokens);
    answer.insert("save", &log.save.unwrap_or(true));
    answer.insert("feedback", &feedback.iter().map(|(id, given)| self::feedback(*id, given)).collect::<Vec<_>>());
    answer.insert("updated_at", &updated_at);
    answer.insert("observability_status", "completed");
    for list in ["evaluation_results", "tools", "batch_ids"] {
        answer.insert(list, &[(); 0]);
    }
    add_missing(&mut answer, &OF_LOG);
    answer
}

/// A feedback with its id.
pub(crate) fn feedback(id: i64, given: &humanloop_api::Feedback) -> Object {
    let mut answer: Object = object(given);
    answer.insert("id", &names::feedback(id));
    add_missing(&mut answer, &["value", "data_id", "user", "created_at"]);
    answer
}

/// A message with all six keys.
pub(crate) fn message(message: &Message) -> Object {
    let mut answer = object(message);
    add_missing(&mut answer, &OF_MESSAGE);
    answer
}

/// A config with its id; the clients tell configs apart by `type`, and a tool's by its `status`.
pub(crate) fn config(id: &str, config: &Config) -> Object {
    let mut answer = Object::new();
    answer.insert("id", &names::config(id));
    match config {
        Config::Model(config) => model(id, config, &mut answer),
        Config::Tool(config) => tool(config, &mut answer),
    }
    answer
}

fn model(id: &str, config: &ModelConfig, answer: &mut Object) {
    answer.insert("type", "model");
    let fields: Object = object(config);
    for (name, value) in fields.iter() {
        answer.insert_raw(name, value.to_owned());
    }
    if config.name.is_none() {
        answer.insert("name", &generated_name(&config.model, id));
    }
    if let Some(template) = &config.chat_template {
        answer.insert("chat_template", &template.iter().map(message).collect::<Vec<_>>());
    }
    if let Some(tools) = &config.tools {
        let tools = tools.iter().enumerate().map(|(index, tool)| {
            let mut tool = tool.clone();
            if tool.get("id").is_none() {
                tool.insert("id", &format!("{}_tool_{index}", names::config(id)));
            }
            add_missing(&mut tool, &["name", "description", "parameters", "source"]);
            tool
        });
        answer.insert("tools", &tools.collect::<Vec<_>>());
    }
    for (name, default) in OF_MODEL {
        if answer.get(name).is_none_or(|value| value.get() == "null") {
            answer.insert_raw(name, humanloop_api::raw(default).unwrap_or_default());
        }
    }
}

fn tool(config: &ToolConfig, answer: &mut Object) {
    answer.insert("type", "tool");
    let fields: Object = object(config);
    for (name, value) in fields.iter() {
        answer.insert_raw(name, value.to_owned());
    }
    answer.insert("status", "committed");
    answer.insert("is_preset", &config.preset_name.is_some());
    add_missing(answer, &OF_TOOL);
}

/// The name that is shown for a config without one: that of the model, and four digits that tell versions apart.
pub(crate) fn generated_name(model: &str, id: &str) -> String {
    format!("{model} {}", id.get(..4).unwrap_or(id))
}

/// The JSON of something that is an object.
fn object(value: &impl serde::Serialize) -> Object {
    serde_json::from_str(json(value).get()).unwrap_or_default()
}

fn add_missing(object: &mut Object, names: &[&str]) {
    for name in names {
        if object.get(name).is_none() {
            object.insert(*name, &());
        }
    }
}
