//! The part of YAML that front matter may use.
//!
//! 1. `key: value` lines; a key is letters, digits, `_`, `-` and `.`, or a quoted text. No key twice.
//! 2. A value in the line: `null` or `~`, `true`, `false`, a number as JSON has it, a text in double quotes with the
//!    escapes of JSON, a text in single quotes where `''` is a quote, a list `[…]` or an object `{…}`, which may go on
//!    over several lines and hold all of these, or any other text up to the end of the line.
//! 3. A text without quotes holds no `: `, does not end in `:`, and does not begin with one of `` &*!|>%@`"'[]{},#?- ``
//!    (a `-` is fine when no blank follows). What other programs read as a truth value (`yes`, `no`, `on`, `off`, any
//!    spelling) has to be quoted.
//! 4. A value below its key, further in by spaces: more such lines, or a list of `- value` lines, which may be as far in
//!    as their key.
//! 5. `key: |` takes the lines below, further in, as they stand, with a line break at the end; `key: |-` without it.
//! 6. `#` begins a comment, at the start of a line or behind a blank.
//!
//! Anchors, tags, folded texts (`>`) and several documents are refused by name.

use std::fmt::Write as _;
use std::ops::Range;

use crate::mistake::Mistake;

mod flow;
mod lines;

pub(crate) use flow::Flow;
pub(crate) use lines::parse;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object, in the order it was written.
    Map(Vec<(String, Value)>),
}

/// A key with its value, and where the two stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Its bytes.
    pub key_span: Range<usize>,
    /// The value.
    pub value: Value,
    /// Its bytes.
    pub span: Range<usize>,
}

impl Value {
    /// What it is, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }

    /// The value as JSON, which is YAML, too.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// Reads JSON, or a value as it may stand behind a key.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        Self::whole(text, false)
    }

    /// Reads JSON, and nothing else of YAML.
    ///
    /// ```
    /// use humanloop_template::yaml::Value;
    ///
    /// assert!(Value::parse_json(r#"{"a": [1, true, "b"]}"#).is_ok());
    /// assert!(Value::parse_json("{'a': yes}").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse_json(text: &str) -> Result<Self, Mistake> {
        Self::whole(text, true)
    }

    fn whole(text: &str, json: bool) -> Result<Self, Mistake> {
        let mut flow = Flow { text, at: 0, end: text.len(), json };
        flow.skip();
        let value = flow.value(0)?;
        flow.skip();
        if flow.at < text.len() {
            return Err(Mistake::new(flow.at..text.len(), "nothing may follow the value"));
        }
        Ok(value)
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Int(value) => {
                let _ = write!(out, "{value}");
            }
            // `{:?}` keeps the point of a whole number, so that it stays a number of that kind.
            Self::Float(value) => {
                let _ = write!(out, "{value:?}");
            }
            Self::Text(text) => quote(text, out),
            Self::List(items) => {
                out.push('[');
                for (place, item) in items.iter().enumerate() {
                    out.push_str(if place == 0 { "" } else { ", " });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Map(entries) => {
                out.push('{');
                for (place, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if place == 0 { "" } else { ", " });
                    quote(key, out);
                    out.push_str(": ");
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || c == '\u{2028}' || c == '\u{2029}' || c == '\u{feff}' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Prints entries, a line each.
pub fn print(entries: &[(String, Value)]) -> String {
    let mut out = String::new();
    for (key, value) in entries {
        if is_plain_key(key) {
            out.push_str(key);
        } else {
            quote(key, &mut out);
        }
        out.push_str(": ");
        match value {
            Value::Text(text) if is_plain(text) => out.push_str(text),
            value => value.write(&mut out),
        }
        out.push('\n');
    }
    out
}

fn is_plain_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)) && key != "---"
}

/// Whether a text is itself without quotes; stricter than the reader.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte))
        && matches!(scalar(text), Ok(Value::Text(_)))
}

/// A value without quotes.
fn scalar(text: &str) -> Result<Value, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" => return Ok(Value::Bool(true)),
        "false" => return Ok(Value::Bool(false)),
        _ => {}
    }
    if is_number(text) {
        if let Ok(whole) = text.parse() {
            return Ok(Value::Int(whole));
        }
        return match text.parse::<f64>() {
            Ok(number) if number.is_finite() && text.contains(['.', 'e', 'E']) => Ok(Value::Float(number)),
            _ => Err(format!("`{text}` is too big a number")),
        };
    }
    let small = text.to_ascii_lowercase();
    match small.as_str() {
        "true" | "yes" | "on" | "y" => {
            return Err(format!(
                "`{text}` is a truth value to some and a text to others; write `true`, or `\"{text}\"`"
            ));
        }
        "false" | "no" | "off" | "n" => {
            return Err(format!(
                "`{text}` is a truth value to some and a text to others; write `false`, or `\"{text}\"`"
            ));
        }
        ".inf" | "-.inf" | ".nan" => return Err(format!("`{text}` is no number that a model takes")),
        _ => {}
    }
    if text.contains(": ") || text.ends_with(':') {
        return Err("a text with a colon has to stand in quotes".into());
    }
    let first = text.chars().next().unwrap_or(' ');
    match first {
        '&' | '*' => Err("anchors and aliases are not read; write the value out, or put the text in quotes".into()),
        '!' => Err("tags are not read; leave it out, or put the text in quotes".into()),
        '>' => Err("folded texts are not read; write `|`, or put the text in quotes".into()),
        '%' | '@' | '`' | '"' | '\'' | '[' | ']' | '{' | '}' | ',' | '#' | '?' | '|' => {
            Err(format!("a text that begins with `{first}` has to stand in quotes"))
        }
        '-' if text == "-" || text.starts_with("- ") => Err("a list begins on a line of its own, below its key".into()),
        _ => Ok(Value::Text(text.into())),
    }
}

/// As JSON writes numbers.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

/// The deepest nesting that is read.
const DEPTH: usize = 64;

/// A line's rest without a comment and without blanks at its end.
fn without_comment(rest: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (None, '#') if before == ' ' || before == '\t' => return rest[..at].trim_end(),
            (None, '"' | '\'') if rest[..at].trim().is_empty() => quote = Some(c),
            (Some(open), c) if open == c && before != '\\' => quote = None,
            _ => {}
        }
        before = c;
    }
    rest.trim_end()
}
