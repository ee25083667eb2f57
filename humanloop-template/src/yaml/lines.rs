//! YAML's lines: keys with their values, lists, and texts below their key.

use std::ops::Range;

use super::{DEPTH, Entry, Flow, Value, is_plain_key, scalar, without_comment};
use crate::mistake::Mistake;

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
