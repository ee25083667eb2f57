//! The body of a `.prompt` file: a text to complete, or messages.

mod open;
mod print;
mod read;

pub(crate) use print::print;
pub(crate) use read::{Reader, is_chat};

/// What is sent to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A text to complete.
    Text(String),
    /// The messages of a chat.
    Messages(Vec<Message>),
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Instructions.
    System,
    /// The person, or the program in its place.
    User,
    /// The model.
    Assistant,
    /// The result of a tool call.
    Tool,
}

/// A message; its texts are templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The speaker's name.
    pub name: Option<String>,
    /// The call that a `tool` message answers.
    pub id: Option<String>,
    /// One text, or the texts and images of a user; none when the assistant only calls.
    pub parts: Vec<Part>,
    /// The calls that the assistant makes.
    pub calls: Vec<Call>,
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text.
    Text(String),
    /// An image.
    Image {
        /// Its address, a template.
        url: String,
        /// `high`, `low` or `auto`.
        detail: Option<String>,
    },
}

/// A call that the assistant makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The tool.
    pub name: String,
    /// What the result names.
    pub id: String,
    /// The arguments, JSON in which nothing is replaced.
    pub arguments: String,
}

const ROLES: [&str; 4] = ["system", "user", "assistant", "tool"];

impl Role {
    /// The word of the tag.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }

    /// The role of a word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::System, Self::User, Self::Assistant, Self::Tool].into_iter().find(|role| role.word() == word)
    }
}

impl Message {
    /// A message of text.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, name: None, id: None, parts: vec![Part::Text(text.into())], calls: Vec::new() }
    }
}

/// What stands for a character in the value of an attribute.
const ENTITIES: [(&str, char); 4] = [("&quot;", '"'), ("&amp;", '&'), ("&lt;", '<'), ("&#10;", '\n')];
