//! A store: opening it, and the processes that write to it.

use std::fs;
use std::path::{Path, PathBuf};

use humanloop_api::{Outcome, Process};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use uuid::Uuid;

use crate::error::Error;
use crate::process::{Alive, is_gone};
use crate::schema::{self, Found};

/// A store of logs: one connection to it. No type of the database shows, so another may stand behind it.
#[derive(Debug)]
pub struct Store {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
}

impl Store {
    /// Opens the store at `path`, and makes it when there is none; a folder that is made with it keeps itself out of git.
    ///
    /// Logs of processes that are gone become interrupted.
    ///
    /// # Errors
    ///
    /// When the file is not ours, of a newer version, or cannot be made.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
            let failed = |source| Error::File { path: folder.into(), source };
            fs::create_dir_all(folder).map_err(failed)?;
            fs::write(folder.join(".gitignore"), "*\n").map_err(failed)?;
        }
        let store = Self::connect(path, Connection::open(path))?;
        store.settle()?;
        Ok(store)
    }

    /// Opens the store at `path` to look at it.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] when there is none; otherwise as [`open`](Self::open).
    pub fn open_existing(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            return Err(Error::Missing { path: path.into() });
        }
        Self::open(path)
    }

    /// An empty store in memory.
    ///
    /// # Errors
    ///
    /// When SQLite cannot make one.
    pub fn in_memory() -> Result<Self, Error> {
        Self::connect(Path::new(":memory:"), Connection::open_in_memory())
    }

    fn connect(path: &Path, connection: rusqlite::Result<Connection>) -> Result<Self, Error> {
        let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => Error::NotOurs { path: path.into() },
            _ => Error::Sqlite { path: path.into(), message: error.to_string() },
        };
        let mut connection = connection.map_err(failed)?;
        match schema::prepare(&mut connection).map_err(failed)? {
            Found::Ours => Ok(Self { connection, path: path.into() }),
            Found::NotOurs => Err(Error::NotOurs { path: path.into() }),
            Found::Newer(version) => Err(Error::Newer { path: path.into(), version }),
        }
    }

    /// Says that `process` writes here: its calls that have not ended are running as long as the answer lives.
    ///
    /// # Errors
    ///
    /// When its lock file cannot be made.
    pub fn register(&self, process: &Process) -> Result<Alive, Error> {
        if self.is_in_memory() { Ok(Alive::unseen()) } else { Alive::hold(&self.path, process.id) }
    }

    fn is_in_memory(&self) -> bool {
        self.path.as_os_str() == ":memory:"
    }

    /// Logs of processes that are gone become interrupted.
    fn settle(&self) -> Result<(), Error> {
        let gone = self.gone().map_err(|error| self.failed(error))?;
        if gone.is_empty() {
            return Ok(());
        }
        match self.interrupt(&gone) {
            // A file that cannot be written to shows what it holds: they ran when it was last written.
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ReadOnly) => Ok(()),
            other => other.map_err(|error| self.failed(error)),
        }
    }

    fn gone(&self) -> rusqlite::Result<Vec<i64>> {
        let mut running = self.connection.prepare(
            "SELECT id, uuid FROM process WHERE id IN (SELECT process FROM log WHERE outcome = 1 AND process IS NOT NULL)",
        )?;
        let rows = running.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let gone =
            rows.into_iter().filter(|(_, uuid)| Uuid::from_slice(uuid).is_ok_and(|uuid| is_gone(&self.path, uuid)));
        Ok(gone.map(|(id, _)| id).collect())
    }

    fn interrupt(&self, processes: &[i64]) -> rusqlite::Result<()> {
        let transaction = rusqlite::Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        for process in processes {
            let mut sessions = transaction
                .prepare("SELECT session, count(*) FROM log WHERE outcome = 1 AND process = ?1 GROUP BY session")?;
            let sessions = sessions.query_map([process], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
            for session in sessions {
                let (session, logs) = session?;
                transaction.execute(
                    "UPDATE session SET running = running - ?2, failed = failed + ?2 WHERE id = ?1",
                    params![session, logs],
                )?;
            }
            transaction.execute(
                "UPDATE log SET outcome = ?2 WHERE outcome = 1 AND process = ?1",
                params![process, Outcome::Interrupted as i64],
            )?;
        }
        transaction.commit()
    }

    pub(crate) fn failed(&self, error: rusqlite::Error) -> Error {
        Error::Sqlite { path: self.path.clone(), message: error.to_string() }
    }
}

/// A content of a payload; `None` for none.
pub(crate) fn payload(connection: &Connection, id: Option<i64>) -> rusqlite::Result<Option<String>> {
    let Some(id) = id else { return Ok(None) };
    let mut statement = connection.prepare_cached("SELECT data FROM payload WHERE id = ?1")?;
    let data: Option<Vec<u8>> = statement.query_row([id], |row| row.get(0)).optional()?;
    Ok(data.and_then(|data| String::from_utf8(data).ok()))
}
