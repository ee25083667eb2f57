//! OpenTelemetry spans as logs: what `humanloop export --otlp` writes, and what others write in the words of the GenAI conventions or
//! of OpenInference.

mod messages;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use humanloop_api::{Config, Function, Kind, Log, ModelConfig, Object, Outcome, OutputFormat, Timestamp, ToolConfig};
use serde_json::Value;

/// The logs of a file: one request of OTLP's JSON, or one on each line as the collector's file exporter writes it.
pub(super) fn logs(requests: &[Value]) -> Vec<Log> {
    let spans: Vec<Span<'_>> = requests.iter().flat_map(Span::all).collect();
    let parents: HashSet<String> = spans.iter().filter_map(Span::parent).collect();
    // A config of ours stands in the first span of its version.
    let mut configs = HashMap::new();
    for span in &spans {
        if let (Some(version), Some(config)) = (span.text("humanloop.version.id"), span.config_of_ours()) {
            configs.entry(version).or_insert_with(|| Arc::new(config));
        }
    }
    let references: HashMap<String, String> = spans.iter().map(|span| (span.id(), span.reference())).collect();
    let log = |(place, span): (usize, &Span<'_>)| {
        let mut log = span.log(parents.contains(&span.id()));
        log.sequence = span.number(&["humanloop.sequence"]).or(u64::try_from(place).ok());
        log.parent_reference_id = span.parent().map(|parent| references.get(&parent).cloned().unwrap_or(parent));
        let ours = span.text("humanloop.version.id").and_then(|version| configs.get(version));
        log.config = Some(ours.cloned().unwrap_or_else(|| span.config(log.kind()).into()));
        log
    };
    spans.iter().enumerate().map(log).collect()
}

/// A span with its attributes by name.
struct Span<'v> {
    fields: &'v Value,
    resource: BTreeMap<&'v str, Value>,
    attributes: BTreeMap<&'v str, Value>,
}

/// Attributes by name, each as plain JSON.
fn attributes(of: &Value) -> BTreeMap<&str, Value> {
    let all = of["attributes"].as_array().into_iter().flatten();
    all.filter_map(|one| Some((one["key"].as_str()?, plain(&one["value"])))).collect()
}

/// `{"intValue": "1"}` and its like as the value itself.
fn plain(value: &Value) -> Value {
    let Some((kind, value)) = value.as_object().and_then(|one| one.iter().next()) else { return Value::Null };
    match (kind.as_str(), value) {
        ("intValue", Value::String(digits)) => digits.parse::<i64>().map_or(Value::Null, Value::from),
        ("arrayValue", list) => list["values"].as_array().into_iter().flatten().map(plain).collect(),
        ("kvlistValue", list) => {
            let all = list["values"].as_array().into_iter().flatten();
            let pair = |one: &Value| Some((one["key"].as_str()?.to_owned(), plain(&one["value"])));
            Value::Object(all.filter_map(pair).collect())
        }
        (_, value) => value.clone(),
    }
}

/// Attributes that have a place of their own in a log; all others are kept as metadata.
const TAKEN: [&str; 12] = [
    "gen_ai.",
    "llm.",
    "openinference.",
    "input.",
    "output.",
    "session.id",
    "user.id",
    "metadata",
    "humanloop.",
    "code.",
    "error.type",
    "tool.",
];

impl<'v> Span<'v> {
    fn all(request: &'v Value) -> Vec<Self> {
        let list = |value: &'v Value, name: &str| value[name].as_array().into_iter().flatten();
        let of_resource = |resource: &'v Value| {
            let known = attributes(&resource["resource"]);
            let spans = list(resource, "scopeSpans").flat_map(move |scope| list(scope, "spans"));
            let span = |fields| Span { fields, resource: known.clone(), attributes: attributes(fields) };
            spans.map(span).collect::<Vec<_>>()
        };
        list(request, "resourceSpans").flat_map(of_resource).collect()
    }

    fn field(&self, name: &str) -> Option<&'v str> {
        self.fields[name].as_str().filter(|text| !text.is_empty())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).and_then(Value::as_str)
    }

    /// The first of these attributes that is a text.
    fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.text(name))
    }

    fn number(&self, names: &[&str]) -> Option<u64> {
        names.iter().find_map(|name| self.attributes.get(name)?.as_u64())
    }

    fn float(&self, name: &str) -> Option<f64> {
        self.attributes.get(name).and_then(Value::as_f64)
    }

    /// An attribute that is JSON in a text, or a value itself.
    fn value(&self, name: &str) -> Option<Value> {
        match self.attributes.get(name)? {
            Value::String(text) => serde_json::from_str(text).ok(),
            value => Some(value.clone()),
        }
    }

    /// Its id, which is unique in its trace only.
    fn id(&self) -> String {
        format!("{}-{}", self.field("traceId").unwrap_or_default(), self.field("spanId").unwrap_or_default())
    }

    /// Its name as a log: the one that it had as a log of ours, else its id.
    fn reference(&self) -> String {
        self.text("humanloop.reference_id").map_or_else(|| self.id(), Into::into)
    }

    fn parent(&self) -> Option<String> {
        Some(format!("{}-{}", self.field("traceId").unwrap_or_default(), self.field("parentSpanId")?))
    }

    fn nanos(&self, name: &str) -> Option<i64> {
        match &self.fields[name] {
            Value::String(digits) => digits.parse().ok(),
            number => number.as_i64(),
        }
    }

    fn kind(&self, has_children: bool) -> Kind {
        match (self.text("openinference.span.kind"), self.text("gen_ai.operation.name")) {
            (Some("LLM"), _) | (None, Some("chat" | "text_completion" | "generate_content")) => Kind::Prompt,
            (Some("CHAIN" | "AGENT"), _) | (None, Some("invoke_agent" | "invoke_workflow" | "create_agent")) => {
                Kind::Flow
            }
            (None, None) if has_children => Kind::Flow,
            _ => Kind::Tool,
        }
    }

    fn log(&self, has_children: bool) -> Log {
        let (start, end) = (self.nanos("startTimeUnixNano"), self.nanos("endTimeUnixNano"));
        let kind = self.kind(has_children);
        let outcome = self.outcome();
        let (output, output_format) = self.output();
        let named = self.first(&["session.id", "gen_ai.conversation.id"]).or(self.field("traceId"));
        let service = ["openinference.project.name", "service.name"].iter().find_map(|name| self.resource.get(name));
        let project = self.text("humanloop.project").or(service.and_then(Value::as_str)).unwrap_or("imported");
        let messages = messages::asked(self);
        Log {
            project: Some(project.into()),
            session_reference_id: named.map(Into::into),
            reference_id: Some(self.reference()),
            inputs: self.inputs(),
            output_message: messages::answered(self),
            messages: Some(messages).filter(|messages| !messages.is_empty()),
            output,
            output_format,
            error: outcome.is_bad().then(|| self.error()).flatten(),
            outcome: Some(outcome),
            kind: Some(kind),
            created_at: start.map(Timestamp),
            duration: start.zip(end).map(|(start, end)| end.saturating_sub(start).max(0) as f64 / 1e9),
            first_token: self.float("gen_ai.response.time_to_first_chunk"),
            prompt_tokens: self.number(&[
                "gen_ai.usage.input_tokens",
                "gen_ai.usage.prompt_tokens",
                "llm.token_count.prompt",
            ]),
            output_tokens: self.number(&[
                "gen_ai.usage.output_tokens",
                "gen_ai.usage.completion_tokens",
                "llm.token_count.completion",
            ]),
            prompt_cost: self.float("llm.cost.prompt"),
            output_cost: self.float("llm.cost.completion"),
            finish_reason: self
                .attributes
                .get("gen_ai.response.finish_reasons")
                .and_then(|reasons| Some(reasons[0].as_str()?.into()))
                .or(self.text("llm.finish_reason").map(Into::into)),
            user: self.text("user.id").map(Into::into),
            metadata: self.metadata(),
            function: self.function().map(Into::into),
            ..Log::default()
        }
    }

    fn inputs(&self) -> Option<Object> {
        let names = ["input.value", "gen_ai.tool.call.arguments"];
        let value = names.iter().find_map(|name| self.attributes.get(name)).filter(|value| !value.is_null())?;
        match value {
            // To the byte, where it is an object.
            Value::String(text) => {
                serde_json::from_str(text).ok().or_else(|| Some([("input", text)].into_iter().collect()))
            }
            Value::Object(fields) => Some(fields.iter().collect()),
            other => Some([("input", other)].into_iter().collect()),
        }
    }

    fn output(&self) -> (Option<String>, Option<OutputFormat>) {
        let value = ["output.value", "gen_ai.tool.call.result"].iter().find_map(|name| self.attributes.get(name));
        let text = match value {
            None => return (messages::answer_text(self), None),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let is_json =
            self.text("output.mime_type") == Some("application/json") || !matches!(value, Some(Value::String(_)));
        (Some(text), Some(if is_json { OutputFormat::Json } else { OutputFormat::Text }))
    }

    fn outcome(&self) -> Outcome {
        let code = &self.fields["status"]["code"];
        let is_error = *code == 2 || *code == "STATUS_CODE_ERROR";
        let word = self.text("error.type").unwrap_or_default();
        match [Outcome::Cancelled, Outcome::Interrupted, Outcome::Panicked].iter().find(|known| known.word() == word) {
            Some(outcome) => *outcome,
            None if is_error => Outcome::Failed,
            None => Outcome::Ok,
        }
    }

    /// What went wrong, in words; a span that has none but our word for the outcome has no error.
    fn error(&self) -> Option<String> {
        let message = self.fields["status"]["message"].as_str().filter(|text| !text.is_empty());
        let events =
            self.fields["events"].as_array().into_iter().flatten().filter(|event| event["name"] == "exception");
        let mut told =
            events.filter_map(|event| Some(attributes(event).get("exception.message")?.as_str()?.to_owned()));
        let words =
            message.map(Into::into).or_else(|| told.next_back()).or_else(|| self.text("error.type").map(Into::into));
        words.filter(|words| self.outcome() == Outcome::Failed || words != self.outcome().word())
    }

    fn metadata(&self) -> Option<Object> {
        let mut metadata: Object =
            self.text("metadata").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        for (name, value) in &self.attributes {
            if !TAKEN.iter().any(|taken| name.starts_with(taken)) {
                metadata.insert(*name, value);
            }
        }
        (!metadata.is_empty()).then_some(metadata)
    }

    fn function(&self) -> Option<Function> {
        let name = self.text("code.function.name")?;
        let (module, ident) = name.rsplit_once("::").unwrap_or(("", name));
        Some(Function {
            ident: ident.into(),
            module: module.into(),
            file: self.text("code.file.path").unwrap_or_default().into(),
            line: self.number(&["code.line.number"]).and_then(|line| line.try_into().ok()).unwrap_or(0),
            ..Function::default()
        })
    }

    /// What `humanloop export --otlp` writes once of each version.
    fn config_of_ours(&self) -> Option<Config> {
        let mut config = serde_json::from_str(self.text("humanloop.config")?).ok()?;
        let (Config::Model(ModelConfig { source_code, .. }) | Config::Tool(ToolConfig { source_code, .. })) =
            &mut config;
        *source_code = self.text("humanloop.source_code").map(Into::into);
        Some(config)
    }

    fn config(&self, kind: Kind) -> Config {
        let names = ["gen_ai.tool.name", "tool.name", "gen_ai.workflow.name", "gen_ai.agent.name"];
        let name = self.first(&names);
        let model = ["gen_ai.request.model", "llm.model_name", "gen_ai.response.model"];
        if kind != Kind::Prompt {
            let name = name.or(self.field("name")).unwrap_or("span");
            let description = self.first(&["gen_ai.tool.description", "tool.description"]).map(Into::into);
            return Config::Tool(ToolConfig { description, ..ToolConfig::new(name) });
        }
        let provider = self.first(&["gen_ai.provider.name", "gen_ai.system", "llm.provider"]).map(|provider| {
            let ours = match provider {
                "azure.ai.openai" | "azure.ai.inference" => "openai_azure",
                "gcp.gemini" | "gcp.vertex_ai" | "gcp.gen_ai" => "google",
                "aws.bedrock" => "bedrock",
                other => other,
            };
            ours.to_owned()
        });
        Config::Model(ModelConfig {
            name: name.map(Into::into),
            provider,
            endpoint: (self.text("gen_ai.operation.name") == Some("text_completion")).then(|| "complete".into()),
            temperature: self.float("gen_ai.request.temperature"),
            top_p: self.float("gen_ai.request.top_p"),
            max_tokens: self.number(&["gen_ai.request.max_tokens"]).and_then(|most| i64::try_from(most).ok()),
            ..ModelConfig::new(self.first(&model).unwrap_or("unknown"))
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use humanloop_api::Entry;
    use humanloop_store::Store;
    use serde_json::json;

    use super::*;

    /// The values in a value, itself first.
    fn places(value: &Value, place: &str, found: &mut Vec<String>) {
        found.push(place.to_owned());
        match value {
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| places(item, &format!("{place}/{at}"), found));
            }
            Value::Object(fields) => {
                fields.iter().for_each(|(name, item)| places(item, &format!("{place}/{name}"), found));
            }
            _ => {}
        }
    }

    #[test]
    fn whatever_stands_in_a_span_there_are_logs_that_the_store_takes_or_none() {
        let text = |key: &str, text: &str| json!({ "key": key, "value": { "stringValue": text } });
        let messages = json!([{ "role": "user", "parts": [{ "type": "text", "content": "hi" }, { "type": "tool_call", "id": "c", "name": "f", "arguments": {} }] }]);
        let spans = json!([{
            "traceId": "a", "spanId": "1", "parentSpanId": "0", "name": "n", "startTimeUnixNano": "1", "endTimeUnixNano": 9,
            "status": { "code": 2, "message": "m" },
            "events": [{ "name": "exception", "attributes": [text("exception.message", "e")] }],
            "attributes": [
                text("gen_ai.operation.name", "chat"), text("gen_ai.input.messages", &messages.to_string()),
                { "key": "gen_ai.output.messages", "value": { "arrayValue": { "values": [{ "kvlistValue": { "values": [text("role", "assistant")] } }] } } },
                { "key": "gen_ai.usage.input_tokens", "value": { "intValue": "7" } }, { "key": "llm.cost.prompt", "value": { "doubleValue": 0.5 } },
                text("humanloop.version.id", "v"), text("humanloop.config", "{\"model\":\"m\"}"), text("humanloop.source_code", "fn f() {}"),
                text("code.function.name", "a::b"), { "key": "code.line.number", "value": { "intValue": 3 } },
                text("input.value", "{\"q\":1}"), text("metadata", "{}"), text("session.id", "s"),
            ],
        }]);
        let whole = json!({ "resourceSpans": [{ "resource": { "attributes": [text("service.name", "x")] }, "scopeSpans": [{ "spans": spans }] }] });
        let mut found = Vec::new();
        places(&whole, "", &mut found);
        let odd = [
            json!(null),
            json!(-1),
            json!(u64::MAX),
            json!("\u{0}"),
            json!(""),
            json!([]),
            json!({}),
            json!([[null]]),
            json!({ "stringValue": 1 }),
            json!({ "intValue": "99999999999999999999" }),
            json!(1e300),
        ];
        let mut store = Store::in_memory().unwrap();
        let mut taken = 0;
        for place in &found {
            for odd in &odd {
                let mut request = whole.clone();
                *request.pointer_mut(place).unwrap() = odd.clone();
                let logs = logs(&[request]);
                taken += logs.len();
                store.ingest(&logs.into_iter().map(|log| Entry::Log(Box::new(log))).collect::<Vec<_>>()).unwrap();
            }
        }
        assert!(taken > found.len() * odd.len() / 2, "{taken} logs of {} requests", found.len() * odd.len());
        assert!(store.doctor().unwrap().problems.is_empty());
    }
}
