//! Which part of a list is asked for, and the conditions of a filter as SQL.

use std::fmt;
use std::str::FromStr;

use humanloop_api::Timestamp;
use rusqlite::types::Value;

/// A part of a list that is newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How many at most.
    pub limit: usize,
    /// How many are passed over.
    pub offset: usize,
    /// Only what stands behind this: the cursor of the last one that was seen.
    pub after: Option<Cursor>,
}

/// The first 50.
impl Default for Window {
    fn default() -> Self {
        Self { limit: 50, offset: 0, after: None }
    }
}

impl Window {
    /// The first `limit`.
    pub fn first(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    pub(crate) fn sql(&self) -> String {
        let clamp = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        format!("LIMIT {} OFFSET {}", clamp(self.limit), clamp(self.offset))
    }
}

/// A place in a list that is newest first. As text it fits into a URL.
///
/// ```
/// use humanloop_store::Cursor;
///
/// let cursor: Cursor = "1700000000000000000.42".parse()?;
/// assert_eq!(cursor.to_string(), "1700000000000000000.42");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) start: i64,
    pub(crate) tie: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.start, self.tie)
    }
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('.').and_then(|(start, tie)| Some((start.parse().ok()?, tie.parse().ok()?)));
        let (start, tie) = parts.ok_or_else(|| format!("`{text}` is no cursor: take it from the last answer"))?;
        Ok(Self { start, tie })
    }
}

/// How things stand: with a session, any of its logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Ended, and nothing went wrong.
    Ok,
    /// Not ended.
    Running,
    /// Something failed, panicked, was cancelled or interrupted.
    Bad,
}

/// Conditions that all have to hold, and their values.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    texts: Vec<String>,
    pub(crate) values: Vec<Value>,
}

impl Conditions {
    /// Adds `text`, in which `?` stands for the value.
    pub(crate) fn add(&mut self, text: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        self.texts.push(text.replace('?', &format!("?{}", self.values.len())));
    }

    /// Adds a condition without a value.
    pub(crate) fn add_plain(&mut self, text: impl Into<String>) {
        self.texts.push(text.into());
    }

    /// Adds the bounds of a time.
    pub(crate) fn between(&mut self, column: &str, from: Option<Timestamp>, until: Option<Timestamp>) {
        if let Some(from) = from {
            self.add(&format!("{column} >= ?"), from.as_nanos());
        }
        if let Some(until) = until {
            self.add(&format!("{column} <= ?"), until.as_nanos());
        }
    }

    /// Adds that it stands behind a cursor.
    pub(crate) fn behind(&mut self, columns: (&str, &str), after: Option<Cursor>) {
        if let Some(Cursor { start, tie }) = after {
            let (a, b) = columns;
            self.values.push(start.into());
            self.values.push(tie.into());
            let (x, y) = (self.values.len() - 1, self.values.len());
            self.texts.push(format!("{a} <= ?{x} AND ({a} < ?{x} OR {b} < ?{y})"));
        }
    }

    /// `WHERE …`, or nothing.
    pub(crate) fn sql(&self) -> String {
        if self.texts.is_empty() { String::new() } else { format!("WHERE {}", self.texts.join(" AND ")) }
    }
}

/// A text as a pattern of `LIKE … ESCAPE '\'` that is anywhere.
pub(crate) fn anywhere(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
