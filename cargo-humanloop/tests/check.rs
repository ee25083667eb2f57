//! Lock, change, check: with a workspace of its own.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

struct Workspace(PathBuf);

impl Workspace {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("cargo-humanloop-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("src")).unwrap();
        let workspace = Self(folder);
        workspace.write("Cargo.toml", "[package]\nname = \"a\"\n[workspace]\n");
        workspace.write("src/lib.rs", SOURCE);
        workspace.write("answer.txt", "Question: {{question}}\nAnswer:\n");
        workspace
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.join(path), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_cargo-humanloop"))
            .arg("humanloop")
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .unwrap();
        let Output { status, stdout, stderr } = output;
        (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }

    /// Whether there is a git to run at all.
    fn git(&self, arguments: &[&str]) -> bool {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
        let run = Command::new("git").args(identity).args(arguments).current_dir(&self.0).output();
        run.is_ok_and(|output| output.status.success())
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const SOURCE: &str = r#"/// Answers.
#[humanloop::prompt(model = "gpt-4", template_file = "answer.txt")]
pub async fn answer(question: &str) -> Result<String, humanloop::Error>;

#[humanloop::tool]
pub fn search(question: &str) -> String {
    question.to_owned()
}
"#;

#[test]
fn a_change_fails_until_it_is_locked_and_is_shown() {
    let workspace = Workspace::new("lock");
    let (code, _, stderr) = workspace.run(&["check", "--locked"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("humanloop.lock cannot be read") && stderr.contains("cargo humanloop lock"), "{stderr}");
    assert_eq!(workspace.run(&["lock"]).0, Some(0));
    assert_eq!(workspace.run(&["check", "--locked"]).0, Some(0));

    workspace.write("src/lib.rs", &SOURCE.replace("/// Answers.", "/// Answers a question, in other words.\n"));
    assert_eq!(workspace.run(&["check", "--locked"]).0, Some(0), "documentation does not count");

    workspace.write("answer.txt", "The question is: {{question}}\nAnswer:\n");
    let (code, stdout, stderr) = workspace.run(&["check", "--locked"]);
    assert_eq!(code, Some(1));
    assert!(stdout.contains("changed: prompt answer at src/lib.rs:3"), "{stdout}");
    assert!(stdout.contains("  -Question: {{question}}\n  +The question is: {{question}}\n   Answer:\n"), "{stdout}");
    assert!(!stdout.contains("search") && stderr.contains("1 changed, 0 new, 0 gone"), "{stdout}{stderr}");

    workspace.run(&["lock"]);
    assert_eq!(workspace.run(&["check"]).0, Some(0));
    workspace.write("src/lib.rs", &SOURCE.replace("gpt-4", "gpt-4o").replace("search", "find"));
    let (code, stdout, _) = workspace.run(&["check"]);
    assert_eq!(code, Some(1));
    assert!(stdout.contains("model = \"gpt-4o\""), "{stdout}");
    assert!(stdout.contains("new: tool find at") && stdout.contains("gone: tool search of src/lib.rs"), "{stdout}");
}

#[test]
fn what_a_macro_makes_is_locked_by_what_is_written() {
    const MADE: &str = r#"macro_rules! ask {
    ($name:ident, $template:expr) => {
        #[humanloop::prompt(model = "m", template = $template)]
        async fn $name() -> Result<String, humanloop::Error>;
    };
}
ask!(hello, "Say hello.");
"#;
    let workspace = Workspace::new("made");
    workspace.write("src/lib.rs", MADE);
    let (_, listed, _) = workspace.run(&["list"]);
    let told = "made by a macro: version known only when it runs\n";
    assert_eq!(listed.matches(told).count(), 2, "{listed}");
    assert!(listed.contains("ask!::$name") && listed.contains("src/lib.rs:3  "), "{listed}");
    assert!(listed.contains("ask!(hello)") && listed.contains("src/lib.rs:7  "), "{listed}");
    workspace.run(&["lock"]);
    assert_eq!(workspace.run(&["check", "--locked"]).0, Some(0));
    workspace.write("src/lib.rs", &MADE.replace("Say hello.", "Say good-bye."));
    let (code, stdout, _) = workspace.run(&["check", "--locked"]);
    assert_eq!(code, Some(1));
    assert!(stdout.contains("changed: prompt ask!(hello) at src/lib.rs:7"), "{stdout}");
    assert!(stdout.contains("+ask!(hello, \"Say good-bye.\")"), "{stdout}");
    workspace.write("src/lib.rs", &MADE.replace("model = \"m\"", "model = \"n\""));
    let (_, stdout, _) = workspace.run(&["check", "--locked"]);
    assert!(
        stdout.contains("changed: prompt ask!::$name at src/lib.rs:3") && !stdout.contains("ask!(hello)"),
        "{stdout}"
    );
}

#[test]
fn a_revision_is_compared_where_there_is_git() {
    let workspace = Workspace::new("since");
    let (code, _, stderr) = workspace.run(&["check", "--since", "HEAD"]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.starts_with("error: git "), "{stderr}");
    let committed =
        workspace.git(&["init", "-q"]) && workspace.git(&["add", "."]) && workspace.git(&["commit", "-qm", "a"]);
    if !committed {
        return; // no git here; what is compared is tested without it, too
    }
    let (code, stdout, _) = workspace.run(&["check", "--since", "HEAD"]);
    assert_eq!((code, stdout.as_str()), (Some(0), "since HEAD: 0 changed, 0 new, 0 gone\n"));
    workspace.write("answer.txt", "Other words: {{question}}\n");
    let (code, stdout, _) = workspace.run(&["check", "--since", "HEAD"]);
    assert_eq!(code, Some(1));
    assert!(stdout.contains("+Other words") && stdout.ends_with("since HEAD: 1 changed, 0 new, 0 gone\n"), "{stdout}");
    let (code, _, stderr) = workspace.run(&["check", "--since", "nowhere"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("git knows no revision `nowhere`"), "{stderr}");
}
