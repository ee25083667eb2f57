//! What the next build knows of a function: its text is that of the file, and so is its template, whatever was edited.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

/// Prints what is recorded of one function: its version, and its text.
const PROGRAM: &str = r#"
use humanloop::api::{Config, Entry};
use humanloop::sink::{Delivery, Sink};

struct Printer;

impl Sink for Printer {
    fn name(&self) -> String { "the terminal".into() }
    fn deliver(&mut self, batch: &[Entry]) -> Delivery {
        for entry in batch {
            let Entry::Log(log) = entry else { continue };
            println!("{}", log.function.as_ref().unwrap().version);
            println!("{}", log.config.as_deref().and_then(Config::source_code).unwrap());
        }
        Delivery::default()
    }
}

#[humanloop::tool]
fn edited(a: u8) -> u8 {
    // COMMENT
    a + 1
}

fn main() {
    let guard = humanloop::builder().sink(Printer).quiet().init().unwrap();
    edited(1);
    assert!(guard.flush(std::time::Duration::from_secs(60)).complete);
}
"#;

#[test]
fn an_edited_comment_is_in_the_text_of_the_next_build_and_the_version_stays() {
    let library = library();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("builds");
    fs::create_dir_all(&folder).unwrap();
    let printed = ["as it was", "and edited, nothing else"].map(|comment| {
        fs::write(folder.join("main.rs"), PROGRAM.replace("COMMENT", comment)).unwrap();
        built_and_run(&library, &folder)
    });
    let [first, second] = printed.each_ref().map(|printed| printed.split_once('\n').unwrap());
    assert_eq!(first.1, "#[humanloop::tool]\nfn edited(a: u8) -> u8 {\n    // as it was\n    a + 1\n}\n");
    assert_eq!(second.1, first.1.replace("as it was", "and edited, nothing else"));
    assert!(!first.0.is_empty() && first.0 == second.0, "two processes, one code: {printed:?}");
}

/// Prints the version of a prompt, and its template.
const PROMPT: &str = r#"
#[humanloop::prompt(model = "m", template_file = "answer.txt", constant = ANSWER)]
async fn answer(question: &str) -> String { String::new() }

fn main() {
    print!("{}\n{}", ANSWER.version(), ANSWER.template().unwrap());
    drop(answer(""));
}
"#;

#[test]
fn an_edited_template_file_is_built_anew_and_is_another_version() {
    let library = library();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("builds-of-a-template");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("main.rs"), PROMPT).unwrap();
    let printed = ["Hi {{question}}", "Hello {{question}}"].map(|template| {
        fs::write(folder.join("answer.txt"), template).unwrap();
        built_and_run(&library, &folder)
    });
    let [first, second] = printed.each_ref().map(|printed| printed.split_once('\n').unwrap());
    assert_eq!((first.1, second.1), ("Hi {{question}}", "Hello {{question}}"));
    assert_ne!(first.0, second.0);
    // The compiler tells cargo of the file, so that its change is one of the program.
    let files = fs::read_to_string(folder.join("main.d")).unwrap();
    assert!(files.contains("answer.txt"), "{files}");
}

/// What the program prints, built as cargo builds again after an edit: on top of what the last build left.
fn built_and_run(library: &Path, folder: &Path) -> String {
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "main.rs", "-C", "incremental=incremental", "--emit", "link,dep-info"]);
    rustc.env("CARGO_MANIFEST_DIR", folder);
    rustc.arg("--extern").arg(format!("humanloop={}", library.display()));
    rustc.arg("-L").arg(format!("dependency={}", library.parent().unwrap().join("deps").display()));
    let built = rustc.current_dir(folder).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let ran = Command::new(folder.join("main").with_extension(env::consts::EXE_EXTENSION)).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// The library without its features, which every machine builds soon.
fn library() -> PathBuf {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--package", "humanloop", "--lib", "--no-default-features", "--features", "enable"]);
    cargo.args(["--offline", "--quiet", "--message-format", "json"]);
    let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let messages = built.stdout.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{"));
    let libraries = messages
        .map(|line| serde_json::from_slice::<Value>(line).unwrap())
        .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == "humanloop");
    let files: Vec<PathBuf> = libraries
        .flat_map(|message| message["filenames"].as_array().cloned())
        .flatten()
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .collect();
    let library = files.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "rlib"));
    library.unwrap_or_else(|| panic!("cargo build: {}", String::from_utf8_lossy(&built.stderr)))
}
