//! The session of a new log: the one it names, else its parent's, else the one that its root implies.

use humanloop_api::{Log, id};
use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

use crate::ingest::Batch;
use crate::ingest::place::{named_session, place_of};
use crate::prepared::PreparedLog;

/// Finds or makes the session; `None` when it is not there and the log is, so that none has to be made.
pub(crate) fn session_of(batch: &mut Batch<'_, '_>, log: &PreparedLog, fields: &Log) -> rusqlite::Result<Option<i64>> {
    let session = match log.session {
        Some(uuid) => find_or_make(batch, log, uuid, named_session(fields), false)?,
        None => {
            let parent = log.parent;
            let place = parent.map(|parent| place_of(batch.transaction, parent)).transpose()?.flatten();
            match (place, parent) {
                (Some(place), _) => Some(place.session),
                (None, Some(parent)) => find_or_make(batch, log, id::implied_session(parent), None, true)?,
                (None, None) => find_or_make(batch, log, id::implied_session(log.id), None, false)?,
            }
        }
    };
    if let Some(session) = session
        && batch.names.waiting
    {
        take_children(batch, id::implied_session(log.id), session)?;
    }
    Ok(session)
}

fn find_or_make(
    batch: &mut Batch<'_, '_>,
    log: &PreparedLog,
    uuid: Uuid,
    reference: Option<&str>,
    waiting: bool,
) -> rusqlite::Result<Option<i64>> {
    if let Some(session) = batch.names.sessions.get(&uuid) {
        return Ok(Some(*session));
    }
    let transaction = batch.transaction;
    let mut select = transaction.prepare_cached("SELECT id FROM session WHERE uuid = ?1")?;
    let session = match select.query_row([uuid.as_bytes()], |row| row.get(0)).optional()? {
        Some(session) => session,
        None if place_of(transaction, log.id)?.is_some() => return Ok(None),
        None => {
            let uuid_text = uuid.to_string();
            let reference =
                reference.filter(|reference| reference.strip_prefix("sesh_").unwrap_or(reference) != uuid_text);
            let changed = batch.names.next();
            batch.names.waiting |= waiting;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO session(uuid, reference, waiting, first, last, changed) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
            )?;
            insert.insert(params![uuid.as_bytes(), reference, waiting, log.start, changed])?
        }
    };
    batch.names.sessions.insert(uuid, session);
    Ok(Some(session))
}

/// Children that came before their parent, and knew no session, follow it into its own.
fn take_children(batch: &mut Batch<'_, '_>, implied: Uuid, session: i64) -> rusqlite::Result<()> {
    let transaction = batch.transaction;
    let mut select = transaction.prepare_cached("SELECT id FROM session WHERE uuid = ?1 AND waiting = 1")?;
    let Some(from) = select.query_row([implied.as_bytes()], |row| row.get::<_, i64>(0)).optional()? else {
        return Ok(());
    };
    if from == session {
        transaction.execute("UPDATE session SET waiting = 0 WHERE id = ?1", [from])?;
        return Ok(());
    }
    batch.sums.write(transaction)?;
    let changed = batch.names.next();
    transaction.execute(
        "UPDATE content SET session = ?2 WHERE arrival IN (SELECT arrival FROM log WHERE session = ?1)",
        [from, session],
    )?;
    transaction.execute("UPDATE log SET session = ?2, changed = ?3 WHERE session = ?1", [from, session, changed])?;
    transaction.execute(
        "UPDATE OR IGNORE part SET session = ?2 WHERE project IN (SELECT id FROM project) AND session = ?1",
        [from, session],
    )?;
    transaction.execute("DELETE FROM part WHERE project IN (SELECT id FROM project) AND session = ?1", [from])?;
    transaction.execute(
        "UPDATE session SET (first, last, changed, logs, failed, running, tools, prompts, flows, input_tokens,
                output_tokens, cost, first_input, last_output) =
            (SELECT min(session.first, old.first), max(session.last, old.last), ?3, session.logs + old.logs,
                    session.failed + old.failed, session.running + old.running, session.tools + old.tools,
                    session.prompts + old.prompts, session.flows + old.flows,
                    session.input_tokens + old.input_tokens, session.output_tokens + old.output_tokens,
                    session.cost + old.cost,
                    CASE WHEN session.first_input IS NULL OR old.first < session.first
                         THEN coalesce(old.first_input, session.first_input) ELSE session.first_input END,
                    CASE WHEN session.last_output IS NULL OR old.last > session.last
                         THEN coalesce(old.last_output, session.last_output) ELSE session.last_output END
             FROM session AS old WHERE old.id = ?1)
         WHERE id = ?2",
        [from, session, changed],
    )?;
    transaction.execute("DELETE FROM session WHERE id = ?1", [from])?;
    batch.names.forget();
    Ok(())
}
