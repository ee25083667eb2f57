//! Where the sources are read: on disk, or as a git revision has them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files of a workspace, by their paths below its root, with `/` between the parts.
pub(crate) trait Sources {
    /// The Rust files that may hold this word.
    fn rust_files(&self, word: &str) -> Result<BTreeSet<String>, String>;

    /// The text of a file; `None` when there is none.
    fn read(&self, path: &str) -> Option<String>;
}

/// The files as they are now.
pub(crate) struct Disk(pub(crate) PathBuf);

impl Sources for Disk {
    fn rust_files(&self, _: &str) -> Result<BTreeSet<String>, String> {
        let mut files = BTreeSet::new();
        walk(&self.0, "", &mut files).map_err(|error| format!("{} cannot be read: {error}", self.0.display()))?;
        Ok(files)
    }

    fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.0.join(path)).ok()
    }
}

fn walk(folder: &Path, below: &str, files: &mut BTreeSet<String>) -> std::io::Result<()> {
    // Cargo's target folder says by this file that it can be made anew.
    if folder.join("CACHEDIR.TAG").exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let kind = entry.file_type()?;
        if kind.is_dir() && !name.starts_with('.') && name != "target" {
            walk(&entry.path(), &path, files)?;
        } else if kind.is_file() && name.ends_with(".rs") {
            files.insert(path);
        }
    }
    Ok(())
}

/// The files of a git revision.
pub(crate) struct Revision {
    root: PathBuf,
    name: String,
}

impl Revision {
    /// # Errors
    ///
    /// When there is no git, no repository or no such revision.
    pub(crate) fn new(root: PathBuf, name: &str) -> Result<Self, String> {
        if name.starts_with('-') {
            return Err(format!("`{name}` is no git revision"));
        }
        let revision = Self { root, name: name.to_owned() };
        revision.git(&["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")]).map_err(|error| {
            let error = if error.is_empty() { String::new() } else { format!(": {error}") };
            format!("git knows no revision `{name}` in {}{error}", revision.root.display())
        })?;
        Ok(revision)
    }

    fn git(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new("git").arg("-C").arg(&self.root).args(arguments).output();
        let output = output.map_err(|error| format!("git cannot be started: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Sources for Revision {
    fn rust_files(&self, word: &str) -> Result<BTreeSet<String>, String> {
        // Only these are worth a process each.
        let prefix = format!("{}:", self.name);
        let found = self.git(&["grep", "-lz", "-e", word, &self.name, "--", "*.rs"]);
        // Without a hit git grep fails, and says nothing.
        let found = found.or_else(|error| if error.is_empty() { Ok(error) } else { Err(error) })?;
        Ok(found.split('\0').filter_map(|line| line.strip_prefix(&prefix)).map(String::from).collect())
    }

    fn read(&self, path: &str) -> Option<String> {
        self.git(&["show", &format!("{}:./{path}", self.name)]).ok()
    }
}

#[cfg(test)]
pub(crate) mod memory {
    //! Files that are nowhere, for tests.

    use std::collections::BTreeMap;

    use super::*;

    pub(crate) struct Memory(pub(crate) BTreeMap<String, String>);

    impl Memory {
        pub(crate) fn of<const N: usize>(files: [(&str, &str); N]) -> Self {
            Self(files.into_iter().map(|(path, text)| (path.into(), text.into())).collect())
        }
    }

    impl Sources for Memory {
        fn rust_files(&self, _: &str) -> Result<BTreeSet<String>, String> {
            Ok(self.0.keys().filter(|path| path.ends_with(".rs")).cloned().collect())
        }

        fn read(&self, path: &str) -> Option<String> {
            self.0.get(path).cloned()
        }
    }
}
