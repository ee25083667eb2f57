//! What the compiler says of wrong functions: the same as without the attribute.
//!
//! Each file of `tests/wrong` is compiled as it is, and once more with a comment of the same length in the place of each
//! attribute, so that all positions stay. The messages must be the same: level, code, text, and the places they point at.
//! Where a body stands in a closure or an async block the compiler adds other notes to some of them; [`OTHER_NOTES`] is the
//! list of these files, and every file that is not in it gets the same output word for word, but for the order. Of the few in
//! which a message itself is another one, `tests/wrong/differences.txt` holds which; `TRYBUILD=overwrite` writes it anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::{env, fs, thread};

use serde_json::Value;

const ATTRIBUTE: &str = "#[humanloop::";

/// Files of which a message has other notes, labels or suggestions, with what they are about.
const OTHER_NOTES: &[(&str, &str)] = &[
    ("await-forgotten", "an async block's type is said to be inferred from the return type"),
    ("await-outside-async", "the label of the signature begins at its `fn`"),
    ("bound-missing", "no bound is suggested inside a closure; a parameter's label covers its name alone"),
    ("calls-that-do-not-fit", "the label of a parameter covers its name alone"),
    ("future-is-not-send-by-an-argument", "the argument is held over an await of ours, too"),
    ("iterators-and-streams", "the label of the return type; the function is called a closure"),
    ("names-shadowed", "an async block's type is said to be inferred from the return type"),
    ("never-returns-but-does", "the label of the return type; of an async function, a note that names the attribute"),
    ("question-mark-converts-to-the-wrong-error", "the label of the return type"),
    ("return-type-missing", "no return type is suggested inside a closure"),
    ("return-value-missing", "the label of the return type"),
    ("semicolon-too-many", "the label of the return type"),
    ("use-after-move", "the label of `self` and of an async function's parameter; no clone is suggested"),
    ("wrong-type", "an async block's type is said to be inferred from the return type"),
    ("wrong-type-of-an-early-return", "an async block's type is said to be inferred from the return type"),
];

/// Files of which a message itself is another one, with the reason.
const OTHER_MESSAGES: &[(&str, &str)] = &[
    ("argument-unused", "a `mut` parameter of an async function is said to be captured"),
    ("borrow-of-a-local-returned", "a parameter of an async function is called local data"),
    ("futures-returned", "the place is the first word of the type, not the whole of it"),
    ("half-typed-parameter", "what cannot be parsed is said by the attribute, too"),
    ("lifetimes-do-not-fit", "the place is the parameter's type, or the whole body of an async function"),
    ("not-declared-mutable", "a parameter of an async function is said to be captured"),
    ("question-mark-where-nothing-can-fail", "the function is called a closure"),
    ("question-mark-where-nothing-can-fail-async", "the async function is called an async block"),
    ("recursion-without-an-end", "the lint does not look into the body"),
];

#[test]
fn wrong_functions_get_the_same_messages_as_without_the_attribute() {
    let compiler = Compiler::new();
    let rules = rules();
    assert!(rules.len() > 40, "{} files in tests/wrong", rules.len());
    let queue = Mutex::new(rules.into_iter());
    let report = Mutex::new(BTreeMap::new());
    let others = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let Some((rule, text)) = queue.lock().unwrap().next() else { break };
            let expected = compiler.messages("without", &rule, &without_attributes(&text));
            let found = compiler.messages("with", &rule, &text);
            assert!(!expected.is_empty(), "{rule}: nothing is wrong with it");
            let listed = |list: &[(&str, &str)]| list.iter().any(|(known, _)| *known == rule);
            let (messages, notes) = (listed(OTHER_MESSAGES), listed(OTHER_NOTES));
            let essence = difference(&expected, &found, |message| &message.essence);
            let words = difference(&expected, &found, |message| &message.rendered);
            let wrong = match (essence.is_empty(), words.is_empty()) {
                (true, true) if messages || notes => "is the same now: take it off its list".to_owned(),
                (true, false) if !notes => format!("has other notes (- without, + with):\n{words}"),
                (false, _) if !messages => format!("has other messages (- without, + with):\n{essence}\n{words}"),
                (false, _) => {
                    others.lock().unwrap().insert(rule, essence);
                    continue;
                }
                _ => continue,
            };
            report.lock().unwrap().insert(rule, wrong);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let report = report.into_inner().unwrap();
    let report: Vec<String> = report.iter().map(|(rule, text)| format!("== {rule} {text}")).collect();
    assert!(report.is_empty(), "{}", report.join("\n"));

    let others = others.into_inner().unwrap();
    let found: String = others.iter().map(|(rule, essence)| format!("{rule}\n{essence}\n")).collect();
    let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong/differences.txt");
    if env::var_os("TRYBUILD").is_some_and(|wish| wish == "overwrite") {
        fs::write(&record, &found).unwrap();
    }
    let known = fs::read_to_string(&record).unwrap().replace("\r\n", "\n");
    assert!(known == found, "the messages that differ are not those of {}, but:\n{found}", record.display());
}

/// If the attribute did nothing, all would be equal.
#[test]
fn the_attribute_is_expanded_in_these_comparisons() {
    let compiler = Compiler::new();
    let text = "pub struct Opaque;\n\n#[humanloop::tool(serialize(opaque))]\npub fn f(opaque: Opaque) {}\n";
    let is_expanded = |variant, text: &str| {
        let messages = compiler.messages(variant, "expanded", text);
        messages.iter().any(|message| message.rendered.contains("the trait bound `Opaque: serde::Serialize`"))
    };
    assert!(is_expanded("with", text) && !is_expanded("without", &without_attributes(text)));
}

/// The files, by the name of the rule.
fn rules() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong");
    let mut rules = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        rules.push((path.file_stem().unwrap().to_str().unwrap().to_owned(), text));
    }
    rules
}

/// `text` with a comment in the place of each line that is an attribute of ours.
fn without_attributes(text: &str) -> String {
    text.split('\n').map(without_attribute).collect::<Vec<_>>().join("\n")
}

fn without_attribute(line: &str) -> String {
    match line.split_once(ATTRIBUTE) {
        Some((before, rest)) => format!("{before}//{}", "-".repeat(ATTRIBUTE.len() + rest.len() - 2)),
        None => line.to_owned(),
    }
}

/// A message of the compiler's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    /// Level, code, text, and the places it points at.
    essence: String,
    /// All of it, as people see it.
    rendered: String,
}

impl Message {
    fn new(json: &Value) -> Option<Self> {
        let rendered = json["rendered"].as_str()?.lines().map(without_attribute).collect::<Vec<_>>().join("\n");
        let code = json["code"]["code"].as_str().unwrap_or_default();
        let mut essence = format!("{}[{code}]: {}", json["level"].as_str()?, json["message"].as_str()?);
        for span in json["spans"].as_array()?.iter().filter(|span| span["is_primary"] == true) {
            let at = |name: &str| span[name].as_u64().unwrap_or_default();
            let place = (at("line_start"), at("column_start"), at("line_end"), at("column_end"));
            essence.push_str(&format!("\n  at {}:{}-{}:{}", place.0, place.1, place.2, place.3));
        }
        Some(Self { essence, rendered })
    }
}

/// The messages that only one of the two has, by one of their sides.
fn difference(expected: &[Message], found: &[Message], side: fn(&Message) -> &String) -> String {
    let mut missing: Vec<&String> = expected.iter().map(side).collect();
    let mut extra = Vec::new();
    for message in found.iter().map(side) {
        match missing.iter().position(|other| *other == message) {
            Some(place) => drop(missing.swap_remove(place)),
            None => extra.push(message),
        }
    }
    let mark =
        |mark: char| move |message: &String| message.lines().map(|line| format!("{mark} {line}\n")).collect::<String>();
    missing.into_iter().map(mark('-')).chain(extra.into_iter().map(mark('+'))).collect()
}

/// rustc, with the crate `humanloop` at hand.
struct Compiler {
    library: PathBuf,
    folder: PathBuf,
}

impl Compiler {
    fn new() -> Self {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["check", "--package", "humanloop", "--lib", "--no-default-features", "--features", "enable"]);
        cargo.args(["--offline", "--quiet", "--message-format", "json"]);
        let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        let mut libraries = json_lines(&built.stdout)
            .into_iter()
            .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == "humanloop");
        let library = libraries.next_back().and_then(|message| message["filenames"][0].as_str().map(PathBuf::from));
        let library = library.unwrap_or_else(|| panic!("cargo check: {}", String::from_utf8_lossy(&built.stderr)));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diagnostics");
        Self { library, folder }
    }

    /// What the compiler says of `text`, sorted; under paths and lines that do not show which `variant` it is.
    fn messages(&self, variant: &str, rule: &str, text: &str) -> Vec<Message> {
        let folder = self.folder.join(variant);
        let file = format!("{rule}.rs");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(&file), text).unwrap();
        let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.args(["--edition", "2024", "--crate-type", "lib", "--crate-name", "wrong", "--emit", "metadata"]);
        rustc.args(["--error-format", "json", "-A", "unused_crate_dependencies", &file]);
        rustc.arg("--extern").arg(format!("humanloop={}", self.library.display()));
        rustc.arg("-L").arg(format!("dependency={}", self.library.parent().unwrap().display()));
        let output = rustc.current_dir(&folder).output().unwrap();
        let mut messages: Vec<Message> = json_lines(&output.stderr).iter().filter_map(Message::new).collect();
        messages.sort();
        messages
    }
}

fn json_lines(output: &[u8]) -> Vec<Value> {
    let lines = output.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{"));
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}
