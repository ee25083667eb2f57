use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::super::write;
use super::{Bytes, Displayed, Keyed, Plain, written};

/// The first bytes of the whole, and how many come after them.
fn cut_at_each_limit<T: Serialize>(value: &T) {
    let whole = serde_json::to_vec(value).unwrap();
    for limit in 0..=whole.len() + 1 {
        let kept = limit.min(whole.len());
        assert_eq!(written(value, limit), Ok((whole[..kept].to_vec(), whole.len() - kept)), "limit {limit}");
    }
}

#[test]
fn no_more_than_the_limit_is_kept_and_what_is_not_is_counted() {
    let raw: Box<RawValue> = serde_json::from_str(r#"{"raw":   [1, 2, 3]}"#).unwrap();
    let long: Box<RawValue> = serde_json::from_str(&format!("[{}1]", "1, ".repeat(300))).unwrap();
    cut_at_each_limit(&(
        "a\"b",
        Plain::Renamed { tab: 1, nothing: 200, long: 255, skipped: Some(1) },
        vec![Some(1.5), None, Some(-0.25e-200)],
        Bytes(b"bytes"),
        Displayed("piece\n"),
        (u64::MAX, i128::MIN, true, false, 'ä'),
        Keyed(1),
        Keyed("🦀".repeat(20)),
        raw,
        "\u{1}".repeat(100),
    ));
    cut_at_each_limit(&("x", "line of a text\n".repeat(100), "y"));
    cut_at_each_limit(&("x", long, "y"));
    cut_at_each_limit(&(0..300).collect::<Vec<_>>());
}

#[test]
fn memory_stays_near_the_limit() {
    for text in ["x", "\u{1}", "🦀\""] {
        let text = text.repeat(100_000);
        let raw: Box<RawValue> = serde_json::value::to_raw_value(&text).unwrap();
        for limit in [0, 10, 1_000] {
            for value in [json!(text), json!({ "key": [1, text], "other": text })] {
                let mut out = Vec::new();
                let left_out = write(&value, &mut out, limit).unwrap();
                assert_eq!((out.len(), left_out), (limit, serde_json::to_vec(&value).unwrap().len() - limit));
                assert!(out.capacity() < 4_000, "{}", out.capacity());
            }
            let mut out = Vec::new();
            write(&raw, &mut out, limit).unwrap();
            assert!(out.capacity() < 4_000, "{}", out.capacity());
        }
    }
}

#[test]
fn a_buffer_with_memory_of_its_own_is_asked_for_no_more() {
    let value = json!({ "name": "Ada Lovelace", "tags": ["a", "b"], "count": 3 });
    let length = serde_json::to_vec(&value).unwrap().len();
    let mut out = Vec::with_capacity(length + 36);
    let capacity = out.capacity();
    write(&value, &mut out, usize::MAX).unwrap();
    assert_eq!((out.len(), out.capacity()), (length, capacity));
}
