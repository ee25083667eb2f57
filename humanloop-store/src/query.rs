//! Questions to a store: sessions, and logs in full.

use humanloop_api::{Feedback, Log, OneOrMany, Process, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::error::Error;
use crate::ingest::{from_details, id_of, object};
use crate::open::{Store, payload};
use crate::row;

/// A session, summed up.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionSummary {
    /// The session's id.
    pub id: Uuid,
    /// The caller's name of it, when it is not the id.
    pub reference: Option<String>,
    /// When its first log began.
    pub first: Timestamp,
    /// When its last log ended, or began.
    pub last: Timestamp,
    /// Logs in it.
    pub logs: u64,
    /// Logs that went wrong: failed, panicked, cancelled, interrupted.
    pub failed: u64,
    /// Logs that have not ended.
    pub running: u64,
    /// Tokens of all prompts.
    pub input_tokens: u64,
    /// Tokens of all answers.
    pub output_tokens: u64,
    /// First words of the first log's inputs.
    pub first_input: Option<String>,
    /// First words of the output that came last.
    pub last_output: Option<String>,
}

const SESSION: &str = "SELECT uuid, reference, first, last, logs, failed, running, input_tokens, output_tokens,
    first_input, last_output, id FROM session";

fn summary(row: &Row<'_>) -> rusqlite::Result<SessionSummary> {
    let number = |column| row.get::<_, i64>(column).map(|number| number.max(0).unsigned_abs());
    Ok(SessionSummary {
        id: row::uuid(row, 0)?.unwrap_or_default(),
        reference: row.get(1)?,
        first: Timestamp(row.get(2)?),
        last: Timestamp(row.get(3)?),
        logs: number(4)?,
        failed: number(5)?,
        running: number(6)?,
        input_tokens: number(7)?,
        output_tokens: number(8)?,
        first_input: row.get(9)?,
        last_output: row.get(10)?,
    })
}

impl Store {
    /// Sessions, newest first, at most `limit`; with `before`, those that began earlier.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn sessions(&self, limit: usize, before: Option<Timestamp>) -> Result<Vec<SessionSummary>, Error> {
        let before = before.map_or(i64::MAX, Timestamp::as_nanos);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sessions = || {
            let text = format!("{SESSION} WHERE first < ?1 ORDER BY first DESC, id DESC LIMIT ?2");
            let mut select = self.connection.prepare_cached(&text)?;
            select.query_map([before, limit], summary)?.collect::<rusqlite::Result<Vec<_>>>()
        };
        sessions().map_err(|error| self.failed(error))
    }

    /// The session that began last.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn latest_session(&self) -> Result<Option<SessionSummary>, Error> {
        Ok(self.sessions(1, None)?.pop())
    }

    /// The session of this id, reference id, or beginning or end of an id.
    ///
    /// # Errors
    ///
    /// When there is none, or more than one; when SQLite fails.
    pub fn find_session(&self, text: &str) -> Result<SessionSummary, Error> {
        let uuid = self.find("session", text, "sesh_")?;
        let session = || {
            let mut select = self.connection.prepare_cached(&format!("{SESSION} WHERE uuid = ?1"))?;
            select.query_row([uuid.as_bytes()], summary)
        };
        session().map_err(|error| self.failed(error))
    }

    /// The log of this id, reference id, or beginning or end of an id, in full.
    ///
    /// # Errors
    ///
    /// When there is none, or more than one; when SQLite fails.
    pub fn find_log(&self, text: &str) -> Result<Log, Error> {
        let uuid = self.find("log", text, "data_")?;
        let found = log(&self.connection, uuid).map_err(|error| self.failed(error))?;
        found.ok_or_else(|| Error::Unknown { what: "log", text: text.into() })
    }

    /// The logs of a session in full, in the order they began.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn logs(&self, session: Uuid) -> Result<Vec<Log>, Error> {
        let logs = || {
            let text = format!("{LOG} WHERE session.uuid = ?1 ORDER BY log.start, log.sequence, log.arrival");
            let mut select = self.connection.prepare_cached(&text)?;
            let rows = select.query_map([session.as_bytes()], |row| full(&self.connection, row))?;
            rows.collect::<rusqlite::Result<Vec<Log>>>()
        };
        logs().map_err(|error| self.failed(error))
    }

    fn find(&self, what: &'static str, text: &str, prefix: &str) -> Result<Uuid, Error> {
        let found = || {
            let exact: Option<Uuid> = self
                .connection
                .prepare_cached(&format!("SELECT uuid FROM {what} WHERE uuid = ?1"))?
                .query_row([id_of(text, prefix).as_bytes()], |row| row::uuid(row, 0))
                .optional()?
                .flatten();
            if let Some(uuid) = exact {
                return Ok(vec![uuid]);
            }
            let digits: String = text.strip_prefix(prefix).unwrap_or(text).replace('-', "").to_uppercase();
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Ok(Vec::new());
            }
            let mut select = self.connection.prepare_cached(&format!(
                "SELECT uuid FROM {what} WHERE hex(uuid) LIKE ?1 || '%' OR hex(uuid) LIKE '%' || ?1 LIMIT 2"
            ))?;
            let found = select.query_map(params![digits], |row| row::uuid(row, 0))?;
            Ok(found.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
        };
        let found: Vec<Uuid> = found().map_err(|error| self.failed(error))?;
        match found[..] {
            [uuid] => Ok(uuid),
            [] => Err(Error::Unknown { what, text: text.into() }),
            _ => Err(Error::Ambiguous { what, text: text.into() }),
        }
    }
}

const LOG: &str = "SELECT log.uuid, log.reference, session.uuid, session.reference, log.parent, log.parent_reference,
    project.name, config.body, config.function, process.uuid, process.pid, log.kind, log.outcome, log.start, log.sequence,
    log.duration, log.input_tokens, log.output_tokens, log.inputs, log.output, log.output_format, log.details
    FROM log JOIN session ON session.id = log.session JOIN project ON project.id = log.project
    LEFT JOIN config ON config.id = log.config LEFT JOIN process ON process.id = log.process";

/// One log in full.
pub(crate) fn log(connection: &Connection, id: Uuid) -> rusqlite::Result<Option<Log>> {
    let mut select = connection.prepare_cached(&format!("{LOG} WHERE log.uuid = ?1"))?;
    select.query_row([id.as_bytes()], |row| full(connection, row)).optional()
}

/// A log from its row and its payloads.
fn full(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<Log> {
    let id = row::uuid(row, 0)?.unwrap_or_default();
    let named = |uuid: Option<Uuid>, reference: Option<String>| reference.or(uuid.map(|uuid| uuid.to_string()));
    let body: Option<String> = row.get(7)?;
    let function: Option<String> = row.get(8)?;
    let process =
        row::uuid(row, 9)?.map(|id| Ok::<_, rusqlite::Error>(Process { id, pid: row.get(10)? })).transpose()?;
    let number = |column| row.get::<_, Option<i64>>(column).map(|number| number.map(i64::unsigned_abs));
    let mut log = Log {
        reference_id: named(Some(id), row.get(1)?),
        session_reference_id: named(row::uuid(row, 2)?, row.get(3)?),
        parent_reference_id: named(row::uuid(row, 4)?, row.get(5)?),
        project: row.get(6)?,
        config: body.and_then(|body| serde_json::from_str(&body).ok()),
        function: function.and_then(|function| serde_json::from_str(&function).ok()),
        process,
        kind: Some(row::kind(row.get(11)?)),
        outcome: Some(row::outcome(row.get(12)?)),
        created_at: Some(Timestamp(row.get(13)?)),
        sequence: number(14)?,
        duration: row.get::<_, Option<i64>>(15)?.map(|nanoseconds| nanoseconds as f64 / 1e9),
        prompt_tokens: number(16)?,
        output_tokens: number(17)?,
        inputs: object(payload(connection, row.get(18)?)?),
        output: payload(connection, row.get(19)?)?,
        output_format: row::format(row.get(20)?),
        ..from_details(payload(connection, row.get(21)?)?)
    };
    let feedback = feedback(connection, id)?;
    if !feedback.is_empty() {
        let mut all = log.feedback.take().map(OneOrMany::into_vec).unwrap_or_default();
        all.extend(feedback);
        log.feedback = Some(OneOrMany::Many(all));
    }
    Ok(log)
}

fn feedback(connection: &Connection, log: Uuid) -> rusqlite::Result<Vec<Feedback>> {
    let mut select = connection.prepare_cached("SELECT body FROM feedback WHERE log = ?1 ORDER BY id")?;
    let bodies = select.query_map([log.as_bytes()], |row| row.get::<_, String>(0))?;
    let bodies = bodies.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(bodies.iter().filter_map(|body| serde_json::from_str(body).ok()).collect())
}
