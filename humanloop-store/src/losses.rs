//! What programs did not log, by their own account: shown beside what they logged.

use humanloop_api::Losses;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::error::Error;
use crate::ingest::json;
use crate::open::{Reader, Store};

/// Made at the first loss: most stores have none.
const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS loss(process BLOB PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID";

impl Store {
    /// Keeps a program's account of its losses, in place of an earlier one. Of a program that has logged nothing there is nothing
    /// that it could be shown beside.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn account(&mut self, losses: &Losses) -> Result<(), Error> {
        let kept = self.transact(|transaction, _| {
            transaction.execute_batch(TABLE)?;
            let mut insert = transaction
                .prepare_cached("INSERT OR REPLACE INTO loss SELECT uuid, ?2 FROM process WHERE uuid = ?1")?;
            insert.execute(params![losses.process.id.as_bytes(), json(losses)])
        });
        kept.map(|_| ()).map_err(|error| self.failed(&error))
    }
}

impl Reader {
    /// What the programs of a session lost, those of them that lost anything.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn losses(&self, session: Uuid) -> Result<Vec<Losses>, Error> {
        self.ask(|connection| {
            let text = "SELECT DISTINCT process FROM log
                        WHERE session = (SELECT id FROM session WHERE uuid = ?1) AND process IS NOT NULL ORDER BY process";
            let mut select = connection.prepare_cached(text)?;
            let processes = select.query_map([session.as_bytes()], |row| row.get(0))?;
            of(connection, processes.collect::<rusqlite::Result<Vec<_>>>()?)
        })
    }
}

/// What these processes lost.
pub(crate) fn of(connection: &Connection, processes: impl IntoIterator<Item = i64>) -> rusqlite::Result<Vec<Losses>> {
    let there = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'loss'";
    if connection.prepare_cached(there)?.query_row([], |_| Ok(())).optional()?.is_none() {
        return Ok(Vec::new());
    }
    let text = "SELECT body FROM loss WHERE process = (SELECT uuid FROM process WHERE id = ?1)";
    let mut select = connection.prepare_cached(text)?;
    let mut losses = Vec::new();
    for process in processes {
        let body = select.query_row([process], |row| row.get::<_, String>(0)).optional()?;
        losses.extend(body.and_then(|body| serde_json::from_str(&body).ok()));
    }
    Ok(losses)
}
