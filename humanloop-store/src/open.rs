//! A store: opening it to write, or to read beside its writers.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use humanloop_api::Process;
use rusqlite::{Connection, OpenFlags};

use crate::error::Error;
use crate::names::Names;
use crate::process::Alive;
use crate::schema::{self, Found};

/// A store of logs: one connection that writes. No type of the database shows, so another may stand behind it.
///
/// Every question of a [`Reader`] can be asked of it as well.
#[derive(Debug)]
pub struct Store {
    pub(crate) reader: Reader,
    /// What the writer remembers between batches.
    pub(crate) names: Names,
}

/// A store to look at: one connection that only reads, and never waits for those who write.
///
/// What it answers is what was committed when it was asked. Any number of readers may be open.
#[derive(Debug)]
pub struct Reader {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
}

impl Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Store {
    /// Opens the store at `path`, and makes it when there is none; a folder that is made with it keeps itself out of git.
    ///
    /// Logs of processes that are gone become interrupted; tables of version 2 become those of this version.
    ///
    /// # Errors
    ///
    /// When the file is not ours, of another version, or cannot be made.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
            let failed = |source| Error::File { path: folder.into(), source };
            fs::create_dir_all(folder).map_err(failed)?;
            fs::write(folder.join(".gitignore"), "*\n").map_err(failed)?;
        }
        let mut store = Self::connect(path, Connection::open(path))?;
        store.settle()?;
        Ok(store)
    }

    /// Opens the store at `path`; there has to be one.
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
        Self::connect(Path::new(IN_MEMORY), Connection::open_in_memory())
    }

    fn connect(path: &Path, connection: rusqlite::Result<Connection>) -> Result<Self, Error> {
        let failed = |error| cannot_open(path, &error);
        let mut connection = connection.map_err(failed)?;
        let found = schema::prepare(&mut connection).map_err(failed)?;
        ours(path, &found)?;
        let reader = Reader { connection, path: path.into() };
        Ok(Self { reader, names: Names::default() })
    }

    /// Somebody else writes what is committed into the file; only when that gets far behind, it is done here.
    pub(crate) fn leave_checkpoints(&self) -> Result<(), Error> {
        self.ask(|connection| {
            let set = |_: &rusqlite::Row<'_>| Ok(());
            connection.pragma_update_and_check(None, "wal_autocheckpoint", 4 * schema::CHECKPOINT, set)
        })
    }

    /// Says that `process` writes here: its calls that have not ended are running as long as the answer lives.
    ///
    /// # Errors
    ///
    /// When its lock file cannot be made.
    pub fn register(&self, process: &Process) -> Result<Alive, Error> {
        if self.is_in_memory() { Ok(Alive::unseen()) } else { Alive::hold(&self.path, process.id) }
    }
}

impl Reader {
    /// Opens the store at `path` to read.
    ///
    /// # Errors
    ///
    /// When there is none, or the file is not ours or of another version. Tables of version 2 are made those of this one.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            return Err(Error::Missing { path: path.into() });
        }
        let (mut connection, mut found) = Self::connect(path).map_err(|error| cannot_open(path, &error))?;
        if matches!(found, Found::Older) {
            // Who writes makes the tables those of this version; when nobody did since, it is done here.
            drop(connection);
            Store::connect(path, Connection::open(path))?;
            (connection, found) = Self::connect(path).map_err(|error| cannot_open(path, &error))?;
        }
        ours(path, &found)?;
        Ok(Self { connection, path: path.into() })
    }

    fn connect(path: &Path) -> rusqlite::Result<(Connection, Found)> {
        // Readers of a WAL share its index, which they have to be able to write; nothing else is.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        let found = schema::check(&connection)?;
        connection.pragma_update(None, "cache_size", -32768)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok((connection, found))
    }

    /// The store's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A number that is another one when somebody else has written since it was asked for last.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn version(&self) -> Result<i64, Error> {
        self.ask(|connection| connection.pragma_query_value(None, "data_version", |row| row.get(0)))
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.path.as_os_str() == IN_MEMORY
    }

    /// Asks, and names the store when SQLite fails.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        question(&self.connection).map_err(|error| self.failed(&error))
    }

    pub(crate) fn failed(&self, error: &rusqlite::Error) -> Error {
        failure(&self.path, error)
    }
}

const IN_MEMORY: &str = ":memory:";

fn ours(path: &Path, found: &Found) -> Result<(), Error> {
    match found {
        Found::Ours => Ok(()),
        Found::NotOurs => Err(Error::NotOurs { path: path.into() }),
        Found::Newer(version) => Err(Error::Newer { path: path.into(), version: *version }),
        Found::Older => Err(Error::Older { path: path.into() }),
    }
}

fn cannot_open(path: &Path, error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => Error::NotOurs { path: path.into() },
        _ => failure(path, error),
    }
}

/// Why a batch was not taken: for something in it, which it would be again, or for the state of the store.
pub(crate) fn refusal(path: &Path, error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::{ConstraintViolation, TooBig, TypeMismatch, Unknown};
    match error.sqlite_error_code() {
        None | Some(ConstraintViolation | TooBig | TypeMismatch | Unknown) => {
            Error::Refused { path: path.into(), message: error.to_string() }
        }
        _ => failure(path, error),
    }
}

pub(crate) fn failure(path: &Path, error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => Error::Full { path: path.into() },
        _ => Error::Sqlite { path: path.into(), message: error.to_string() },
    }
}
