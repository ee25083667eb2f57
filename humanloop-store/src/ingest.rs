//! Entries into rows: one transaction a batch, and the same entry twice changes nothing.

use humanloop_api::Entry;
use rusqlite::Transaction;
use serde::Serialize;
use uuid::Uuid;

use crate::content::{Content, Kept};
use crate::error::Error;
use crate::names::Names;
use crate::open::{Store, refusal};
use crate::prepared::{self, Prepared};
use crate::sums::Sums;
use crate::together;

use self::log::Next;
pub(crate) use self::placed::Taken;
use self::rows::Row;

mod feedback;
mod log;
pub(crate) mod place;
mod placed;
mod rows;
mod update;

/// Entries that are made ready and written at a time, as long as that is quick.
const PIECE: usize = 64;

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Logs that are new.
    pub logs: usize,
    /// Logs that were completed, by an update or by being sent again ended.
    pub updated: usize,
    /// Entries that were there already.
    pub repeated: usize,
    /// Updates that wait for their log.
    pub early: usize,
    /// Feedback that is new.
    pub feedback: usize,
    /// Logs whose reference id belongs to another log; they are not kept.
    pub conflicts: usize,
}

/// Where an entry came to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The log.
    pub log: Uuid,
    /// The log's session; nil when the log is not there.
    pub session: Uuid,
    /// The log's project; 0 when the log is not there.
    pub project: i64,
    /// The log's config: 32 digits.
    pub config: Option<String>,
    /// What became of the entry.
    pub what: What,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A log that is new.
    New,
    /// It completed or changed a log.
    Updated,
    /// It was there already.
    Repeated,
    /// A log with the reference id of another one; nothing was changed.
    Conflict,
    /// An update that waits for its log.
    Early,
    /// Feedback that is new, by its id.
    Feedback(i64),
}

impl Store {
    /// Takes a batch in, whole or not at all; when this returns, it is on disk.
    ///
    /// # Errors
    ///
    /// When SQLite fails: the disk is full, or another process holds the file for more than five seconds.
    pub fn ingest(&mut self, entries: &[Entry]) -> Result<Ingested, Error> {
        let mut ingested = Ingested::default();
        // What is quickly made ready is written while it is in the processor's caches; what has to be compressed keeps nobody else from
        // writing meanwhile.
        let taken = if entries.iter().all(prepared::is_quick) {
            let mut pieces = entries.chunks(PIECE);
            self.take_while(|| {
                let piece = pieces.next()?;
                Some((piece, piece.iter().map(Prepared::of).collect::<Vec<_>>()))
            })?
        } else {
            let prepared: Vec<Prepared> = entries.iter().map(Prepared::of).collect();
            vec![self.take(entries, &prepared)?]
        };
        for taken in taken.into_iter().flatten() {
            *match taken.what {
                What::New => &mut ingested.logs,
                What::Updated => &mut ingested.updated,
                What::Repeated => &mut ingested.repeated,
                What::Early => &mut ingested.early,
                What::Feedback(_) => &mut ingested.feedback,
                What::Conflict => &mut ingested.conflicts,
            } += 1;
        }
        Ok(ingested)
    }

    /// As [`ingest`](Self::ingest), and says of each entry where it came to stand, in their order.
    ///
    /// # Errors
    ///
    /// As [`ingest`](Self::ingest).
    pub fn place(&mut self, entries: &[Entry]) -> Result<Vec<Placed>, Error> {
        let prepared: Vec<Prepared> = entries.iter().map(Prepared::of).collect();
        let taken = self.take(entries, &prepared)?;
        self.placed(&[taken]).map(|mut placed| placed.pop().unwrap_or_default())
    }

    /// Takes a batch in.
    pub(crate) fn take(&mut self, entries: &[Entry], prepared: &[Prepared]) -> Result<Vec<Taken>, Error> {
        let mut batch = Some((entries, prepared));
        let taken = self.take_while(|| batch.take());
        taken.map(|mut taken| taken.pop().unwrap_or_default())
    }

    /// Takes batches in with one commit, as long as there come any.
    pub(crate) fn take_while<E: AsRef<[Entry]>, P: AsRef<[Prepared]>>(
        &mut self,
        mut next: impl FnMut() -> Option<(E, P)>,
    ) -> Result<Vec<Vec<Taken>>, Error> {
        let taken = self.transact(|transaction, names| {
            let mut batch =
                Batch { transaction, names, sums: Sums::default(), statements: rows::Statements::default() };
            let mut all = Vec::new();
            while let Some((entries, prepared)) = next() {
                all.push(batch.take(entries.as_ref(), prepared.as_ref())?);
            }
            batch.sums.write(transaction)?;
            Ok(all)
        });
        taken.map_err(|error| refusal(self.path(), &error))
    }
}

/// A batch that is being taken in.
pub(crate) struct Batch<'a, 'c> {
    pub(crate) transaction: &'a Transaction<'c>,
    pub(crate) names: &'a mut Names,
    pub(crate) sums: Sums,
    pub(crate) statements: rows::Statements<'a>,
}

impl Batch<'_, '_> {
    /// Takes entries in, in their order: logs that are likely to be new wait for each other, and nobody looks past one that waits.
    fn take(&mut self, entries: &[Entry], prepared: &[Prepared]) -> rusqlite::Result<Vec<Taken>> {
        let mut taken: Vec<Taken> = Vec::with_capacity(entries.len());
        let mut waiting: Vec<Row<'_>> = Vec::with_capacity(together::ENOUGH);
        for (at, (entry, prepared)) in entries.iter().zip(prepared).enumerate() {
            if waiting.len() == together::ENOUGH || !self.looks_at_no_log(prepared) {
                self.write_all(&mut waiting, &mut taken)?;
            }
            let (log, what) = match (entry, prepared) {
                (Entry::Log(log), Prepared::Log(prepared)) => {
                    let what = match self.take_log(at, log, prepared)? {
                        Next::Write(row) => {
                            waiting.push(row);
                            What::New // until it is written
                        }
                        Next::Done(what) => what,
                    };
                    (prepared.id, what)
                }
                (Entry::Update(update), Prepared::Update(prepared)) => {
                    (prepared.id, self.take_update(update, prepared)?)
                }
                (_, Prepared::Feedback(feedback)) => (feedback.log, self.take_feedback(feedback)?),
                // Prepared from this entry, so of its kind.
                (_, Prepared::Log(prepared)) => (prepared.id, What::Repeated),
                (_, Prepared::Update(prepared)) => (prepared.id, What::Repeated),
            };
            taken.push(Taken { log, what, at: None });
        }
        self.write_all(&mut waiting, &mut taken)?;
        Ok(taken)
    }

    fn write_all(&mut self, waiting: &mut Vec<Row<'_>>, taken: &mut [Taken]) -> rusqlite::Result<()> {
        self.write(waiting, |row, what| {
            if let Some(taken) = taken.get_mut(row.at) {
                let new = what == What::New;
                *taken = Taken { what, at: new.then(|| row.stands()), ..*taken };
            }
        })?;
        waiting.clear();
        Ok(())
    }

    /// Whether an entry can become a row without a look at other logs: one of a session that is known.
    fn looks_at_no_log(&self, entry: &Prepared) -> bool {
        let Prepared::Log(log) = entry else { return false };
        let is_known = |session| self.names.sessions.contains_key(&session);
        !self.names.early && !self.names.waiting && log.session.is_some_and(is_known)
    }
}

fn keep<'c>(transaction: &Transaction<'_>, content: &'c Option<Content>) -> rusqlite::Result<Option<Kept<'c>>> {
    content.as_ref().map(|content| content.keep(transaction)).transpose()
}

/// As [`keep`], of a text whose first words stand in the log's row.
fn keep_beside<'c>(
    transaction: &Transaction<'_>,
    content: &'c Option<Content>,
    first_words: &Option<String>,
) -> rusqlite::Result<Option<Kept<'c>>> {
    content.as_ref().map(|content| content.keep_beside(transaction, first_words.as_deref())).transpose()
}

/// JSON of our own types, which always serialize.
pub(crate) fn json<T: Serialize>(value: &T) -> String {
    String::from(Box::<str>::from(humanloop_api::json(value)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use humanloop_api::{Log, Timestamp, id};

    use super::*;

    fn batch(n: usize) -> Vec<Entry> {
        let log = |at: usize| Log {
            reference_id: Some(format!("{n} {at}")),
            session_reference_id: Some("s".into()),
            output: Some(format!("{n} {at} {}", "words ".repeat(40))),
            created_at: Some(Timestamp(1)),
            ..Log::default()
        };
        (0..50).map(|at| Entry::Log(Box::new(log(at)))).collect()
    }

    #[test]
    fn a_full_disk_takes_a_batch_whole_or_not_at_all_and_later_goes_on() {
        let folder = std::env::temp_dir().join(format!("humanloop-full-{}", Uuid::new_v4()));
        let path = folder.join("logs.db");
        let mut store = Store::open(&path).unwrap();
        let most = |store: &Store, pages: i64| {
            store.reader.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
        };
        most(&store, 100);
        let mut taken = 0;
        let refused = loop {
            match store.ingest(&batch(taken)) {
                Ok(_) => taken += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(&refused, Error::Full { path: full } if *full == path), "{refused}");
        assert!(taken > 0);
        let whole = |store: &Store, batches: usize| {
            let report = store.doctor().unwrap();
            assert_eq!((report.problems, report.logs), (Vec::new(), 50 * batches as u64));
        };
        whole(&store, taken);
        assert!(store.log(id::of_reference(&format!("{taken} 0"))).unwrap().is_none());
        assert!(store.ingest(&batch(taken)).is_err());

        most(&store, 10_000);
        store.ingest(&batch(taken)).unwrap();
        whole(&store, taken + 1);
        drop(store);
        let _ = std::fs::remove_dir_all(folder);
    }
}
