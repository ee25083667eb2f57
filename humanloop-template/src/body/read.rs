//! Reading messages, with every mistake at its place.

use std::ops::Range;

use super::open::Open;
use super::{Call, Message, Part, ROLES, Role};
use crate::layout::{self, BLANKS, tag};
use crate::mistake::Mistake;
use crate::suggest::{did_you_mean, nearest};
use crate::template::{Template, Variable};
use crate::yaml::{Flow, Value};

/// Whether a body without a key `endpoint` holds messages: it begins with one, or with what is nearly one.
pub(crate) fn is_chat(body: &str) -> bool {
    let Some(rest) = body.trim_start_matches(BLANKS).strip_prefix('<') else { return false };
    let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    let word = &rest[..end];
    (rest[end..].starts_with(['>', ' ', '/']) || rest.len() == end)
        && (word == "developer" || nearest(word, ROLES).is_some() && word.len() > 2)
}

pub(crate) struct Reader<'t> {
    pub(crate) text: &'t str,
    pub(crate) mistakes: Vec<Mistake>,
    pub(crate) variables: Vec<Variable>,
}

impl<'t> Reader<'t> {
    pub(super) fn wrong(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.mistakes.push(Mistake::new(span, message));
    }

    /// Notes the variables of a template that stands at `span`.
    pub(crate) fn template(&mut self, span: Range<usize>) {
        let (template, mistakes) = Template::parse(&self.text[span.clone()]);
        self.mistakes.extend(mistakes.into_iter().map(|mistake| mistake.moved(span.start)));
        self.variables.extend(template.variables().map(|variable| Variable {
            path: variable.path.clone(),
            span: variable.span.start + span.start..variable.span.end + span.start,
        }));
    }

    /// The place of the first that is no blank.
    pub(super) fn skip(&self, at: usize, end: usize) -> usize {
        let rest = &self.text[at..end];
        end - rest.trim_start_matches(BLANKS).len()
    }

    pub(super) fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline)
    }

    /// The next place at or behind `at` where a line begins with a message.
    pub(super) fn next_message(&self, at: usize) -> usize {
        let mut line = at;
        while line < self.text.len() {
            let start = line + (self.text[line..].len() - self.text[line..].trim_start_matches([' ', '\t']).len());
            if matches!(tag(&self.text[start..]), Some((false, word)) if ROLES.contains(&word)) {
                return start;
            }
            line = self.line_end(line) + 1;
        }
        self.text.len()
    }

    /// The messages from `start` on.
    pub(crate) fn messages(&mut self, start: usize) -> Vec<Message> {
        let mut messages = Vec::new();
        let mut at = self.skip(start, self.text.len());
        while at < self.text.len() {
            at = match tag(&self.text[at..]) {
                Some((false, word)) if ROLES.contains(&word) => self.message(at, word, &mut messages),
                _ => self.no_message(at),
            };
            at = self.skip(at, self.text.len());
        }
        if messages.is_empty() && self.mistakes.is_empty() {
            self.wrong(
                start.saturating_sub(1)..start,
                "there is no message below the front matter; write `<user>…</user>`",
            );
        }
        messages
    }

    /// Tells what stands where a message should, and gives where to go on.
    fn no_message(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let line_end = self.line_end(at);
        let word_end =
            rest[1..].find(|c: char| !(c.is_alphanumeric() || "_-/".contains(c))).map_or(rest.len(), |end| end + 1);
        let word = rest.get(1..word_end).unwrap_or_default();
        let is_tag = rest.starts_with('<') && !word.is_empty();
        if let Some(word) = word.strip_prefix('/').filter(|_| is_tag) {
            let tag_end = rest.find('>').map_or(line_end, |end| at + end + 1).min(line_end);
            self.wrong(
                at..tag_end,
                format!("`</{word}>` closes nothing here; to have it as text inside a message write `\\</{word}>`"),
            );
            return tag_end.max(at + 1);
        }
        if !is_tag {
            self.wrong(at..line_end, "text stands between messages; put it into one, such as `<user>…</user>`");
            // The lines that belong to it are told with it.
            let mut next = line_end;
            while next < self.text.len() && !self.text[next..].trim_start_matches(BLANKS).starts_with('<') {
                next = self.line_end(self.skip(next, self.text.len()));
            }
            return next;
        }
        let tag_end = rest.find('>').map_or(line_end, |end| at + end + 1).min(line_end);
        let message = match word {
            "developer" => "there is no role `developer`; write `<system>`".into(),
            "text" | "image" => format!("`<{word}>` belongs into a `<user>` message"),
            _ => format!("there is no role `{word}`{}", did_you_mean(word, &ROLES)),
        };
        self.wrong(at..tag_end, message);
        let close = format!("</{word}>");
        match rest.find(&close) {
            Some(end) => at + end + close.len(),
            None => self.next_message(line_end),
        }
    }

    /// Reads a message whose tag begins at `at`, and gives where to go on.
    fn message(&mut self, at: usize, word: &'static str, messages: &mut Vec<Message>) -> usize {
        let open = match self.open(at, word) {
            Ok(open) => open,
            Err(next) => return next,
        };
        if open.is_closed {
            self.wrong(open.span.clone(), format!("a message is never `<{word}/>`; write `<{word}></{word}>`"));
            return open.span.end;
        }
        let Some((content, next)) = self.content(&open, word) else {
            return self.next_message(self.line_end(open.span.end.max(at)));
        };
        let role = Role::of(word).unwrap_or(Role::User);
        let known: &[&str] = if role == Role::Tool { &["name", "id"] } else { &["name"] };
        let mut values = self.known(&open, word, known);
        let name = values[0].take().map(|(value, _)| value);
        let id = values.get_mut(1).and_then(Option::take).map(|(value, _)| value);
        if role == Role::Tool && id.is_none() {
            self.wrong(open.span.clone(), "a result names its call; write `<tool id=\"…\">`");
        }
        let mut message = Message { role, name, id, parts: Vec::new(), calls: Vec::new() };
        let first = self.skip(content.start, content.end);
        match (role, tag(&self.text[first..content.end])) {
            (Role::User, Some((false, "text" | "image"))) | (Role::Assistant, Some((false, "text" | "tool"))) => {
                self.elements(first..content.end, &mut message);
            }
            _ => {
                self.stray(content.clone(), role);
                message.parts.push(Part::Text(self.text_of(content)));
            }
        }
        messages.push(message);
        next
    }

    /// The text in the content of an element, which is a template.
    fn text_of(&mut self, content: Range<usize>) -> String {
        self.template(content.clone());
        layout::read(&self.text[content])
    }

    /// A part or a call that begins a line inside of a text was hardly meant as text.
    fn stray(&mut self, content: Range<usize>, role: Role) {
        let (element, message) = match role {
            Role::User => (
                "<image url=\"",
                "text beside an image stands in `<text>…</text>`; to have the tag as text write `\\<image`",
            ),
            Role::Assistant => (
                "<tool name=\"",
                "text beside a call stands in `<text>…</text>`; to have the tag as text write `\\<tool`",
            ),
            _ => return,
        };
        let mut line = content.start;
        while line < content.end {
            let end = self.line_end(line).min(content.end);
            let text = self.text[line..end].trim_start_matches([' ', '\t']);
            if text.starts_with(element) {
                self.wrong(end - text.len()..end, message);
            }
            line = end + 1;
        }
    }

    /// The elements of a message that does not consist of text.
    fn elements(&mut self, range: Range<usize>, message: &mut Message) {
        let words: &[&str] = if message.role == Role::User { &["text", "image"] } else { &["text", "tool"] };
        let mut at = range.start;
        while at < range.end {
            let word = match tag(&self.text[at..range.end]) {
                Some((false, word)) if words.contains(&word) => word,
                _ => {
                    let end = self.line_end(at).min(range.end);
                    let list = words.join(">`, `<");
                    self.wrong(at..end, format!("between the parts of a message nothing may stand but `<{list}>`; text belongs into `<text>…</text>`"));
                    return;
                }
            };
            let Ok(open) = self.open(at, word) else { return };
            if open.span.end > range.end {
                self.wrong(
                    at..range.end,
                    format!("the tag `<{word}` is not closed before its message is; write a `<` in it as `&lt;`"),
                );
                return;
            }
            if word == "image" {
                self.image(&open, message);
                at = open.span.end;
                if !open.is_closed {
                    self.wrong(open.span, "an image has no content; write `<image url=\"…\"/>`");
                }
            } else {
                if open.is_closed {
                    self.wrong(open.span, format!("`<{word}>` has a content; write `<{word}>…</{word}>`"));
                    return;
                }
                let Some((content, next)) = self.content(&open, word).filter(|(content, _)| content.end <= range.end)
                else {
                    return;
                };
                if word == "text" {
                    self.known(&open, word, &[]);
                    let text = self.text_of(content);
                    if message.role == Role::Assistant && !(message.parts.is_empty() && message.calls.is_empty()) {
                        self.wrong(open.span, "an assistant's message has one text, and its calls follow it");
                    }
                    message.parts.push(Part::Text(text));
                } else {
                    self.call(&open, content, message);
                }
                at = next;
            }
            at = self.skip(at, range.end);
        }
    }

    fn image(&mut self, open: &Open, message: &mut Message) {
        let mut values = self.known(open, "image", &["url", "detail"]);
        let detail = values[1].take();
        if let Some((detail, span)) = &detail
            && !["high", "low", "auto"].contains(&detail.as_str())
        {
            let instead = did_you_mean(detail, &["high", "low", "auto"]);
            self.wrong(span.clone(), format!("there is no detail `{detail}`{instead}"));
        }
        let Some((url, span)) = values[0].take().filter(|(url, _)| !url.is_empty()) else {
            self.wrong(open.span.clone(), "an image has an address; write `<image url=\"…\"/>`");
            return;
        };
        self.template(span);
        message.parts.push(Part::Image { url, detail: detail.map(|(detail, _)| detail) });
    }

    fn call(&mut self, open: &Open, content: Range<usize>, message: &mut Message) {
        let mut values = self.known(open, "tool", &["name", "id"]);
        let (name, id) = (values[0].take(), values[1].take());
        let (Some((name, _)), Some((id, _))) = (name, id) else {
            self.wrong(open.span.clone(), "a call has a name and an id; write `<tool name=\"…\" id=\"…\">{…}</tool>`");
            return;
        };
        let arguments = layout::read_json(&self.text[content.clone()]);
        let mut json = Flow { text: &arguments, at: 0, end: arguments.len(), json: true };
        let read = json.value(0);
        json.skip();
        let ended = json.at == arguments.len();
        let start = self.skip(content.start, content.end);
        let all = start..content.end.max(start);
        match read {
            Ok(Value::Map(_)) if ended => message.calls.push(Call { name, id, arguments }),
            Ok(_) => self.wrong(all, "the arguments of a call are one JSON object; write `{}` for none"),
            // A brace in the place of a key, or of a value.
            Err(mistake) if arguments[mistake.span.start..].starts_with('{') => {
                self.wrong(all, "in the arguments of a call nothing is replaced");
            }
            // A backslash that was taken away would move the place.
            Err(mistake) if self.text[start..].starts_with(&arguments) => self.mistakes.push(mistake.moved(start)),
            Err(mistake) => self.wrong(all, mistake.message),
        }
    }

    /// The content of an element, and where to go on behind its closing tag.
    fn content(&mut self, open: &Open, word: &str) -> Option<(Range<usize>, usize)> {
        let start = open.span.end;
        let mut from = start;
        while let Some(found) = self.text[from..].find("</") {
            let at = from + found;
            let is_text = self.text[start..at].ends_with('\\');
            if !is_text && tag(&self.text[at..]) == Some((true, word_of(word))) {
                let after = &self.text[at + 2 + word.len()..];
                let blanks = after.len() - after.trim_start_matches([' ', '\t']).len();
                if after[blanks..].starts_with('>') {
                    return Some((start..at, at + 2 + word.len() + blanks + 1));
                }
            }
            from = at + 2;
        }
        self.wrong(open.span.clone(), format!("`<{word}>` is never closed; write `</{word}>` behind its content"));
        None
    }
}

/// The word itself, for as long as the program runs.
fn word_of(word: &str) -> &'static str {
    layout::WORDS.into_iter().find(|known| *known == word).unwrap_or("")
}
