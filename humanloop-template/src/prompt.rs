//! A `.prompt` file: front matter and body.

use std::fmt;

use crate::body::{self, Body, Reader};
use crate::front;
use crate::mistake::{Mistake, Mistakes};
use crate::template::Variable;
use crate::yaml::{self, Value};

/// A `.prompt` file. Printing it gives a file that reads as the same.
///
/// ```
/// use humanloop_template::{Body, Message, PromptFile, Role, yaml::Value};
///
/// let text = "---\nmodel: gpt-4o\ntemperature: 0.7\n---\n\n<user>\n  Hello {{name}}\n</user>\n";
/// let prompt = PromptFile::parse(text).unwrap();
/// assert_eq!(prompt.get("temperature"), Some(&Value::Float(0.7)));
/// assert_eq!(prompt.body, Body::Messages(vec![Message::new(Role::User, "Hello {{name}}")]));
/// assert_eq!(prompt.variables[0].path.name, "name");
/// assert_eq!(prompt.to_string(), text);
/// ```
#[derive(Clone, Debug)]
pub struct PromptFile {
    /// The keys of the front matter, in their order.
    pub front: Vec<(String, Value)>,
    /// What is sent to the model.
    pub body: Body,
    /// The variables with their places in the text that was read (with `\n` as its line ends, without a byte order mark).
    pub variables: Vec<Variable>,
}

/// Equal when they say the same; where the variables stand is layout.
impl PartialEq for PromptFile {
    fn eq(&self, other: &Self) -> bool {
        self.front == other.front && self.body == other.body
    }
}

impl PromptFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// All mistakes in it.
    pub fn parse(text: &str) -> Result<Self, Mistakes> {
        let text = normal(text);
        match Self::read(&text) {
            Ok(prompt) => Ok(prompt),
            Err(mistakes) => Err(Mistakes::new(text, mistakes)),
        }
    }

    fn read(text: &str) -> Result<Self, Vec<Mistake>> {
        let first_end = text.find('\n').unwrap_or(text.len());
        if text[..first_end].trim_end() != "---" {
            let message = "a .prompt file begins with a line `---`, then `model: …`, then another line `---`";
            return Err(vec![Mistake::new(0..first_end.max(1).min(text.len()), message)]);
        }
        let front_start = (first_end + 1).min(text.len());
        let Some((front_end, body_start)) = closing_line(text, front_start) else {
            return Err(vec![Mistake::new(0..3, "the front matter is not closed; write another line `---` behind it")]);
        };
        let (entries, mut mistakes) = yaml::parse(text, front_start, front_end);
        if mistakes.is_empty() {
            front::check(&entries, front_end, &mut mistakes);
        }
        let front: Vec<(String, Value)> = entries.into_iter().map(|entry| (entry.key, entry.value)).collect();
        let endpoint = front.iter().find(|(key, _)| key == "endpoint").map(|(_, value)| value);
        let is_chat = match endpoint {
            Some(Value::Text(word)) if word == "chat" => true,
            Some(Value::Text(word)) if word == "complete" => false,
            _ => body::is_chat(&text[body_start..]),
        };
        let mut reader = Reader { text, mistakes, variables: Vec::new() };
        let body = if is_chat {
            Body::Messages(reader.messages(body_start))
        } else {
            // One empty line behind the front matter and the last line's end are layout.
            let start = body_start + usize::from(text[body_start..].starts_with('\n'));
            let end = text.len() - usize::from(text[start..].ends_with('\n'));
            reader.template(start..end);
            Body::Text(text[start..end].into())
        };
        if reader.mistakes.is_empty() {
            Ok(Self { front, body, variables: reader.variables })
        } else {
            Err(reader.mistakes)
        }
    }

    /// The value of a key of the front matter; `None` also when it is `null`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.front.iter().find(|(known, value)| known == key && *value != Value::Null).map(|(_, value)| value)
    }
}

/// The start of the next line `---`, and of the line behind it.
fn closing_line(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut line = from;
    while line < text.len() {
        let end = text[line..].find('\n').map_or(text.len(), |newline| line + newline);
        if text[line..end].trim_end() == "---" {
            return Some((line, (end + 1).min(text.len())));
        }
        line = end + 1;
    }
    None
}

/// The text with `\n` as its line ends, and without a byte order mark.
fn normal(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.contains("\r\n") {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(line) => {
                out.push_str(line.trim_end_matches('\r'));
                out.push('\n');
            }
            None => out.push_str(line),
        }
    }
    out
}

/// As a file.
impl fmt::Display for PromptFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("---\n")?;
        f.write_str(&yaml::print(&self.front))?;
        f.write_str("---\n")?;
        match &self.body {
            Body::Text(text) => write!(f, "\n{text}\n"),
            Body::Messages(messages) => messages.iter().try_for_each(|message| {
                let mut out = String::from("\n");
                body::print(message, &mut out);
                f.write_str(&out)
            }),
        }
    }
}
