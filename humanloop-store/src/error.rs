//! What can go wrong with a store; each text names the file and says what to do.

use std::fmt;
use std::path::PathBuf;

/// An error of the store.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There is no store at this place.
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else: no SQLite database, or one of another program.
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of humanloop wrote it.
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its tables.
        version: i64,
    },
    /// An older version of humanloop wrote it, and its tables cannot be taken over.
    Older {
        /// The file.
        path: PathBuf,
    },
    /// There is no room on the disk.
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The folder or the lock file cannot be made.
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Nothing in the store has this name.
    Unknown {
        /// `session`, `log`, `project`, `config` or `environment`.
        what: &'static str,
        /// What was asked for.
        text: String,
    },
    /// Several things in the store have a name that begins or ends so.
    Ambiguous {
        /// `session`, `log`, `project`, `config` or `environment`.
        what: &'static str,
        /// What was asked for.
        text: String,
    },
    /// The name is in use.
    Taken {
        /// `project` or `environment`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// SQLite does not take something that a batch holds, and will not take it again.
    Refused {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        message: String,
    },
    /// SQLite failed: the disk cannot be read, the file is locked for too long, or the like.
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        message: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => write!(
                f,
                "no logs yet at {}: run a program with `humanloop::init()` in this folder, or name another store with `--db FILE` or HUMANLOOP_DB",
                path.display()
            ),
            Self::NotOurs { path } => write!(
                f,
                "{} is no humanloop store, and is left as it is: name another file with HUMANLOOP_DB, or move this one away",
                path.display()
            ),
            Self::Newer { path, version } => write!(
                f,
                "{} was written by a newer humanloop (tables of version {version}, this one knows {}): update humanloop, or name another file with HUMANLOOP_DB",
                path.display(),
                crate::schema::VERSION
            ),
            Self::Older { path } => write!(
                f,
                "{} was written by an older humanloop whose tables this one does not read: move it away, or name another file with HUMANLOOP_DB",
                path.display()
            ),
            Self::Full { path } => write!(
                f,
                "no room on the disk for {}: nothing of this batch was kept; free some space, or run `humanloop prune`",
                path.display()
            ),
            Self::File { path, source } => write!(
                f,
                "{} cannot be used: {source}; make its folder writable, or name another file with HUMANLOOP_DB",
                path.display()
            ),
            Self::Unknown { what, text } => {
                write!(f, "there is no {what} `{text}`: `humanloop sessions` lists what there is")
            }
            Self::Ambiguous { what, text } => write!(f, "several {what}s are meant by `{text}`: write more of its id"),
            Self::Taken { what, name } => write!(f, "there is a {what} `{name}` already: take another name"),
            Self::Refused { path, message } => write!(f, "the store {} does not take this: {message}", path.display()),
            Self::Sqlite { path, message } => write!(f, "the store {} failed: {message}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            _ => None,
        }
    }
}
