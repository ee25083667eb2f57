//! `humanloop.lock`: a line for each function, and below it what a prompt says, so that a change of it is seen in review.

use crate::functions::Function;

/// The file's name, at the root of the workspace.
pub(crate) const NAME: &str = "humanloop.lock";

const HEAD: &str = "# The prompts, tools and flows of this workspace and their versions. `cargo humanloop lock` writes this file;\n# keep it under version control, and let CI run `cargo humanloop check --locked`.\n";

/// The text of the file.
pub(crate) fn print(functions: &[Function]) -> String {
    let mut text = HEAD.to_owned();
    for Function { kind, name, file, version, text: said, .. } in functions {
        text.push_str(&format!("\n{kind} {version} {name} {file}\n"));
        for line in said.lines() {
            text.push_str(format!("  | {line}").trim_end());
            text.push('\n');
        }
    }
    text
}

/// The functions of the file, whose lines are not known.
///
/// # Errors
///
/// The first line that is none of this file's.
pub(crate) fn parse(text: &str) -> Result<Vec<Function>, String> {
    let mut functions: Vec<Function> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong =
            || format!("{NAME}:{}: `{line}` is no line of this file; write it anew: cargo humanloop lock", number + 1);
        if let Some(said) = line.strip_prefix("  |") {
            let function = functions.last_mut().ok_or_else(wrong)?;
            if !function.text.is_empty() {
                function.text.push('\n');
            }
            function.text.push_str(said.strip_prefix(' ').unwrap_or(said));
            continue;
        }
        let mut words = line.splitn(4, ' ');
        let (Some(kind), Some(version), Some(name), Some(file)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(wrong());
        };
        functions.push(Function {
            kind: kind.into(),
            name: name.into(),
            file: file.into(),
            line: 0,
            version: version.into(),
            text: String::new(),
        });
    }
    Ok(functions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_again() {
        let function = |kind: &str, name: &str, text: &str| Function {
            kind: kind.into(),
            name: name.into(),
            file: "a folder/lib.rs".into(),
            line: 0,
            version: "0f".into(),
            text: text.into(),
        };
        let functions = vec![function("prompt", "A::a", "one\n\n  two # | three"), function("tool", "b", "")];
        let text = print(&functions);
        assert!(text.contains("\nprompt 0f A::a a folder/lib.rs\n  | one\n  |\n  |   two # | three\n"), "{text}");
        assert_eq!(parse(&text).unwrap(), functions);
        assert_eq!(parse(&text.replace('\n', "\r\n")).unwrap(), functions);
    }

    #[test]
    fn another_file_is_refused() {
        assert!(parse("[package]\nname = 1").unwrap_err().contains("humanloop.lock:1: `[package]`"));
        assert!(parse("  | text").unwrap_err().contains("cargo humanloop lock"));
    }
}
