//! A value that grows while its JSON comes in: what can be said of it so far, and nothing that may still change.

use serde::de::DeserializeOwned;

/// A value on its way.
#[derive(Clone, Debug, PartialEq)]
pub enum Partial<T> {
    /// What came so far: texts may go on; numbers, and the items of lists, are whole.
    Growing(T),
    /// The whole value, which has passed the check.
    Done(T),
}

impl<T> Partial<T> {
    /// The value, whole or not.
    pub fn into_inner(self) -> T {
        match self {
            Self::Growing(value) | Self::Done(value) => value,
        }
    }
}

/// What the JSON says so far, closed; `None` while it says nothing.
///
/// Numbers and words count when something follows them, items of lists when they are whole, and fields of objects as
/// far as they go. What stands before the first bracket is left out.
pub(super) fn so_far(text: &str) -> Option<String> {
    let start = text.find(['{', '['])?;
    let mut reader = Reader { text: &text[start..], at: 0, out: String::new() };
    match reader.value(true) {
        Seen::Nothing => None,
        Seen::Whole | Seen::Begun => Some(reader.out),
    }
}

/// The value that the text holds so far, if it makes one.
pub(super) fn growing<T: DeserializeOwned>(json: &str) -> Option<T> {
    serde_json::from_str(json).ok()
}

#[derive(PartialEq)]
enum Seen {
    Whole,
    Begun,
    Nothing,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    out: String,
}

impl Reader<'_> {
    fn skip(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Copies a value as far as it goes; `grows`: one that has only begun counts, too.
    fn value(&mut self, grows: bool) -> Seen {
        self.skip();
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.list(),
            Some(b'"') => self.string(grows),
            Some(_) => self.word(),
            None => Seen::Nothing,
        }
    }

    /// A number or a word, which is whole when something else follows.
    fn word(&mut self) -> Seen {
        let rest = &self.text[self.at..];
        let Some(length) = rest.find([',', ']', '}', ' ', '\n', '\r', '\t']) else { return Seen::Nothing };
        let word = &rest[..length];
        if serde_json::from_str::<serde::de::IgnoredAny>(word).is_err() {
            return Seen::Nothing;
        }
        self.out.push_str(word);
        self.at += length;
        Seen::Whole
    }

    fn string(&mut self, grows: bool) -> Seen {
        let rest = &self.text[self.at..];
        // The end of what is whole: no half of an escape, no half of a pair of them.
        let (mut end, mut at) = (1, 1);
        let bytes = rest.as_bytes();
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => {
                    self.out.push_str(&rest[..=at]);
                    self.at += at + 1;
                    return Seen::Whole;
                }
                b'\\' if bytes.get(at + 1) == Some(&b'u') => {
                    let is_high = rest.get(at + 2..at + 4).is_some_and(|digits| {
                        matches!(digits.to_ascii_lowercase().as_bytes(), [b'd', b'8' | b'9' | b'a' | b'b'])
                    });
                    at += if is_high { 12 } else { 6 };
                }
                b'\\' => at += 2,
                _ => at += 1,
            }
            if at <= rest.len() && rest.is_char_boundary(at) {
                end = at;
            }
        }
        if !grows {
            return Seen::Nothing;
        }
        self.out.push_str(&rest[..end]);
        self.out.push('"');
        Seen::Begun
    }

    fn list(&mut self) -> Seen {
        self.out.push('[');
        self.at += 1;
        loop {
            self.skip();
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    self.out.push(']');
                    return Seen::Whole;
                }
                Some(b',') => {
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            let before = self.out.len();
            if !self.out.ends_with('[') {
                self.out.push(',');
            }
            if self.value(false) != Seen::Whole {
                // Items are whole, or not there.
                self.out.truncate(before);
                self.out.push(']');
                return Seen::Begun;
            }
        }
    }

    fn object(&mut self) -> Seen {
        self.out.push('{');
        self.at += 1;
        loop {
            self.skip();
            match self.peek() {
                Some(b'}') => {
                    self.at += 1;
                    self.out.push('}');
                    return Seen::Whole;
                }
                Some(b',') => {
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            let before = self.out.len();
            if !self.out.ends_with('{') {
                self.out.push(',');
            }
            let seen = match self.peek() {
                Some(b'"') if self.string(false) == Seen::Whole => {
                    self.skip();
                    if self.peek() == Some(b':') {
                        self.at += 1;
                        self.out.push(':');
                        self.value(true)
                    } else {
                        Seen::Nothing
                    }
                }
                _ => Seen::Nothing,
            };
            if seen != Seen::Whole {
                if seen == Seen::Nothing {
                    self.out.truncate(before);
                }
                self.out.push('}');
                return Seen::Begun;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"Sure: {"name": "Zoë \"x\" \ud83e\udda2", "total": 12.50, "ok": true, "lines": [{"q": 1}, {"q": 23, "t": ["a", "b"]}], "last": {"n": -1e3}, "tags": ["ab"]} done"#;

    #[test]
    fn whatever_came_is_json_and_never_says_more_than_the_whole() {
        let whole: serde_json::Value = serde_json::from_str(&so_far(TEXT).unwrap()).unwrap();
        for (end, _) in TEXT.char_indices() {
            let Some(json) = so_far(&TEXT[..end]) else { continue };
            let value: serde_json::Value =
                serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
            for (key, field) in value.as_object().unwrap() {
                match field {
                    serde_json::Value::Number(_) | serde_json::Value::Bool(_) => {
                        assert_eq!(field, &whole[key], "{json}");
                    }
                    serde_json::Value::Array(items) => {
                        assert_eq!(items[..], whole[key].as_array().unwrap()[..items.len()], "{json}");
                    }
                    serde_json::Value::String(text) => {
                        assert!(whole[key].as_str().unwrap().starts_with(text), "{json}");
                    }
                    other => assert!(other.is_object(), "{json}"),
                }
            }
        }
    }

    #[test]
    fn a_number_is_there_when_something_follows() {
        for (text, json) in [
            ("no", None),
            ("{", Some("{}")),
            (r#"{"n""#, Some("{}")),
            (r#"{"n": 12"#, Some("{}")),
            (r#"{"n": 12,"#, Some(r#"{"n":12}"#)),
            (r#"{"n": tru"#, Some("{}")),
            (r#"{"s": "ab"#, Some(r#"{"s":"ab"}"#)),
            (r#"{"s": "ab\"#, Some(r#"{"s":"ab"}"#)),
            (r#"{"s": "ab\u00"#, Some(r#"{"s":"ab"}"#)),
            (r#"{"s": "\ud83e\udd"#, Some(r#"{"s":""}"#)),
            ("[1", Some("[]")),
            ("[1, 2", Some("[1]")),
            (r#"["a", "b"#, Some(r#"["a"]"#)),
            (r#"[{"a": 1}, {"a": 2"#, Some(r#"[{"a":1}]"#)),
            ("{nonsense", Some("{}")),
        ] {
            assert_eq!(so_far(text).as_deref(), json, "{text}");
        }
    }
}
