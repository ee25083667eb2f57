//! Sessions, summed up: lists with filters, and one by its id.

use humanloop_api::{Kind, Object, Timestamp, id, json};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use uuid::Uuid;

use crate::content::load_beside;
use crate::error::Error;
use crate::ingest::place::id_of;
use crate::open::{Reader, Store};
use crate::projects::{self, Project};
use crate::row;
use crate::search;
use crate::window::{Conditions, Cursor, State, Window};

/// Sessions up to which each of those that fit a condition is looked up.
const FEW: u32 = 300;

/// A session, summed up.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionSummary {
    /// The session's id.
    pub id: Uuid,
    /// The caller's name of it, when it is not the id.
    pub reference: Option<String>,
    /// When its first log began.
    pub first: Timestamp,
    /// When its last log ended, or began.
    pub last: Timestamp,
    /// Logs in it.
    pub logs: u64,
    /// Logs that went wrong: failed, panicked, cancelled, interrupted.
    pub failed: u64,
    /// Logs that have not ended.
    pub running: u64,
    /// Tokens of all prompts.
    pub input_tokens: u64,
    /// Tokens of all answers.
    pub output_tokens: u64,
    /// First words of the first log's inputs.
    pub first_input: Option<String>,
    /// First words of the output that came last.
    pub last_output: Option<String>,
    /// Cost of all calls in 1e-9 US dollars.
    pub cost: u64,
    /// Calls of tools.
    pub tools: u64,
    /// Calls of models.
    pub prompts: u64,
    /// Flows: agents and chains.
    pub flows: u64,
    /// The mark of its last change: see [`changes_since`](Reader::changes_since).
    pub changed: i64,
    pub(crate) row: i64,
}

impl SessionSummary {
    /// Its place in a list that is newest first.
    pub fn cursor(&self) -> Cursor {
        Cursor { start: self.first.as_nanos(), tie: self.row }
    }
}

impl SessionSummary {
    /// The session as JSON, by the words of v4 where it has them; cost in dollars.
    pub fn to_object(&self) -> Object {
        let reference = self.reference.clone().unwrap_or_else(|| self.id.to_string());
        [
            ("id", json(&self.id.to_string())),
            ("reference_id", json(&reference)),
            ("created_at", json(&self.first)),
            ("updated_at", json(&self.last)),
            ("datapoints_count", json(&self.logs)),
            ("failed", json(&self.failed)),
            ("running", json(&self.running)),
            ("tools", json(&self.tools)),
            ("prompts", json(&self.prompts)),
            ("flows", json(&self.flows)),
            ("prompt_tokens", json(&self.input_tokens)),
            ("output_tokens", json(&self.output_tokens)),
            ("cost", json(&(self.cost as f64 / 1e9))),
            ("first_input", json(&self.first_input)),
            ("last_output", json(&self.last_output)),
        ]
        .into_iter()
        .collect()
    }
}

/// Which sessions are asked for. Everything that is given has to hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionFilter {
    /// With a log in this project.
    pub project: Option<i64>,
    /// How they stand.
    pub state: Option<State>,
    /// With a log of this kind.
    pub kind: Option<Kind>,
    /// With a call of this model.
    pub model: Option<String>,
    /// With a log in which all these words are, or a reference id with this text in it.
    pub text: Option<String>,
    /// Begun at this time or later.
    pub from: Option<Timestamp>,
    /// Begun at this time or earlier.
    pub until: Option<Timestamp>,
}

pub(crate) const SESSION: &str = "SELECT session.uuid, session.reference, session.first, session.last, session.logs,
    session.failed, session.running, session.input_tokens, session.output_tokens, session.first_input,
    session.last_output, session.cost, session.tools, session.prompts, session.flows, session.changed, session.id
    FROM session";

pub(crate) fn summary(row: &Row<'_>) -> rusqlite::Result<SessionSummary> {
    let number = |column| row.get::<_, i64>(column).map(|number| number.max(0).unsigned_abs());
    Ok(SessionSummary {
        id: row::uuid(row, 0)?.unwrap_or_default(),
        reference: row.get(1)?,
        first: Timestamp(row.get(2)?),
        last: Timestamp(row.get(3)?),
        logs: number(4)?,
        failed: number(5)?,
        running: number(6)?,
        input_tokens: number(7)?,
        output_tokens: number(8)?,
        first_input: row.get(9)?,
        last_output: row.get(10)?,
        cost: number(11)?,
        tools: number(12)?,
        prompts: number(13)?,
        flows: number(14)?,
        changed: row.get(15)?,
        row: row.get(16)?,
    })
}

impl Reader {
    /// Sessions, newest first, at most `limit`; with `before`, those that began earlier.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn sessions(&self, limit: usize, before: Option<Timestamp>) -> Result<Vec<SessionSummary>, Error> {
        let until = before.map(|before| Timestamp(before.as_nanos().saturating_sub(1)));
        self.list_sessions(&SessionFilter { until, ..SessionFilter::default() }, &Window::first(limit))
    }

    /// Sessions that fit the filter, newest first.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn list_sessions(&self, filter: &SessionFilter, window: &Window) -> Result<Vec<SessionSummary>, Error> {
        self.ask(|connection| {
            let mut conditions = conditions(connection, filter)?;
            conditions.behind(("session.first", "session.id"), window.after);
            let text =
                format!("{SESSION} {} ORDER BY session.first DESC, session.id DESC {}", conditions.sql(), window.sql());
            let mut select = connection.prepare_cached(&text)?;
            select.query_map(params_from_iter(conditions.values), summary)?.collect()
        })
    }

    /// How many sessions fit the filter.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn count_sessions(&self, filter: &SessionFilter) -> Result<u64, Error> {
        self.ask(|connection| {
            let only_project = SessionFilter { project: filter.project, ..SessionFilter::default() };
            if let (Some(project), true) = (filter.project, *filter == only_project) {
                let text = "SELECT count(*) FROM (SELECT DISTINCT session FROM part WHERE project = ?1)";
                let count: i64 = connection.prepare_cached(text)?.query_row([project], |row| row.get(0))?;
                return Ok(count.unsigned_abs());
            }
            let conditions = conditions(connection, filter)?;
            let text = format!("SELECT count(*) FROM session {}", conditions.sql());
            let mut select = connection.prepare_cached(&text)?;
            select.query_row(params_from_iter(conditions.values), |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
        })
    }

    /// The session that began last.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn latest_session(&self) -> Result<Option<SessionSummary>, Error> {
        Ok(self.sessions(1, None)?.pop())
    }

    /// The session of this id.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn session(&self, id: Uuid) -> Result<Option<SessionSummary>, Error> {
        self.ask(|connection| {
            let mut select = connection.prepare_cached(&format!("{SESSION} WHERE uuid = ?1"))?;
            select.query_row([id.as_bytes()], summary).optional()
        })
    }

    /// The projects that a session has logs in, and of what kind these are.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn session_projects(&self, id: Uuid) -> Result<Vec<(Project, Kind)>, Error> {
        self.ask(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT project, max(kind) FROM part
                 WHERE project IN (SELECT id FROM project) AND session = (SELECT id FROM session WHERE uuid = ?1)
                 GROUP BY project ORDER BY project",
            )?;
            let rows = select.query_map([id.as_bytes()], |row| Ok((row.get::<_, i64>(0)?, row::kind(row.get(1)?))))?;
            let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let found = rows
                .into_iter()
                .map(|(project, kind)| Ok(projects::by_id(connection, project)?.map(|project| (project, kind))));
            Ok(found.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
        })
    }

    /// The inputs of a session's first log, in full.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn session_first_inputs(&self, id: Uuid) -> Result<Option<Object>, Error> {
        let text = self.session_content(
            id,
            "SELECT content.inputs, log.input_preview FROM log JOIN content ON content.arrival = log.arrival
             WHERE log.session = (SELECT id FROM session WHERE uuid = ?1) ORDER BY log.start, log.sequence LIMIT 1",
        )?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// The output of a session that came last, in full.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn session_last_output(&self, id: Uuid) -> Result<Option<String>, Error> {
        self.session_content(
            id,
            "SELECT content.output, log.output_preview FROM log JOIN content ON content.arrival = log.arrival
             WHERE log.session = (SELECT id FROM session WHERE uuid = ?1) AND content.output IS NOT NULL
             ORDER BY log.start + coalesce(log.duration, 0) DESC, log.sequence DESC LIMIT 1",
        )
    }

    fn session_content(&self, id: Uuid, text: &str) -> Result<Option<String>, Error> {
        self.ask(|connection| {
            let mut select = connection.prepare_cached(text)?;
            Ok(select.query_row([id.as_bytes()], |row| load_beside(connection, row, 0, 1)).optional()?.flatten())
        })
    }
}

impl Store {
    /// A session without logs; the one that is there when it has this reference id.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn create_session(&mut self, reference: Option<&str>) -> Result<Uuid, Error> {
        let uuid = reference.map_or_else(id::new, |reference| id_of(reference, "sesh_"));
        let made = self.transact(|transaction, names| {
            let changed = names.next();
            let reference = reference.filter(|reference| *reference != uuid.to_string());
            let mut insert = transaction.prepare_cached(
                "INSERT OR IGNORE INTO session(uuid, reference, first, last, changed) VALUES (?1, ?2, ?3, ?3, ?4)",
            )?;
            insert.execute(params![uuid.as_bytes(), reference, Timestamp::now().as_nanos(), changed])
        });
        made.map_err(|error| self.failed(&error))?;
        Ok(uuid)
    }
}

/// That a session has such a part: when there are few, by looking these up, else by looking at the sessions in order.
fn with_part(connection: &Connection, such: &str, value: &Value) -> rusqlite::Result<String> {
    let mut select =
        connection.prepare_cached(&format!("SELECT count(*) FROM (SELECT 1 FROM part WHERE {such} LIMIT ?2)"))?;
    let parts: u32 = select.query_row(params![value, FEW + 1], |row| row.get(0))?;
    let such = such.replace("?1", "?");
    Ok(if parts > FEW {
        format!("EXISTS (SELECT 1 FROM part WHERE {such} AND part.session = session.id)")
    } else {
        format!("session.id IN (SELECT session FROM part WHERE {such})")
    })
}

fn conditions(connection: &Connection, filter: &SessionFilter) -> rusqlite::Result<Conditions> {
    let SessionFilter { project, state, kind, model, text, from, until } = filter;
    let mut conditions = Conditions::default();
    match (project, kind) {
        (Some(project), None) => {
            conditions.add(&with_part(connection, "part.project = ?1", &(*project).into())?, *project);
        }
        (None, Some(kind)) => conditions.add_plain(match kind {
            Kind::Tool => "session.tools > 0",
            Kind::Prompt => "session.prompts > 0",
            Kind::Flow => "session.flows > 0",
        }),
        (Some(project), Some(kind)) => {
            let kind = *kind as i64;
            let text = format!("session.id IN (SELECT session FROM part WHERE project = ? AND kind = {kind})");
            conditions.add(&text, *project);
        }
        (None, None) => {}
    }
    match state {
        Some(State::Ok) => conditions.add_plain("session.failed = 0 AND session.running = 0"),
        Some(State::Running) => conditions.add_plain("session.running > 0"),
        Some(State::Bad) => conditions.add_plain("session.failed > 0"),
        None => {}
    }
    if let Some(model) = model {
        let of_model = "part.config IN (SELECT id FROM config WHERE model = ?1)";
        conditions.add(&with_part(connection, of_model, &model.clone().into())?, model.clone());
    }
    conditions.between("session.first", *from, *until);
    if let Some(words) = text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let (found, count) = search::sessions_with(connection, words)?;
        // Of few each is looked up; of many the newest stand soon in the order of the list.
        let id = if count > FEW as usize { "+session.id" } else { "session.id" };
        conditions.add(&format!("{id} IN (SELECT value FROM json_each(?))"), found);
    }
    Ok(conditions)
}
