//! Deleting logs, with the sums put right and nothing left of what they held.

use std::collections::HashSet;

use humanloop_api::Timestamp;
use rusqlite::{OptionalExtension, Params, Transaction, params};
use uuid::Uuid;

use crate::content::items_of;
use crate::error::Error;
use crate::index::Indexer;
use crate::open::Store;
use crate::row;
use crate::search;
use crate::sums::{Counts, Sums, Where};

/// What is to be deleted by [`Store::prune`]: whole sessions, those first that ended first. What runs stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prune {
    /// Sessions that ended before this.
    pub older_than: Option<Timestamp>,
    /// As many as it takes until the store needs no more bytes than this.
    pub keep_bytes: Option<u64>,
}

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Sessions.
    pub sessions: u64,
    /// Logs.
    pub logs: u64,
    /// Bytes that the store needed before.
    pub bytes_before: u64,
    /// Bytes that it needs now.
    pub bytes_after: u64,
}

/// Logs that are deleted in one transaction, more or less: others want to write, too.
const AT_ONCE: i64 = 20_000;

impl Store {
    /// Deletes logs; says how many there were. A session without logs goes with its last one.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn delete_logs(&mut self, logs: &[Uuid]) -> Result<usize, Error> {
        let mut deleted = 0;
        for log in logs {
            deleted += self.delete_where("log.uuid = ?1", [log.as_bytes()])?;
        }
        if deleted > 0 {
            self.sweep()?;
        }
        Ok(deleted)
    }

    /// Deletes a session with its logs; says whether there was one.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn delete_session(&mut self, session: Uuid) -> Result<bool, Error> {
        let there = self.session(session)?.is_some();
        self.delete_where("log.session = (SELECT id FROM session WHERE uuid = ?1)", [session.as_bytes()])?;
        // One that never had any.
        let deleted = self.transact(|transaction, names| {
            names.forget();
            transaction.execute("DELETE FROM session WHERE uuid = ?1", [session.as_bytes()])
        });
        deleted.map_err(|error| self.failed(&error))?;
        self.sweep()?;
        Ok(there)
    }

    /// Deletes old sessions, and gives the room back to the disk.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn prune(&mut self, prune: Prune) -> Result<Pruned, Error> {
        let mut pruned = Pruned { bytes_before: self.bytes()?, ..Pruned::default() };
        if let Some(older_than) = prune.older_than {
            while self.delete_oldest(older_than.as_nanos(), AT_ONCE, &mut pruned)? {}
        }
        self.sweep()?;
        if let Some(keep) = prune.keep_bytes {
            loop {
                let (bytes, logs) = (self.bytes()?, self.count_all_logs()?);
                if bytes <= keep {
                    break;
                }
                // As large a part of the logs as the part of the bytes that is too much, and then another look.
                let part = (bytes - keep) as f64 / bytes as f64;
                let logs = (logs as f64 * part) as i64;
                if !self.delete_oldest(i64::MAX, logs.clamp(1, AT_ONCE), &mut pruned)? {
                    break;
                }
                self.sweep()?;
            }
        }
        pruned.bytes_after = self.bytes()?;
        Ok(pruned)
    }

    /// Deletes sessions that ended before `before`, the oldest ones, about `logs` logs; whether there were any.
    fn delete_oldest(&mut self, before: i64, logs: i64, pruned: &mut Pruned) -> Result<bool, Error> {
        let sessions = self.ask(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT id, logs FROM session WHERE last < ?1 AND running = 0 ORDER BY last LIMIT 1000",
            )?;
            let rows = select.query_map([before], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
            let mut sessions = Vec::new();
            let mut sum = 0;
            for row in rows {
                let (session, of_session) = row?;
                if sum >= logs {
                    break;
                }
                sum += of_session;
                sessions.push(session);
            }
            Ok(sessions)
        })?;
        let list: Vec<String> = sessions.iter().map(ToString::to_string).collect();
        let deleted = self.delete_where(&format!("log.session IN ({})", list.join(",")), [])?;
        let empty = self.transact(|transaction, names| {
            names.forget();
            transaction.execute(&format!("DELETE FROM session WHERE logs = 0 AND id IN ({})", list.join(",")), [])
        });
        empty.map_err(|error| self.failed(&error))?;
        pruned.logs += deleted as u64;
        pruned.sessions += sessions.len() as u64;
        Ok(!sessions.is_empty())
    }

    /// Bytes that the store's pages need, those that are free apart.
    fn bytes(&self) -> Result<u64, Error> {
        self.ask(|connection| {
            let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            let pages = pragma("page_count")? - pragma("freelist_count")?;
            Ok(pages.unsigned_abs() * pragma("page_size")?.unsigned_abs())
        })
    }

    fn count_all_logs(&self) -> Result<i64, Error> {
        self.ask(|connection| connection.query_row("SELECT coalesce(sum(logs), 0) FROM session", [], |row| row.get(0)))
    }

    /// Deletes logs by a condition; says how many.
    pub(crate) fn delete_where(&mut self, condition: &str, values: impl Params) -> Result<usize, Error> {
        let deleted = self.transact(|transaction, names| {
            names.forget();
            let text = format!(
                "SELECT session, arrival, uuid, project, config, kind, start, outcome, input_tokens, output_tokens, cost, duration
                 FROM log WHERE {condition}"
            );
            let mut select = transaction.prepare(&text)?;
            let rows = select.query_map(values, |row| {
                let place = Where {
                    session: row.get(0)?,
                    project: row.get(3)?,
                    config: row.get(4)?,
                    kind: row::kind(row.get(5)?),
                    start: row.get(6)?,
                    changed: 0,
                };
                let counts = Counts {
                    outcome: row::outcome(row.get(7)?),
                    input_tokens: row.get(8)?,
                    output_tokens: row.get(9)?,
                    cost: row.get(10)?,
                    duration: row.get(11)?,
                };
                Ok((place, counts, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?))
            })?;
            let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let mut sums = Sums::default();
            let mut sessions = HashSet::new();
            for (place, counts, arrival, uuid) in &rows {
                transaction
                    .prepare_cached("DELETE FROM log WHERE session = ?1 AND arrival = ?2")?
                    .execute([place.session, *arrival])?;
                transaction.prepare_cached("DELETE FROM content WHERE arrival = ?1")?.execute([arrival])?;
                transaction.prepare_cached("DELETE FROM feedback WHERE log = ?1")?.execute([uuid])?;
                sums.deleted(place, counts);
                sessions.insert(place.session);
            }
            sums.write(transaction)?;
            for session in sessions {
                sum_up(transaction, session, names.next())?;
            }
            Ok(rows.into_iter().map(|(_, _, arrival, _)| arrival).collect::<Vec<_>>())
        });
        let deleted = deleted.map_err(|error| self.failed(&error))?;
        if !deleted.is_empty() && !self.is_in_memory() && search::file(&self.path).exists() {
            Indexer::open(&self.path)?.remove(&deleted).map_err(|error| self.failed(&error))?;
        }
        Ok(deleted.len())
    }

    /// Deletes contents that no log holds any more, and gives the room back.
    fn sweep(&mut self) -> Result<(), Error> {
        let swept = self.transact(|transaction, _| {
            transaction.execute_batch(
                "CREATE TEMP TABLE IF NOT EXISTS used(id INTEGER PRIMARY KEY); DELETE FROM temp.used;",
            )?;
            for column in ["inputs", "messages", "output", "error", "details"] {
                transaction.execute(
                    &format!("INSERT OR IGNORE INTO temp.used SELECT {column} FROM content WHERE typeof({column}) = 'integer'"),
                    [],
                )?;
            }
            let mut lists = transaction.prepare("SELECT data FROM payload WHERE codec = 2 AND id IN temp.used")?;
            let lists = lists.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
            let items: HashSet<i64> =
                lists.collect::<rusqlite::Result<Vec<_>>>()?.iter().flat_map(|list| items_of(list)).collect();
            for item in items {
                transaction.prepare_cached("INSERT OR IGNORE INTO temp.used VALUES (?1)")?.execute([item])?;
            }
            transaction.execute("DELETE FROM payload WHERE id NOT IN temp.used", [])?;
            transaction.execute("DELETE FROM temp.used", [])
        });
        swept.map_err(|error| self.failed(&error))?;
        self.ask(|connection| {
            // Each row of its answer is a page that was given back.
            let mut vacuum = connection.prepare("PRAGMA incremental_vacuum")?;
            let mut pages = vacuum.query([])?;
            while pages.next()?.is_some() {}
            Ok(())
        })
    }
}

const FORGET_PARTS: &str = "DELETE FROM part WHERE project IN (SELECT id FROM project) AND session = ?1";

/// A session's sums anew, from its logs; without any, it goes.
fn sum_up(transaction: &Transaction<'_>, session: i64, changed: i64) -> rusqlite::Result<()> {
    let left: Option<i64> = transaction
        .prepare_cached("SELECT 1 FROM log WHERE session = ?1 LIMIT 1")?
        .query_row([session], |row| row.get(0))
        .optional()?;
    if left.is_none() {
        transaction.prepare_cached(FORGET_PARTS)?.execute([session])?;
        transaction.prepare_cached("DELETE FROM session WHERE id = ?1")?.execute([session])?;
        return Ok(());
    }
    transaction
        .prepare_cached(
            "UPDATE session SET changed = ?2, (first, last, first_input, last_output) =
                (SELECT min(start), max(start + coalesce(duration, 0)),
                    (SELECT input_preview FROM log WHERE session = ?1 AND input_preview IS NOT NULL
                     ORDER BY start, sequence LIMIT 1),
                    (SELECT output_preview FROM log WHERE session = ?1 AND output_preview IS NOT NULL
                     ORDER BY start + coalesce(duration, 0) DESC LIMIT 1)
                 FROM log WHERE session = ?1)
             WHERE id = ?1",
        )?
        .execute(params![session, changed])?;
    transaction.prepare_cached(FORGET_PARTS)?.execute([session])?;
    transaction
        .prepare_cached(
            "INSERT INTO part SELECT DISTINCT session, project, coalesce(config, 0), kind FROM log WHERE session = ?1",
        )?
        .execute([session])?;
    Ok(())
}
