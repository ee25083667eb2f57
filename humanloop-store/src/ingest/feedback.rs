//! Feedback: kept once, and taken back.

use humanloop_api::Feedback;
use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

use super::place::place_of;
use super::{Batch, What};
use crate::prepared::{PreparedFeedback, same_question};

impl Batch<'_, '_> {
    pub(super) fn take_feedback(&mut self, feedback: &PreparedFeedback) -> rusqlite::Result<What> {
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
}
