//! What has changed: for pages that follow running programs.

use rusqlite::params;

use crate::error::Error;
use crate::open::Reader;
use crate::sessions::{SESSION, SessionSummary, summary};

/// Sessions that changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// The mark to go on from.
    pub upto: i64,
    /// New and changed sessions, the oldest change first.
    pub sessions: Vec<SessionSummary>,
}

/// Sessions in one answer.
const MOST: i64 = 200;

impl Reader {
    /// Sessions that are new or changed since a mark, 200 at most; 0 is the beginning. Cheap when nothing changed.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn changes_since(&self, mark: i64) -> Result<Changes, Error> {
        let sessions: Vec<SessionSummary> = self.ask(|connection| {
            let mut select = connection
                .prepare_cached(&format!("{SESSION} WHERE session.changed > ?1 ORDER BY session.changed LIMIT ?2"))?;
            select.query_map(params![mark, MOST], summary)?.collect()
        })?;
        Ok(Changes { upto: sessions.last().map_or(mark, |session| session.changed), sessions })
    }

    /// The mark of now: what changes later is in [`changes_since`](Self::changes_since) it.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn mark(&self) -> Result<i64, Error> {
        self.ask(|connection| connection.prepare_cached("SELECT value FROM counter")?.query_row([], |row| row.get(0)))
    }
}
