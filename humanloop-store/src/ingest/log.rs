//! A log into its rows: a new one, one that ended since it was sent, one that is there.

use humanloop_api::{Log, LogUpdate, Outcome, Timestamp};
use rusqlite::params;
use uuid::Uuid;

use super::place::{Place, parent_of, place_of};
use super::{Batch, What, keep};
use crate::prepared::{PreparedLog, number};
use crate::sums::Where;
use crate::{conflict, home};

impl Batch<'_, '_> {
    pub(super) fn take_log(&mut self, log: &Log, prepared: &PreparedLog) -> rusqlite::Result<What> {
        let Some(session) = home::session_of(self, prepared, log)? else { return self.take_again(log, prepared) };
        if self.names.early {
            let early = self.early(prepared.id)?;
            if !early.is_empty() && place_of(self.transaction, prepared.id)?.is_none() {
                let mut log = log.clone();
                log.created_at = Some(Timestamp(prepared.start));
                early.into_iter().for_each(|update| log.apply(update));
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
            prepared.said.output_preview,
            prepared.said.error_preview,
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
                keep(transaction, &prepared.said.messages)?,
                keep(transaction, &prepared.said.output)?,
                keep(transaction, &prepared.said.error)?,
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
        sums.log(&place, None, counts, prepared.input_preview.as_deref(), prepared.said.output_preview.as_deref());
        Ok(true)
    }
}

const INSERT: &str = "INSERT OR IGNORE INTO log VALUES
    (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)";
const INSERT_OVER: &str = "INSERT OR REPLACE INTO log VALUES
    (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)";
