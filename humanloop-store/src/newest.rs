//! Logs newest first: each version of each project has its own in order in one index, and those are joined as they are asked for.
//!
//! One index serves projects, versions and models, so that a new log has one place less to be written to.

use std::collections::{BinaryHeap, VecDeque};

use rusqlite::{CachedStatement, Connection, params};

use crate::window::Cursor;

/// Places that are read of a version at a time.
const AT_ONCE: i64 = 64;

/// The logs of a version in a project; those without a config are a version, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    /// When the last one began, or later.
    last: i64,
    pub(crate) project: i64,
    pub(crate) config: Option<i64>,
}

/// The runs of a project, or of all, that hold these configs, or any.
pub(crate) fn runs(
    connection: &Connection,
    project: Option<i64>,
    configs: Option<&[i64]>,
) -> rusqlite::Result<Vec<Run>> {
    let configs = configs.map(|configs| crate::ingest::json(&configs));
    let mut select = connection.prepare_cached(
        "SELECT last, project, config FROM version WHERE (?1 IS NULL OR project = ?1)
            AND (?2 IS NULL OR config IN (SELECT value FROM json_each(?2)))
         UNION ALL SELECT 9223372036854775807, id, NULL FROM project WHERE (?1 IS NULL OR id = ?1) AND ?2 IS NULL",
    )?;
    let run = |row: &rusqlite::Row<'_>| Ok(Run { last: row.get(0)?, project: row.get(1)?, config: row.get(2)? });
    select.query_map(params![project, configs], run)?.collect()
}

/// A log's place: when it began, its arrival, its session.
pub(crate) type Place = (i64, i64, i64);

/// Places of logs, newest first.
pub(crate) struct Newest<'c> {
    /// Those that were not looked at yet, the one with the latest log last.
    runs: Vec<Run>,
    /// What was read of the others, by its first place.
    opened: BinaryHeap<Opened>,
    select: CachedStatement<'c>,
    /// Nothing that began earlier.
    from: i64,
    /// Only what stands behind this.
    after: Cursor,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Opened {
    first: Place,
    run: Run,
    others: VecDeque<Place>,
}

impl<'c> Newest<'c> {
    /// Of these runs, what began between `from` and `until`, and stands behind a cursor.
    pub(crate) fn of(
        connection: &'c Connection,
        mut runs: Vec<Run>,
        bounds: (Option<i64>, Option<i64>),
        after: Option<Cursor>,
    ) -> rusqlite::Result<Self> {
        runs.sort_unstable();
        let select = connection.prepare_cached(&format!(
            "SELECT start, arrival, session FROM log INDEXED BY log_version
             WHERE project = ?1 AND config IS ?2 AND start BETWEEN ?3 AND ?4 AND (start < ?4 OR arrival < ?5)
             ORDER BY start DESC, arrival DESC LIMIT {AT_ONCE}"
        ))?;
        let (from, until) = (bounds.0.unwrap_or(i64::MIN), bounds.1.unwrap_or(i64::MAX));
        let first = Cursor { start: until, tie: i64::MAX };
        // The earlier of the two; of the same time, the cursor says more.
        let after = after.filter(|after| after.start <= until).unwrap_or(first);
        Ok(Self { runs, opened: BinaryHeap::new(), select, from, after })
    }

    /// The next place.
    pub(crate) fn next(&mut self) -> rusqlite::Result<Option<Place>> {
        // A run is opened when the next place may be in it.
        while let Some(run) = self.runs.last().copied()
            && self.opened.peek().is_none_or(|opened| opened.first.0 <= run.last)
        {
            self.runs.pop();
            self.read(run, self.after)?;
        }
        let Some(Opened { first, run, mut others }) = self.opened.pop() else { return Ok(None) };
        match others.pop_front() {
            Some(next) => self.opened.push(Opened { first: next, run, others }),
            None => self.read(run, Cursor { start: first.0, tie: first.1 })?,
        }
        Ok(Some(first))
    }

    /// Reads what is next of a run.
    fn read(&mut self, run: Run, after: Cursor) -> rusqlite::Result<()> {
        let values = params![run.project, run.config, self.from, after.start, after.tie];
        let places = self.select.query_map(values, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut others = places.collect::<rusqlite::Result<VecDeque<Place>>>()?;
        if let Some(first) = others.pop_front() {
            self.opened.push(Opened { first, run, others });
        }
        Ok(())
    }
}
