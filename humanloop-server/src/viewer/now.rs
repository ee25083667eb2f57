//! What a function looks like in the working tree now, for the difference to what ran, and where it stands, for an editor.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use axum::Json;
use axum::extract::{Path as InPath, State};
use axum::http::StatusCode;
use humanloop_api::Function;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use serde_json::{Value, json};
use uuid::Uuid;

use super::editor::Editor;
use super::git;
use crate::api::Problem;
use crate::serve::App;

/// The programs' sources, as `humanloop serve` was told.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// The folder of their workspace.
    pub(crate) root: PathBuf,
    pub(crate) editor: Editor,
}

/// `{source, editor, git}`: the text of the log's function as its file has it now, `null` when it is not there any more, the
/// address that opens it, and what git knows of the file.
pub(super) async fn source(State(app): State<App>, InPath(id): InPath<Uuid>) -> Result<Json<Value>, Problem> {
    let missing = |what: &str| Problem::new(StatusCode::NOT_FOUND, what);
    let Some(Sources { root, editor }) = app.sources().cloned() else {
        return Err(missing(
            "start the server with `--source DIR`, the folder of the program's workspace, to compare with it",
        ));
    };
    app.ask(move |store| {
        let log = store.log(id)?.ok_or_else(|| missing("there is no such log"))?;
        let function = log.log.function.ok_or_else(|| missing("the program did not log where the function stands"))?;
        let (file, text) = read(&root, &function.file)
            .ok_or_else(|| missing(&format!("{} is no file that can be read in {}", function.file, root.display())))?;
        let found = text_of(&text, &function);
        let line = found.as_ref().map_or_else(|| logged_line(&function), |(line, _)| *line);
        let source = found.map(|(_, source)| source);
        Ok(Json(json!({ "source": source, "editor": editor.open(&file, line), "git": git::state(&file) })))
    })
    .await
}

/// A Rust file below `root`: where it is, and its text. The path was logged, so it may be anything.
fn read(root: &Path, file: &str) -> Option<(PathBuf, String)> {
    let file = Path::new(file);
    let plain = file.components().all(|part| matches!(part, Component::Normal(_)));
    let whole = root.join(file).canonicalize().ok()?;
    let inside = whole.starts_with(root.canonicalize().ok()?) && whole.extension().is_some_and(|ending| ending == "rs");
    if !plain || !inside {
        return None;
    }
    let text = std::fs::read_to_string(&whole).ok()?;
    Some((whole, text.trim_start_matches('\u{feff}').replace("\r\n", "\n")))
}

fn logged_line(function: &Function) -> usize {
    usize::try_from(function.line).unwrap_or(0).max(1)
}

/// The function of this name that stands nearest to where it stood: its line, and its text.
fn text_of(text: &str, function: &Function) -> Option<(usize, String)> {
    let tokens: TokenStream = text.parse().ok()?;
    let mut found = Vec::new();
    find(tokens.clone(), &function.ident, &mut found);
    let line = |range: &Range<usize>| text.get(..range.start).map_or(0, |before| before.matches('\n').count()) + 1;
    let nearest = found.into_iter().min_by_key(|range| line(range).abs_diff(logged_line(function)))?;
    let begin = text.get(..nearest.start)?.rfind('\n').map_or(0, |end| end + 1);
    // A method is shown from the left, as it is logged; what is inside a literal stays where it is.
    let indentation = text.get(begin..nearest.start).filter(|before| before.trim().is_empty()).unwrap_or_default();
    let mut literals = Vec::new();
    literals_of(tokens, &mut literals);
    let mut at = nearest.start;
    let mut shown = String::new();
    for line in text.get(nearest.clone())?.split_inclusive('\n') {
        let is_literal = literals.iter().any(|literal| literal.start < at && at < literal.end);
        shown.push_str(if is_literal { line } else { line.strip_prefix(indentation).unwrap_or(line) });
        at += line.len();
    }
    Some((line(&nearest), shown))
}

/// The places of all literals.
fn literals_of(tokens: TokenStream, found: &mut Vec<Range<usize>>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => literals_of(group.stream(), found),
            TokenTree::Literal(literal) => found.push(literal.span().byte_range()),
            _ => {}
        }
    }
}

/// The places of functions of this name, with their attributes, wherever they stand.
fn find(tokens: TokenStream, name: &str, found: &mut Vec<Range<usize>>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: usize, text: &str| trees.get(at).is_some_and(|tree| tree.to_string() == text);
    let (mut begin, mut ours) = (0, false);
    for (at, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(word) if word == "fn" && is(at + 1, name) => ours = true,
            TokenTree::Punct(sign) if sign.as_char() == ';' => (begin, ours) = (at + 1, false),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                if ours {
                    // What a file or a module says of itself belongs to no function.
                    while is(begin, "#") && is(begin + 1, "!") {
                        begin += 3;
                    }
                    let start = trees.get(begin).map_or(0, |first| first.span().byte_range().start);
                    found.push(start..tree.span().byte_range().end);
                } else {
                    find(group.stream(), name, found);
                }
                (begin, ours) = (at + 1, false);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const FILE: &str = "//! A file.\n\nuse std::fmt;\n\n/// One.\n#[tool]\nfn search(q: &str) -> String {\n    format!(\"{q}\")\n}\n\n\
        impl S {\n    /// Two.\n    pub async fn search(&self) {\n        if true { fn search() {} }\n    }\n}\n";

    fn at(line: u32, ident: &str) -> Option<(usize, String)> {
        text_of(FILE, &Function { ident: ident.into(), line, ..Function::default() })
    }

    #[test]
    fn the_function_nearest_to_where_it_stood_is_the_one() {
        assert_eq!(
            at(2, "search").unwrap(),
            (5, "/// One.\n#[tool]\nfn search(q: &str) -> String {\n    format!(\"{q}\")\n}".to_owned())
        );
        let method = "/// Two.\npub async fn search(&self) {\n    if true { fn search() {} }\n}";
        assert_eq!(at(40, "search").unwrap(), (12, method.to_owned()));
        assert_eq!(at(1, "gone"), None);
    }

    #[test]
    fn a_method_moves_to_the_left_but_its_literals_stay() {
        let file = "impl S {\n    fn f() {\n        a(\"\n    b\", r#\"\n        c\"#);\n\n  odd\n    }\n}";
        let (line, text) = text_of(file, &Function { ident: "f".into(), line: 1, ..Function::default() }).unwrap();
        assert_eq!((line, &*text), (2, "fn f() {\n    a(\"\n    b\", r#\"\n        c\"#);\n\n  odd\n}"));
    }

    #[test]
    fn only_rust_files_below_the_folder_are_read() {
        let root = std::env::temp_dir().join(format!("humanloop-now-{}", Uuid::new_v4()));
        std::fs::create_dir_all(root.join("src")).unwrap();
        std::fs::write(root.join("src/a.rs"), "fn a() {}\r\n").unwrap();
        std::fs::write(root.join("secret.txt"), "x").unwrap();
        std::fs::write(root.with_extension("rs"), "x").unwrap();
        let whole = root.join("src/a.rs").canonicalize().unwrap();
        assert_eq!(read(&root, "src/a.rs").unwrap(), (whole, "fn a() {}\n".to_owned()));
        let outside = root.with_extension("rs");
        let above = format!("../{}", outside.file_name().unwrap().to_str().unwrap());
        for refused in ["secret.txt", "src", "", "src/../src/a.rs", &above, outside.to_str().unwrap()] {
            assert_eq!(read(&root, refused), None, "{refused}");
        }
        std::fs::remove_dir_all(&root).unwrap();
        std::fs::remove_file(outside).unwrap();
    }
}
