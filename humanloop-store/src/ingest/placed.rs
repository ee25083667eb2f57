//! Where entries came to stand, which their callers are told.

use foldhash::HashMap;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::{Placed, What};
use crate::error::Error;
use crate::names::config_digits;
use crate::open::Store;
use crate::row;

/// What became of an entry, for short.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) log: Uuid,
    pub(crate) what: What,
    /// Of a log that is new: where it was written.
    pub(crate) at: Option<At>,
}

/// The rows that a log's row names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) session: i64,
    pub(crate) project: i64,
    pub(crate) config: Option<i64>,
}

impl Store {
    /// Where logs stand, batch by batch.
    pub(crate) fn placed(&self, batches: &[impl AsRef<[Taken]>]) -> Result<Vec<Vec<Placed>>, Error> {
        self.ask(|connection| {
            // One view of the store: to take one for each question costs more than to answer it.
            let transaction = connection.unchecked_transaction()?;
            let mut looked_up = LookedUp::default();
            let mut placed = |batch: &[Taken]| {
                batch.iter().map(|taken| looked_up.placed(&transaction, taken)).collect::<rusqlite::Result<_>>()
            };
            batches.iter().map(|batch| placed(batch.as_ref())).collect()
        })
    }
}

/// What was looked up: the logs of a batch have few sessions and configs.
#[derive(Default)]
struct LookedUp {
    sessions: HashMap<i64, Option<Uuid>>,
    configs: HashMap<i64, Option<String>>,
}

impl LookedUp {
    fn placed(&mut self, connection: &Connection, taken: &Taken) -> rusqlite::Result<Placed> {
        let Taken { log, what, at } = *taken;
        if let Some(At { session, project, config }) = at
            // A session that is gone was joined with its parent's after the log was written.
            && let Some(session) = self.session(connection, session)?
        {
            let config = config.map_or(Ok(None), |config| self.config(connection, config))?;
            return Ok(Placed { log, session, project, config, what });
        }
        let mut select = connection.prepare_cached(
            "SELECT session.uuid, log.project, config.hash FROM log JOIN session ON session.id = log.session
             LEFT JOIN config ON config.id = log.config WHERE log.uuid = ?1",
        )?;
        let found = select.query_row([log.as_bytes()], |row| {
            let hash: Option<Vec<u8>> = row.get(2)?;
            Ok((row::uuid(row, 0)?.unwrap_or_default(), row.get(1)?, hash.as_deref().map(config_digits)))
        });
        let (session, project, config) = found.optional()?.unwrap_or_default();
        Ok(Placed { log, session, project, config, what })
    }

    fn session(&mut self, connection: &Connection, session: i64) -> rusqlite::Result<Option<Uuid>> {
        if let Some(uuid) = self.sessions.get(&session) {
            return Ok(*uuid);
        }
        let mut select = connection.prepare_cached("SELECT uuid FROM session WHERE id = ?1")?;
        let uuid = select.query_row([session], |row| row::uuid(row, 0)).optional()?.flatten();
        self.sessions.insert(session, uuid);
        Ok(uuid)
    }

    fn config(&mut self, connection: &Connection, config: i64) -> rusqlite::Result<Option<String>> {
        if let Some(digits) = self.configs.get(&config) {
            return Ok(digits.clone());
        }
        let mut select = connection.prepare_cached("SELECT hash FROM config WHERE id = ?1")?;
        let hash: Option<Vec<u8>> = select.query_row([config], |row| row.get(0)).optional()?;
        let digits = hash.as_deref().map(config_digits);
        self.configs.insert(config, digits.clone());
        Ok(digits)
    }
}
