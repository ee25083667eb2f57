//! The first words of a value, on one line: what lists and trees show.

use humanloop_api::{Object, OutputFormat, RawValue};

/// Characters that a row keeps.
const LENGTH: usize = 200;

/// A log's inputs: the value itself when there is but one, else `name: value, …`. What was left out on purpose is not shown.
pub(crate) fn of_inputs(inputs: &Object) -> Option<String> {
    let shown: Vec<_> = inputs.iter().filter(|(_, value)| !is_left_out(value)).collect();
    let mut text = String::new();
    for (name, value) in &shown {
        if !text.is_empty() {
            text.push_str(", ");
        }
        if shown.len() > 1 {
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

fn is_left_out(value: &RawValue) -> bool {
    matches!(value.get(), r#"{"$skipped":true}"# | r#"{"$redacted":true}"#)
}

/// A log's output.
pub(crate) fn of_output(output: Option<&str>, format: Option<OutputFormat>) -> Option<String> {
    let output = output?;
    match format {
        Some(OutputFormat::Json) => match humanloop_api::raw(output) {
            Some(value) => line(&of_value(&value)),
            None => line(output),
        },
        _ => line(output),
    }
}

/// `text` on one line, cut to what a row keeps.
pub(crate) fn line(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len().min(LENGTH + 4));
    let mut left = LENGTH;
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
            left = left.saturating_sub(1);
        }
        if word.len() > left
            && let Some((end, _)) = word.char_indices().nth(left)
        {
            out.push_str(&word[..end]);
            out.push('…');
            return Some(out);
        }
        out.push_str(word);
        left -= word.chars().count();
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
    }
    let json = value.get();
    if is_left_out(value) {
        return "<left out>".into();
    }
    if json.starts_with('"') {
        return serde_json::from_str(json).unwrap_or_else(|_| json.into());
    }
    match json.starts_with("{\"$").then(|| serde_json::from_str(json)) {
        Some(Ok(Marked::Debug(text))) => text,
        Some(Ok(Marked::Type(name))) => format!("<{name}>"),
        _ => json.into(),
    }
}
