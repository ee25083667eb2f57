//! A session as OpenTelemetry spans: OTLP's JSON, in the words of the GenAI conventions and of OpenInference.

use std::collections::HashSet;

use humanloop_api::{Config, Kind, Log, Message, ModelConfig, Outcome, Role, ToolConfig};
use humanloop_store::{Error, FullLog, LogFilter, Reader, SessionSummary, Window};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// The file's text: what a collector takes at `/v1/traces` as `application/json`.
pub(super) fn of(store: &Reader, session: &SessionSummary) -> Result<String, Error> {
    let filter = LogFilter { session: Some(session.id), ..LogFilter::default() };
    let mut logs = store.list_full_logs(&filter, &Window::first(usize::MAX))?;
    logs.reverse(); // in the order they began
    let mut told = HashSet::new();
    let spans: Vec<Value> = logs.iter().map(|log| span(session, log, &mut told)).collect();
    let service = logs.first().and_then(|log| log.log.project.clone()).unwrap_or_else(|| "humanloop".into());
    let mut resource = Attributes::default();
    resource.text("service.name", Some(&service));
    resource.text("openinference.project.name", Some(&service));
    let scope = json!({ "name": "humanloop", "version": env!("CARGO_PKG_VERSION") });
    let spans = json!([{ "scope": scope, "spans": spans }]);
    Ok(json!({ "resourceSpans": [{ "resource": { "attributes": resource.0 }, "scopeSpans": spans }] }).to_string())
}

/// `told` knows the configs that were written: once for each is enough.
fn span(session: &SessionSummary, full: &FullLog, told: &mut HashSet<String>) -> Value {
    let log = &full.log;
    let start = log.created_at.map_or(0, humanloop_api::Timestamp::as_nanos);
    let lasted = log.duration.map_or(0, |seconds| (seconds * 1e9).round() as i64); // saturates
    let mut attributes = Attributes::default();
    of_session(&mut attributes, session, full);
    of_call(&mut attributes, full, told);
    let name = match log.config.as_deref() {
        Some(Config::Model(config)) => of_prompt(&mut attributes, log, config),
        config => of_function(&mut attributes, log, config),
    };
    let outcome = log.outcome();
    let message = log.error.as_deref().unwrap_or(outcome.word());
    let events = if outcome.is_bad() {
        let mut exception = Attributes::default();
        exception.text("exception.type", Some(outcome.word()));
        exception.text("exception.message", Some(message));
        let time = start.saturating_add(lasted).to_string();
        json!([{ "name": "exception", "timeUnixNano": time, "attributes": exception.0 }])
    } else {
        json!([])
    };
    let status = match outcome {
        Outcome::Ok => json!({ "code": 1 }),
        Outcome::Running => json!({}),
        _ => json!({ "code": 2, "message": message }),
    };
    let kind = if matches!(log.config.as_deref(), Some(Config::Model(_))) { CLIENT } else { INTERNAL };
    json!({
        "traceId": session.id.simple().to_string(),
        "spanId": span_id(full.id),
        "parentSpanId": full.parent.map(span_id).unwrap_or_default(),
        "name": name,
        "kind": kind,
        "startTimeUnixNano": start.to_string(),
        "endTimeUnixNano": start.saturating_add(lasted).to_string(),
        "attributes": attributes.0,
        "events": events,
        "status": status,
    })
}

const INTERNAL: u8 = 1;
const CLIENT: u8 = 3;

/// The half of a log's id that differs between logs of one moment.
fn span_id(log: Uuid) -> String {
    format!("{:016x}", log.as_u64_pair().1)
}

fn of_session(attributes: &mut Attributes, session: &SessionSummary, full: &FullLog) {
    let id = session.id.to_string();
    let named = full.session_reference.as_deref().unwrap_or(&id);
    attributes.text("session.id", Some(named));
    attributes.text("gen_ai.conversation.id", Some(named));
    attributes.text("user.id", full.log.user.as_deref());
    attributes.json("metadata", full.log.metadata.as_ref());
}

fn of_call(attributes: &mut Attributes, full: &FullLog, told: &mut HashSet<String>) {
    let log = &full.log;
    attributes.text("humanloop.version.id", full.config.as_deref());
    attributes.text("humanloop.project", log.project.as_deref());
    attributes.text("humanloop.reference_id", log.reference_id.as_deref());
    attributes.number("humanloop.sequence", log.sequence);
    if full.config.as_ref().is_some_and(|config| told.insert(config.clone())) {
        let mut config = log.config.as_deref().cloned();
        let source = match &mut config {
            Some(Config::Model(ModelConfig { source_code, .. }) | Config::Tool(ToolConfig { source_code, .. })) => {
                source_code.take()
            }
            None => None,
        };
        attributes.text("humanloop.source_code", source.as_deref());
        attributes.json("humanloop.config", config.as_ref());
    }
    if let Some(function) = log.function.as_deref() {
        attributes.text("code.function.name", Some(&format!("{}::{}", function.module, function.ident)));
        attributes.text("code.file.path", Some(&function.file));
        attributes.number("code.line.number", Some(u64::from(function.line)));
    }
    attributes.json("input.value", log.inputs.as_ref());
    attributes.text("input.mime_type", log.inputs.is_some().then_some("application/json"));
    attributes.text("output.value", log.output.as_deref());
    let is_json = log.output_format == Some(humanloop_api::OutputFormat::Json);
    let format = if is_json { "application/json" } else { "text/plain" };
    attributes.text("output.mime_type", log.output.is_some().then_some(format));
    let outcome = log.outcome();
    attributes.text("error.type", outcome.is_bad().then_some(outcome.word()));
}

/// Attributes of a model's call; the span's name.
fn of_prompt(attributes: &mut Attributes, log: &Log, config: &ModelConfig) -> String {
    let operation = if config.endpoint.as_deref() == Some("complete") { "text_completion" } else { "chat" };
    let provider = match config.provider.as_deref() {
        None => "openai",
        Some("openai_azure") => "azure.ai.openai",
        Some("google") => "gcp.gemini",
        Some(other) => other,
    };
    attributes.text("openinference.span.kind", Some("LLM"));
    attributes.text("gen_ai.operation.name", Some(operation));
    attributes.text("gen_ai.provider.name", Some(provider));
    for key in ["gen_ai.request.model", "llm.model_name"] {
        attributes.text(key, Some(&config.model));
    }
    attributes.float("gen_ai.request.temperature", config.temperature);
    attributes.float("gen_ai.request.top_p", config.top_p);
    attributes.number("gen_ai.request.max_tokens", config.max_tokens.and_then(|most| u64::try_from(most).ok()));
    attributes.float("gen_ai.response.time_to_first_chunk", log.first_token);
    attributes.texts("gen_ai.response.finish_reasons", log.finish_reason.as_slice());
    for (theirs, ours, tokens) in [
        ("gen_ai.usage.input_tokens", "llm.token_count.prompt", log.prompt_tokens),
        ("gen_ai.usage.output_tokens", "llm.token_count.completion", log.output_tokens),
    ] {
        attributes.number(theirs, tokens);
        attributes.number(ours, tokens);
    }
    attributes.float("llm.cost.prompt", log.prompt_cost);
    attributes.float("llm.cost.completion", log.output_cost);
    let asked: Vec<Value> = log.messages.iter().flatten().map(message).collect();
    attributes.json("gen_ai.input.messages", (!asked.is_empty()).then_some(&asked));
    let answer = log.output_message.as_ref().map(message).or_else(|| {
        log.output.as_ref().map(|text| json!({ "role": "assistant", "parts": [{ "type": "text", "content": text }] }))
    });
    let answer = answer.map(|mut answer| {
        answer["finish_reason"] = log.finish_reason.as_deref().unwrap_or("stop").into();
        [answer]
    });
    attributes.json("gen_ai.output.messages", answer.as_ref());
    format!("{operation} {}", config.model)
}

/// Attributes of a tool or a flow; the span's name.
fn of_function(attributes: &mut Attributes, log: &Log, config: Option<&Config>) -> String {
    let name = config.map(Config::name).or(log.project.as_deref()).unwrap_or("call");
    let (kind, operation, key) = match log.kind() {
        Kind::Flow => ("CHAIN", "invoke_workflow", "gen_ai.workflow.name"),
        Kind::Tool => ("TOOL", "execute_tool", "gen_ai.tool.name"),
        // A prompt without its config: what it asked is not known.
        Kind::Prompt => ("LLM", "chat", "gen_ai.request.model"),
    };
    attributes.text("openinference.span.kind", Some(kind));
    attributes.text("gen_ai.operation.name", Some(operation));
    attributes.text(key, Some(name));
    if kind == "TOOL" {
        attributes.text("tool.name", Some(name));
        attributes.text("gen_ai.tool.description", config.and_then(Config::description));
        attributes.json("gen_ai.tool.call.arguments", log.inputs.as_ref());
        attributes.text("gen_ai.tool.call.result", log.output.as_deref());
    }
    format!("{operation} {name}")
}

fn message(message: &Message) -> Value {
    let mut parts = Vec::new();
    let text = message.text();
    if message.role == Role::Tool {
        parts.push(json!({ "type": "tool_call_response", "id": message.tool_call_id, "response": text }));
    } else if !text.is_empty() {
        parts.push(json!({ "type": "text", "content": text }));
    }
    for call in message.tool_calls.iter().flatten() {
        // Arguments are JSON, as a text that may be broken.
        let arguments = call.function.arguments.as_deref().unwrap_or_default();
        let arguments = serde_json::from_str::<Value>(arguments).unwrap_or_else(|_| arguments.into());
        parts.push(json!({ "type": "tool_call", "id": call.id, "name": call.function.name, "arguments": arguments }));
    }
    json!({ "role": message.role, "parts": parts })
}

/// Attributes as OTLP has them; what is not known is left out.
#[derive(Default)]
struct Attributes(Vec<Value>);

impl Attributes {
    fn add(&mut self, key: &str, value: Option<Value>) {
        self.0.extend(value.map(|value| json!({ "key": key, "value": value })));
    }

    fn text(&mut self, key: &str, value: Option<&str>) {
        self.add(key, value.map(|value| json!({ "stringValue": value })));
    }

    /// A structured value, as a text.
    fn json(&mut self, key: &str, value: Option<&impl Serialize>) {
        self.text(key, value.map(|value| humanloop_api::json(value).get().to_owned()).as_deref());
    }

    fn number(&mut self, key: &str, value: Option<u64>) {
        self.add(key, value.map(|value| json!({ "intValue": value.to_string() })));
    }

    fn float(&mut self, key: &str, value: Option<f64>) {
        self.add(key, value.map(|value| json!({ "doubleValue": value })));
    }

    fn texts(&mut self, key: &str, values: &[String]) {
        let values: Vec<Value> = values.iter().map(|value| json!({ "stringValue": value })).collect();
        self.add(key, (!values.is_empty()).then(|| json!({ "arrayValue": { "values": values } })));
    }
}
