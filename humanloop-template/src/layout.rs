//! What of a message's content is layout, and which tags in it are text.

/// White space that may be layout.
pub(crate) const BLANKS: [char; 3] = [' ', '\t', '\n'];

/// The words behind `<` that mean something.
pub(crate) const WORDS: [&str; 6] = ["system", "user", "assistant", "tool", "text", "image"];

/// The text in the content of an element.
pub(crate) fn read(raw: &str) -> String {
    let text = raw.trim_end_matches(BLANKS);
    let own_line = text.trim_start_matches([' ', '\t']).starts_with('\n');
    let text = if own_line { dedent(text) } else { text.trim_start_matches(BLANKS).to_owned() };
    unescape(&unprotect(text))
}

/// The JSON in the content of a call.
pub(crate) fn read_json(raw: &str) -> String {
    unescape(raw.trim_matches(BLANKS))
}

/// The content of a call that reads as `json`.
pub(crate) fn print_json(json: &str) -> String {
    escape(json, &["tool", "assistant"])
}

/// The lines that are not empty, without the indentation that they share; blank lines at the start are gone.
fn dedent(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').skip_while(|line| line.trim_matches(BLANKS).is_empty()).collect();
    let mut shared: Option<&str> = None;
    for line in lines.iter().filter(|line| !line.trim_matches(BLANKS).is_empty()) {
        let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        shared = Some(match shared {
            None => indent,
            Some(known) => {
                let same = known.bytes().zip(indent.bytes()).take_while(|(a, b)| a == b).count();
                &known[..same]
            }
        });
    }
    let shared = shared.unwrap_or_default();
    let lines = lines.iter().map(|line| {
        line.strip_prefix(shared).unwrap_or_else(|| {
            // A blank line need not be as far in.
            line.trim_start_matches([' ', '\t'])
        })
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn leading_slashes(text: &str) -> usize {
    text.len() - text.trim_start_matches('\\').len()
}

fn trailing_slashes(text: &str) -> usize {
    text.len() - text.trim_end_matches('\\').len()
}

/// Whether a backslash at the start, if there is one, stands beside a blank.
fn blank_start(text: &str) -> bool {
    let rest = text.trim_start_matches('\\');
    rest.is_empty() || rest.starts_with(BLANKS)
}

fn blank_end(text: &str) -> bool {
    text.trim_end_matches('\\').ends_with(BLANKS)
}

/// Takes away the backslashes that keep the blanks at both ends.
fn unprotect(mut text: String) -> String {
    if leading_slashes(&text) > 0 && blank_start(&text) {
        text.remove(0);
    }
    if trailing_slashes(&text) > 0 && blank_end(&text) {
        text.pop();
    }
    text
}

/// Adds them.
fn protect(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let start = if blank_start(text) { "\\" } else { "" };
    let end = if blank_end(text) { "\\" } else { "" };
    format!("{start}{text}{end}")
}

/// A tag of the format at the start of a text that begins with `<`: whether it closes, and its word.
pub(crate) fn tag(text: &str) -> Option<(bool, &'static str)> {
    let rest = text.strip_prefix('<')?;
    let (closes, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
    let word = WORDS.into_iter().find(|word| {
        rest.strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || "_-.:".contains(c)))
    })?;
    Some((closes, word))
}

/// Takes away the backslash before each tag.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, after) = rest.split_at(at);
        let taken = usize::from(before.ends_with('\\') && tag(after).is_some());
        out.push_str(&before[..before.len() - taken]);
        out.push('<');
        rest = &after[1..];
    }
    out.push_str(rest);
    out
}

/// Puts a backslash before each tag that would be read as one inside of `elements`.
fn escape(text: &str, elements: &[&str]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let is_read = tag(after).is_some_and(|(closes, word)| match closes {
            true => elements.contains(&word),
            // Parts and calls begin a line.
            false => out.trim_end_matches([' ', '\t']).is_empty() || out.trim_end_matches([' ', '\t']).ends_with('\n'),
        });
        if is_read || before.ends_with('\\') && tag(after).is_some() {
            out.push('\\');
        }
        out.push('<');
        rest = &after[1..];
    }
    out.push_str(rest);
    out
}

/// The content that reads as `text`, from the end of the opening tag to the closing tag, inside of `elements`; `indent` is
/// that of the tags.
pub(crate) fn print(text: &str, elements: &[&str], indent: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n");
    for line in protect(&escape(text, elements)).split('\n') {
        if !line.is_empty() {
            out.push_str(indent);
            out.push_str("  ");
            out.push_str(line);
        }
        out.push('\n');
    }
    out.push_str(indent);
    out
}
