//! Opening tags and their attributes.

use std::ops::Range;

use super::ENTITIES;
use super::read::Reader;
use crate::suggest::did_you_mean;

/// An opening tag as it was read.
pub(super) struct Open {
    /// The whole tag.
    pub(super) span: Range<usize>,
    attributes: Vec<Attribute>,
    /// `<… />`.
    pub(super) is_closed: bool,
}

struct Attribute {
    name: String,
    name_span: Range<usize>,
    value: String,
    value_span: Range<usize>,
}

impl Reader<'_> {
    /// The values of the attributes `known`, with their places; others are mistakes.
    pub(super) fn known(&mut self, open: &Open, word: &str, known: &[&str]) -> Vec<Option<(String, Range<usize>)>> {
        let mut values = vec![None; known.len()];
        for attribute in &open.attributes {
            match known.iter().position(|name| *name == attribute.name) {
                Some(place) if values[place].is_some() => {
                    self.wrong(attribute.name_span.clone(), format!("`{}` is there already", attribute.name));
                }
                Some(place) => values[place] = Some((attribute.value.clone(), attribute.value_span.clone())),
                None => {
                    let instead = did_you_mean(&attribute.name, known);
                    self.wrong(attribute.name_span.clone(), format!("`<{word}>` has no `{}`{instead}", attribute.name));
                }
            }
        }
        values
    }

    /// Reads an opening tag; on a mistake, where to go on.
    pub(super) fn open(&mut self, start: usize, word: &str) -> Result<Open, usize> {
        let mut attributes = Vec::new();
        let mut at = start + 1 + word.len();
        loop {
            let line_end = self.line_end(at);
            at = self.skip(at, line_end);
            let rest = &self.text[at..line_end];
            if rest.starts_with('>') {
                return Ok(Open { span: start..at + 1, attributes, is_closed: false });
            }
            if rest.starts_with("/>") {
                return Ok(Open { span: start..at + 2, attributes, is_closed: true });
            }
            let length = rest.find(|c: char| !(c.is_alphanumeric() || "_-".contains(c))).unwrap_or(rest.len());
            if length == 0 {
                self.wrong(
                    start..line_end.max(start + 1),
                    format!("the tag `<{word}` is not closed in its line; write `>`"),
                );
                return Err(self.next_message(line_end));
            }
            let (name, name_span) = (rest[..length].to_owned(), at..at + length);
            let Some(value) = rest[length..].strip_prefix("=\"") else {
                self.wrong(
                    name_span,
                    format!("the value of an attribute stands in double quotes; write `{name}=\"…\"`"),
                );
                return Err(self.next_message(line_end));
            };
            let value_at = at + length + 2;
            let Some(end) = value.find('"') else {
                self.wrong(value_at - 1..line_end, "this value is not closed in its line; write `\"`");
                return Err(self.next_message(line_end));
            };
            let value_span = value_at..value_at + end;
            attributes.push(Attribute { name, name_span, value: decode(&value[..end]), value_span });
            at = value_at + end + 1;
        }
    }
}

/// The value of an attribute.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let entity = ENTITIES.into_iter().find(|(name, _)| after.starts_with(name));
        match entity {
            Some((name, c)) => {
                out.push(c);
                rest = &after[name.len()..];
            }
            None => {
                out.push('&');
                rest = &after[1..];
            }
        }
    }
    out.push_str(rest);
    out
}
