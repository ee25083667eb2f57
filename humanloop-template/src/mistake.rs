//! Mistakes, shown with the line that they are in.

use std::fmt;
use std::ops::Range;

/// What is wrong at a place of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong, and what to write instead.
    pub message: String,
    /// Bytes of the text.
    pub span: Range<usize>,
}

impl Mistake {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span }
    }

    pub(crate) fn moved(mut self, by: usize) -> Self {
        self.span = self.span.start + by..self.span.end + by;
        self
    }

    /// Line and column of its start, from 1; a column is a character.
    pub fn place(&self, text: &str) -> (usize, usize) {
        let before = text.get(..self.span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The message, the place, and the line of it with a caret below each wrong character. `name` is what the text is
    /// called: a file (`answer.prompt`), or anything else (`template`).
    ///
    /// ```
    /// let (_, mistakes) = humanloop_template::Template::parse("Hi {{name");
    /// assert_eq!(
    ///     mistakes[0].show("template", "Hi {{name"),
    ///     "`{{` is not closed in its line; write `{{name}}`, or `\\{{` for the text\n \
    ///      --> template:1:4\n  | Hi {{name\n  |    ^^^^^^",
    /// );
    /// ```
    pub fn show(&self, name: &str, text: &str) -> String {
        let (line, column) = self.place(text);
        let start = self.span.start.min(text.len());
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let shown = text[line_start..line_end].trim_end();
        // A tab stays a tab, so that the caret stands below its character.
        let blanks: String = text[line_start..start].chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let end = self.span.end.clamp(start, line_start + shown.len().max(start - line_start));
        let carets = "^".repeat(text[start..end].chars().count().max(1));
        format!("{}\n --> {name}:{line}:{column}\n  | {shown}\n  | {blanks}{carets}", self.message)
    }
}

/// All mistakes of a text, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    text: String,
    list: Vec<Mistake>,
}

impl Mistakes {
    pub(crate) fn new(text: String, mut list: Vec<Mistake>) -> Self {
        list.sort_by_key(|mistake| mistake.span.start);
        Self { text, list }
    }

    /// The mistakes; their places are bytes of [`text`](Self::text).
    pub fn list(&self) -> &[Mistake] {
        &self.list
    }

    /// The text that was read, with `\n` as its line ends.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All of them, each as [`Mistake::show`] has it, with an empty line between them.
    pub fn show(&self, name: &str) -> String {
        self.list.iter().map(|mistake| mistake.show(name, &self.text)).collect::<Vec<_>>().join("\n\n")
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show("prompt"))
    }
}

impl std::error::Error for Mistakes {}
