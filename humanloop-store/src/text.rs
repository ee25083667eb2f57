//! A session as text: what `humanloop show`, the examples and failing tests print.

use std::fmt::Write;

use humanloop_api::{Outcome, Timestamp};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::sessions::SessionSummary;
use crate::tree::{Node, Tree};

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns.
    pub width: usize,
    /// Whether to colour, by ANSI escape sequences.
    pub color: bool,
}

/// 80 columns, no colour.
impl Default for Style {
    fn default() -> Self {
        Self { width: 80, color: false }
    }
}

impl Style {
    /// `text` in a colour of the terminal's own.
    pub fn paint(self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into() }
    }

    /// `text`, less important.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// `text`, important.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }
}

/// A session as a header and a tree, a line a log: sign, name, first words of inputs and output, tokens, duration.
pub fn tree(tree: &Tree, style: Style) -> String {
    let mut out = header(&tree.session, style);
    out.push('\n');
    let branches = branches(&tree.nodes);
    let lefts: Vec<String> =
        tree.nodes.iter().zip(&branches).map(|(node, branch)| format!("{branch}{}", plain(&node.log.name))).collect();
    let widest = lefts.iter().map(|left| left.width() + 2).max().unwrap_or(0);
    let left_width = widest.min(style.width * 2 / 5).max(8);
    let tokens = tree.nodes.iter().map(|node| tokens_of(node).width()).max().unwrap_or(0);
    for (node, left) in tree.nodes.iter().zip(&lefts) {
        let (sign, code) = sign(node);
        let left = fit(left, left_width - 2);
        let mut right = format!("{:>10}", duration(node));
        if tokens > 0 {
            right = format!("{:>tokens$}{right}", tokens_of(node));
        }
        let room = style.width.saturating_sub(left_width + right.width() + 2);
        let (words, words_code) = words(node);
        let words = fit(&words, room);
        let _ = writeln!(
            out,
            "{}{} {} {}{}",
            style.paint(code, sign),
            style.paint(if node.log.outcome.is_bad() { code } else { "" }, &left),
            style.paint(words_code, words.trim_end()),
            " ".repeat(room - words.trim_end().width()),
            style.dim(&right),
        );
    }
    out
}

/// A session in one line: id, start, duration, logs, tokens.
fn header(session: &SessionSummary, style: Style) -> String {
    let mut parts = vec![
        format!("session {}", style.bold(&short(session.id))),
        local(session.first),
        nanoseconds(session.last.as_nanos() - session.first.as_nanos()),
        format!("{} {}", session.logs, if session.logs == 1 { "log" } else { "logs" }),
    ];
    if let Some(reference) = &session.reference {
        parts.insert(1, fit(&plain(reference), 24).trim_end().to_owned());
    }
    if session.failed > 0 {
        parts.push(style.paint("31", &format!("{} failed", session.failed)));
    }
    if session.running > 0 {
        parts.push(style.paint("33", &format!("{} running", session.running)));
    }
    if session.input_tokens + session.output_tokens > 0 {
        parts.push(format!("{} → {} tokens", session.input_tokens, session.output_tokens));
    }
    parts.join(" · ")
}

/// The mark of an outcome, and its colour. A parent that ended well has a mark of its own when something below did not.
fn sign(node: &Node) -> (&'static str, &'static str) {
    match (node.log.outcome, node.worst) {
        (Outcome::Failed | Outcome::Panicked, _) => ("✗ ", "31"),
        (Outcome::Interrupted, _) => ("✗ ", "35"),
        (Outcome::Cancelled, _) => ("⊘ ", "33"),
        (_, worst) if worst.is_bad() => ("! ", "31"),
        (Outcome::Running, _) => ("… ", "33"),
        (Outcome::Ok, _) => ("✓ ", "32"),
    }
}

/// The first words of a call, and their colour: what went in and what came out, or what went wrong.
fn words(node: &Node) -> (String, &'static str) {
    let log = &node.log;
    let mut words = String::new();
    if node.orphan {
        words.push_str("(its parent is not here) ");
    }
    if log.outcome.is_bad() {
        words.push_str(log.outcome.word());
        if let Some(error) = &log.error_preview {
            let error = error.strip_prefix("panicked: ").unwrap_or(error);
            let _ = write!(words, ": {error}");
        } else if let Some(input) = &log.input_preview {
            let _ = write!(words, ": {input}");
        }
        return (plain(&words), "31");
    }
    // Both sides get their share: a long input must not hide the output.
    let input = log.input_preview.as_deref().unwrap_or_default();
    match &log.output_preview {
        Some(output) if !input.is_empty() => {
            let _ = write!(words, "{} → {output}", fit(input, 26).trim_end());
        }
        Some(output) => {
            let _ = write!(words, "→ {output}");
        }
        None => words.push_str(input),
    }
    (plain(&words), "2")
}

fn tokens_of(node: &Node) -> String {
    match (node.log.input_tokens, node.log.output_tokens) {
        (None, None) => String::new(),
        (input, output) => format!("{} → {}", input.unwrap_or(0), output.unwrap_or(0)),
    }
}

fn duration(node: &Node) -> String {
    match (node.log.outcome, node.log.duration) {
        (Outcome::Running, _) => "running".into(),
        (_, Some(duration)) => nanoseconds(duration),
        (_, None) => String::new(),
    }
}

/// The lines in front of each name.
fn branches(nodes: &[Node]) -> Vec<String> {
    // From the end: whether a later node at this depth hangs under the same parent.
    let mut more: Vec<bool> = Vec::new();
    let mut branches = vec![String::new(); nodes.len()];
    for (node, branch) in nodes.iter().zip(&mut branches).rev() {
        more.truncate(node.depth + 1);
        more.resize(node.depth + 1, false);
        // Beyond this depth a line would only push the name out of sight.
        const DEEPEST: usize = 24;
        for (depth, more) in more.iter().enumerate().take(DEEPEST + 1).skip(1) {
            branch.push_str(match (depth == node.depth, *more) {
                (true, true) => "├─ ",
                (true, false) => "└─ ",
                (false, true) => "│  ",
                (false, false) => "   ",
            });
        }
        if node.depth > DEEPEST {
            let _ = write!(branch, "({} deep) ", node.depth);
        }
        more[node.depth] = true;
    }
    branches
}

/// Digits that tell an id from others: the last eight, since ids made at one time begin alike.
pub fn short(id: uuid::Uuid) -> String {
    id.simple().to_string().split_off(24)
}

/// A time in the local zone, to the second.
pub fn local(time: Timestamp) -> String {
    match jiff::Timestamp::from_nanosecond(time.as_nanos().into()) {
        Ok(time) => time.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => "?".into(),
    }
}

/// A length of time with its unit, three digits or so.
pub fn nanoseconds(nanoseconds: i64) -> String {
    let seconds = nanoseconds as f64 / 1e9;
    match nanoseconds {
        ..1_000_000 => format!("{:.0} µs", seconds * 1e6),
        1_000_000..10_000_000 => format!("{:.1} ms", seconds * 1e3),
        10_000_000..1_000_000_000 => format!("{:.0} ms", seconds * 1e3),
        1_000_000_000..60_000_000_000 => format!("{seconds:.2} s"),
        _ => format!("{:.0} min {:02.0} s", (seconds / 60.0).floor(), seconds % 60.0),
    }
}

/// `text` cut or filled up to `width` columns.
pub fn fit(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    if text.width() <= width {
        out.push_str(text);
        used = text.width();
    } else if width > 0 {
        for c in text.chars() {
            let columns = c.width().unwrap_or(0);
            if used + columns + 1 > width {
                break;
            }
            out.push(c);
            used += columns;
        }
        out.push('…');
        used += 1;
    }
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    out
}

/// `text` without anything that a terminal would obey: control characters and marks of writing direction are spelt out.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_obeyed(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// The same for text of several lines: line breaks and tabs stay.
pub fn plain_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_obeyed(c) && c != '\n' && c != '\t' {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
