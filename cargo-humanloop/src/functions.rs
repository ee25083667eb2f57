//! Every annotated function of a workspace, with its version.

use std::collections::BTreeSet;

use humanloop_version::function;

use crate::scan::{Annotated, calls, scan};
use crate::sources::Sources;

/// A function, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// `prompt`, `tool` or `flow`.
    pub(crate) kind: String,
    /// Where it stands in its file: `Assistant::answer`.
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) line: usize,
    /// The same that its attribute gives it when it is compiled; of what a macro makes, `~` and a hash of what is written there.
    pub(crate) version: String,
    /// Its text, and that of its template file; of prompts only, whose words count.
    pub(crate) text: String,
}

impl Function {
    /// Whether a macro makes it, so that its version is known only when it runs.
    pub(crate) fn is_made(&self) -> bool {
        self.version.starts_with('~')
    }
}

/// All functions by file and line, and a warning for each file that cannot be read.
pub(crate) fn of(sources: &impl Sources) -> Result<(Vec<Function>, Vec<String>), String> {
    let (mut functions, mut warnings) = (Vec::new(), Vec::new());
    let mut macros = BTreeSet::new();
    for (file, text) in files(sources, "humanloop")? {
        match scan(&text) {
            Ok(found) => {
                for (line, kind) in found.unread {
                    warnings.push(format!("{file}:{line}: `{kind}` stands on no function that can be read here"));
                }
                for annotated in found.functions {
                    macros.extend(annotated.made_by.clone().map(|name| (name, annotated.kind)));
                    functions.push(function_of(sources, &file, annotated, &mut warnings));
                }
            }
            Err(error) => warnings.push(format!("{file}, {error}: what is in this file is left out")),
        }
    }
    // What a macro is given is part of what it makes.
    for (name, kind) in macros.iter().filter(|(name, _)| name != "quote") {
        for (file, text) in files(sources, name)? {
            for call in calls(&text, name, kind).unwrap_or_default() {
                functions.push(function_of(sources, &file, call, &mut warnings));
            }
        }
    }
    functions.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    number_twins(&mut functions);
    Ok((functions, warnings))
}

/// The files that hold a word, with their texts.
fn files(sources: &impl Sources, word: &str) -> Result<Vec<(String, String)>, String> {
    let read = |file: String| sources.read(&file).filter(|text| text.contains(word)).map(|text| (file, text));
    Ok(sources.rust_files(word)?.into_iter().filter_map(read).collect())
}

fn function_of(sources: &impl Sources, file: &str, annotated: Annotated, warnings: &mut Vec<String>) -> Function {
    let template = annotated.template_file().map(|path| {
        let whole = below(&package_of(sources, file), &path);
        let text = sources.read(&whole);
        if text.is_none() {
            warnings.push(format!("{file}:{}: the template file {whole} cannot be read", annotated.line));
        }
        (whole, text.unwrap_or_default())
    });
    let Annotated { kind, name, line, text, options, item, made_by } = annotated;
    let mut version = function(kind, options.0, item.0, template.as_ref().map(|(_, text)| text.as_str())).to_string();
    if made_by.is_some() {
        version.insert(0, '~');
    }
    let mut said = if kind == "prompt" { text } else { String::new() };
    if let Some((path, template)) = template {
        said = format!("{said}\n\n--- {path}\n{}", template.trim_start_matches('\u{feff}').replace("\r\n", "\n"));
    }
    let said = said.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    Function { kind: kind.into(), name, file: file.into(), line, version, text: said.trim_end().to_owned() }
}

/// Functions of one name in one file, as `#[cfg]` makes them, are told apart by their order.
fn number_twins(functions: &mut [Function]) {
    let keys: Vec<(String, String)> =
        functions.iter().map(|function| (function.file.clone(), function.name.clone())).collect();
    for (place, function) in functions.iter_mut().enumerate() {
        let before = keys.iter().take(place).filter(|key| keys.get(place) == Some(key)).count();
        if before > 0 {
            function.name = format!("{}#{}", function.name, before + 1);
        }
    }
}

/// The folder of the nearest manifest, which paths of templates begin at.
fn package_of(sources: &impl Sources, file: &str) -> String {
    let mut folder = file;
    while let Some((above, _)) = folder.rsplit_once('/') {
        folder = above;
        if sources.read(&format!("{folder}/Cargo.toml")).is_some() {
            return folder.to_owned();
        }
    }
    String::new()
}

/// `path` below `folder`, with `..` and `.` followed.
fn below(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::memory::Memory;

    const PROMPT: &str = "#[humanloop::prompt(model = \"m\", template_file = \"prompts/a.txt\")]\nasync fn a() -> R;";

    #[test]
    fn a_version_changes_with_the_template_file_and_not_with_the_layout() {
        let version = |source: &str, template: &str| {
            let files = Memory::of([
                ("crates/one/Cargo.toml", ""),
                ("crates/one/src/lib.rs", source),
                ("crates/one/prompts/a.txt", template),
            ]);
            let (functions, warnings) = of(&files).unwrap();
            assert!(warnings.is_empty(), "{warnings:?}");
            functions[0].version.clone()
        };
        let before = version(PROMPT, "Hi");
        assert_eq!(before, version(&format!("// humanloop\n/// A.\n{}", PROMPT.replace('\n', " ")), "Hi"));
        assert_ne!(before, version(PROMPT, "Hello"));
        assert_ne!(before, version(&PROMPT.replace("\"m\"", "\"n\""), "Hi"));
    }

    #[test]
    fn what_cannot_be_read_is_a_warning_and_the_rest_is_there() {
        let files = Memory::of([("a.rs", PROMPT), ("b.rs", "humanloop \""), ("c.rs", "#[humanloop::flow] fn c() {}")]);
        let (functions, warnings) = of(&files).unwrap();
        assert_eq!(functions.iter().map(|function| function.name.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(warnings.len(), 2);
        assert!(warnings[0].contains("prompts/a.txt") && warnings[1].starts_with("b.rs, line 1"), "{warnings:?}");
    }

    #[test]
    fn what_a_macro_makes_and_is_given_has_a_place_and_changes_with_its_text() {
        let versions = |body: &str, given: &str| {
            let definition = format!(
                "macro_rules! ask {{ ($f:ident, $t:expr) => {{ #[humanloop::prompt(model = \"m\", template = $t)] fn $f() {{ {body} }} }} }}"
            );
            let files = Memory::of([("a.rs", &*definition), ("b.rs", given), ("c.rs", "fn task() {}")]);
            let (functions, warnings) = of(&files).unwrap();
            assert!(warnings.is_empty() && functions.iter().all(Function::is_made), "{functions:?} {warnings:?}");
            let names: Vec<String> = functions.iter().map(|f| format!("{}:{} {}", f.file, f.line, f.name)).collect();
            assert_eq!(names, ["a.rs:1 ask!::$f", "b.rs:2 ask!(one)"]);
            [functions[0].version.clone(), functions[1].version.clone()]
        };
        let before = versions("1", "\nask!(one, \"Hi\");");
        assert_eq!(before, versions("/* no matter */ 1", "\nask! ( one,\"Hi\" );"));
        let other_text = versions("1", "\nask!(one, \"Hello\");");
        assert!(before[0] == other_text[0] && before[1] != other_text[1]);
        let other_body = versions("2", "\nask!(one, \"Hi\");");
        assert!(before[0] != other_body[0] && before[1] == other_body[1]);
    }

    #[test]
    fn twins_are_told_apart() {
        let files = Memory::of([(
            "a.rs",
            "#[cfg(unix)] #[humanloop::tool] fn a() {} #[cfg(windows)] #[humanloop::tool] fn a() {}",
        )]);
        let (functions, _) = of(&files).unwrap();
        assert_eq!(functions.iter().map(|function| function.name.as_str()).collect::<Vec<_>>(), ["a", "a#2"]);
    }

    #[test]
    fn paths_are_followed() {
        assert_eq!(below("crates/one", "../../prompts/./a.txt"), "prompts/a.txt");
        assert_eq!(below("", "a.txt"), "a.txt");
    }
}
