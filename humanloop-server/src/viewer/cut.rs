//! Long values cut to what a page shows first: `{"$cut": {"bytes", "head", "path"}}` for a text, `{"$more": {"count"}}` at the end
//! of a list.

use serde_json::{Value, json};

/// Bytes of a text that are shown before the reader asks for all.
const TEXT: usize = 4096;
/// Items of a list; messages are never left out.
const ITEMS: usize = 2000;

/// Cuts all texts and lists in a value; `path` is the JSON pointer to it.
pub(super) fn cut(value: &mut Value, path: &str) {
    match value {
        Value::String(text) if text.len() > TEXT => {
            let head = &text[..text.floor_char_boundary_at(TEXT)];
            *value = json!({ "$cut": { "bytes": text.len(), "head": head, "path": path } });
        }
        Value::Array(items) => {
            let left_out = items.len().saturating_sub(ITEMS);
            if left_out > 0 && path != "/messages" {
                items.truncate(ITEMS);
                items.push(json!({ "$more": { "count": left_out } }));
            }
            for (place, item) in items.iter_mut().enumerate() {
                cut(item, &format!("{path}/{place}"));
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                cut(field, &format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")));
            }
        }
        _ => {}
    }
}

trait Boundary {
    /// The last place at or before `at` that is between two characters.
    fn floor_char_boundary_at(&self, at: usize) -> usize;
}

impl Boundary for String {
    fn floor_char_boundary_at(&self, at: usize) -> usize {
        (0..=at.min(self.len())).rev().find(|at| self.is_char_boundary(*at)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters_and_found_again_by_its_path() {
        let text = "ä".repeat(TEXT);
        let whole = json!({ "a/b": [text] });
        let mut value = whole.clone();
        cut(&mut value, "");
        let mark = &value["a/b"][0]["$cut"];
        assert_eq!(mark["bytes"], 2 * TEXT);
        assert_eq!(mark["head"].as_str().map(str::len), Some(TEXT));
        assert_eq!(whole.pointer(mark["path"].as_str().unwrap()), Some(&json!(text)));
    }
}
