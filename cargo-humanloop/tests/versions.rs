//! The versions that are read from the source are those that the attributes give when they are compiled.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::process::Command;

use humanloop::{Definition, flow, prompt};

/// A tool.
#[inline]
#[humanloop::tool(skip(key), constant = SEARCH)]
fn search(question: &str, key: &str) -> usize {
    /* layout and comments */
    question.len() + key.len() // do not count
}

struct Assistant;

mod inner {
    use super::*;

    impl Assistant {
        #[prompt(template_file = "tests/answer.prompt", constant = ANSWER)]
        /// Documentation, wherever it stands.
        pub(super) async fn answer(&self, question: &str) -> String {
            /// Of an item inside.
            const RAW: &str = r#"a "raw" text"#;
            let numbers = (1.5e3, 0xff_u8, (2, (3, 4)).1.1, 'c', b"b", c"c");
            format!("{question}{RAW}{numbers:?}")
        }

        #[prompt(model = "gpt-4", template = "\u{7b}{{question}}\n", temperature = 0.5 * 2.0, constant = BODILESS)]
        pub(super) async fn bodiless(&self, question: &str) -> Result<String, humanloop::Error>;
    }
}

#[cfg_attr(all(), flow(constant = RUN))]
pub(crate) async fn run<'a, T>(values: &'a [T; 1 + 1]) -> Result<f64, std::io::Error>
where
    T: Copy + Into<f64> + 'a,
{
    let [a, b] = values;
    Ok((*a).into() + (*b).into())
}

/// Rewritten by another attribute before ours sees it.
#[async_trait::async_trait]
trait Asks {
    #[humanloop::flow(constant = ASKED)]
    async fn ask(&self, question: &str) -> usize {
        question.len()
    }
}

#[async_trait::async_trait]
impl Asks for Assistant {}

macro_rules! make {
    ($name:ident, $constant:ident) => {
        /// The same at every call of the macro.
        #[humanloop::tool(constant = FIXED)]
        fn fixed(text: &str) -> usize {
            text.len() * 2
        }

        #[humanloop::tool(constant = $constant)]
        fn $name() {}
    };
}

make!(made, MADE);

fn humanloop(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-humanloop"))
        .arg("humanloop")
        .args(arguments)
        .args(["--root", env!("CARGO_MANIFEST_DIR")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn what_is_listed_is_what_was_compiled() {
    let listed = humanloop(&["list"]);
    let compiled: [(&str, Definition); 5] = [
        ("search", SEARCH),
        ("inner::Assistant::answer", Assistant::ANSWER),
        ("inner::Assistant::bodiless", Assistant::BODILESS),
        ("run", RUN),
        ("Asks::ask", Assistant::ASKED),
    ];
    for (name, definition) in compiled {
        let line = listed.lines().find(|line| line.split_whitespace().nth(1) == Some(name));
        let words: Vec<&str> =
            line.unwrap_or_else(|| panic!("{name} is not in\n{listed}")).split_whitespace().collect();
        let place = format!("tests/versions.rs:{}", definition.line());
        assert_eq!((words[2], words[3]), (place.as_str(), definition.version()), "{name}");
    }
    // The compiler says of it where the macro is called.
    let place = format!("tests/versions.rs:{}", FIXED.line() - 10);
    let line = listed.lines().find(|line| line.contains("make!::fixed")).unwrap_or_default();
    assert!(line.contains(&place) && line.ends_with(FIXED.version()), "{listed}");
    for (name, line) in [("make!::$name", MADE.line() - 5), ("make!(made)", MADE.line())] {
        let line = format!("tests/versions.rs:{line}");
        let told = listed.lines().find(|told| told.split_whitespace().nth(1) == Some(name)).unwrap_or_default();
        assert!(told.contains(&line) && told.ends_with("made by a macro: version known only when it runs"), "{listed}");
    }
    made();
    assert_eq!(fixed("a"), 2);
    assert_eq!(search("a", "b"), 2);
    assert!(Assistant.answer("a").await.starts_with("aa \"raw\""));
    assert!(humanloop::prompt_of(Assistant.bodiless("a")).is_ok());
    assert_eq!((run(&[1.0, 2.0]).await.unwrap(), Assistant.ask("four").await), (3.0, 4));
}
