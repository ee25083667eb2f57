//! Whether the process of a running log is alive.
//!
//! Each process that writes to a store holds a lock on a file of its own in a folder beside it, for as long as it lives.
//! The operating system lets go of the lock whatever way the process ends, so a lock that can be taken means: gone.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use humanloop_api::Outcome;
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::error::Error;
use crate::open::Store;
use crate::sums::Sums;

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

impl Store {
    /// Logs of processes that are gone become interrupted; says how many did.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn settle(&mut self) -> Result<usize, Error> {
        if self.is_in_memory() {
            return Ok(0);
        }
        let path = self.path.clone();
        let gone = self.ask(|connection| gone(connection, &path))?;
        if gone.is_empty() {
            return Ok(0);
        }
        match self.transact(|transaction, names| {
            let mut sums = Sums::default();
            let mut interrupted = 0;
            for process in &gone {
                let mut running = transaction.prepare_cached(
                    "SELECT session, arrival, project, config FROM log WHERE outcome = 1 AND process = ?1",
                )?;
                let rows = running.query_map([process], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get(2)?, row.get(3)?))
                })?;
                for (session, arrival, project, config) in rows.collect::<rusqlite::Result<Vec<_>>>()? {
                    let changed = names.next();
                    transaction
                        .prepare_cached(
                            "UPDATE log SET outcome = ?3, changed = ?4 WHERE session = ?1 AND arrival = ?2",
                        )?
                        .execute(params![session, arrival, Outcome::Interrupted as i64, changed])?;
                    sums.interrupted(session, project, config, changed);
                    interrupted += 1;
                }
            }
            sums.write(transaction)?;
            Ok(interrupted)
        }) {
            // A file that cannot be written to shows what it holds: they ran when it was last written.
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ReadOnly) => Ok(0),
            other => other.map_err(|error| self.failed(&error)),
        }
    }
}

/// Processes with running logs that hold no lock any more.
fn gone(connection: &Connection, store: &Path) -> rusqlite::Result<Vec<i64>> {
    let mut running = connection.prepare_cached(
        "SELECT id, uuid FROM process WHERE id IN (SELECT process FROM log WHERE outcome = 1 AND process IS NOT NULL)",
    )?;
    let rows = running.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let gone = rows.into_iter().filter(|(_, uuid)| Uuid::from_slice(uuid).is_ok_and(|uuid| is_gone(store, uuid)));
    Ok(gone.map(|(id, _)| id).collect())
}

fn folder(store: &Path) -> PathBuf {
    let mut folder = store.as_os_str().to_owned();
    folder.push("-processes");
    folder.into()
}
