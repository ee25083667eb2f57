//! The `{{variables}}` of a prompt template, held against the function's parameters.

use std::fmt;

use crate::errors::instead;

/// A mistake in a template, shown with the line it is in.
#[derive(Debug)]
pub(crate) struct Mistake {
    message: String,
    excerpt: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.message, self.excerpt)
    }
}

/// The names in `{{name}}` or `{{ name }}`, in order, each once; and every mistake in between.
pub(crate) fn variables<'t>(template: &'t str, function: &str, parameters: &[&str]) -> (Vec<&'t str>, Vec<Mistake>) {
    let mut names = Vec::new();
    let mut mistakes = Vec::new();
    let mut from = 0;
    while let Some(rest) = template.get(from..)
        && let Some(open) = rest.find("{{")
    {
        let open = from + open;
        // Braces are closed in the line in which they are opened.
        let line_end = template[open..].find('\n').map_or(template.len(), |newline| open + newline);
        let Some(close) = template[open..line_end].find("}}").map(|close| open + close + 2) else {
            let message = "`{{` is not closed in its line; write `{{name}}`".to_owned();
            mistakes.push(Mistake { message, excerpt: excerpt(template, open, line_end) });
            from = line_end;
            continue;
        };
        let name = template[open + 2..close - 2].trim();
        if !parameters.contains(&name) {
            let message = if name.is_empty() {
                format!("`{{{{}}}}` names no parameter of `{function}`")
            } else {
                let instead = instead(name, parameters.iter().copied());
                format!("template variable `{name}` matches no parameter of `{function}`; {instead}")
            };
            mistakes.push(Mistake { message, excerpt: excerpt(template, open, close) });
        } else if !names.contains(&name) {
            names.push(name);
        }
        from = close;
    }
    (names, mistakes)
}

/// The line that holds `start..end`, with its place and a caret below each character of the range.
fn excerpt(template: &str, start: usize, end: usize) -> String {
    let line_start = template[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = template[start..].find('\n').map_or(template.len(), |newline| start + newline);
    let line = template[line_start..line_end].trim_end();
    let number = template[..start].matches('\n').count() + 1;
    let column = template[line_start..start].chars().count();
    // A tab stays a tab, so that the caret stands below its character.
    let blanks: String = template[line_start..start].chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let carets = "^".repeat(template[start..end].trim_end().chars().count());
    format!(" --> template line {number}, column {}\n  | {line}\n  | {blanks}{carets}", column + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_once_with_or_without_spaces() {
        let (names, mistakes) = variables("{{a}} {{ b }} {{a}}\n{ c } }} {d}", "f", &["a", "b", "c"]);
        assert_eq!(names, ["a", "b"]);
        assert!(mistakes.is_empty());
    }

    #[test]
    fn unknown_variables_are_all_shown_in_their_lines() {
        let (names, mistakes) = variables("Hi\n\tÄh {{qurey}}?\n{{}}{{query}}", "answer", &["query"]);
        assert_eq!(names, ["query"]);
        let shown: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "template variable `qurey` matches no parameter of `answer`; did you mean `query`?\n \
                 --> template line 2, column 5\n  | \tÄh {{qurey}}?\n  | \t   ^^^^^^^^^",
                "`{{}}` names no parameter of `answer`\n --> template line 3, column 1\n  | {{}}{{query}}\n  | ^^^^",
            ]
        );
    }

    #[test]
    fn an_unclosed_brace_is_shown_to_the_end_of_its_line() {
        let (_, mistakes) = variables("{{query\n{{other}}", "f", &["other"]);
        let shown: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            ["`{{` is not closed in its line; write `{{name}}`\n \
             --> template line 1, column 1\n  | {{query\n  | ^^^^^^^"]
        );
    }
}
