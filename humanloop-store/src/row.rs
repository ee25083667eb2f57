//! A log's row: what lists and trees show, without its payloads.

use humanloop_api::{Kind, Outcome, OutputFormat, Timestamp};
use rusqlite::Row;
use uuid::Uuid;

use crate::names::config_digits;
use crate::window::Cursor;

/// What a list or a tree shows of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRow {
    /// The log's id.
    pub id: Uuid,
    /// The caller's name of it, when it is not the id.
    pub reference: Option<String>,
    /// Its session.
    pub session: Uuid,
    /// The log it is nested under.
    pub parent: Option<Uuid>,
    /// The project.
    pub project: String,
    /// The config's name; without a config, the project.
    pub name: String,
    /// The model, of a prompt.
    pub model: Option<String>,
    /// What kind of call it was.
    pub kind: Kind,
    /// How it ended.
    pub outcome: Outcome,
    /// When it began.
    pub start: Timestamp,
    /// The order of calls that began in the same nanosecond.
    pub sequence: u64,
    /// Nanoseconds from call to return.
    pub duration: Option<i64>,
    /// Nanoseconds from call to the first piece of a streamed answer.
    pub first_token: Option<i64>,
    /// Tokens of the prompt.
    pub input_tokens: Option<u64>,
    /// Tokens of the answer.
    pub output_tokens: Option<u64>,
    /// Cost in 1e-9 US dollars.
    pub cost: Option<i64>,
    /// First words of the inputs.
    pub input_preview: Option<String>,
    /// First words of the output.
    pub output_preview: Option<String>,
    /// First words of the error.
    pub error_preview: Option<String>,
    /// The version of the config: the 32 digits of its hash.
    pub config_version: Option<String>,
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// The mark of its last change: see [`changes_since`](crate::Reader::changes_since).
    pub changed: i64,
}

impl LogRow {
    /// Its place in a list that is newest first.
    pub fn cursor(&self) -> Cursor {
        Cursor { start: self.start.as_nanos(), tie: self.arrival }
    }
}

/// The columns of [`LogRow`], for [`read`].
pub(crate) const COLUMNS: &str =
    "log.uuid, log.reference, log.parent, project.name, config.name, config.model, log.kind,
    log.outcome, log.start, log.sequence, log.duration, log.input_tokens, log.output_tokens, log.input_preview,
    log.output_preview, log.error_preview, config.hash, session.uuid, log.first_token, log.cost, log.arrival, log.changed";

/// The tables of [`COLUMNS`].
pub(crate) const TABLES: &str = "log JOIN project ON project.id = log.project JOIN session ON session.id = log.session
    LEFT JOIN config ON config.id = log.config";

/// Reads [`COLUMNS`].
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<LogRow> {
    let project: String = row.get(3)?;
    let hash: Option<Vec<u8>> = row.get(16)?;
    Ok(LogRow {
        id: uuid(row, 0)?.unwrap_or_default(),
        reference: row.get(1)?,
        session: uuid(row, 17)?.unwrap_or_default(),
        parent: uuid(row, 2)?,
        name: row.get::<_, Option<String>>(4)?.unwrap_or_else(|| project.clone()),
        project,
        model: row.get(5)?,
        kind: kind(row.get(6)?),
        outcome: outcome(row.get(7)?),
        start: Timestamp(row.get(8)?),
        sequence: row.get::<_, i64>(9)?.unsigned_abs(),
        duration: row.get(10)?,
        first_token: row.get(18)?,
        input_tokens: row.get::<_, Option<i64>>(11)?.map(i64::unsigned_abs),
        output_tokens: row.get::<_, Option<i64>>(12)?.map(i64::unsigned_abs),
        cost: row.get(19)?,
        input_preview: row.get(13)?,
        output_preview: row.get(14)?,
        error_preview: row.get(15)?,
        config_version: hash.as_deref().map(config_digits),
        arrival: row.get(20)?,
        changed: row.get(21)?,
    })
}

/// A column of 16 bytes.
pub(crate) fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Uuid>> {
    let bytes: Option<Vec<u8>> = row.get(column)?;
    Ok(bytes.and_then(|bytes| Uuid::from_slice(&bytes).ok()))
}

/// The number of an outcome in a row is its place in the enumeration.
pub(crate) fn outcome(number: i64) -> Outcome {
    use Outcome::{Cancelled, Failed, Interrupted, Ok, Panicked, Running};
    let all = [Ok, Running, Cancelled, Interrupted, Failed, Panicked];
    all.into_iter().find(|outcome| *outcome as i64 == number).unwrap_or_default()
}

/// The number of a kind in a row is its place in the enumeration.
pub(crate) fn kind(number: i64) -> Kind {
    [Kind::Tool, Kind::Prompt, Kind::Flow].into_iter().find(|kind| *kind as i64 == number).unwrap_or_default()
}

/// The number of an output's format in a row.
pub(crate) fn format(number: Option<i64>) -> Option<OutputFormat> {
    match number {
        Some(0) => Some(OutputFormat::Text),
        Some(1) => Some(OutputFormat::Json),
        _ => None,
    }
}
