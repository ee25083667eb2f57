//! What git knows of a file in the working tree.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// `{commit, changed}`: the last commit to the file, abbreviated, and whether it has changed since; `null` without git, or when the
/// file was never committed.
pub(super) fn state(file: &Path) -> Value {
    let Some(commit) = ask(file, &["log", "-1", "--format=%h"]).filter(|commit| !commit.is_empty()) else {
        return Value::Null;
    };
    let changed = ask(file, &["status", "--porcelain"]).is_none_or(|lines| !lines.is_empty());
    json!({ "commit": commit, "changed": changed })
}

/// What git says of the file, when it is there and has something to say.
fn ask(file: &Path, words: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    // It takes no lock that somebody who works there would meet.
    git.env("GIT_OPTIONAL_LOCKS", "0").arg("-C").arg(file.parent()?).args(words).arg("--").arg(file.file_name()?);
    let output = git.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_file_that_is_in_no_repository_nothing_is_known() {
        let file = std::env::temp_dir().join(format!("humanloop-{}.rs", uuid::Uuid::new_v4()));
        assert_eq!(state(&file), Value::Null);
    }
}
