//! What must not get out: secrets by type, by path, by a function of the user's, and keys by their usual shapes.
//!
//! It happens on the worker's thread, before a byte is sent or written to disk; so callers do not pay for it.

mod keys;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use humanloop_api::{Entry, Log, LogUpdate, Object, OutputFormat, raw};
use serde::{Serialize, Serializer};
use serde_json::Value;

use keys::{may_have_key, without_keys};

/// A value that cannot be captured: in a log it is `{"$redacted": true}`, in `Debug` it is `[redacted]`.
///
/// ```
/// use humanloop_runtime::Secret;
///
/// let key = Secret::new("sk-1234");
/// assert_eq!(format!("{key:?}"), "[redacted]");
/// assert_eq!(*key.expose(), "sk-1234");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("$redacted", true)])
    }
}

/// A function of the user's over each string: `None` leaves it as it is.
type Rewrite = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What to take out of logs.
#[derive(Clone, Default)]
pub(crate) struct Redactor {
    /// Paths such as `inputs.headers.authorization`, split at the dots; `*` stands for any one key.
    pub(crate) paths: Vec<Vec<String>>,
    pub(crate) rewrite: Option<Rewrite>,
    /// Whether strings in the shape of API keys stay.
    pub(crate) keep_keys: bool,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("paths", &self.paths).finish_non_exhaustive()
    }
}

impl Redactor {
    /// Takes it out of all entries.
    pub(crate) fn apply(&self, entries: &mut [Entry]) {
        for entry in entries {
            match entry {
                Entry::Log(log) => self.log(log),
                Entry::Update(update) => self.update(update),
                Entry::Feedback(_) => {}
            }
        }
    }

    fn log(&self, log: &mut Log) {
        self.object("inputs", &mut log.inputs);
        self.object("metadata", &mut log.metadata);
        self.object("provider_request", &mut log.provider_request);
        self.object("provider_response", &mut log.provider_response);
        self.output(&mut log.output, log.output_format);
        self.text("error", &mut log.error);
        self.typed("messages", &mut log.messages);
        self.typed("output_message", &mut log.output_message);
    }

    fn update(&self, update: &mut LogUpdate) {
        self.object("metadata", &mut update.metadata);
        self.object("provider_response", &mut update.provider_response);
        self.output(&mut update.output, update.output_format);
        self.text("error", &mut update.error);
        self.typed("messages", &mut update.messages);
        self.typed("output_message", &mut update.output_message);
    }

    fn object(&self, name: &str, object: &mut Option<Object>) {
        let Some(object) = object else { return };
        let mut changed = Vec::new();
        for (key, value) in object.iter() {
            if let Some(json) = self.json(&[name, key], value.get()) {
                changed.push((key.to_owned(), json));
            }
        }
        for (key, json) in changed {
            if let Some(value) = raw(json) {
                object.insert_raw(key, value);
            }
        }
    }

    fn output(&self, output: &mut Option<String>, format: Option<OutputFormat>) {
        if format == Some(OutputFormat::Json) {
            if let Some(json) = output.as_deref().and_then(|text| self.json(&["output"], text)) {
                *output = Some(json);
            }
        } else {
            self.text("output", output);
        }
    }

    fn text(&self, name: &str, text: &mut Option<String>) {
        let Some(old) = text else { return };
        if self.hides(&[name]) {
            *text = Some("[redacted]".into());
        } else if let Cow::Owned(new) = self.string(old) {
            *text = Some(new);
        }
    }

    /// A value of a type of the API's: its JSON is rewritten and read again.
    fn typed<T: Serialize + serde::de::DeserializeOwned>(&self, name: &str, value: &mut Option<T>) {
        let Some(json) = value.as_ref().map(|value| humanloop_api::json(value)) else { return };
        if let Some(new) = self.json(&[name], json.get()) {
            // What cannot be read again is left out, rather than let out.
            *value = serde_json::from_str(&new).ok();
        }
    }

    /// JSON without what must not get out; `None` when there is nothing of it, and always with its numbers as they were.
    fn json(&self, path: &[&str], json: &str) -> Option<String> {
        if self.hides(path) {
            return Some(REDACTED.into());
        }
        let below = self.paths.iter().any(|selector| begins(selector, path));
        if !below && self.rewrite.is_none() && (self.keep_keys || !may_have_key(json)) {
            return None;
        }
        let mut out = String::with_capacity(json.len());
        let mut path: Vec<String> = path.iter().map(ToString::to_string).collect();
        let changed = self.walk(&mut path, json, &mut out)?;
        changed.then_some(out)
    }

    /// Copies a value; whether something was taken out of it, `None` when it is not JSON.
    fn walk(&self, path: &mut Vec<String>, json: &str, out: &mut String) -> Option<bool> {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        if self.hides(&names) {
            out.push_str(REDACTED);
            return Some(true);
        }
        let json = json.trim();
        let mut changed = false;
        match json.as_bytes().first()? {
            b'{' => {
                let object: Object = serde_json::from_str(json).ok()?;
                out.push('{');
                for (place, (key, value)) in object.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    out.push_str(&Value::from(key).to_string());
                    out.push(':');
                    path.push(key.into());
                    changed |= self.walk(path, value.get(), out)?;
                    path.pop();
                }
                out.push('}');
            }
            b'[' => {
                let items: Vec<&serde_json::value::RawValue> = serde_json::from_str(json).ok()?;
                out.push('[');
                for (place, value) in items.into_iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    // An item is at the path of its list.
                    changed |= self.walk(path, value.get(), out)?;
                }
                out.push(']');
            }
            b'"' => {
                let text: String = serde_json::from_str(json).ok()?;
                match self.string(&text) {
                    Cow::Borrowed(_) => out.push_str(json),
                    Cow::Owned(new) => {
                        out.push_str(&Value::from(new).to_string());
                        changed = true;
                    }
                }
            }
            _ => out.push_str(json),
        }
        Some(changed)
    }

    fn hides(&self, path: &[&str]) -> bool {
        self.paths.iter().any(|selector| selector.len() == path.len() && begins(selector, path))
    }

    fn string<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let rewritten = self.rewrite.as_ref().and_then(|rewrite| {
            // A function that panics must not let out what it was asked to look at.
            let run = std::panic::AssertUnwindSafe(|| rewrite(text));
            std::panic::catch_unwind(run).unwrap_or_else(|_| Some("[redacted]".into()))
        });
        let text = rewritten.map_or(Cow::Borrowed(text), Cow::Owned);
        if self.keep_keys { text } else { without_keys(text) }
    }
}

const REDACTED: &str = r#"{"$redacted":true}"#;

/// Whether the selector has `path` as its beginning.
fn begins(selector: &[String], path: &[&str]) -> bool {
    selector.len() >= path.len()
        && selector.iter().zip(path).all(|(wanted, name)| wanted == "*" || wanted.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(redactor: &Redactor, inputs: &str) -> String {
        let mut entries = [Entry::Log(Box::new(Log {
            inputs: Some(serde_json::from_str(inputs).unwrap()),
            output: Some("Authorization: Bearer abcdefghijklmnopqrstuvwx.".into()),
            ..Log::default()
        }))];
        redactor.apply(&mut entries);
        let [Entry::Log(log)] = &entries else { panic!("a log") };
        assert_eq!(log.output.as_deref(), Some("Authorization: [redacted]"));
        serde_json::to_string(&log.inputs).unwrap()
    }

    #[test]
    fn keys_of_usual_shapes_are_taken_out_and_all_else_stays_as_it_was() {
        let key = "sk-proj-abcdefghijklmnopqrstuv";
        let inputs =
            format!(r#"{{"n":12345678901234567890123,"f":1.10,"s":"a \u00e4 b","k":["use {key}!","task-{key}"]}}"#);
        let expected =
            r#"{"n":12345678901234567890123,"f":1.10,"s":"a \u00e4 b","k":["use [redacted]!","task-[redacted]"]}"#;
        assert_eq!(redacted(&Redactor::default(), &inputs), expected);
        assert_eq!(
            redacted(&Redactor::default(), r#"{"a":"ask-me, desk-1, sk-1"}"#),
            r#"{"a":"ask-me, desk-1, sk-1"}"#
        );
    }

    #[test]
    fn a_key_is_found_behind_any_escape_of_json() {
        let key = "sk-proj-abcdefghijklmnopqrstuv";
        for before in [r"a\n", r"a\t", r"\r\n", r"\u00e4", r#"\""#, r"\\"] {
            let inputs = format!(r#"{{"a":"{before}{key}"}}"#);
            let text = redacted(&Redactor::default(), &inputs);
            assert!(text.contains("[redacted]") && !text.contains(key), "{text}");
        }
        let slashes = redacted(&Redactor::default(), r#"{"a":"Bearer abcdefghij\/klmnopqrstuv"}"#);
        assert_eq!(slashes, r#"{"a":"[redacted]"}"#);
    }

    #[test]
    fn a_path_hides_what_is_there_at_any_depth() {
        let split = |path: &str| path.split('.').map(String::from).collect();
        let paths = vec![split("inputs.headers.authorization"), split("inputs.users.*.email")];
        let redactor = Redactor { paths, ..Redactor::default() };
        let inputs = r#"{"headers":{"Authorization":"x","accept":"y"},"users":[{"a":{"email":"e","n":1}}]}"#;
        assert_eq!(
            redacted(&redactor, inputs),
            r#"{"headers":{"Authorization":{"$redacted":true},"accept":"y"},"users":[{"a":{"email":{"$redacted":true},"n":1}}]}"#
        );
    }

    #[test]
    fn a_function_sees_each_string_and_one_that_panics_lets_nothing_out() {
        let upper = Redactor {
            rewrite: Some(Arc::new(|text| text.strip_prefix("pin ").map(|_| "pin \"***\"".into()))),
            ..Redactor::default()
        };
        assert_eq!(redacted(&upper, r#"{"a":["pin 1234",5,null]}"#), r#"{"a":["pin \"***\"",5,null]}"#);
        let panics = Redactor {
            rewrite: Some(Arc::new(|text| if text == "b" { panic!("no") } else { None })),
            ..Redactor::default()
        };
        assert_eq!(redacted(&panics, r#"{"a":"b"}"#), r#"{"a":"[redacted]"}"#);
    }

    #[test]
    fn a_secret_shows_nowhere() {
        let secret = Secret::new("hunter2");
        assert_eq!(serde_json::to_string(&secret).unwrap(), REDACTED);
        assert_eq!(format!("{secret:?} {:?}", secret.expose()), "[redacted] \"hunter2\"");
    }
}
