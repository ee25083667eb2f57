//! The index of full text search, in a file of its own beside the store: filled later, so that writing logs does not wait for it.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use crate::content::{load, load_beside};
use crate::error::Error;
use crate::open::failure;
use crate::search::file;

/// Characters of each field that the index knows.
const INDEXED: usize = 2_000;

/// Pages that are joined at a time.
const TIDIED: i64 = 1_000;

const TABLES: &str = "
CREATE VIRTUAL TABLE IF NOT EXISTS words
    USING fts5(name, input, output, error, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
-- The words that there are, for those that begin like the one that is being typed.
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab(words, instance);
CREATE TABLE IF NOT EXISTS mark(value INTEGER NOT NULL) STRICT;
INSERT INTO mark SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM mark);
";

/// Fills the index of a store, in pieces, beside those who read and write.
#[derive(Debug)]
pub struct Indexer {
    connection: Connection,
    path: PathBuf,
}

impl Indexer {
    /// Opens the index of the store at `path`, and makes it when there is none.
    ///
    /// # Errors
    ///
    /// When the file cannot be made or used.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let open = || {
            let connection = Connection::open(file(path))?;
            connection.busy_timeout(std::time::Duration::from_secs(5))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "NORMAL")?; // it can be made again
            connection.execute_batch(TABLES)?;
            // Two pieces of a size are enough to join them.
            connection.execute("INSERT INTO words(words, rank) VALUES ('usermerge', 2)", [])?;
            connection.execute("ATTACH ?1 AS logs", [path.to_string_lossy()])?;
            Ok(connection)
        };
        let connection = open().map_err(|error| failure(path, &error))?;
        Ok(Self { connection, path: path.into() })
    }

    /// Takes up to `limit` logs into the index; says how many. When it knows them all, it tidies up, which counts as one, as long as
    /// there is something to tidy. 0: it is done.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn step(&mut self, limit: usize) -> Result<usize, Error> {
        self.try_step(limit).map_err(|error| failure(&self.path, &error))
    }

    fn try_step(&mut self, limit: usize) -> rusqlite::Result<usize> {
        // Deferred: locks the index only, never the logs.
        let transaction = self.connection.transaction()?;
        let mark: i64 = transaction.query_row("SELECT value FROM mark", [], |row| row.get(0))?;
        let counter: i64 = transaction.query_row("SELECT value FROM logs.counter", [], |row| row.get(0))?;
        if mark == counter {
            let tidied = tidy(&transaction)?;
            transaction.commit()?;
            return Ok(usize::from(tidied));
        }
        // An index of another, longer store that stood here.
        let mark = if mark > counter { 0 } else { mark };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut new = transaction
            .prepare_cached("SELECT arrival FROM logs.content WHERE arrival > ?1 ORDER BY arrival LIMIT ?2")?;
        let mut arrivals = new.query_map([mark, limit], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
        let full = i64::try_from(arrivals.len()).is_ok_and(|found| found == limit);
        let upto = arrivals.last().filter(|_| full).copied().unwrap_or(counter);
        let mut updated = transaction.prepare_cached(
            "SELECT arrival FROM logs.log INDEXED BY log_updated
             WHERE changed <> arrival AND changed > ?1 AND changed <= ?2 AND arrival <= ?1",
        )?;
        let updated_arrivals =
            updated.query_map([mark, upto], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
        for arrival in &updated_arrivals {
            transaction.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([arrival])?;
        }
        arrivals.extend(updated_arrivals);
        take(&transaction, &arrivals)?;
        transaction.execute("UPDATE mark SET value = ?1", [upto])?;
        drop((new, updated));
        transaction.commit()?;
        Ok(arrivals.len().max(1))
    }

    /// Writes what was committed into the store's file, when it is so many pages at least; no writer has to wait for that.
    pub(crate) fn checkpoint(&self, least: i64) -> rusqlite::Result<()> {
        let pages = |row: &rusqlite::Row<'_>| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?);
        let mut look = self.connection.prepare_cached("PRAGMA logs.wal_checkpoint(NOOP)")?;
        if look.query_row([], pages)? >= least {
            self.connection.prepare_cached("PRAGMA logs.wal_checkpoint(PASSIVE)")?.query_row([], |_| Ok(()))?;
        }
        Ok(())
    }

    /// Forgets logs.
    pub(crate) fn remove(&mut self, arrivals: &[i64]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        for arrival in arrivals {
            transaction.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([arrival])?;
        }
        transaction.commit()
    }
}

/// Joins pieces that the index has grown in, some at a time: a search looks through each of them for each word.
fn tidy(connection: &Connection) -> rusqlite::Result<bool> {
    let before = connection.total_changes();
    connection.prepare_cached("INSERT INTO words(words, rank) VALUES ('merge', ?1)")?.execute([TIDIED])?;
    // The statement itself counts as one change.
    Ok(connection.total_changes() - before > 1)
}

fn take(connection: &Connection, arrivals: &[i64]) -> rusqlite::Result<()> {
    // Held for all of them: a statement that goes back to the cache loses its values, for which SQLite plans a join anew.
    let mut select = connection.prepare_cached(
        "SELECT coalesce(config.name, project.name), content.inputs, content.messages, content.output, content.error,
            log.input_preview, log.output_preview
         FROM logs.content JOIN logs.log ON log.session = content.session AND log.arrival = content.arrival
         JOIN logs.project ON project.id = log.project LEFT JOIN logs.config ON config.id = log.config
         WHERE content.arrival = ?1",
    )?;
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO words(rowid, name, input, output, error) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for arrival in arrivals {
        let found = select.query_row([arrival], |row| {
            let text = |text: Option<String>| beginning(text.unwrap_or_default());
            let input = match text(load_beside(connection, row, 1, 5)?) {
                inputs if inputs.is_empty() => ending(load(connection, row, 2)?.unwrap_or_default()),
                inputs => inputs,
            };
            let (output, error) = (load_beside(connection, row, 3, 6)?, load(connection, row, 4)?);
            Ok((row.get::<_, String>(0)?, input, text(output), text(error)))
        });
        let Some((name, input, output, error)) = found.optional()? else { continue };
        insert.execute(params![arrival, name, input, output, error])?;
    }
    Ok(())
}

fn beginning(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(INDEXED) {
        text.truncate(end);
    }
    text
}

/// The end of a chat is what is new in it.
fn ending(mut text: String) -> String {
    if let Some((start, _)) = text.char_indices().rev().nth(INDEXED - 1) {
        text.drain(..start);
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use humanloop_api::{Entry, Log};
    use uuid::Uuid;

    use super::*;
    use crate::open::Store;

    #[test]
    fn what_was_committed_is_written_into_the_file_when_it_is_enough() {
        let folder = std::env::temp_dir().join(format!("humanloop-checkpoint-{}", Uuid::new_v4()));
        let path = folder.join("logs.db");
        let mut store = Store::open(&path).unwrap();
        store.ingest(&[Entry::Log(Box::new(Log { output: Some("words ".repeat(10_000)), ..Log::default() }))]).unwrap();
        let indexer = Indexer::open(&path).unwrap();
        let size = || std::fs::metadata(&path).unwrap().len();
        let before = size();
        indexer.checkpoint(1_000).unwrap();
        assert_eq!(size(), before);
        indexer.checkpoint(1).unwrap();
        assert!(size() > before, "{before} bytes before and after");
        drop((store, indexer));
        let _ = std::fs::remove_dir_all(folder);
    }
}
