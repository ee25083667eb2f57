//! JSON strings and short marks, written straight into a buffer.

#[cfg(feature = "http")]
use crate::payload::Form;
use crate::serial::block::{escape, special, special_in};

/// Appends `text` as a JSON string. It looks at eight bytes at a time, since most text has nothing to escape.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut at = 0;
    while let Some(next) = escape_from(bytes, at) {
        out.extend_from_slice(&bytes[from..next]);
        let (escape, length) = escape(bytes[next]);
        out.extend_from_slice(&escape[..length]);
        from = next + 1;
        at = from;
    }
    out.extend_from_slice(&bytes[from..]);
    out.push(b'"');
}

/// The place of the first byte at or after `at` that may not stand in a JSON string as it is.
fn escape_from(bytes: &[u8], mut at: usize) -> Option<usize> {
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let special = special_in(u64::from_le_bytes(*word));
        if special != 0 {
            return Some(at + special.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?;
    // The last eight bytes; those of them that were looked at before had nothing.
    if bytes.last_chunk::<8>().is_some_and(|word| special_in(u64::from_le_bytes(*word)) == 0) {
        return None;
    }
    rest.iter().position(|byte| special(*byte)).map(|found| at + found)
}

/// Appends an unsigned number.
pub(crate) fn unsigned(out: &mut Vec<u8>, number: u64) {
    const EIGHT: u64 = 100_000_000;
    let mut rest = number % EIGHT;
    let mut least = 1;
    if number >= EIGHT {
        unsigned(out, number / EIGHT);
        least = 8;
    }
    // Up to eight digits in one word: what was written byte by byte could not be read as a whole at once.
    let (mut digits, mut count) = (0_u64, 0);
    while rest > 0 || count < least {
        digits = (digits << 8) | u64::from(b'0') | (rest % 10);
        rest /= 10;
        count += 1;
    }
    out.extend_from_slice(&digits.to_le_bytes()[..count]);
}

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
    unsigned(out, bytes as u64);
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

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_written_as_serde_json_writes_them() {
        for byte in 0..=255_u8 {
            for at in 0..20 {
                let text: String = (0..20).map(|n| if n == at { char::from(byte) } else { 'ä' }).collect();
                assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
                let text = format!("{}{}x\u{7f}\u{2028}", "y".repeat(at), char::from(byte));
                assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
            }
        }
    }

    #[test]
    fn numbers_are_written_whole() {
        let powers = (0..20).map(|power| 10_u64.pow(power)).flat_map(|power| [power - 1, power, power + 1]);
        for number in powers.chain([12_345, 100_000_001, 9_900_000_000, u64::MAX]) {
            let mut out = Vec::new();
            unsigned(&mut out, number);
            assert_eq!(String::from_utf8(out).unwrap(), number.to_string());
        }
    }

    #[test]
    fn a_cut_inside_a_character_leaves_valid_text() {
        let mut out = Vec::new();
        truncated(&mut out, 7, &"aä".as_bytes()[..2]);
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"$truncated":{"bytes":7,"start":"a"}}"#);
    }
}
