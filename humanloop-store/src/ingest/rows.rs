//! The rows of new logs, which wait to be written together.

use std::sync::LazyLock;

use humanloop_api::Log;
use rusqlite::{Statement, ToSql, Transaction};
use uuid::Uuid;

use super::placed::At;
use super::{keep, keep_beside};
use crate::prepared::{PreparedLog, number};
use crate::together::{Rows, Texts, bind, texts};

/// A log with what the store knows of it, ready to be a row.
pub(super) struct Row<'e> {
    /// Its place in the batch.
    pub(super) at: usize,
    pub(super) session: i64,
    pub(super) arrival: i64,
    pub(super) changed: i64,
    pub(super) project: i64,
    pub(super) config: Option<i64>,
    pub(super) process: Option<i64>,
    /// When it was written anew; never for most.
    pub(super) updated: Option<i64>,
    pub(super) log: &'e Log,
    pub(super) prepared: &'e PreparedLog,
}

/// The statements for the rows of new logs.
pub(crate) struct Statements<'t> {
    logs: Rows<'t>,
    contents: Rows<'t>,
}

impl Default for Statements<'_> {
    fn default() -> Self {
        static LOGS: LazyLock<Texts> = LazyLock::new(|| texts("INSERT OR IGNORE INTO log", LOG_COLUMNS));
        static CONTENTS: LazyLock<Texts> = LazyLock::new(|| {
            let into = "INSERT OR REPLACE INTO content(arrival, session, inputs, messages, output, error, details)";
            texts(into, CONTENT_COLUMNS)
        });
        Self { logs: Rows::of(&LOGS, LOG_COLUMNS), contents: Rows::of(&CONTENTS, CONTENT_COLUMNS) }
    }
}

impl<'t> Statements<'t> {
    /// Writes rows of logs that may be there already, and says how many were not.
    pub(super) fn insert(&mut self, transaction: &'t Transaction<'_>, rows: &[Row<'_>]) -> rusqlite::Result<usize> {
        self.logs.write(transaction, rows, Row::bind)
    }

    /// Writes what logs hold, in place of what they held.
    pub(super) fn insert_contents(
        &mut self,
        transaction: &'t Transaction<'_>,
        rows: &[Row<'_>],
    ) -> rusqlite::Result<()> {
        self.contents
            .write(transaction, rows, |row, statement, first| row.bind_content(transaction, statement, first))?;
        Ok(())
    }
}

/// Writes the row of a log in place of the one that is there.
pub(super) fn replace(transaction: &Transaction<'_>, row: &Row<'_>) -> rusqlite::Result<usize> {
    static TEXTS: LazyLock<Texts> = LazyLock::new(|| texts("INSERT OR REPLACE INTO log", LOG_COLUMNS));
    Rows::of(&TEXTS, LOG_COLUMNS).write(transaction, std::slice::from_ref(row), Row::bind)
}

const LOG_COLUMNS: usize = 24;
const CONTENT_COLUMNS: usize = 7;

impl Row<'_> {
    pub(super) fn stands(&self) -> At {
        At { session: self.session, project: self.project, config: self.config }
    }

    /// Binds the columns of `log`, in their order.
    fn bind(&self, statement: &mut Statement<'_>, first: usize) -> rusqlite::Result<()> {
        let Self { log, prepared, .. } = self;
        let counts = &prepared.counts;
        let values: [&dyn ToSql; LOG_COLUMNS] = [
            &self.session,
            &self.arrival,
            &self.changed,
            prepared.id.as_bytes(),
            &log.reference_id.as_deref().filter(|_| prepared.has_reference),
            &prepared.parent.as_ref().map(Uuid::as_bytes),
            &log.parent_reference_id.as_deref().filter(|_| prepared.has_parent_reference),
            &self.project,
            &self.config,
            &self.process,
            &(log.kind() as i64),
            &(counts.outcome as i64),
            &prepared.start,
            &number(log.sequence).unwrap_or_default(),
            &counts.duration,
            &prepared.first_token,
            &counts.input_tokens,
            &counts.output_tokens,
            &counts.cost,
            &self.updated,
            &prepared.input_preview,
            &prepared.said.output_preview,
            &prepared.said.error_preview,
            &log.output_format.map(|format| format as i64),
        ];
        bind(statement, first, &values)
    }

    /// Binds the columns of `content`, and keeps what is kept elsewhere.
    fn bind_content(
        &self,
        transaction: &Transaction<'_>,
        statement: &mut Statement<'_>,
        first: usize,
    ) -> rusqlite::Result<()> {
        let Self { prepared, .. } = self;
        let values: [&dyn ToSql; CONTENT_COLUMNS] = [
            &self.arrival,
            &self.session,
            &keep_beside(transaction, &prepared.inputs, &prepared.input_preview)?,
            &keep(transaction, &prepared.said.messages)?,
            &keep_beside(transaction, &prepared.said.output, &prepared.said.output_preview)?,
            &keep(transaction, &prepared.said.error)?,
            &keep(transaction, &prepared.details)?,
        ];
        bind(statement, first, &values)
    }
}
