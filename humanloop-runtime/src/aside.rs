//! What a destination will never take, kept in a file with the reason, for people to look at.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use humanloop_api::Entry;

use crate::spool::{json_of, make_folder};

/// Bytes of the file, about; what comes on top is only counted.
const LIMIT: u64 = 16 << 20;

/// The file of one destination; it is made at the first need.
#[derive(Debug)]
pub(crate) struct Aside {
    path: PathBuf,
}

impl Aside {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Adds `entries`, a line each: `{"reason": …, "entry": …}`.
    pub(crate) fn keep<'a>(&self, entries: impl IntoIterator<Item = &'a Entry>, reason: &str) {
        if fs::metadata(&self.path).is_ok_and(|about| about.len() > LIMIT) {
            return;
        }
        let _ = self.path.parent().map(make_folder);
        let Ok(mut file) = File::options().create(true).append(true).open(&self.path) else { return };
        let reason = serde_json::Value::from(reason);
        for entry in entries {
            let _ = file.write_all(format!("{{\"reason\":{reason},\"entry\":{}}}\n", json_of(entry).1).as_bytes());
        }
    }
}
