//! Where a log stands, and the ids that texts stand for.

use humanloop_api::{Log, id};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::row;
use crate::sums::{Counts, Where};

/// Where a log's row is, and what of it counts.
pub(crate) struct Place {
    pub(super) log: Uuid,
    pub(crate) session: i64,
    pub(crate) arrival: i64,
    pub(crate) changed: i64,
    project: i64,
    config: Option<i64>,
    kind: humanloop_api::Kind,
    pub(super) start: i64,
    pub(super) counts: Counts,
    pub(super) first_token: Option<i64>,
    pub(super) format: Option<i64>,
}

impl Place {
    pub(super) fn at(&self, changed: i64) -> Where {
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
            log: id,
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
        return Some((uuid, (!is_id(reference, uuid)).then_some(reference)));
    }
    log.parent_id.as_deref().map(|text| (id_of(text, "data_"), None))
}

/// The text that names the session.
pub(crate) fn named_session(log: &Log) -> Option<&str> {
    log.session_reference_id.as_deref().or(log.session_id.as_deref())
}

/// Whether a text is this id, as it is written usually.
pub(crate) fn is_id(text: &str, id: Uuid) -> bool {
    text == &*id.hyphenated().encode_lower(&mut Uuid::encode_buffer())
}

/// The id that a text stands for: with the prefix of v4, a UUID, or any reference id.
pub(crate) fn id_of(text: &str, prefix: &str) -> Uuid {
    text.strip_prefix(prefix).and_then(|id| Uuid::try_parse(id).ok()).unwrap_or_else(|| id::of_reference(text))
}
