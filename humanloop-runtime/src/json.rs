//! Marks that stand in the place of values, and what is JSON already, written straight into a buffer.

#[cfg(feature = "http")]
use crate::payload::Form;
use crate::serial::string;

/// Appends `{"<mark>":"<text>"}`: never to be mistaken for a value of the user's that happens to be empty.
pub(crate) fn marked(out: &mut Vec<u8>, mark: &str, text: &str) {
    out.push(b'{');
    string(out, mark);
    out.push(b':');
    string(out, text);
    out.push(b'}');
}

/// Appends `{"$truncated":{"bytes":…,"start":"…"}}`: a value that was cut, its size before, and its beginning.
pub(crate) fn truncated(out: &mut Vec<u8>, bytes: usize, start: &[u8]) {
    out.extend_from_slice(br#"{"$truncated":{"bytes":"#);
    out.extend_from_slice(bytes.to_string().as_bytes());
    out.extend_from_slice(br#","start":"#);
    string(out, whole_characters(start));
    out.extend_from_slice(b"}}");
}

/// Appends JSON that is written already.
#[cfg(feature = "http")]
pub(crate) fn copied(json: &[u8], out: &mut Vec<u8>, limit: usize) -> Form {
    if json.len() > limit {
        truncated(out, json.len(), &json[..limit]);
    } else {
        out.extend_from_slice(json);
    }
    Form::Json
}

/// As much of the beginning of `bytes` as is text: a cut may have gone through a character.
pub(crate) fn whole_characters(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => bytes.get(..error.valid_up_to()).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_inside_a_character_leaves_valid_text() {
        let mut out = Vec::new();
        truncated(&mut out, 7, &"aä".as_bytes()[..2]);
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"$truncated":{"bytes":7,"start":"a"}}"#);
    }
}
