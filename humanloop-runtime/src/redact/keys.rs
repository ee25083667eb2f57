//! API keys in text, by their usual shapes.

use std::borrow::Cow;

/// How keys begin, and how many characters follow at least.
const KEYS: [(&str, usize); 15] = [
    ("sk-", 20),
    ("hl_sk_", 12),
    ("pk-lf-", 20),
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("github_pat_", 30),
    ("glpat-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("AKIA", 16),
    ("AIza", 30),
    ("hf_", 30),
];
/// Before the characters of a key of any shape, and how many those are at least.
const BEARER: (&str, usize) = ("Bearer ", 20);
/// Characters of the shortest key.
const SHORTEST: usize = 18;

fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'+' | b'/' | b'=')
}

/// The first key in `text` at or after `from`: where it begins, and where it ends.
fn find_key(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    find(bytes, from, |at| at == from || !bytes[at - 1].is_ascii_alphanumeric())
}

/// The first key that `begins_word` lets begin where it does.
fn find(bytes: &[u8], from: usize, begins_word: impl Fn(usize) -> bool) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        let (start, end) = find_run(bytes, at)?;
        let bearer = start.checked_sub(BEARER.0.len()).filter(|at| *at >= from);
        if let Some(at) = bearer.filter(|at| bytes[*at..start] == *BEARER.0.as_bytes() && begins_word(*at))
            && end - start >= BEARER.1
        {
            return Some((at, end));
        }
        let is_key = |at: &usize| {
            let run = &bytes[*at..end];
            begins_word(*at)
                && KEYS.iter().any(|(key, least)| run.starts_with(key.as_bytes()) && run.len() >= key.len() + least)
        };
        if let Some(at) = (start..end).find(is_key) {
            return Some((at, end));
        }
        at = end;
    }
}

/// The first run of enough characters for a key, at or after `from`. Text of people is nearly skipped: where a character that is
/// of no key stands, no such run can go through it, so the next place to look at is that much further.
fn find_run(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut start = from;
    loop {
        let window = bytes.get(start..start + SHORTEST)?;
        match window.iter().rposition(|byte| !is_of_key(*byte)) {
            Some(place) => start += place + 1,
            None => {
                let more = bytes[start + SHORTEST..].iter().take_while(|byte| is_of_key(**byte)).count();
                return Some((start, start + SHORTEST + more));
            }
        }
    }
}

/// Whether there may be a key in JSON. In its strings a letter before a key may be the end of an escape, as in `\nsk-…`, and a
/// slash within one may have a backslash before it; only the decoded strings tell.
pub(super) fn may_have_key(json: &str) -> bool {
    json.contains("\\/") || find(json.as_bytes(), 0, |_| true).is_some()
}

/// `text` with `[redacted]` in place of keys.
pub(super) fn without_keys(text: Cow<'_, str>) -> Cow<'_, str> {
    if find_key(&text, 0).is_none() {
        return text;
    }
    let (mut out, mut from) = (String::new(), 0);
    while let Some((start, end)) = find_key(&text, from) {
        out.push_str(&text[from..start]);
        out.push_str("[redacted]");
        from = end;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_wherever_they_stand() {
        let keys = KEYS
            .iter()
            .chain([&BEARER])
            .map(|(start, least)| format!("{start}{}", "a1".repeat(*least).split_at(*least).0));
        for key in keys {
            for (before, after) in [("", ""), ("a ", " b"), ("name=", ""), ("ä", "ä"), ("x".repeat(40).as_str(), ".")]
            {
                let glued = before.ends_with(|letter: char| letter.is_ascii_alphanumeric());
                let text = format!("{before}{key}{after}");
                let found = without_keys(Cow::Borrowed(&text));
                let end = if after.starts_with('.') { "" } else { after };
                let expected = if glued { text.clone() } else { format!("{before}[redacted]{end}") };
                assert_eq!(found, expected, "{text}");
            }
            let short = &key[..key.len() - 1];
            assert_eq!(without_keys(Cow::Borrowed(short)), short);
            let two = format!("{key} {key},{key}");
            assert_eq!(without_keys(Cow::Borrowed(&two)), "[redacted] [redacted],[redacted]");
        }
        assert!(KEYS.iter().chain([&BEARER]).all(|(start, least)| start.len() + least >= SHORTEST));
    }
}
