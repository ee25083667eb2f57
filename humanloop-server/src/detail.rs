//! One log in full, for people.

use std::fmt::Write;

use humanloop_api::{Config, Log, Message, Object, OutputFormat, RawValue, SourceKind};
use humanloop_store::text::{Style, local, nanoseconds, plain, plain_lines};

/// The log, section by section; a section without content is left out.
pub(crate) fn of(log: &Log, style: Style) -> String {
    let mut out = String::new();
    let name = log.config.as_deref().map_or("log", Config::name);
    let _ = writeln!(out, "{}  {} · {}", style.bold(&plain(name)), log.kind().word(), outcome(log, style));
    for (label, value) in facts(log) {
        let _ = writeln!(out, "{} {}", style.dim(&format!("{label:<9}")), plain(&value));
    }
    section(&mut out, style, "Error", log.error.as_deref());
    if let Some(inputs) = log.inputs.as_ref().filter(|inputs| !inputs.is_empty()) {
        section(&mut out, style, "Inputs", Some(&members(inputs)));
    }
    let messages: Vec<String> = log.messages.iter().flatten().map(message).collect();
    section(&mut out, style, "Messages", (!messages.is_empty()).then(|| messages.join("\n")).as_deref());
    section(&mut out, style, "Output", log.output.as_deref().map(|output| shown_output(log, output)).as_deref());
    if let Some(Config::Model(config)) = log.config.as_deref() {
        let mut config = config.clone();
        let source = config.source_code.take();
        section(&mut out, style, "Model config", Some(&pretty(&humanloop_api::json(&config))));
        code(&mut out, style, log, source.as_deref());
    } else {
        code(&mut out, style, log, log.config.as_deref().and_then(Config::source_code));
    }
    if let Some(metadata) = log.metadata.as_ref().filter(|metadata| !metadata.is_empty()) {
        section(&mut out, style, "Metadata", Some(&members(metadata)));
    }
    for feedback in log.feedback.clone().map(humanloop_api::OneOrMany::into_vec).unwrap_or_default() {
        section(&mut out, style, "Feedback", Some(&pretty(&humanloop_api::json(&feedback))));
    }
    out
}

fn outcome(log: &Log, style: Style) -> String {
    style.paint(if log.outcome().is_bad() { "31" } else { "32" }, log.outcome().word())
}

/// Short facts, a line each.
fn facts(log: &Log) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut fact = |label, value: Option<String>| facts.extend(value.map(|value| (label, value)));
    fact("project", log.project.clone());
    fact("what", log.config.as_deref().and_then(Config::description).map(String::from));
    if let Some(Config::Model(config)) = log.config.as_deref() {
        fact("model", Some(config.model.clone()));
    }
    let lasted = |text: String| match log.duration {
        Some(seconds) => format!("{text}, took {}", nanoseconds((seconds * 1e9).round() as i64)),
        None => text,
    };
    fact("started", log.created_at.map(local).map(lasted));
    if log.prompt_tokens.is_some() || log.output_tokens.is_some() {
        let (prompt, output) = (log.prompt_tokens.unwrap_or(0), log.output_tokens.unwrap_or(0));
        fact("tokens", Some(format!("{prompt} prompt → {output} output")));
    }
    fact("finished", log.finish_reason.clone());
    fact(
        "where",
        log.function.as_ref().map(|function| format!("{}:{} ({})", function.file, function.line, function.module)),
    );
    fact("version", log.function.as_ref().map(|function| function.version.clone()));
    fact("id", log.reference_id.clone());
    fact("parent", log.parent_reference_id.clone());
    let unbound = log.unbound.unwrap_or_default().then_some(" (opened by this call, which ran outside of any)");
    fact("session", log.session_reference_id.clone().map(|session| session + unbound.unwrap_or_default()));
    facts
}

fn code(out: &mut String, style: Style, log: &Log, source: Option<&str>) {
    let title = match log.function.as_ref().map(|function| function.source_kind) {
        Some(SourceKind::Expanded) => "Source (printed from the compiler's tokens)",
        Some(SourceKind::Written) => "Source (as written, before another macro)",
        _ => "Source",
    };
    section(out, style, title, source);
}

fn section(out: &mut String, style: Style, title: &str, text: Option<&str>) {
    if let Some(text) = text {
        let _ = write!(out, "\n{}\n", style.bold(title));
        for line in plain_lines(text).lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
}

/// `name: value`, strings as they are, anything else as JSON.
fn members(object: &Object) -> String {
    let members = object.iter().map(|(name, value)| format!("{name}: {}", pretty(value)));
    members.collect::<Vec<_>>().join("\n")
}

fn message(message: &Message) -> String {
    let mut text = format!("{}: {}", message.role.word(), message.text());
    for call in message.tool_calls.iter().flatten() {
        let _ = write!(
            text,
            "\n  calls {}({})",
            call.function.name,
            call.function.arguments.as_deref().unwrap_or_default()
        );
    }
    text
}

fn shown_output(log: &Log, output: &str) -> String {
    match (log.output_format, humanloop_api::raw(output)) {
        (Some(OutputFormat::Json), Some(value)) => pretty(&value),
        _ => output.into(),
    }
}

/// A string as it is, what was left out as such, anything else as JSON over several lines.
fn pretty(value: &RawValue) -> String {
    match value.get() {
        r#"{"$skipped":true}"# => return "(left out by `skip`)".into(),
        r#"{"$redacted":true}"# => return "(redacted)".into(),
        _ => {}
    }
    if let Ok(text) = serde_json::from_str::<String>(value.get()) {
        return text;
    }
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::pretty(&mut out);
    let mut source = serde_json::Deserializer::from_str(value.get());
    // Passed on piece by piece: order and numbers stay as they were written.
    match serde_transcode::transcode(&mut source, &mut serializer) {
        Ok(()) => String::from_utf8(out).unwrap_or_else(|_| value.get().into()),
        Err(_) => value.get().into(),
    }
}
