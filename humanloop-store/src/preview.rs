//! The first words of a value, on one line: what lists and trees show.

use humanloop_api::{Log, Object, OutputFormat, RawValue};

/// Characters that a row keeps.
const LENGTH: usize = 200;

/// A log's inputs: the value itself when there is but one, else `name: value, …`.
pub(crate) fn of_inputs(inputs: &Object) -> Option<String> {
    let mut text = String::new();
    for (name, value) in inputs.iter() {
        if !text.is_empty() {
            text.push_str(", ");
        }
        if inputs.len() > 1 {
            text.push_str(name);
            text.push_str(": ");
        }
        text.push_str(&of_value(value));
        if text.len() > 4 * LENGTH {
            break;
        }
    }
    line(&text)
}

/// A log's output.
pub(crate) fn of_output(log: &Log) -> Option<String> {
    let output = log.output.as_deref()?;
    match log.output_format {
        Some(OutputFormat::Json) => match humanloop_api::raw(output) {
            Some(value) => line(&of_value(&value)),
            None => line(output),
        },
        _ => line(output),
    }
}

/// `text` on one line, cut to what a row keeps.
pub(crate) fn line(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        if length > 0 {
            out.push(' ');
            length += 1;
        }
        for c in word.chars() {
            if length >= LENGTH {
                out.push('…');
                return Some(out);
            }
            out.push(c);
            length += 1;
        }
    }
    (!out.is_empty()).then_some(out)
}

/// A string as it is, a marked value by what it is marked with, anything else as JSON.
fn of_value(value: &RawValue) -> String {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    enum Marked {
        #[serde(rename = "$debug")]
        Debug(String),
        #[serde(rename = "$type")]
        Type(String),
        #[serde(rename = "$skipped")]
        Skipped(bool),
        #[serde(rename = "$redacted")]
        Redacted(bool),
    }
    let json = value.get();
    if json.starts_with('"') {
        return serde_json::from_str(json).unwrap_or_else(|_| json.into());
    }
    if json.starts_with("{\"$") {
        return match serde_json::from_str(json) {
            Ok(Marked::Debug(text)) => text,
            Ok(Marked::Type(name)) => format!("<{name}>"),
            Ok(Marked::Skipped(_)) => "<skipped>".into(),
            Ok(Marked::Redacted(_)) => "<redacted>".into(),
            Err(_) => json.into(),
        };
    }
    json.into()
}
