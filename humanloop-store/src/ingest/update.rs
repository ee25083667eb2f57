//! An update of a log: what it says replaces what stands there, and what it does not say stays.

use humanloop_api::{LogUpdate, Timestamp};
use rusqlite::params;

use super::place::{Place, place_of};
use super::{Batch, What, json, keep};
use crate::content::Kept;
use crate::full;
use crate::prepared::{PreparedUpdate, cost};
use crate::sums::Counts;

impl Batch<'_, '_> {
    pub(super) fn take_update(&mut self, update: &LogUpdate, prepared: &PreparedUpdate) -> rusqlite::Result<What> {
        let Some(place) = place_of(self.transaction, prepared.id)? else {
            let mut insert = self.transaction.prepare_cached("INSERT INTO early(log, body) VALUES (?1, ?2)")?;
            insert.execute(params![prepared.id.as_bytes(), json(update)])?;
            self.names.early = true;
            return Ok(What::Early);
        };
        let transaction = self.transaction;
        let messages = keep(transaction, &prepared.said.messages)?;
        let output = keep(transaction, &prepared.said.output)?;
        let error = keep(transaction, &prepared.said.error)?;
        let mut select = self.transaction.prepare_cached(
            "SELECT messages, output, error, late, (SELECT output_preview FROM log WHERE session = ?2 AND arrival = ?1)
                 FROM content WHERE arrival = ?1",
        )?;
        let (same_contents, late) = select.query_row([place.arrival, place.session], |row| {
            let same = |new: &Option<Kept<'_>>, column, first_words| {
                new.as_ref().map_or(Ok(true), |new| new.is_in(row, column, first_words))
            };
            let late: Option<String> = row.get(3)?;
            Ok((same(&messages, 0, None)? && same(&output, 1, Some(4))? && same(&error, 2, None)?, late))
        })?;
        let mut all: Vec<LogUpdate> = late.and_then(|late| serde_json::from_str(&late).ok()).unwrap_or_default();
        let late: Option<LogUpdate> = prepared.late.as_ref().and_then(|late| serde_json::from_str(late).ok());
        let new_late = late.filter(|late| !all.contains(late));

        let new = Counts {
            outcome: prepared.outcome.unwrap_or(place.counts.outcome),
            input_tokens: prepared.counts.input_tokens.or(place.counts.input_tokens),
            output_tokens: prepared.counts.output_tokens.or(place.counts.output_tokens),
            cost: self.cost(&place, update)?.or(place.counts.cost),
            duration: prepared.counts.duration.or(place.counts.duration),
        };
        let first_token = prepared.first_token.or(place.first_token);
        let format = update.output_format.map(|format| format as i64);
        let same_row =
            new == place.counts && first_token == place.first_token && (format.is_none() || format == place.format);
        if same_contents && same_row && new_late.is_none() {
            return Ok(What::Repeated);
        }

        let changed = self.names.next();
        let mut update_row = self.transaction.prepare_cached(
            "UPDATE log SET changed = ?3, outcome = ?4, duration = ?5, first_token = ?6, input_tokens = ?7,
                output_tokens = ?8, cost = ?9, updated = ?10, output_preview = coalesce(?11, output_preview),
                error_preview = coalesce(?12, error_preview), output_format = coalesce(?13, output_format)
             WHERE session = ?1 AND arrival = ?2",
        )?;
        update_row.execute(params![
            place.session,
            place.arrival,
            changed,
            new.outcome as i64,
            new.duration,
            first_token,
            new.input_tokens,
            new.output_tokens,
            new.cost,
            Timestamp::now().as_nanos(),
            prepared.said.output_preview,
            prepared.said.error_preview,
            format,
        ])?;
        let late = new_late.map(|late| {
            all.push(late);
            json(&all)
        });
        // The first words of an output in another format may be others, so the output that was kept without them is written whole.
        if !same_contents || late.is_some() || output.is_some() {
            let mut update_content = self.transaction.prepare_cached(
                "UPDATE content SET messages = coalesce(?2, messages), output = coalesce(?3, output),
                    error = coalesce(?4, error), late = coalesce(?5, late) WHERE arrival = ?1",
            )?;
            update_content.execute(params![place.arrival, messages, output, error, late])?;
        }
        self.sums.log(&place.at(changed), Some(&place.counts), &new, None, prepared.said.output_preview.as_deref());
        Ok(What::Updated)
    }

    /// What the log costs now. When the update tells one half only, the other half is what was told before.
    fn cost(&self, place: &Place, update: &LogUpdate) -> rusqlite::Result<Option<i64>> {
        let (mut prompt, mut output) = (update.prompt_cost, update.output_cost);
        if prompt.is_some() != output.is_some()
            && place.counts.cost.is_some()
            && let Some(known) = full::log(self.transaction, place.log)?
        {
            prompt = prompt.or(known.log.prompt_cost);
            output = output.or(known.log.output_cost);
        }
        Ok(cost(prompt, output))
    }
}
