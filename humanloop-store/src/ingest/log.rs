//! A log into its rows: a new one, one that ended since it was sent, one that is there.

use humanloop_api::{Log, LogUpdate, Outcome, Timestamp};
use rusqlite::OptionalExtension;
use uuid::Uuid;

use super::place::{Place, place_of};
use super::rows::{self, Row};
use super::{Batch, What};
use crate::prepared::PreparedLog;
use crate::sums::Where;
use crate::{conflict, home};

/// What is left to do for a log.
pub(super) enum Next<'e> {
    /// To write its row, unless it is there already.
    Write(Row<'e>),
    /// Nothing.
    Done(What),
}

impl Batch<'_, '_> {
    /// Makes a log ready to be written, or does at once what cannot wait.
    pub(super) fn take_log<'e>(
        &mut self,
        at: usize,
        log: &'e Log,
        prepared: &'e PreparedLog,
    ) -> rusqlite::Result<Next<'e>> {
        let Some(session) = home::session_of(self, prepared, log)? else {
            return self.take_again(log, prepared).map(Next::Done);
        };
        if self.names.early {
            let early = self.early(prepared.id)?;
            if !early.is_empty() && place_of(self.transaction, prepared.id)?.is_none() {
                let mut log = log.clone();
                log.created_at = Some(Timestamp(prepared.start));
                early.into_iter().for_each(|update| log.apply(update));
                let prepared = PreparedLog { id: prepared.id, ..PreparedLog::of(&log) };
                self.transaction.execute("DELETE FROM early WHERE log = ?1", [prepared.id.as_bytes()])?;
                let row = self.row(at, session, &log, &prepared)?;
                self.statements.insert(self.transaction, std::slice::from_ref(&row))?;
                self.written(std::slice::from_ref(&row))?;
                return Ok(Next::Done(What::New));
            }
        }
        self.row(at, session, log, prepared).map(Next::Write)
    }

    /// Writes new logs; `become` hears of each what became of it.
    pub(super) fn write(&mut self, rows: &[Row<'_>], mut became: impl FnMut(&Row<'_>, What)) -> rusqlite::Result<()> {
        if self.statements.insert(self.transaction, rows)? == rows.len() {
            self.written(rows)?;
            rows.iter().for_each(|row| became(row, What::New));
            return Ok(());
        }
        // Some are there already.
        for row in rows {
            let what = if self.stands(row)? {
                self.written(std::slice::from_ref(row))?;
                What::New
            } else {
                self.take_again(row.log, row.prepared)?
            };
            became(row, what);
        }
        Ok(())
    }

    /// Whether a row is this one, and not one of an earlier log with the same id.
    fn stands(&self, row: &Row<'_>) -> rusqlite::Result<bool> {
        let mut select = self.transaction.prepare_cached("SELECT arrival FROM log WHERE uuid = ?1")?;
        let arrival = select.query_row([row.prepared.id.as_bytes()], |found| found.get::<_, i64>(0)).optional()?;
        Ok(arrival == Some(row.arrival))
    }

    /// A log that is there: sent open and then ended, or a repetition, or another one with the same reference id.
    fn take_again(&mut self, log: &Log, prepared: &PreparedLog) -> rusqlite::Result<What> {
        let Some(place) = place_of(self.transaction, prepared.id)? else { return Ok(What::Repeated) };
        if place.counts.outcome == Outcome::Running && prepared.counts.outcome != Outcome::Running {
            // A beginning that was not told again is the one that was told first.
            let start = log.created_at.map_or(place.start, Timestamp::as_nanos);
            let log = Log { created_at: Some(Timestamp(start)), ..log.clone() };
            let prepared = PreparedLog { id: prepared.id, ..PreparedLog::of(&log) };
            self.write_over(&place, &log, &prepared)?;
            return Ok(What::Updated);
        }
        let same = conflict::is_repetition(self.transaction, prepared.id, log, place.changed == place.arrival)?;
        Ok(if same { What::Repeated } else { What::Conflict })
    }

    /// Writes a log in place of what was known of it.
    fn write_over(&mut self, old: &Place, log: &Log, prepared: &PreparedLog) -> rusqlite::Result<()> {
        let row = self.row(0, old.session, log, prepared)?;
        let row = Row { arrival: old.arrival, updated: Some(Timestamp::now().as_nanos()), ..row };
        rows::replace(self.transaction, &row)?;
        // It may have counted for another project, version or kind.
        self.sums.deleted(&old.at(row.changed), &old.counts);
        self.written(std::slice::from_ref(&row))
    }

    fn early(&self, log: Uuid) -> rusqlite::Result<Vec<LogUpdate>> {
        let mut select = self.transaction.prepare_cached("SELECT body FROM early WHERE log = ?1 ORDER BY id")?;
        let early = select.query_map([log.as_bytes()], |row| row.get::<_, String>(0))?;
        let early = early.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(early.iter().filter_map(|body| serde_json::from_str(body).ok()).collect())
    }

    fn row<'e>(
        &mut self,
        at: usize,
        session: i64,
        log: &'e Log,
        prepared: &'e PreparedLog,
    ) -> rusqlite::Result<Row<'e>> {
        let Self { transaction, names, .. } = self;
        let project = names.project(transaction, log)?;
        let config = names.config(transaction, log)?;
        let process = names.process(transaction, log.process.as_ref())?;
        let arrival = names.next();
        Ok(Row { at, session, arrival, changed: arrival, project, config, process, updated: None, log, prepared })
    }

    /// Does what belongs to rows that stand now: contents, feedback, sums.
    fn written(&mut self, rows: &[Row<'_>]) -> rusqlite::Result<()> {
        let Self { transaction, names, sums, statements } = self;
        statements.insert_contents(transaction, rows)?;
        for Row { session, project, config, changed, log, prepared, .. } in rows {
            for body in &prepared.feedback {
                let mut insert =
                    transaction.prepare_cached("INSERT OR IGNORE INTO feedback(log, body) VALUES (?1, ?2)")?;
                insert.execute(rusqlite::params![prepared.id.as_bytes(), body])?;
            }
            let kind = log.kind();
            let part = [*project, *session, config.unwrap_or(0), kind as i64];
            if names.is_new(part) {
                sums.part(part);
            }
            let place = Where {
                session: *session,
                project: *project,
                config: *config,
                kind,
                start: prepared.start,
                changed: *changed,
            };
            let (input, output) = (prepared.input_preview.as_deref(), prepared.said.output_preview.as_deref());
            sums.log(&place, None, &prepared.counts, input, output);
        }
        Ok(())
    }
}
