//! What a function looks like in the working tree now, for the difference to what ran.

use std::ops::Range;
use std::path::{Component, Path};

use axum::Json;
use axum::extract::{Path as InPath, State};
use axum::http::StatusCode;
use humanloop_api::Function;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::Problem;
use crate::serve::App;

/// `{source}`: the text of the log's function as its file has it now, `null` when it is not there any more.
pub(super) async fn source(State(app): State<App>, InPath(id): InPath<Uuid>) -> Result<Json<Value>, Problem> {
    let missing = |what: &str| Problem::new(StatusCode::NOT_FOUND, what);
    let Some(root) = app.sources().map(Path::to_owned) else {
        return Err(missing(
            "start the server with `--source DIR`, the folder of the program's workspace, to compare with it",
        ));
    };
    app.ask(move |store| {
        let log = store.log(id)?.ok_or_else(|| missing("there is no such log"))?;
        let function = log.log.function.ok_or_else(|| missing("the program did not log where the function stands"))?;
        let text = read(&root, &function.file)
            .ok_or_else(|| missing(&format!("{} is no file that can be read in {}", function.file, root.display())))?;
        Ok(Json(json!({ "source": text_of(&text, &function) })))
    })
    .await
}

/// A Rust file below `root`. The path was logged, so it may be anything.
fn read(root: &Path, file: &str) -> Option<String> {
    let file = Path::new(file);
    let plain = file.components().all(|part| matches!(part, Component::Normal(_)));
    let whole = root.join(file).canonicalize().ok()?;
    let inside = whole.starts_with(root.canonicalize().ok()?) && whole.extension().is_some_and(|ending| ending == "rs");
    let text = std::fs::read_to_string(if plain && inside { whole } else { return None }).ok()?;
    Some(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"))
}

/// The function of this name that stands nearest to where it stood.
fn text_of(text: &str, function: &Function) -> Option<String> {
    let mut found = Vec::new();
    find(text.parse().ok()?, &function.ident, &mut found);
    let line = |range: &Range<usize>| text.get(..range.start).map_or(0, |before| before.matches('\n').count() + 1);
    let logged = usize::try_from(function.line).unwrap_or(0);
    let nearest = found.into_iter().min_by_key(|range| line(range).abs_diff(logged))?;
    let begin = text.get(..nearest.start)?.rfind('\n').map_or(0, |end| end + 1);
    // A method is shown from the left, as it is logged.
    let indentation = text.get(begin..nearest.start).filter(|before| before.trim().is_empty()).unwrap_or_default();
    Some(text.get(nearest)?.replace(&format!("\n{indentation}"), "\n"))
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

    fn at(line: u32, ident: &str) -> Option<String> {
        text_of(FILE, &Function { ident: ident.into(), line, ..Function::default() })
    }

    #[test]
    fn the_function_nearest_to_where_it_stood_is_the_one() {
        assert_eq!(
            at(2, "search").unwrap(),
            "/// One.\n#[tool]\nfn search(q: &str) -> String {\n    format!(\"{q}\")\n}"
        );
        let method = "/// Two.\npub async fn search(&self) {\n    if true { fn search() {} }\n}";
        assert_eq!(at(40, "search").unwrap(), method);
        assert_eq!(at(1, "gone"), None);
    }

    #[test]
    fn only_rust_files_below_the_folder_are_read() {
        let root = std::env::temp_dir().join(format!("humanloop-now-{}", Uuid::new_v4()));
        std::fs::create_dir_all(root.join("src")).unwrap();
        std::fs::write(root.join("src/a.rs"), "fn a() {}\r\n").unwrap();
        std::fs::write(root.join("secret.txt"), "x").unwrap();
        std::fs::write(root.with_extension("rs"), "x").unwrap();
        assert_eq!(read(&root, "src/a.rs").unwrap(), "fn a() {}\n");
        let outside = root.with_extension("rs");
        let above = format!("../{}", outside.file_name().unwrap().to_str().unwrap());
        for refused in ["secret.txt", "src", "", "src/../src/a.rs", &above, outside.to_str().unwrap()] {
            assert_eq!(read(&root, refused), None, "{refused}");
        }
        std::fs::remove_dir_all(&root).unwrap();
        std::fs::remove_file(outside).unwrap();
    }
}
