//! YAML within brackets and quotes, which JSON is a part of.

use super::{DEPTH, Value, scalar, without_comment};
use crate::mistake::Mistake;

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
