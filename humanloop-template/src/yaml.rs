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
        let mut flow = Flow { text, at: 0, end: text.len(), json: false };
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

/// The entries between the lines `---`, which begin at `start` of `text` and end at `end`; and every mistake in them.
pub(crate) fn parse(text: &str, start: usize, end: usize) -> (Vec<Entry>, Vec<Mistake>) {
    let mut reader = Lines { text, at: start, end, mistakes: Vec::new() };
    let entries = reader.map(0, 0);
    if reader.mistakes.is_empty() && reader.peek().is_some() {
        let line = reader.at..reader.line_end();
        reader.mistakes.push(Mistake::new(line, "this line is not as far in as those above it"));
    }
    (entries, reader.mistakes)
}

/// The deepest nesting that is read.
const DEPTH: usize = 64;

struct Lines<'t> {
    text: &'t str,
    /// The start of a line.
    at: usize,
    end: usize,
    mistakes: Vec<Mistake>,
}

impl<'t> Lines<'t> {
    fn line_end(&self) -> usize {
        self.text[self.at..self.end].find('\n').map_or(self.end, |newline| self.at + newline)
    }

    fn next_line(&mut self) {
        self.at = (self.line_end() + 1).min(self.end);
    }

    /// The indentation and the content of the next line that holds something; those before it are skipped.
    fn peek(&mut self) -> Option<(usize, &'t str)> {
        let text: &'t str = self.text;
        while self.at < self.end {
            let line = &text[self.at..self.line_end()];
            let content = line.trim_start_matches(' ');
            let indent = line.len() - content.len();
            if content.trim().is_empty() || content.starts_with('#') {
                self.next_line();
            } else if content.starts_with('\t') {
                let tab = self.at + indent;
                self.wrong(tab..tab + 1, "a tab is no indentation; write spaces");
                self.next_line();
            } else {
                return Some((indent, content));
            }
        }
        None
    }

    fn wrong(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.mistakes.push(Mistake::new(span, message));
    }

    /// The lines that are `indent` in.
    fn map(&mut self, indent: usize, depth: usize) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        while let Some((here, content)) = self.peek() {
            if here < indent {
                break;
            }
            let (length, content_at) = (content.len(), self.at + here);
            if here > indent {
                self.wrong(
                    content_at..content_at + length,
                    "this line is further in than the one above it, which has its value already",
                );
                self.next_line();
                continue;
            }
            if content == "..." || content == "---" {
                self.wrong(content_at..content_at + length, "front matter is one document");
                self.next_line();
                continue;
            }
            match self.entry(content_at, depth) {
                Ok(entry) => {
                    if let Some(first) = entries.iter().find(|known| known.key == entry.key) {
                        let message = format!("`{}` is there already; leave one of the two out", first.key);
                        self.wrong(entry.key_span.clone(), message);
                    } else {
                        entries.push(entry);
                    }
                }
                Err(mistake) => {
                    self.mistakes.push(mistake);
                    self.next_line();
                }
            }
        }
        entries
    }

    /// `key: value`, at the start of the key; the lines that it takes are behind us afterwards.
    fn entry(&mut self, at: usize, depth: usize) -> Result<Entry, Mistake> {
        let line_end = self.line_end();
        let line = &self.text[at..line_end];
        let (key, key_end) = if line.starts_with(['"', '\'']) {
            let mut flow = Flow { text: self.text, at, end: line_end, json: false };
            (flow.quoted()?, flow.at)
        } else {
            let length = line.find(':').unwrap_or(line.len());
            let key = line[..length].trim_end();
            if length == line.len() {
                return Err(Mistake::new(at..line_end, "this is no `key: value`"));
            }
            if !is_plain_key(key) {
                return Err(Mistake::new(at..at + key.len().max(1), "a key is letters, digits, `_`, `-` and `.`"));
            }
            (key.to_owned(), at + key.len())
        };
        let colon = key_end + (self.text[key_end..line_end].len() - self.text[key_end..line_end].trim_start().len());
        let Some(rest) = self.text[colon..line_end].strip_prefix(':') else {
            return Err(Mistake::new(at..key_end, "a `:` has to follow the key"));
        };
        if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
            return Err(Mistake::new(colon..colon + 1, "a blank has to follow the `:`"));
        }
        let value_at = colon + 1 + (rest.len() - rest.trim_start().len());
        let indent = at - self.at;
        let (value, span) = self.value(value_at, indent, depth + 1)?;
        Ok(Entry { key, key_span: at..key_end, value, span })
    }

    /// The value at `at` of the line, or below it.
    fn value(&mut self, at: usize, indent: usize, depth: usize) -> Result<(Value, Range<usize>), Mistake> {
        let line_end = self.line_end();
        let rest = without_comment(&self.text[at..line_end]);
        if depth > DEPTH {
            return Err(Mistake::new(at..line_end, "this is nested too deep"));
        }
        match rest.chars().next() {
            None => {
                self.next_line();
                self.below(at, indent, depth)
            }
            Some('|') => self.block(at, rest, indent),
            Some('[' | '{' | '"' | '\'') => {
                let mut flow = Flow { text: self.text, at, end: self.end, json: false };
                let value = flow.value(depth)?;
                let end = flow.at;
                self.at = self.text[..end].rfind('\n').map_or(0, |newline| newline + 1).max(self.at);
                let after = without_comment(&self.text[end..self.line_end()]);
                if !after.is_empty() {
                    return Err(Mistake::new(end..self.line_end(), "nothing may follow the value in its line"));
                }
                self.next_line();
                Ok((value, at..end))
            }
            Some(_) => {
                let span = at..at + rest.len();
                let value = scalar(rest).map_err(|message| Mistake::new(span.clone(), message))?;
                self.next_line();
                Ok((value, span))
            }
        }
    }

    /// A value on the lines below its key, which is `indent` in.
    fn below(&mut self, at: usize, indent: usize, depth: usize) -> Result<(Value, Range<usize>), Mistake> {
        let begin = self.at;
        let value = match self.peek() {
            Some((here, content)) if here >= indent && is_item(content) => self.list(here, depth),
            Some((here, _)) if here > indent => {
                let entries = self.map(here, depth);
                Value::Map(entries.into_iter().map(|entry| (entry.key, entry.value)).collect())
            }
            _ => return Ok((Value::Null, at..at)),
        };
        let end = self.text[..self.at].trim_end().len().max(begin);
        Ok((value, begin..end))
    }

    /// Lines `- value`.
    fn list(&mut self, indent: usize, depth: usize) -> Value {
        let mut items = Vec::new();
        while let Some((here, content)) = self.peek() {
            if here != indent || !is_item(content) {
                break;
            }
            let dash = self.at + here;
            let rest = &self.text[dash + 1..self.line_end()];
            let at = dash + 1 + (rest.len() - rest.trim_start().len());
            let item = self.item(at, depth);
            match item {
                Ok(item) => items.push(item),
                Err(mistake) => {
                    self.mistakes.push(mistake);
                    self.next_line();
                }
            }
        }
        Value::List(items)
    }

    /// What follows the dash: a value, or the first line of an object.
    fn item(&mut self, at: usize, depth: usize) -> Result<Value, Mistake> {
        let rest = without_comment(&self.text[at..self.line_end()]);
        let indent = at - self.at;
        let is_entry = rest
            .split_once(':')
            .is_some_and(|(key, rest)| is_plain_key(key) && (rest.is_empty() || rest.starts_with(' ')));
        if !is_entry {
            // Its own lines are further in than the dash.
            return self.value(at, indent.saturating_sub(1), depth + 1).map(|(value, _)| value);
        }
        let first = self.entry(at, depth)?;
        let mut entries = vec![first];
        while let Some((here, _)) = self.peek() {
            if here != indent {
                break;
            }
            let entry = self.entry(self.at + here, depth)?;
            if entries.iter().any(|known| known.key == entry.key) {
                return Err(Mistake::new(entry.key_span, format!("`{}` is there already", entry.key)));
            }
            entries.push(entry);
        }
        Ok(Value::Map(entries.into_iter().map(|entry| (entry.key, entry.value)).collect()))
    }

    /// A text on the lines below, as it stands.
    fn block(&mut self, at: usize, mark: &str, indent: usize) -> Result<(Value, Range<usize>), Mistake> {
        if !matches!(mark, "|" | "|-") {
            return Err(Mistake::new(at..at + mark.len(), "write `|`, or `|-`, and the text below"));
        }
        self.next_line();
        let mut lines: Vec<&str> = Vec::new();
        while self.at < self.end {
            let line = &self.text[self.at..self.line_end()];
            let inside = line.len() - line.trim_start_matches(' ').len() > indent;
            if !inside && !line.trim().is_empty() {
                break;
            }
            lines.push(line);
            self.next_line();
        }
        while lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        let first = lines.iter().find(|line| !line.trim().is_empty());
        let inside = first.map_or(0, |line| line.len() - line.trim_start_matches(' ').len());
        let lines: Vec<&str> = lines.iter().map(|line| line.get(inside..).unwrap_or_default()).collect();
        let mut text = lines.join("\n");
        if mark == "|" && !lines.is_empty() {
            text.push('\n');
        }
        let end = self.text[..self.at].trim_end().len().max(at + mark.len());
        Ok((Value::Text(text), at..end))
    }
}

fn is_item(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}

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

/// Quoted texts, lists and objects, which may go over lines.
pub(crate) struct Flow<'t> {
    pub(crate) text: &'t str,
    pub(crate) at: usize,
    pub(crate) end: usize,
    /// Only what JSON knows.
    pub(crate) json: bool,
}

impl Flow<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..self.end].chars().next()
    }

    /// Blanks, line breaks and comments.
    pub(crate) fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..self.end];
            self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
            let begins = self.at == 0 || self.text[..self.at].ends_with([' ', '\t', '\n']);
            if self.json || !begins || self.peek() != Some('#') {
                return;
            }
            self.at = self.text[self.at..self.end].find('\n').map_or(self.end, |newline| self.at + newline);
        }
    }

    fn wrong<T>(&self, from: usize, message: impl Into<String>) -> Result<T, Mistake> {
        let line_end = self.text[from..self.end].find('\n').map_or(self.end, |newline| from + newline);
        Err(Mistake::new(from..line_end.max(from), message))
    }

    pub(crate) fn value(&mut self, depth: usize) -> Result<Value, Mistake> {
        let start = self.at;
        if depth > DEPTH {
            return self.wrong(start, "this is nested too deep");
        }
        match self.peek() {
            Some('[') => self.list(depth),
            Some('{') => self.map(depth),
            Some('"' | '\'') => self.quoted().map(Value::Text),
            _ => {
                let rest = &self.text[start..self.end];
                let length = rest.find([',', ']', '}', '\n', '[', '{']).unwrap_or(rest.len());
                let text = without_comment(&rest[..length]);
                if text.is_empty() {
                    return self.wrong(start, "a value is missing");
                }
                let value = scalar(text).map_err(|message| Mistake::new(start..start + text.len(), message))?;
                if self.json && (matches!(value, Value::Text(_)) || matches!(text, "~" | "Null" | "NULL")) {
                    return self.wrong(start, "a text stands in double quotes");
                }
                self.at = start + text.len();
                Ok(value)
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Mistake> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip();
            match self.peek() {
                None => return self.wrong(start, "this `[` is not closed"),
                Some(']') if items.is_empty() || !self.json => break,
                _ => {}
            }
            items.push(self.value(depth + 1)?);
            self.skip();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(']') => break,
                None => return self.wrong(start, "this `[` is not closed"),
                Some(_) => return self.wrong(self.at, "a `,` or `]` has to stand here"),
            }
        }
        self.at += 1;
        Ok(Value::List(items))
    }

    fn map(&mut self, depth: usize) -> Result<Value, Mistake> {
        let start = self.at;
        self.at += 1;
        let mut entries: Vec<(String, Value)> = Vec::new();
        loop {
            self.skip();
            match self.peek() {
                None => return self.wrong(start, "this `{` is not closed"),
                Some('}') if entries.is_empty() || !self.json => break,
                _ => {}
            }
            let key_at = self.at;
            let key = self.key()?;
            if entries.iter().any(|(known, _)| *known == key) {
                return Err(Mistake::new(key_at..self.at, format!("`{key}` is there already")));
            }
            self.skip();
            if self.peek() != Some(':') {
                return self.wrong(self.at, "a `:` has to follow the key");
            }
            self.at += 1;
            self.skip();
            let value = self.value(depth + 1)?;
            entries.push((key, value));
            self.skip();
            match self.peek() {
                Some(',') => self.at += 1,
                Some('}') => break,
                None => return self.wrong(start, "this `{` is not closed"),
                Some(_) => return self.wrong(self.at, "a `,` or `}` has to stand here"),
            }
        }
        self.at += 1;
        Ok(Value::Map(entries))
    }

    fn key(&mut self) -> Result<String, Mistake> {
        if matches!(self.peek(), Some('"' | '\'')) {
            return self.quoted();
        }
        let rest = &self.text[self.at..self.end];
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_-.".contains(c))).unwrap_or(rest.len());
        if length == 0 || self.json {
            return self.wrong(self.at, "a key has to stand here, in double quotes");
        }
        self.at += length;
        Ok(rest[..length].into())
    }

    /// A text in quotes.
    pub(crate) fn quoted(&mut self) -> Result<String, Mistake> {
        let start = self.at;
        let Some(mark) = self.peek() else { return self.wrong(start, "a value is missing") };
        if self.json && mark == '\'' {
            return self.wrong(start, "a text stands in double quotes");
        }
        self.at += 1;
        let mut out = String::new();
        while let Some(c) = self.peek() {
            let here = self.at;
            self.at += c.len_utf8();
            match c {
                '\n' => {
                    return self.wrong(
                        start,
                        "this text is not closed in its line; write `\\n` in double quotes for a line break",
                    );
                }
                '\'' if mark == '\'' && self.peek() == Some('\'') => {
                    self.at += 1;
                    out.push('\'');
                }
                c if c == mark => return Ok(out),
                '\\' if mark == '"' => out.push(self.escape(here)?),
                c if c.is_control() && c != '\t' => {
                    return Err(Mistake::new(here..self.at, "a control character is written as `\\u0000`"));
                }
                c => out.push(c),
            }
        }
        self.wrong(start, "this text is not closed")
    }

    fn escape(&mut self, at: usize) -> Result<char, Mistake> {
        let c = self.peek();
        self.at += c.map_or(0, char::len_utf8);
        Ok(match c {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('u') => {
                let first = self.hex(at)?;
                if let Some(c) = char::from_u32(first) {
                    return Ok(c);
                }
                // Half of a character beyond 16 bits; the other half follows.
                let low = if self.text[self.at..self.end].starts_with("\\u") {
                    self.at += 2;
                    self.hex(at)?
                } else {
                    0
                };
                let whole = (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(&low);
                let code = 0x10000 + ((first & 0x3ff) << 10) + (low & 0x3ff);
                match char::from_u32(code).filter(|_| whole) {
                    Some(c) => c,
                    None => return Err(Mistake::new(at..self.at, "this is half of a character")),
                }
            }
            _ => {
                let message = "there are `\\\"`, `\\\\`, `\\/`, `\\n`, `\\t`, `\\r`, `\\b`, `\\f` and `\\u0000`; write a backslash as `\\\\`";
                return Err(Mistake::new(at..self.at, message));
            }
        })
    }

    fn hex(&mut self, at: usize) -> Result<u32, Mistake> {
        let digits =
            self.text[self.at..self.end].get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match code {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => Err(Mistake::new(at..self.at, "four hexadecimal digits have to follow `\\u`")),
        }
    }
}
