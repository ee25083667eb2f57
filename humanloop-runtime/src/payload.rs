//! What a call captured, on its way from its caller to the worker.
//!
//! A caller copies texts and numbers as they are. What takes time, such as looking for what has to be escaped, is left to the
//! worker, which makes JSON of them.

use std::borrow::Cow;

use humanloop_api::{Object, RawValue, json};

use crate::serial;

/// How the bytes of a value are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Json,
    Text,
    Unsigned,
    Signed,
}

/// A value and its form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    pub(crate) form: Form,
    pub(crate) bytes: &'a [u8],
}

/// What stands before a member's name and value, as one word: the value's form and length, and between them the name's length.
struct Head {
    form: Form,
    name: usize,
    value: usize,
}

const NAME: u32 = 38;
const FORM: u32 = 62;

impl Head {
    const BYTES: usize = size_of::<u64>();
    /// Of a longer one it is the beginning that is kept.
    const LONGEST_NAME: usize = (1 << (FORM - NAME)) - 1;

    fn new(form: Form, name: usize, value: usize) -> Self {
        Self { form, name, value }
    }

    fn write(&self) -> [u8; Self::BYTES] {
        ((self.form as u64) << FORM | (self.name as u64) << NAME | self.value as u64).to_le_bytes()
    }

    fn read(bytes: [u8; Self::BYTES]) -> Self {
        let word = u64::from_le_bytes(bytes);
        let form = match word >> FORM {
            0 => Form::Json,
            1 => Form::Text,
            2 => Form::Unsigned,
            _ => Form::Signed,
        };
        let name = (word >> NAME) as usize & Self::LONGEST_NAME;
        Self { form, name, value: (word & ((1 << NAME) - 1)) as usize }
    }
}

/// Appends a member of an object; `write` appends its value.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, name: &str, write: impl FnOnce(&mut Vec<u8>) -> Form) {
    let at = out.len();
    let name = name.as_bytes();
    let name = name.get(..Head::LONGEST_NAME).unwrap_or(name);
    out.extend_from_slice(&[0; Head::BYTES]);
    out.extend_from_slice(name);
    let from = out.len();
    let form = write(out);
    let head = Head::new(form, name.len(), out.len() - from);
    if let Some(place) = out.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
        *place = head.write();
    }
}

/// The members that [`put`] has written.
pub(crate) fn object(bytes: &[u8]) -> Object {
    let mut text = Vec::with_capacity(bytes.len() + bytes.len() / 8 + serial::ROOM);
    for (name, value) in members(bytes) {
        text.push(if text.is_empty() { b'{' } else { b',' });
        serial::string(&mut text, &name);
        text.push(b':');
        value.append_to(&mut text);
    }
    if text.is_empty() {
        return Object::new();
    }
    text.push(b'}');
    // All at once: value by value takes more memory, and so more time.
    serde_json::from_slice(&text).unwrap_or_else(|_| one_by_one(bytes))
}

/// The members, when a value is no JSON.
#[cold]
fn one_by_one(bytes: &[u8]) -> Object {
    let mut object = Object::new();
    for (name, value) in members(bytes) {
        let value = RawValue::from_string(value.json().into_owned());
        let reason = |error: serde_json::Error| json(&Object::from_iter([("$unserializable", error.to_string())]));
        object.push(name, value.unwrap_or_else(reason));
    }
    object
}

fn members(mut bytes: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Value<'_>)> {
    std::iter::from_fn(move || {
        let (head, rest) = bytes.split_first_chunk()?;
        let Head { form, name, value } = Head::read(*head);
        let (name, rest) = rest.split_at_checked(name)?;
        let (value, rest) = rest.split_at_checked(value)?;
        bytes = rest;
        Some((String::from_utf8_lossy(name), Value { form, bytes: value }))
    })
}

/// A value, read.
#[derive(Debug)]
pub(crate) enum Read<'a> {
    Json(Cow<'a, str>),
    Text(Cow<'a, str>),
    Unsigned(u64),
    Signed(i64),
}

impl<'a> Value<'a> {
    /// Its JSON.
    pub(crate) fn json(self) -> Cow<'a, str> {
        if let Read::Json(json) = self.read() {
            return json;
        }
        let mut json = Vec::new();
        self.append_to(&mut json);
        String::from_utf8_lossy(&json).into_owned().into()
    }

    fn append_to(self, out: &mut Vec<u8>) {
        match self.read() {
            Read::Json(_) => out.extend_from_slice(self.bytes),
            Read::Text(text) => serial::string(out, &text),
            Read::Unsigned(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Read::Signed(number) => out.extend_from_slice(number.to_string().as_bytes()),
        }
    }

    pub(crate) fn read(self) -> Read<'a> {
        let text = || String::from_utf8_lossy(self.bytes);
        let word = || self.bytes.first_chunk().copied().unwrap_or_default();
        match self.form {
            Form::Json => Read::Json(text()),
            Form::Text => Read::Text(text()),
            Form::Unsigned => Read::Unsigned(u64::from_le_bytes(word())),
            Form::Signed => Read::Signed(i64::from_le_bytes(word())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(values: &[(&str, Form, &[u8])]) -> String {
        let mut out = Vec::new();
        for (name, form, bytes) in values {
            put(&mut out, name, |out| {
                out.extend_from_slice(bytes);
                *form
            });
        }
        serde_json::to_string(&object(&out)).unwrap()
    }

    #[test]
    fn a_member_is_read_as_it_was_written() {
        let (small, large) = (7_u64.to_le_bytes(), u64::MAX.to_le_bytes());
        let (least, minus) = (i64::MIN.to_le_bytes(), (-1_i64).to_le_bytes());
        let members = written(&[
            ("json", Form::Json, br#"{"a":[1, null]}"#),
            ("text", Form::Text, "\"ä\"\n\\\u{1}</script>".as_bytes()),
            ("r#empty", Form::Text, b""),
            ("small", Form::Unsigned, &small),
            ("large", Form::Unsigned, &large),
            ("least", Form::Signed, &least),
            ("minus", Form::Signed, &minus),
        ]);
        let expected = r##"{"json":{"a":[1, null]},"text":"\"ä\"\n\\\u0001</script>","r#empty":"","small":7,"##
            .to_owned()
            + r#""large":18446744073709551615,"least":-9223372036854775808,"minus":-1}"#;
        assert_eq!(members, expected);
    }

    #[test]
    fn two_members_of_one_name_are_both_kept() {
        assert_eq!(written(&[("_1", Form::Json, b"1"), ("_1", Form::Text, b"b")]), r#"{"_1":1,"_1":"b"}"#);
    }

    #[test]
    fn a_name_that_is_too_long_is_cut_and_its_neighbours_are_as_they_were() {
        let name = "n".repeat(Head::LONGEST_NAME + 7);
        let members = written(&[("before", Form::Text, b"1"), (&name, Form::Json, b"2"), ("after", Form::Text, b"3")]);
        let expected = format!(r#"{{"before":"1","{}":2,"after":"3"}}"#, &name[7..]);
        assert!(members == expected, "{} bytes", members.len());
    }

    #[test]
    fn what_is_no_json_says_so_and_leaves_its_neighbours_alone() {
        let members = written(&[("a", Form::Json, b"[1"), ("b", Form::Text, b"[1")]);
        assert!(members.starts_with(r#"{"a":{"$unserializable":"EOF while parsing"#), "{members}");
        assert!(members.ends_with(r#","b":"[1"}"#), "{members}");
    }

    #[test]
    fn a_head_keeps_long_lengths() {
        for (name, value) in [(0, 0), (1, (1 << 38) - 1), ((1 << 24) - 1, 1), ((1 << 24) - 1, (1 << 38) - 1)] {
            for form in [Form::Json, Form::Text, Form::Unsigned, Form::Signed] {
                let read = Head::read(Head::new(form, name, value).write());
                assert_eq!((read.form, read.name, read.value), (form, name, value));
            }
        }
    }

    #[test]
    fn what_ends_too_early_is_left_out() {
        let mut out = Vec::new();
        for name in ["a", "b"] {
            put(&mut out, name, |out| {
                out.extend_from_slice(b"text");
                Form::Text
            });
        }
        for length in 0..out.len() {
            let json = serde_json::to_string(&object(&out[..length])).unwrap();
            assert_eq!(json, if length < out.len() / 2 { "{}" } else { r#"{"a":"text"}"# });
        }
    }
}
