//! The text of the function, as its author wrote it.

use humanloop::{flow, tool};

use crate::record::{Recorded, run_sync};

/// The source is `text`, in the file `file` as it stands there but for the lines' ends.
#[track_caller]
fn source_is(recorded: &Recorded, file: &str, first: &str, last: &str, kind: &str) {
    let file = file.replace("\r\n", "\n");
    let start = file.find(first).unwrap();
    let end = start + file[start..].find(last).unwrap() + last.len();
    recorded.only(|log| {
        assert_eq!(log.source.as_deref(), Some(&file[start..end]));
        assert_eq!(log.source_kind, kind);
    });
}

const HERE: &str = include_str!("source.rs");

/// Documented.
#[inline] // other attributes
#[tool(
    name = "Laid out", // options over several lines
)]
fn laid_out(
    a: u8, // the first
    /* the second */ b: u8,
) -> u8 {
    // Comments stay,
    a + b /* and so does the layout */ // end of laid_out
}

#[test]
fn case_56_the_text_has_attributes_documentation_comments_and_layout() {
    let (sum, recorded) = run_sync(|| laid_out(1, 2));
    assert_eq!(sum, 3);
    source_is(&recorded, HERE, "/// Documented.\n", "// end of laid_out\n}", "Exact");
}

mod windows {
    include!("source/windows.in");
}

#[test]
fn case_56_an_included_file_with_a_mark_windows_lines_tabs_and_any_character_is_exact() {
    let file = include_str!("source/windows.in");
    assert!(file.starts_with('\u{feff}') && file.contains("\r\n\t"), "an editor has changed the file");
    let (text, recorded) = run_sync(|| windows::greet("x"));
    assert_eq!(text, "x 🦀 a \"raw\" one,\n  \tkept as it isä");
    source_is(&recorded, file, "/// Grüßt", "raw}\\u{e4}\")\n}", "Exact");
    recorded.only(|log| {
        assert_eq!((log.name.as_str(), log.description.as_deref()), ("grüßen 🦀", Some("Grüßt, 日本語 🦀.")));
    });
}

struct Indented;

impl Indented {
    /// A method.
    #[tool]
    fn method(&self, text: &str) -> String {
        let Self = self;
        format!(
            "{text}
        a literal keeps its blanks"
        )
    }
}

#[test]
fn case_56_a_method_moves_to_the_left_and_its_literals_stay() {
    let (text, recorded) = run_sync(|| Indented.method("x"));
    assert_eq!(text, "x\n        a literal keeps its blanks");
    recorded.only(|log| {
        let expected = "/// A method.\n#[tool]\nfn method(&self, text: &str) -> String {\n    let Self = self;\n    format!(\n        \
                        \"{text}\n        a literal keeps its blanks\"\n    )\n}";
        assert_eq!((log.source.as_deref(), log.source_kind.as_str()), (Some(expected), "Exact"));
    });
}

#[tokio::main(flavor = "current_thread")]
#[flow]
async fn below_another() -> u8 {
    // As written, `async` included.
    tokio::task::yield_now().await;
    1
}

#[test]
fn case_56_below_an_attribute_that_rewrites_the_function_the_text_is_as_written() {
    #[cfg(feature = "enable")]
    {
        // It starts a runtime of its own, so it runs beside the test's.
        let memory = humanloop::Memory::new().unwrap();
        let guard = humanloop::builder().memory(&memory).quiet().start().unwrap();
        assert_eq!(guard.run(below_another), 1);
        drop(guard);
        let log = memory.logs().unwrap().remove(0);
        let source = log.config.as_deref().and_then(humanloop::api::Config::source_code).unwrap();
        assert!(
            HERE.contains(source) && source.contains("async fn below_another() -> u8 {\n    // As written"),
            "{source}"
        );
        assert_eq!(log.function.unwrap().source_kind, humanloop::api::SourceKind::Written);
    }
    #[cfg(not(feature = "enable"))]
    assert_eq!(below_another(), 1);
}

mod one {
    #[humanloop::tool]
    pub fn same(a: u8) -> u8 {
        a + 1
    }
}

mod two {
    /// Documented, laid out otherwise.
    #[humanloop::tool]
    pub fn same(a: u8 /* commented */) -> u8 {
        // and here
        a
            // and there
            + 1
    }
}

mod three {
    #[humanloop::tool]
    pub fn same(a: u8) -> u8 {
        a + 2
    }
}

#[test]
fn case_56_the_version_is_that_of_the_code_apart_from_layout_and_comments() {
    let mut versions = Vec::new();
    let mut add = |recorded: Recorded| recorded.only(|log| versions.push(log.version.clone()));
    add(run_sync(|| one::same(1)).1);
    add(run_sync(|| two::same(1)).1);
    add(run_sync(|| three::same(1)).1);
    if let [one, two, three] = &versions[..] {
        assert!(one == two && one != three, "{versions:?}");
    }
}
