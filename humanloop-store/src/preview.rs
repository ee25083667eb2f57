//! The first words of a value, on one line: what lists and trees show.

use std::borrow::Cow;

use humanloop_api::{Object, OutputFormat, RawValue};

/// Characters that a row keeps.
const LENGTH: usize = 200;

/// A log's inputs: the value itself when there is but one, else `name: value, …`. What was left out on purpose is not shown.
pub(crate) fn of_inputs(inputs: &Object) -> Option<String> {
    let mut shown = inputs.iter().filter(|(_, value)| !is_left_out(value)).peekable();
    let (name, value) = shown.next()?;
    if shown.peek().is_none() {
        return line(&of_value(value));
    }
    let mut text = format!("{name}: {}", of_value(value));
    for (name, value) in shown {
        for part in [", ", name, ": ", &of_value(value)] {
            text.push_str(part);
        }
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
    let text = text.trim();
    if text.len() <= LENGTH && is_line(text) {
        return (!text.is_empty()).then(|| text.into());
    }
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

/// Whether it is one line of plain words as it stands. Without a way out in between, so that many bytes are looked at at a time.
fn is_line(text: &str) -> bool {
    let bytes = text.as_bytes();
    let plain = bytes.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    plain && !pairs.fold(false, |two, (a, b)| two | ((*a == b' ') & (*b == b' ')))
}

/// A string as it is, a marked value by what it is marked with, anything else as JSON.
fn of_value(value: &RawValue) -> Cow<'_, str> {
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
        // Without an escape it stands there as it is.
        let as_it_is = serde_json::from_str(json).map(Cow::Borrowed);
        return as_it_is.or_else(|_| serde_json::from_str(json).map(Cow::Owned)).unwrap_or_else(|_| json.into());
    }
    match json.starts_with("{\"$").then(|| serde_json::from_str(json)) {
        Some(Ok(Marked::Debug(text))) => Cow::Owned(text),
        Some(Ok(Marked::Type(name))) => format!("<{name}>").into(),
        _ => json.into(),
    }
}
