//! What programs did not log, by their own account: shown beside what they logged.

use humanloop_api::Losses;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::error::Error;
use crate::ingest::json;
use crate::open::{Reader, Store};

/// Made at the first loss: most stores have none.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS lost(
    process INTEGER PRIMARY KEY, body TEXT NOT NULL, changed INTEGER NOT NULL
) STRICT";

impl Store {
    /// Keeps a program's account of its losses, in place of an earlier one. Of a program that has logged nothing there is nothing
    /// that it could be shown beside.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn account(&mut self, losses: &Losses) -> Result<(), Error> {
        let kept = self.transact(|transaction, names| {
            transaction.execute_batch(TABLE)?;
            let text = "INSERT OR REPLACE INTO lost SELECT id, ?2, ?3 FROM process WHERE uuid = ?1";
            let changed = names.next();
            transaction.prepare_cached(text)?.execute(params![losses.process.id.as_bytes(), json(losses), changed])
        });
        kept.map(|_| ()).map_err(|error| self.failed(&error))
    }
}

impl Reader {
    /// The mark of a change of any program's account behind `since`; 0 for none.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn losses_changed_since(&self, since: i64) -> Result<i64, Error> {
        self.ask(|connection| Ok(changed_since(connection, since)?.1))
    }

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
    if !is_there(connection)? {
        return Ok(Vec::new());
    }
    let mut select = connection.prepare_cached("SELECT body FROM lost WHERE process = ?1")?;
    let mut losses = Vec::new();
    for process in processes {
        let body = select.query_row([process], |row| row.get::<_, String>(0)).optional()?;
        losses.extend(body.and_then(|body| serde_json::from_str(&body).ok()));
    }
    Ok(losses)
}

/// Processes whose account changed behind the mark `since`, and the mark of the last change.
pub(crate) fn changed_since(connection: &Connection, since: i64) -> rusqlite::Result<(Vec<i64>, i64)> {
    if !is_there(connection)? {
        return Ok((Vec::new(), 0));
    }
    let mut select = connection.prepare_cached("SELECT process, changed FROM lost WHERE changed > ?1")?;
    let rows = select.query_map([since], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let last = rows.iter().map(|(_, changed)| *changed).max().unwrap_or(0);
    Ok((rows.into_iter().map(|(process, _)| process).collect(), last))
}

fn is_there(connection: &Connection) -> rusqlite::Result<bool> {
    let text = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'lost'";
    Ok(connection.prepare_cached(text)?.query_row([], |_| Ok(())).optional()?.is_some())
}
