//! Whether the process of a running log is alive.
//!
//! Each process that writes to a store holds a lock on a file of its own in a folder beside it, for as long as it lives.
//! The operating system lets go of the lock whatever way the process ends, so a lock that can be taken means: gone.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::error::Error;

/// As long as this lives, calls of the process that have not ended count as running.
#[derive(Debug)]
pub struct Alive {
    lock: Option<(File, PathBuf)>,
}

impl Drop for Alive {
    fn drop(&mut self) {
        if let Some((file, path)) = self.lock.take() {
            let _ = fs::remove_file(path);
            drop(file);
        }
    }
}

impl Alive {
    /// For a store in memory, which no other process sees.
    pub(crate) fn unseen() -> Self {
        Self { lock: None }
    }

    pub(crate) fn hold(store: &Path, process: Uuid) -> Result<Self, Error> {
        let folder = folder(store);
        let path = folder.join(process.to_string());
        let failed = |source| Error::File { path: path.clone(), source };
        fs::create_dir_all(&folder).map_err(failed)?;
        let file = File::create(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(Self { lock: Some((file, path)) })
    }
}

/// Whether the process that once held its lock is gone; what is left of the lock is cleared away.
pub(crate) fn is_gone(store: &Path, process: Uuid) -> bool {
    let path = folder(store).join(process.to_string());
    let Ok(file) = File::open(&path) else { return true };
    match file.try_lock() {
        Ok(()) => {
            let _ = fs::remove_file(path);
            true
        }
        Err(TryLockError::WouldBlock) => false,
        // Where files cannot be locked, nobody is declared dead.
        Err(TryLockError::Error(_)) => false,
    }
}

fn folder(store: &Path) -> PathBuf {
    let mut folder = store.as_os_str().to_owned();
    folder.push("-processes");
    folder.into()
}
