//! The sums of sessions, versions and projects: added up in memory, written once a batch.

use std::sync::LazyLock;

use foldhash::HashMap;
use humanloop_api::{Kind, Outcome};
use rusqlite::{Transaction, params};

use crate::together::{Rows, Texts, bind, texts};

/// No log counts for more than this (7e13 tokens, 19 hours, 70,000 dollars), so that no sum of logs can overflow.
const MOST: i64 = 1 << 46;

/// What of a log counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) outcome: Outcome,
    pub(crate) input_tokens: Option<i64>,
    pub(crate) output_tokens: Option<i64>,
    pub(crate) cost: Option<i64>,
    pub(crate) duration: Option<i64>,
}

/// What was added in this batch.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    sessions: HashMap<i64, Session>,
    versions: HashMap<(i64, i64), Version>,
    projects: HashMap<i64, (i64, i64)>,
    parts: Vec<Part>,
}

/// What a session has to do with: project, session, config or 0, kind.
pub(crate) type Part = [i64; 4];

#[derive(Debug, Default)]
struct Added {
    logs: i64,
    failed: i64,
    running: i64,
    input_tokens: i64,
    output_tokens: i64,
    cost: i64,
}

#[derive(Debug)]
struct Session {
    added: Added,
    kinds: [i64; 3],
    first: i64,
    last: i64,
    changed: i64,
    first_input: Option<(i64, String)>,
    last_output: Option<(i64, String)>,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            added: Added::default(),
            kinds: [0; 3],
            first: i64::MAX,
            last: i64::MIN,
            changed: 0,
            first_input: None,
            last_output: None,
        }
    }
}

#[derive(Debug)]
struct Version {
    added: Added,
    kind: i64,
    first: i64,
    last: i64,
    duration: i64,
    timed: i64,
}

/// Where a log counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Where {
    pub(crate) session: i64,
    pub(crate) project: i64,
    pub(crate) config: Option<i64>,
    pub(crate) kind: Kind,
    pub(crate) start: i64,
    pub(crate) changed: i64,
}

impl Added {
    fn add(&mut self, counts: &Counts, sign: i64) {
        let capped = |number: Option<i64>| sign * number.unwrap_or(0).clamp(0, MOST);
        self.logs += sign;
        self.failed += sign * i64::from(counts.outcome.is_bad());
        self.running += sign * i64::from(counts.outcome == Outcome::Running);
        self.input_tokens += capped(counts.input_tokens);
        self.output_tokens += capped(counts.output_tokens);
        self.cost += capped(counts.cost);
    }
}

impl Sums {
    /// A log counts as `new`, and what it counted for so far, `old`, no more.
    pub(crate) fn log(
        &mut self,
        place: &Where,
        old: Option<&Counts>,
        new: &Counts,
        input: Option<&str>,
        output: Option<&str>,
    ) {
        let ended = place.start.saturating_add(new.duration.unwrap_or(0));
        let session = self.sessions.entry(place.session).or_default();
        session.added.add(new, 1);
        session.kinds[place.kind as usize] += i64::from(old.is_none());
        session.first = session.first.min(place.start);
        session.last = session.last.max(ended);
        session.changed = session.changed.max(place.changed);
        if let Some(input) = input
            && session.first_input.as_ref().is_none_or(|(start, _)| place.start < *start)
        {
            session.first_input = Some((place.start, input.into()));
        }
        if let Some(output) = output
            && session.last_output.as_ref().is_none_or(|(last, _)| ended >= *last)
        {
            let (last, text) = session.last_output.get_or_insert_default();
            *last = ended;
            text.clear();
            text.push_str(output);
        }
        if let Some(old) = old {
            session.added.add(old, -1);
        } else {
            let project = self.projects.entry(place.project).or_default();
            project.0 += 1;
            project.1 = project.1.max(place.start);
        }
        let Some(config) = place.config else { return };
        let version = self.versions.entry((place.project, config)).or_insert_with(|| Version::at(place));
        version.added.add(new, 1);
        version.first = version.first.min(place.start);
        version.last = version.last.max(place.start);
        version.time(new, 1);
        if let Some(old) = old {
            version.added.add(old, -1);
            version.time(old, -1);
        }
    }

    /// A session has such logs.
    pub(crate) fn part(&mut self, part: Part) {
        self.parts.push(part);
    }

    /// A log is there no more. When its session began and ended is another question.
    pub(crate) fn deleted(&mut self, place: &Where, counts: &Counts) {
        let session = self.sessions.entry(place.session).or_default();
        session.added.add(counts, -1);
        session.kinds[place.kind as usize] -= 1;
        self.projects.entry(place.project).or_insert((0, i64::MIN)).0 -= 1;
        if let Some(config) = place.config {
            let version = self.versions.entry((place.project, config)).or_insert_with(|| Version::at(place));
            version.added.add(counts, -1);
            version.time(counts, -1);
        }
    }

    /// A running log became interrupted.
    pub(crate) fn interrupted(&mut self, session: i64, project: i64, config: Option<i64>, changed: i64) {
        let session = self.sessions.entry(session).or_default();
        session.added.running -= 1;
        session.added.failed += 1;
        session.changed = changed;
        if let Some(config) = config {
            let version = self.versions.entry((project, config)).or_insert_with(Version::there);
            version.added.running -= 1;
            version.added.failed += 1;
        }
    }

    /// Writes what was added, and starts anew.
    pub(crate) fn write(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut update = transaction.prepare_cached(
            "UPDATE session SET logs = logs + ?2, failed = failed + ?3, running = running + ?4,
                tools = tools + ?5, prompts = prompts + ?6, flows = flows + ?7,
                input_tokens = input_tokens + ?8, output_tokens = output_tokens + ?9, cost = cost + ?10,
                first_input = CASE WHEN first_input IS NULL OR ?14 < first THEN coalesce(?15, first_input) ELSE first_input END,
                last_output = CASE WHEN last_output IS NULL OR ?16 >= last THEN coalesce(?17, last_output) ELSE last_output END,
                first = min(first, ?11), last = max(last, ?12), changed = max(changed, ?13)
             WHERE id = ?1",
        )?;
        for (id, session) in self.sessions.drain() {
            let Session { added, kinds, first, last, changed, first_input, last_output } = session;
            let (input_at, input) = first_input.unzip();
            let (output_at, output) = last_output.unzip();
            update.execute(params![
                id,
                added.logs,
                added.failed,
                added.running,
                kinds[0],
                kinds[1],
                kinds[2],
                added.input_tokens,
                added.output_tokens,
                added.cost,
                first,
                last,
                changed,
                input_at,
                input,
                output_at,
                output,
            ])?;
        }
        let mut upsert = transaction.prepare_cached(
            "INSERT INTO version(project, config, kind, first, last, logs, failed, running, input_tokens, output_tokens,
                cost, duration, timed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last),
                logs = logs + excluded.logs, failed = failed + excluded.failed, running = running + excluded.running,
                input_tokens = input_tokens + excluded.input_tokens,
                output_tokens = output_tokens + excluded.output_tokens, cost = cost + excluded.cost,
                duration = duration + excluded.duration, timed = timed + excluded.timed",
        )?;
        for ((project, config), version) in self.versions.drain() {
            let Version { added, kind, first, last, duration, timed } = version;
            upsert.execute(params![
                project,
                config,
                kind,
                first,
                last,
                added.logs,
                added.failed,
                added.running,
                added.input_tokens,
                added.output_tokens,
                added.cost,
                duration,
                timed,
            ])?;
        }
        let mut update = transaction
            .prepare_cached("UPDATE project SET logs = logs + ?2, updated = max(updated, ?3) WHERE id = ?1")?;
        for (project, (logs, last)) in self.projects.drain() {
            update.execute([project, logs, last])?;
        }
        self.parts.sort_unstable(); // the order of the table
        static TEXTS: LazyLock<Texts> =
            LazyLock::new(|| texts("INSERT OR IGNORE INTO part(project, session, config, kind)", 4));
        Rows::of(&TEXTS, 4).write(transaction, &self.parts, |[project, session, config, kind], statement, first| {
            bind(statement, first, &[project, session, config, kind])
        })?;
        self.parts.clear();
        Ok(())
    }
}

impl Version {
    fn at(place: &Where) -> Self {
        Self { kind: place.kind as i64, first: place.start, last: place.start, ..Self::there() }
    }

    /// One that is there for sure: its beginning and its end stay.
    fn there() -> Self {
        Self { added: Added::default(), kind: 0, first: i64::MAX, last: i64::MIN, duration: 0, timed: 0 }
    }

    fn time(&mut self, counts: &Counts, sign: i64) {
        if let Some(duration) = counts.duration {
            self.duration += sign * duration.clamp(0, MOST);
            self.timed += sign;
        }
    }
}
