//! Entries into rows: one transaction a batch, and the same entry twice changes nothing.

use humanloop_api::{Entry, Feedback, Log, LogUpdate, Outcome, Timestamp, id};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::Serialize;
use uuid::Uuid;

use crate::content::{Content, Kept};
use crate::error::Error;
use crate::names::{Names, config_digits};
use crate::open::{Store, refusal};
use crate::prepared::{Prepared, PreparedFeedback, PreparedLog, PreparedUpdate, number, same_question};
use crate::row;
use crate::sums::{Counts, Sums, Where};
use crate::{conflict, home};

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
        let prepared: Vec<Prepared> = entries.iter().map(Prepared::of).collect();
        for taken in self.take(entries, &prepared)? {
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
        self.placed(&taken)
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
            let mut batch = Batch { transaction, names, sums: Sums::default() };
            let mut all = Vec::new();
            while let Some((entries, prepared)) = next() {
                let both = entries.as_ref().iter().zip(prepared.as_ref());
                let taken = both.map(|(entry, prepared)| batch.take(entry, prepared));
                all.push(taken.collect::<rusqlite::Result<Vec<_>>>()?);
            }
            batch.sums.write(transaction)?;
            Ok(all)
        });
        taken.map_err(|error| refusal(self.path(), &error))
    }

    /// Looks up where logs stand.
    pub(crate) fn placed(&self, taken: &[Taken]) -> Result<Vec<Placed>, Error> {
        self.ask(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT session.uuid, log.project, config.hash FROM log JOIN session ON session.id = log.session
                 LEFT JOIN config ON config.id = log.config WHERE log.uuid = ?1",
            )?;
            let placed = taken.iter().map(|taken| {
                let found = select.query_row([taken.log.as_bytes()], |row| {
                    let hash: Option<Vec<u8>> = row.get(2)?;
                    Ok((row::uuid(row, 0)?.unwrap_or_default(), row.get(1)?, hash.as_deref().map(config_digits)))
                });
                let (session, project, config) = found.optional()?.unwrap_or_default();
                Ok(Placed { log: taken.log, session, project, config, what: taken.what })
            });
            placed.collect()
        })
    }
}

/// What became of an entry, for short.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) log: Uuid,
    pub(crate) what: What,
}

/// A batch that is being taken in.
pub(crate) struct Batch<'a, 'c> {
    pub(crate) transaction: &'a Transaction<'c>,
    pub(crate) names: &'a mut Names,
    pub(crate) sums: Sums,
}

impl Batch<'_, '_> {
    fn take(&mut self, entry: &Entry, prepared: &Prepared) -> rusqlite::Result<Taken> {
        let (log, what) = match (entry, prepared) {
            (Entry::Log(log), Prepared::Log(prepared)) => (prepared.id, self.take_log(log, prepared)?),
            (Entry::Update(update), Prepared::Update(prepared)) => (prepared.id, self.take_update(update, prepared)?),
            (_, Prepared::Feedback(feedback)) => (feedback.log, self.take_feedback(feedback)?),
            // Prepared from this entry, so of its kind.
            (_, Prepared::Log(prepared)) => (prepared.id, What::Repeated),
            (_, Prepared::Update(prepared)) => (prepared.id, What::Repeated),
        };
        Ok(Taken { log, what })
    }

    fn take_log(&mut self, log: &Log, prepared: &PreparedLog) -> rusqlite::Result<What> {
        let Some(session) = home::session_of(self, prepared, log)? else { return self.take_again(log, prepared) };
        if self.names.early {
            let early = self.early(prepared.id)?;
            if !early.is_empty() && place_of(self.transaction, prepared.id)?.is_none() {
                let mut log = log.clone();
                log.created_at = Some(Timestamp(prepared.start));
                early.iter().for_each(|update| log.apply(update));
                let prepared = PreparedLog { id: prepared.id, ..PreparedLog::of(&log) };
                self.transaction.execute("DELETE FROM early WHERE log = ?1", [prepared.id.as_bytes()])?;
                self.write(session, &log, &prepared, None)?;
                return Ok(What::New);
            }
        }
        if self.write(session, log, prepared, None)? { Ok(What::New) } else { self.take_again(log, prepared) }
    }

    /// A log that is there: sent open and then ended, or a repetition, or another one with the same reference id.
    fn take_again(&mut self, log: &Log, prepared: &PreparedLog) -> rusqlite::Result<What> {
        let Some(place) = place_of(self.transaction, prepared.id)? else { return Ok(What::Repeated) };
        if place.counts.outcome == Outcome::Running && prepared.counts.outcome != Outcome::Running {
            // A beginning that was not told again is the one that was told first.
            let start = log.created_at.map_or(place.start, Timestamp::as_nanos);
            let log = Log { created_at: Some(Timestamp(start)), ..log.clone() };
            let prepared = PreparedLog { id: prepared.id, ..PreparedLog::of(&log) };
            self.write(place.session, &log, &prepared, Some(place))?;
            return Ok(What::Updated);
        }
        let same = conflict::is_repetition(self.transaction, prepared.id, log, place.changed == place.arrival)?;
        Ok(if same { What::Repeated } else { What::Conflict })
    }

    fn early(&self, log: Uuid) -> rusqlite::Result<Vec<LogUpdate>> {
        let mut select = self.transaction.prepare_cached("SELECT body FROM early WHERE log = ?1 ORDER BY id")?;
        let early = select.query_map([log.as_bytes()], |row| row.get::<_, String>(0))?;
        let early = early.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(early.iter().filter_map(|body| serde_json::from_str(body).ok()).collect())
    }

    fn take_feedback(&mut self, feedback: &PreparedFeedback) -> rusqlite::Result<What> {
        let PreparedFeedback { log, body } = feedback;
        if let Ok(given) = serde_json::from_str::<Feedback>(body)
            && given.unset == Some(true)
        {
            return self.unset(*log, &given);
        }
        let mut insert = self
            .transaction
            .prepare_cached("INSERT INTO feedback(log, body) VALUES (?1, ?2) ON CONFLICT DO NOTHING RETURNING id")?;
        let id = insert.query_row(params![log.as_bytes(), body], |row| row.get(0)).optional()?;
        let Some(id) = id else { return Ok(What::Repeated) };
        self.touch(*log)?;
        Ok(What::Feedback(id))
    }

    fn unset(&mut self, log: Uuid, given: &Feedback) -> rusqlite::Result<What> {
        let mut select = self.transaction.prepare_cached("SELECT id, body FROM feedback WHERE log = ?1 ORDER BY id")?;
        let rows = select.query_map([log.as_bytes()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
        let mut taken_back = None;
        for (id, body) in rows.collect::<rusqlite::Result<Vec<_>>>()? {
            if serde_json::from_str::<Feedback>(&body).is_ok_and(|earlier| same_question(given, &earlier)) {
                self.transaction.execute("DELETE FROM feedback WHERE id = ?1", [id])?;
                taken_back = Some(id);
            }
        }
        self.touch(log)?;
        Ok(taken_back.map_or(What::Repeated, What::Feedback))
    }

    /// Who watches the log's session sees it as changed.
    fn touch(&mut self, log: Uuid) -> rusqlite::Result<()> {
        let Some(place) = place_of(self.transaction, log)? else { return Ok(()) };
        let changed = self.names.next();
        let mut update =
            self.transaction.prepare_cached("UPDATE log SET changed = ?3 WHERE session = ?1 AND arrival = ?2")?;
        update.execute([place.session, place.arrival, changed])?;
        let mut update = self.transaction.prepare_cached("UPDATE session SET changed = ?2 WHERE id = ?1")?;
        update.execute([place.session, changed])?;
        Ok(())
    }

    fn take_update(&mut self, update: &LogUpdate, prepared: &PreparedUpdate) -> rusqlite::Result<What> {
        let Some(place) = place_of(self.transaction, prepared.id)? else {
            let mut insert = self.transaction.prepare_cached("INSERT INTO early(log, body) VALUES (?1, ?2)")?;
            insert.execute(params![prepared.id.as_bytes(), json(update)])?;
            self.names.early = true;
            return Ok(What::Early);
        };
        let transaction = self.transaction;
        let messages = keep(transaction, &prepared.messages)?;
        let output = keep(transaction, &prepared.output)?;
        let error = keep(transaction, &prepared.error)?;
        let mut select =
            self.transaction.prepare_cached("SELECT messages, output, error, late FROM content WHERE arrival = ?1")?;
        let (same_contents, late) = select.query_row([place.arrival], |row| {
            let same = |new: &Option<Kept<'_>>, column| new.as_ref().map_or(Ok(true), |new| new.is_in(row, column));
            let late: Option<String> = row.get(3)?;
            Ok((same(&messages, 0)? && same(&output, 1)? && same(&error, 2)?, late))
        })?;
        let mut all: Vec<LogUpdate> = late.and_then(|late| serde_json::from_str(&late).ok()).unwrap_or_default();
        let late: Option<LogUpdate> = prepared.late.as_ref().and_then(|late| serde_json::from_str(late).ok());
        let new_late = late.filter(|late| !all.contains(late));

        let new = Counts {
            outcome: prepared.outcome.unwrap_or(place.counts.outcome),
            input_tokens: prepared.counts.input_tokens.or(place.counts.input_tokens),
            output_tokens: prepared.counts.output_tokens.or(place.counts.output_tokens),
            cost: prepared.counts.cost.or(place.counts.cost),
            duration: prepared.counts.duration.or(place.counts.duration),
        };
        let first_token = prepared.first_token.or(place.first_token);
        let format = update.output_format.map(|format| format as i64);
        let same_row =
            new == place.counts && first_token == place.first_token && (format.is_none() || format == place.format);
        if same_contents && same_row && new_late.is_none() {
            return Ok(What::Repeated);
        }

        let changed = self.names.next();
        let mut update_row = self.transaction.prepare_cached(
            "UPDATE log SET changed = ?3, outcome = ?4, duration = ?5, first_token = ?6, input_tokens = ?7,
                output_tokens = ?8, cost = ?9, updated = ?10, output_preview = coalesce(?11, output_preview),
                error_preview = coalesce(?12, error_preview), output_format = coalesce(?13, output_format)
             WHERE session = ?1 AND arrival = ?2",
        )?;
        update_row.execute(params![
            place.session,
            place.arrival,
            changed,
            new.outcome as i64,
            new.duration,
            first_token,
            new.input_tokens,
            new.output_tokens,
            new.cost,
            Timestamp::now().as_nanos(),
            prepared.output_preview,
            prepared.error_preview,
            format,
        ])?;
        let late = new_late.map(|late| {
            all.push(late);
            json(&all)
        });
        if !same_contents || late.is_some() {
            let mut update_content = self.transaction.prepare_cached(
                "UPDATE content SET messages = coalesce(?2, messages), output = coalesce(?3, output),
                    error = coalesce(?4, error), late = coalesce(?5, late) WHERE arrival = ?1",
            )?;
            update_content.execute(params![place.arrival, messages, output, error, late])?;
        }
        self.sums.log(&place.at(changed), Some(&place.counts), &new, None, prepared.output_preview.as_deref());
        Ok(What::Updated)
    }

    /// Writes a log's row, in place of `old` where there is one. Says `false`, and writes nothing, when the log is there.
    fn write(&mut self, session: i64, log: &Log, prepared: &PreparedLog, old: Option<Place>) -> rusqlite::Result<bool> {
        let Self { transaction, names, sums } = self;
        let project = names.project(transaction, log)?;
        let config = names.config(transaction, log)?;
        let process = names.process(transaction, log.process.as_ref())?;
        let changed = names.next();
        let arrival = old.as_ref().map_or(changed, |place| place.arrival);
        let parent = parent_of(log);
        let reference = log.reference_id.as_deref().filter(|reference| *reference != prepared.id.to_string());
        let insert = if old.is_some() { INSERT_OVER } else { INSERT };
        let counts = &prepared.counts;
        let inserted = transaction.prepare_cached(insert)?.execute(params![
            session,
            arrival,
            changed,
            prepared.id.as_bytes(),
            reference,
            parent.as_ref().map(|(parent, _)| parent.as_bytes()),
            parent.as_ref().and_then(|(_, reference)| *reference),
            project,
            config,
            process,
            log.kind() as i64,
            counts.outcome as i64,
            prepared.start,
            number(log.sequence).unwrap_or_default(),
            counts.duration,
            prepared.first_token,
            counts.input_tokens,
            counts.output_tokens,
            counts.cost,
            old.as_ref().map(|_| Timestamp::now().as_nanos()),
            prepared.input_preview,
            prepared.output_preview,
            prepared.error_preview,
            log.output_format.map(|format| format as i64),
        ])?;
        if inserted == 0 {
            return Ok(false);
        }
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO content(arrival, session, inputs, messages, output, error, details)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                arrival,
                session,
                keep(transaction, &prepared.inputs)?,
                keep(transaction, &prepared.messages)?,
                keep(transaction, &prepared.output)?,
                keep(transaction, &prepared.error)?,
                keep(transaction, &prepared.details)?,
            ])?;
        for body in &prepared.feedback {
            let mut insert = transaction.prepare_cached("INSERT OR IGNORE INTO feedback(log, body) VALUES (?1, ?2)")?;
            insert.execute(params![prepared.id.as_bytes(), body])?;
        }
        names.part(transaction, (session, project, config.unwrap_or(0), log.kind() as i64))?;
        let place = Where { session, project, config, kind: log.kind(), start: prepared.start, changed };
        if let Some(old) = &old {
            // It may have counted for another project, version or kind.
            sums.deleted(&old.at(changed), &old.counts);
        }
        sums.log(&place, None, counts, prepared.input_preview.as_deref(), prepared.output_preview.as_deref());
        Ok(true)
    }
}

const INSERT: &str = "INSERT OR IGNORE INTO log VALUES
    (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)";
const INSERT_OVER: &str = "INSERT OR REPLACE INTO log VALUES
    (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)";

fn keep<'c>(transaction: &Transaction<'_>, content: &'c Option<Content>) -> rusqlite::Result<Option<Kept<'c>>> {
    content.as_ref().map(|content| content.keep(transaction)).transpose()
}

/// Where a log's row is, and what of it counts.
pub(crate) struct Place {
    pub(crate) session: i64,
    pub(crate) arrival: i64,
    pub(crate) changed: i64,
    project: i64,
    config: Option<i64>,
    kind: humanloop_api::Kind,
    start: i64,
    counts: Counts,
    first_token: Option<i64>,
    format: Option<i64>,
}

impl Place {
    fn at(&self, changed: i64) -> Where {
        let Self { session, project, config, kind, start, .. } = *self;
        Where { session, project, config, kind, start, changed }
    }
}

pub(crate) fn place_of(connection: &Connection, id: Uuid) -> rusqlite::Result<Option<Place>> {
    let mut select = connection.prepare_cached(
        "SELECT session, arrival, changed, project, config, kind, start, outcome, input_tokens, output_tokens, cost,
            duration, first_token, output_format FROM log WHERE uuid = ?1",
    )?;
    let place = select.query_row([id.as_bytes()], |row| {
        Ok(Place {
            session: row.get(0)?,
            arrival: row.get(1)?,
            changed: row.get(2)?,
            project: row.get(3)?,
            config: row.get(4)?,
            kind: row::kind(row.get(5)?),
            start: row.get(6)?,
            counts: Counts {
                outcome: row::outcome(row.get(7)?),
                input_tokens: row.get(8)?,
                output_tokens: row.get(9)?,
                cost: row.get(10)?,
                duration: row.get(11)?,
            },
            first_token: row.get(12)?,
            format: row.get(13)?,
        })
    });
    place.optional()
}

/// The parent's id, and the text that names it when that is not the id.
pub(crate) fn parent_of(log: &Log) -> Option<(Uuid, Option<&str>)> {
    if let Some(reference) = log.parent_reference_id.as_deref() {
        let uuid = id_of(reference, "data_");
        return Some((uuid, (reference != uuid.to_string()).then_some(reference)));
    }
    log.parent_id.as_deref().map(|text| (id_of(text, "data_"), None))
}

/// The id that a text stands for: with the prefix of v4, a UUID, or any reference id.
pub(crate) fn id_of(text: &str, prefix: &str) -> Uuid {
    text.strip_prefix(prefix).and_then(|id| Uuid::try_parse(id).ok()).unwrap_or_else(|| id::of_reference(text))
}

/// JSON of our own types, which always serialize.
pub(crate) fn json<T: Serialize>(value: &T) -> String {
    String::from(Box::<str>::from(humanloop_api::json(value)))
}
