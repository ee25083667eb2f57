//! Printing messages, so that they read as the same.

use std::fmt::Write as _;

use super::{Call, ENTITIES, Message, Part};
use crate::layout;

/// Prints a message.
pub(crate) fn print(message: &Message, out: &mut String) {
    let word = message.role.word();
    let _ = write!(out, "<{word}");
    for (name, value) in [("name", &message.name), ("id", &message.id)] {
        if let Some(value) = value {
            let _ = write!(out, " {name}=\"{}\"", encode(value));
        }
    }
    out.push('>');
    match (&message.parts[..], &message.calls[..]) {
        ([Part::Text(text)], []) => out.push_str(&layout::print(text, &[word], "")),
        (parts, calls) => {
            out.push('\n');
            for part in parts {
                match part {
                    Part::Text(text) => {
                        let _ = writeln!(out, "  <text>{}</text>", layout::print(text, &["text", word], "  "));
                    }
                    Part::Image { url, detail } => {
                        let _ = write!(out, "  <image url=\"{}\"", encode(url));
                        if let Some(detail) = detail {
                            let _ = write!(out, " detail=\"{}\"", encode(detail));
                        }
                        out.push_str("/>\n");
                    }
                }
            }
            for Call { name, id, arguments } in calls {
                let arguments = layout::print_json(arguments);
                let _ = writeln!(out, "  <tool name=\"{}\" id=\"{}\">{arguments}</tool>", encode(name), encode(id));
            }
        }
    }
    let _ = writeln!(out, "</{word}>");
}

/// The value of an attribute, so that it reads as `text`.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '<' => out.push_str("&lt;"),
            '&' if ENTITIES.iter().any(|(name, _)| text[at..].starts_with(name)) => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    out
}
