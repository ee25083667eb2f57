//! Whether a log that comes with a known reference id is the same again, or another one.

use humanloop_api::{Config, Log};
use rusqlite::Transaction;
use uuid::Uuid;

use crate::full;
use crate::ingest::place::{id_of, parent_of};

/// Whether `log` says nothing but what the store knows. What an update may have changed since counts only when none did.
pub(crate) fn is_repetition(
    transaction: &Transaction<'_>,
    id: Uuid,
    log: &Log,
    untouched: bool,
) -> rusqlite::Result<bool> {
    let Some(there) = full::log(transaction, id)? else { return Ok(false) };
    let known = &there.log;
    let fits = |new: &Option<String>, old: &Option<String>| new.is_none() || new == old;
    let same_config = match (&log.config, &known.config) {
        (Some(new), Some(old)) => new == old || Config::name(new) == Config::name(old) && !untouched,
        (new, _) => new.is_none(),
    };
    let same_parent =
        parent_of(log).is_none() || parent_of(log).map(|(id, _)| id) == parent_of(known).map(|(id, _)| id);
    let session = log.session_reference_id.as_deref().or(log.session_id.as_deref());
    let what_was_called = fits(&log.project, &known.project)
        && (log.inputs.is_none() || log.inputs == known.inputs)
        && (log.created_at.is_none() || log.created_at == known.created_at)
        && session.is_none_or(|session| id_of(session, "sesh_") == there.session)
        && same_config
        && same_parent;
    // A beginning that is told again after the end is no news.
    let ended = log.outcome() == humanloop_api::Outcome::Running || !untouched;
    let how_it_ended = ended
        || fits(&log.output, &known.output)
            && fits(&log.error, &known.error)
            && (log.messages.is_none() || log.messages == known.messages);
    Ok(what_was_called && how_it_ended)
}
