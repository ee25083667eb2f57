//! Entries into rows: one transaction a batch, and the same entry twice changes nothing.

use humanloop_api::{Config, Entry, Feedback, Log, LogUpdate, Object, Outcome, id};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::Serialize;
use uuid::Uuid;

use crate::error::Error;
use crate::open::Store;
use crate::preview;
use crate::query;
use crate::row;

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
}

impl Store {
    /// Takes a batch in, whole or not at all; when this returns, it is on disk.
    ///
    /// # Errors
    ///
    /// When SQLite fails: the disk is full, or another process holds the file for more than five seconds.
    pub fn ingest(&mut self, entries: &[Entry]) -> Result<Ingested, Error> {
        self.try_ingest(entries).map_err(|error| self.failed(error))
    }

    fn try_ingest(&mut self, entries: &[Entry]) -> rusqlite::Result<Ingested> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut ingested = Ingested::default();
        for entry in entries {
            match entry {
                Entry::Log(log) => take_log(&transaction, log, &mut ingested)?,
                Entry::Update(update) => take_update(&transaction, update, &mut ingested)?,
                Entry::Feedback(feedback) => take_feedback(&transaction, feedback, &mut ingested)?,
            }
        }
        transaction.commit()?;
        Ok(ingested)
    }
}

fn take_log(transaction: &Transaction<'_>, log: &Log, ingested: &mut Ingested) -> rusqlite::Result<()> {
    let id = log.reference_id.as_deref().map_or_else(id::new, id::of_reference);
    if let Some(place) = place_of(transaction, id)? {
        // Sent open and then ended, or a repetition.
        if place.outcome == Outcome::Running && log.outcome() != Outcome::Running {
            write(transaction, id, place.session, Some(place), log)?;
            ingested.updated += 1;
        } else {
            ingested.repeated += 1;
        }
        return Ok(());
    }
    let session = session_of(transaction, id, log)?;
    let mut early = transaction.prepare_cached("SELECT body FROM early WHERE log = ?1 ORDER BY id")?;
    let early =
        early.query_map([id.as_bytes()], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    if early.is_empty() {
        write(transaction, id, session, None, log)?;
    } else {
        let mut log = log.clone();
        for update in early.iter().filter_map(|body| serde_json::from_str(body).ok()) {
            log.apply(&update);
        }
        transaction.execute("DELETE FROM early WHERE log = ?1", [id.as_bytes()])?;
        write(transaction, id, session, None, &log)?;
    }
    ingested.logs += 1;
    Ok(())
}

fn take_update(transaction: &Transaction<'_>, update: &LogUpdate, ingested: &mut Ingested) -> rusqlite::Result<()> {
    let id = id::of_reference(&update.reference_id);
    let Some(place) = place_of(transaction, id)? else {
        let mut insert = transaction.prepare_cached("INSERT INTO early(log, body) VALUES (?1, ?2)")?;
        insert.execute(params![id.as_bytes(), json(update)])?;
        ingested.early += 1;
        return Ok(());
    };
    let Some(mut log) = query::log(transaction, id)? else { return Ok(()) };
    let before = log.clone();
    log.apply(update);
    if log == before {
        ingested.repeated += 1;
    } else {
        write(transaction, id, place.session, Some(place), &log)?;
        ingested.updated += 1;
    }
    Ok(())
}

fn take_feedback(transaction: &Transaction<'_>, feedback: &Feedback, ingested: &mut Ingested) -> rusqlite::Result<()> {
    let log = id_of(feedback.data_id.as_deref().unwrap_or_default(), "data_");
    let mut insert = transaction.prepare_cached("INSERT OR IGNORE INTO feedback(log, body) VALUES (?1, ?2)")?;
    let new = insert.execute(params![log.as_bytes(), json(feedback)])?;
    ingested.feedback += new;
    ingested.repeated += 1 - new;
    Ok(())
}

/// Where a log's row is, and what of it counts in its session.
struct Place {
    session: i64,
    arrival: i64,
    outcome: Outcome,
    input_tokens: i64,
    output_tokens: i64,
}

fn place_of(connection: &Connection, id: Uuid) -> rusqlite::Result<Option<Place>> {
    let mut select = connection.prepare_cached(
        "SELECT session, arrival, outcome, coalesce(input_tokens, 0), coalesce(output_tokens, 0) FROM log WHERE uuid = ?1",
    )?;
    let place = select.query_row([id.as_bytes()], |row| {
        Ok(Place {
            session: row.get(0)?,
            arrival: row.get(1)?,
            outcome: row::outcome(row.get(2)?),
            input_tokens: row.get(3)?,
            output_tokens: row.get(4)?,
        })
    });
    place.optional()
}

/// The session of a new log: the one it names, else its parent's, else the one that its root implies.
fn session_of(transaction: &Transaction<'_>, log: Uuid, fields: &Log) -> rusqlite::Result<i64> {
    let named = fields.session_reference_id.as_deref().map(|reference| (id::of_reference(reference), reference));
    let by_id = || fields.session_id.as_deref().map(|text| (id_of(text, "sesh_"), text));
    let start = fields.created_at.unwrap_or_else(humanloop_api::Timestamp::now).as_nanos();
    if let Some((uuid, reference)) = named.or_else(by_id) {
        let session = find_or_make_session(transaction, uuid, Some(reference), start)?;
        move_waiting_children(transaction, id::implied_session(log), session)?;
        return Ok(session);
    }
    let parent = parent_of(fields).map(|(parent, _)| parent);
    if let Some(parent) = parent
        && let Some(place) = place_of(transaction, parent)?
    {
        return Ok(place.session);
    }
    find_or_make_session(transaction, id::implied_session(parent.unwrap_or(log)), None, start)
}

fn find_or_make_session(
    transaction: &Transaction<'_>,
    uuid: Uuid,
    reference: Option<&str>,
    start: i64,
) -> rusqlite::Result<i64> {
    let mut select = transaction.prepare_cached("SELECT id FROM session WHERE uuid = ?1")?;
    if let Some(session) = select.query_row([uuid.as_bytes()], |row| row.get(0)).optional()? {
        return Ok(session);
    }
    let reference = reference.filter(|reference| *reference != uuid.to_string());
    let mut insert = transaction.prepare_cached(
        "INSERT INTO session(uuid, reference, first, last, logs, failed, running, input_tokens, output_tokens)
         VALUES (?1, ?2, ?3, ?3, 0, 0, 0, 0, 0)",
    )?;
    insert.insert(params![uuid.as_bytes(), reference, start])
}

/// Children that came before their parent, and knew no session, follow it into its own.
fn move_waiting_children(transaction: &Transaction<'_>, waiting: Uuid, session: i64) -> rusqlite::Result<()> {
    let mut select = transaction.prepare_cached("SELECT id FROM session WHERE uuid = ?1")?;
    let Some(from) = select.query_row([waiting.as_bytes()], |row| row.get::<_, i64>(0)).optional()? else {
        return Ok(());
    };
    transaction.execute(
        "UPDATE log SET session = ?2, arrival = arrival + (SELECT coalesce(max(arrival), 0) FROM log WHERE session = ?2)
         WHERE session = ?1",
        [from, session],
    )?;
    transaction.execute(
        "UPDATE session SET (first, last, logs, failed, running, input_tokens, output_tokens) =
            (SELECT min(session.first, old.first), max(session.last, old.last), session.logs + old.logs,
                    session.failed + old.failed, session.running + old.running,
                    session.input_tokens + old.input_tokens, session.output_tokens + old.output_tokens
             FROM session AS old WHERE old.id = ?1)
         WHERE id = ?2",
        [from, session],
    )?;
    transaction.execute("DELETE FROM session WHERE id = ?1", [from])?;
    Ok(())
}

/// The parent's id, and the text that names it when that is not the id.
fn parent_of(log: &Log) -> Option<(Uuid, Option<&str>)> {
    if let Some(reference) = log.parent_reference_id.as_deref() {
        let uuid = id::of_reference(reference);
        return Some((uuid, (reference != uuid.to_string()).then_some(reference)));
    }
    log.parent_id.as_deref().map(|text| (id_of(text, "data_"), None))
}

/// An id of the wire, `data_…` or `sesh_…`, or a reference.
pub(crate) fn id_of(text: &str, prefix: &str) -> Uuid {
    id::of_reference(text.strip_prefix(prefix).unwrap_or(text))
}

/// Writes a log's row, in its old place if it has one, and what changed into the sums of its session.
fn write(transaction: &Transaction<'_>, id: Uuid, session: i64, old: Option<Place>, log: &Log) -> rusqlite::Result<()> {
    let arrival = match &old {
        Some(place) => place.arrival,
        None => {
            let mut last =
                transaction.prepare_cached("SELECT coalesce(max(arrival), 0) + 1 FROM log WHERE session = ?1")?;
            last.query_row([session], |row| row.get(0))?
        }
    };
    let reference = log.reference_id.as_deref().filter(|reference| *reference != id.to_string());
    let parent = parent_of(log);
    let start = log.created_at.unwrap_or_else(humanloop_api::Timestamp::now).as_nanos();
    let duration = log.duration.map(|seconds| (seconds * 1e9).round() as i64);
    let number = |tokens: Option<u64>| tokens.map(|tokens| i64::try_from(tokens).unwrap_or(i64::MAX));
    let inputs = log.inputs.as_ref().map(|inputs| keep(transaction, &json(inputs))).transpose()?;
    let output = log.output.as_ref().map(|output| keep(transaction, output)).transpose()?;
    let details = details(log).map(|details| keep(transaction, &details)).transpose()?;
    let input_preview = log.inputs.as_ref().and_then(preview::of_inputs);
    let output_preview = preview::of_output(log);

    let mut insert = transaction.prepare_cached(
        "INSERT OR REPLACE INTO log(session, arrival, uuid, reference, parent, parent_reference, project, config, process,
            kind, outcome, start, sequence, duration, input_tokens, output_tokens, input_preview, output_preview,
            error_preview, inputs, output, output_format, details)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)",
    )?;
    insert.execute(params![
        session,
        arrival,
        id.as_bytes(),
        reference,
        parent.as_ref().map(|(parent, _)| parent.as_bytes()),
        parent.as_ref().and_then(|(_, reference)| *reference),
        project(transaction, log)?,
        config(transaction, log)?,
        process(transaction, log)?,
        log.kind() as i64,
        log.outcome() as i64,
        start,
        number(log.sequence).unwrap_or_default(),
        duration,
        number(log.prompt_tokens),
        number(log.output_tokens),
        input_preview,
        output_preview,
        log.error.as_deref().and_then(preview::line),
        inputs,
        output,
        log.output_format.map(|format| format as i64),
        details,
    ])?;

    let count = |is: bool| i64::from(is);
    let was = old.as_ref().map(|place| place.outcome);
    let mut sums = transaction.prepare_cached(
        "UPDATE session SET logs = logs + ?2, failed = failed + ?3, running = running + ?4,
            input_tokens = input_tokens + ?5, output_tokens = output_tokens + ?6,
            first_input = CASE WHEN first_input IS NULL OR ?7 < first THEN coalesce(?9, first_input) ELSE first_input END,
            last_output = CASE WHEN last_output IS NULL OR ?8 >= last THEN coalesce(?10, last_output) ELSE last_output END,
            first = min(first, ?7), last = max(last, ?8)
         WHERE id = ?1",
    )?;
    sums.execute(params![
        session,
        count(old.is_none()),
        count(log.outcome().is_bad()) - count(was.is_some_and(Outcome::is_bad)),
        count(log.outcome() == Outcome::Running) - count(was == Some(Outcome::Running)),
        number(log.prompt_tokens).unwrap_or(0) - old.as_ref().map_or(0, |place| place.input_tokens),
        number(log.output_tokens).unwrap_or(0) - old.as_ref().map_or(0, |place| place.output_tokens),
        start,
        start.saturating_add(duration.unwrap_or(0)),
        input_preview,
        output_preview,
    ])?;
    Ok(())
}

/// What has no column of its own, as the JSON of a log; nothing for most logs.
fn details(log: &Log) -> Option<String> {
    let rest = Log {
        project: None,
        project_id: None,
        session_id: None,
        session_reference_id: None,
        parent_id: None,
        parent_reference_id: None,
        reference_id: None,
        inputs: None,
        output: None,
        output_format: None,
        config: None,
        config_id: None,
        function: None,
        kind: None,
        outcome: None,
        sequence: None,
        process: None,
        created_at: None,
        duration: None,
        prompt_tokens: None,
        output_tokens: None,
        ..log.clone()
    };
    (rest != Log::default()).then(|| json(&rest))
}

/// The payload of this content, kept once.
fn keep(transaction: &Transaction<'_>, content: &str) -> rusqlite::Result<i64> {
    let hash = blake3::hash(content.as_bytes());
    let mut select = transaction.prepare_cached("SELECT id FROM payload WHERE hash = ?1")?;
    if let Some(id) = select.query_row([hash.as_bytes()], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let mut insert = transaction.prepare_cached("INSERT INTO payload(hash, codec, data) VALUES (?1, 0, ?2)")?;
    insert.insert(params![hash.as_bytes(), content.as_bytes()])
}

fn project(transaction: &Transaction<'_>, log: &Log) -> rusqlite::Result<i64> {
    let by_config = || log.config.as_ref().map(Config::name);
    let name = log.project.as_deref().or(log.project_id.as_deref()).or_else(by_config).unwrap_or("default");
    let mut select = transaction.prepare_cached("SELECT id FROM project WHERE name = ?1")?;
    if let Some(id) = select.query_row([name], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    transaction.prepare_cached("INSERT INTO project(name) VALUES (?1)")?.insert([name])
}

fn config(transaction: &Transaction<'_>, log: &Log) -> rusqlite::Result<Option<i64>> {
    let Some(config) = &log.config else { return Ok(None) };
    let body = json(config);
    let hash = blake3::hash(body.as_bytes());
    let model = match config {
        Config::Model(config) => Some(config.model.as_str()),
        Config::Tool(_) => None,
    };
    // The same code may have moved: the place that was told last is the one to open.
    let mut upsert = transaction.prepare_cached(
        "INSERT INTO config(hash, name, model, body, function) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT(hash) DO UPDATE SET function = coalesce(excluded.function, function) RETURNING id",
    )?;
    let function = log.function.as_ref().map(json);
    upsert.query_row(params![hash.as_bytes(), config.name(), model, body, function], |row| row.get(0)).map(Some)
}

fn process(transaction: &Transaction<'_>, log: &Log) -> rusqlite::Result<Option<i64>> {
    let Some(process) = &log.process else { return Ok(None) };
    let mut select = transaction.prepare_cached("SELECT id FROM process WHERE uuid = ?1")?;
    if let Some(id) = select.query_row([process.id.as_bytes()], |row| row.get(0)).optional()? {
        return Ok(Some(id));
    }
    let mut insert = transaction.prepare_cached("INSERT INTO process(uuid, pid) VALUES (?1, ?2)")?;
    insert.insert(params![process.id.as_bytes(), process.pid]).map(Some)
}

/// JSON of our own types, which always serialize.
fn json<T: Serialize>(value: &T) -> String {
    humanloop_api::json(value).get().to_owned()
}

/// Reads what [`details`] wrote.
pub(crate) fn from_details(details: Option<String>) -> Log {
    details.and_then(|details| serde_json::from_str(&details).ok()).unwrap_or_default()
}

/// An object as it was written.
pub(crate) fn object(text: Option<String>) -> Option<Object> {
    text.and_then(|text| serde_json::from_str(&text).ok())
}
