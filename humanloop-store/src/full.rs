//! Logs in full: a row, its contents and its feedback put together again.

use humanloop_api::{Feedback, Log, LogUpdate, Object, OneOrMany, Process, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use crate::content::{load, load_beside};
use crate::error::Error;
use crate::names::config_digits;
use crate::open::Reader;
use crate::row;

/// A log in full, with the ids that the store gave.
#[derive(Clone, Debug, PartialEq)]
pub struct FullLog {
    /// The log's id.
    pub id: Uuid,
    /// Its session.
    pub session: Uuid,
    /// The caller's name of the session, when it is not the id.
    pub session_reference: Option<String>,
    /// The log it is nested under.
    pub parent: Option<Uuid>,
    /// Its project.
    pub project: i64,
    /// Its config: 32 digits.
    pub config: Option<String>,
    /// When it was changed last; when it began, if never.
    pub updated_at: Timestamp,
    /// What was logged.
    pub log: Log,
    /// Feedback on it, each with its id.
    pub feedback: Vec<(i64, Feedback)>,
}

impl Reader {
    /// The log of this id.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn log(&self, id: Uuid) -> Result<Option<FullLog>, Error> {
        self.ask(|connection| log(connection, id))
    }

    /// The logs of a session in full, in the order they began.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn logs(&self, session: Uuid) -> Result<Vec<Log>, Error> {
        self.ask(|connection| {
            let text = format!(
                "{SELECT} WHERE log.session = (SELECT id FROM session WHERE uuid = ?1)
                 ORDER BY log.start, log.sequence, log.arrival"
            );
            let mut select = connection.prepare_cached(&text)?;
            let rows = select.query_map([session.as_bytes()], |row| read(connection, row).map(|full| full.log))?;
            rows.collect()
        })
    }
}

/// The columns and tables that [`read`] reads.
pub(crate) const SELECT: &str = "SELECT log.uuid, log.reference, session.uuid, session.reference, log.parent,
    log.parent_reference, project.name, config.body, config.function, process.uuid, process.pid, log.kind, log.outcome,
    log.start, log.sequence, log.duration, log.input_tokens, log.output_tokens, log.output_format, log.first_token,
    log.updated, log.project, config.hash, content.inputs, content.messages, content.output, content.error,
    content.details, content.late, log.input_preview, log.output_preview
    FROM log JOIN session ON session.id = log.session JOIN project ON project.id = log.project
    LEFT JOIN content ON content.arrival = log.arrival
    LEFT JOIN config ON config.id = log.config LEFT JOIN process ON process.id = log.process";

/// One log in full.
pub(crate) fn log(connection: &Connection, id: Uuid) -> rusqlite::Result<Option<FullLog>> {
    let mut select = connection.prepare_cached(&format!("{SELECT} WHERE log.uuid = ?1"))?;
    select.query_row([id.as_bytes()], |row| read(connection, row)).optional()
}

/// A log from its row and its contents.
pub(crate) fn read(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<FullLog> {
    let id = row::uuid(row, 0)?.unwrap_or_default();
    let session = row::uuid(row, 2)?.unwrap_or_default();
    let session_reference: Option<String> = row.get(3)?;
    let parent = row::uuid(row, 4)?;
    let named = |uuid: Option<Uuid>, reference: Option<String>| reference.or(uuid.map(|uuid| uuid.to_string()));
    let body: Option<String> = row.get(7)?;
    let function: Option<String> = row.get(8)?;
    let process =
        row::uuid(row, 9)?.map(|id| Ok::<_, rusqlite::Error>(Process { id, pid: row.get(10)? })).transpose()?;
    let number = |column| row.get::<_, Option<i64>>(column).map(|number| number.map(i64::unsigned_abs));
    let seconds = |column| row.get::<_, Option<i64>>(column).map(|number| number.map(|number| number as f64 / 1e9));
    let start = Timestamp(row.get(13)?);
    let details = load(connection, row, 27)?;
    let mut log = Log {
        reference_id: named(Some(id), row.get(1)?),
        session_reference_id: named(Some(session), session_reference.clone()),
        parent_reference_id: named(parent, row.get(5)?),
        project: row.get(6)?,
        config: body.and_then(|body| serde_json::from_str(&body).ok()),
        function: function.and_then(|function| serde_json::from_str(&function).ok()),
        process,
        ..details.and_then(|details| serde_json::from_str(&details).ok()).unwrap_or_default()
    };
    let late: Option<String> = load(connection, row, 28)?;
    for update in late.and_then(|late| serde_json::from_str::<Vec<LogUpdate>>(&late).ok()).unwrap_or_default() {
        log.apply(update);
    }
    let log = Log {
        kind: Some(row::kind(row.get(11)?)),
        outcome: Some(row::outcome(row.get(12)?)),
        created_at: Some(start),
        sequence: number(14)?,
        duration: seconds(15)?,
        prompt_tokens: number(16)?,
        output_tokens: number(17)?,
        output_format: row::format(row.get(18)?),
        first_token: seconds(19)?,
        inputs: load_beside(connection, row, 23, 29)?.and_then(|text| serde_json::from_str::<Object>(&text).ok()),
        messages: load(connection, row, 24)?.and_then(|text| serde_json::from_str(&text).ok()),
        output: load_beside(connection, row, 25, 30)?,
        error: load(connection, row, 26)?,
        ..log
    };
    let feedback = feedback(connection, id)?;
    let given: Vec<Feedback> = feedback.iter().map(|(_, feedback)| feedback.clone()).collect();
    let hash: Option<Vec<u8>> = row.get(22)?;
    Ok(FullLog {
        id,
        session,
        session_reference,
        parent,
        project: row.get(21)?,
        config: hash.as_deref().map(config_digits),
        updated_at: row.get::<_, Option<i64>>(20)?.map_or(start, Timestamp),
        log: Log { feedback: (!given.is_empty()).then_some(OneOrMany::Many(given)), ..log },
        feedback,
    })
}

fn feedback(connection: &Connection, log: Uuid) -> rusqlite::Result<Vec<(i64, Feedback)>> {
    let mut select = connection.prepare_cached("SELECT id, body FROM feedback WHERE log = ?1 ORDER BY id")?;
    let rows = select.query_map([log.as_bytes()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(rows.into_iter().filter_map(|(id, body)| Some((id, serde_json::from_str(&body).ok()?))).collect())
}
