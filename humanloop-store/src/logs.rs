//! Logs by filters, newest first: as rows, in full, or counted.

use humanloop_api::{Kind, Timestamp};
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use uuid::Uuid;

use crate::error::Error;
use crate::full::{self, FullLog};
use crate::names::config_number;
use crate::newest::{self, Newest, Run};
use crate::open::Reader;
use crate::row::{self, LogRow};
use crate::search;
use crate::window::{Conditions, State, Window, anywhere};

/// Hits of words that are looked at beyond those that are wanted, as they do not come quite in order.
const SLACK: usize = 100;

/// Which logs are asked for. Everything that is given has to hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogFilter {
    /// Of this project.
    pub project: Option<i64>,
    /// Of this session.
    pub session: Option<Uuid>,
    /// Of this version: 32 digits.
    pub config: Option<String>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// How they ended.
    pub state: Option<State>,
    /// Calls of this model.
    pub model: Option<String>,
    /// With these words in their inputs, output or error; or with this text in the first words of them.
    pub text: Option<String>,
    /// With this text in their metadata.
    pub metadata: Option<String>,
    /// Begun at this time or later.
    pub from: Option<Timestamp>,
    /// Begun at this time or earlier.
    pub until: Option<Timestamp>,
}

impl Reader {
    /// Rows of logs that fit the filter, newest first.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn list_logs(&self, filter: &LogFilter, window: &Window) -> Result<Vec<LogRow>, Error> {
        self.ask(|connection| {
            let text = format!("SELECT {} FROM {}", row::COLUMNS, row::TABLES);
            let Some(places) = places(connection, filter, window)? else { return Ok(Vec::new()) };
            let mut select =
                connection.prepare_cached(&format!("{text} WHERE log.session = ?1 AND log.arrival = ?2"))?;
            places.into_iter().map(|place| select.query_row(place, row::read)).collect()
        })
    }

    /// Logs that fit the filter in full, newest first.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn list_full_logs(&self, filter: &LogFilter, window: &Window) -> Result<Vec<FullLog>, Error> {
        self.ask(|connection| {
            let Some(places) = places(connection, filter, window)? else { return Ok(Vec::new()) };
            let text = format!("{} WHERE log.session = ?1 AND log.arrival = ?2", full::SELECT);
            let mut select = connection.prepare_cached(&text)?;
            let logs = places.into_iter().map(|place| select.query_row(place, |row| full::read(connection, row)));
            logs.collect()
        })
    }

    /// How many logs fit the filter.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn count_logs(&self, filter: &LogFilter) -> Result<u64, Error> {
        let count = self.ask(|connection| {
            let only = |filter: &LogFilter| *filter == LogFilter { project: filter.project, ..LogFilter::default() };
            if let Some(project) = filter.project.filter(|_| only(filter)) {
                let mut select = connection.prepare_cached("SELECT logs FROM project WHERE id = ?1")?;
                return Ok(select.query_row([project], |row| row.get(0)).optional()?.unwrap_or(0));
            }
            let Some(mut conditions) = conditions(connection, filter)? else { return Ok(0) };
            if let Some(words) = words(filter) {
                conditions.add(
                    "(log.session, log.arrival) IN
                        (SELECT session, arrival FROM content WHERE arrival IN (SELECT value FROM json_each(?)))",
                    search::hits(connection, words)?,
                );
            } else if index(filter).is_none() {
                return count_runs(connection, filter);
            }
            let text = format!("SELECT count(*) FROM log {}", conditions.sql());
            connection.prepare_cached(&text)?.query_row(params_from_iter(conditions.values), |row| row.get(0))
        });
        count.map(|count: i64| count.max(0).unsigned_abs())
    }
}

/// Where the rows are that fit, in order.
fn places(connection: &Connection, filter: &LogFilter, window: &Window) -> rusqlite::Result<Option<Vec<(i64, i64)>>> {
    let Some(mut conditions) = conditions(connection, filter)? else { return Ok(None) };
    let Some(index) = index(filter).or(words(filter).map(|_| "")) else {
        return places_of_runs(connection, filter, window).map(Some);
    };
    conditions.behind(("log.start", "log.arrival"), window.after);
    if let Some(words) = words(filter) {
        return places_of_hits(connection, words, conditions, window).map(Some);
    }
    // A model has several versions, each with its newest logs ready in an index: the best of each, and the best of these.
    let versions = match &filter.model {
        Some(model) if filter.session.is_none() => versions_of(connection, model)?,
        _ => Vec::new(),
    };
    let order = "ORDER BY log.start DESC, log.arrival DESC";
    let text = if versions.is_empty() || versions.len() > 64 {
        format!("SELECT log.session, log.arrival FROM log {index} {} {order} {}", conditions.sql(), window.sql())
    } else {
        let each = |version: &i64| {
            let most = window.limit.saturating_add(window.offset).min(1 << 40);
            format!(
                "SELECT * FROM (SELECT log.session, log.arrival, log.start FROM log {index} {}
                 AND log.config = {version} {order} LIMIT {most})",
                conditions.sql()
            )
        };
        let each: Vec<String> = versions.iter().map(each).collect();
        format!("{} ORDER BY 3 DESC, 2 DESC {}", each.join(" UNION ALL "), window.sql())
    };
    let mut select = connection.prepare_cached(&text)?;
    let places = select.query_map(params_from_iter(conditions.values), |row| Ok((row.get(0)?, row.get(1)?)))?;
    places.collect::<rusqlite::Result<Vec<_>>>().map(Some)
}

/// For a filter that fits few logs, the index that has them, empty when SQLite finds it; none when versions have to be gone through.
fn index(filter: &LogFilter) -> Option<&'static str> {
    match filter.state {
        _ if filter.session.is_some() => Some(""),
        Some(State::Running) => Some("INDEXED BY log_running"),
        Some(State::Bad) => Some(""), // by project and by config
        Some(State::Ok) | None => None,
    }
}

/// As [`places`], version by version.
fn places_of_runs(connection: &Connection, filter: &LogFilter, window: &Window) -> rusqlite::Result<Vec<(i64, i64)>> {
    let bounds = (filter.from.map(Timestamp::as_nanos), filter.until.map(Timestamp::as_nanos));
    let mut newest = Newest::of(connection, runs_of(connection, filter)?, bounds, window.after)?;
    let Some(mut conditions) = rest(connection, filter)? else { return Ok(Vec::new()) };
    let is_any = conditions.sql().is_empty();
    conditions.add("log.session = ?", 0);
    conditions.add("log.arrival = ?", 0);
    let mut fits = connection.prepare_cached(&format!("SELECT 1 FROM log {}", conditions.sql()))?;
    let (mut places, mut passed) = (Vec::new(), 0);
    while places.len() < window.limit
        && let Some((_, arrival, session)) = newest.next()?
    {
        if let [.., of_session, of_arrival] = &mut conditions.values[..] {
            (*of_session, *of_arrival) = (session.into(), arrival.into());
        }
        if is_any || fits.exists(params_from_iter(&conditions.values))? {
            passed += 1;
            if passed > window.offset {
                places.push((session, arrival));
            }
        }
    }
    Ok(places)
}

/// How many logs fit, version by version.
fn count_runs(connection: &Connection, filter: &LogFilter) -> rusqlite::Result<i64> {
    let Some(mut conditions) = rest(connection, filter)? else { return Ok(0) };
    conditions.between("log.start", filter.from, filter.until);
    conditions.add("log.project = ?", 0);
    conditions.add("log.config IS ?", 0);
    let text = format!("SELECT count(*) FROM log INDEXED BY log_version {}", conditions.sql());
    let mut select = connection.prepare_cached(&text)?;
    let mut count = 0;
    for run in runs_of(connection, filter)? {
        if let [.., project, config] = &mut conditions.values[..] {
            (*project, *config) = (run.project.into(), run.config.into());
        }
        count += select.query_row(params_from_iter(&conditions.values), |row| row.get::<_, i64>(0))?;
    }
    Ok(count)
}

/// The versions whose logs may fit.
fn runs_of(connection: &Connection, filter: &LogFilter) -> rusqlite::Result<Vec<Run>> {
    let mut configs = filter.model.as_deref().map(|model| versions_of(connection, model)).transpose()?;
    if let Some(config) = &filter.config {
        let config = config_number(connection, config)?;
        configs = Some(match configs {
            Some(of_model) => of_model.into_iter().filter(|of_model| Some(*of_model) == config).collect(),
            None => config.into_iter().collect(),
        });
    }
    newest::runs(connection, filter.project, configs.as_deref())
}

/// What of a filter says nothing about versions and times.
fn rest(connection: &Connection, filter: &LogFilter) -> rusqlite::Result<Option<Conditions>> {
    let LogFilter { kind, state, metadata, .. } = filter.clone();
    conditions(connection, &LogFilter { kind, state, metadata, ..LogFilter::default() })
}

fn versions_of(connection: &Connection, model: &str) -> rusqlite::Result<Vec<i64>> {
    let mut select = connection.prepare_cached("SELECT id FROM config WHERE model = ?1")?;
    select.query_map([model], |row| row.get(0))?.collect()
}

/// The words that are asked for.
fn words(filter: &LogFilter) -> Option<&str> {
    filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// Where the rows of hits are that fit, in order. Hits come in the order of arrival, nearly that of the beginnings.
fn places_of_hits(
    connection: &Connection,
    words: &str,
    mut conditions: Conditions,
    window: &Window,
) -> rusqlite::Result<Vec<(i64, i64)>> {
    conditions.add("content.arrival = ?", 0);
    let text = format!(
        "SELECT log.start, log.arrival, log.session FROM content CROSS JOIN log
         ON log.session = content.session AND log.arrival = content.arrival {}",
        conditions.sql()
    );
    let mut select = connection.prepare_cached(&text)?;
    let enough = window.limit.saturating_add(window.offset).saturating_add(SLACK);
    let mut found: Vec<(i64, i64, i64)> = Vec::new();
    search::each_hit(connection, words, |arrival| {
        if let Some(last) = conditions.values.last_mut() {
            *last = arrival.into();
        }
        let row =
            select.query_row(params_from_iter(&conditions.values), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        found.extend(row.optional()?);
        Ok(found.len() < enough)
    })?;
    found.sort_unstable_by(|a, b| b.cmp(a));
    let found = found.into_iter().skip(window.offset).take(window.limit);
    Ok(found.map(|(_, arrival, session)| (session, arrival)).collect())
}

/// The filter as SQL, but for its words; `None` when nothing can fit.
fn conditions(connection: &Connection, filter: &LogFilter) -> rusqlite::Result<Option<Conditions>> {
    let LogFilter { project, session, config, kind, state, model, text: _, metadata, from, until } = filter;
    let mut conditions = Conditions::default();
    if let Some(project) = project {
        conditions.add("log.project = ?", *project);
    }
    if let Some(session) = session {
        conditions.add("log.session = (SELECT id FROM session WHERE uuid = ?)", session.as_bytes().to_vec());
    }
    if let Some(config) = config {
        let Some(config) = config_number(connection, config)? else { return Ok(None) };
        conditions.add("log.config = ?", config);
    }
    if let Some(kind) = kind {
        conditions.add("log.kind = ?", *kind as i64);
    }
    match state {
        Some(State::Ok) => conditions.add_plain("log.outcome = 0"),
        Some(State::Running) => conditions.add_plain("log.outcome = 1"),
        Some(State::Bad) => conditions.add_plain("log.outcome > 1"),
        None => {}
    }
    if let Some(model) = model {
        if versions_of(connection, model)?.is_empty() {
            return Ok(None);
        }
        conditions.add("log.config IN (SELECT id FROM config WHERE model = ?)", model.clone());
    }
    conditions.between("log.start", *from, *until);
    if let Some(metadata) = metadata.as_deref().filter(|text| !text.is_empty()) {
        conditions.add(
            "EXISTS (SELECT 1 FROM content WHERE content.arrival = log.arrival
                AND (content.details LIKE ? ESCAPE '\\' OR content.late LIKE ? ESCAPE '\\'))",
            anywhere(metadata),
        );
    }
    Ok(Some(conditions))
}
