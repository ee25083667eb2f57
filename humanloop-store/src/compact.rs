//! A session's tree as one JSON text, small and quick to make: names once, rows as lists, no payloads.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use humanloop_api::Object;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::ser::SerializeTuple;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::error::Error;
use crate::ingest::json;
use crate::losses;
use crate::names::config_digits;
use crate::open::Reader;
use crate::row;
use crate::sessions::{SESSION, SessionSummary, summary};

/// A row, borrowed from the answer of the database; written as a list, in this order.
struct Compact<'a> {
    id: Uuid,
    parent: Option<Uuid>,
    sequence: i64,
    /// Places in the answer's lists.
    config: i64,
    project: i64,
    kind: i64,
    outcome: i64,
    start: i64,
    /// Duration, time to the first token, tokens in and out, cost.
    figures: [Option<i64>; 5],
    /// First words in and out and of the error, reference.
    words: [Option<&'a str>; 4],
    changed: i64,
}

/// Where a row's text is, and its place in the order of the beginnings: start, sequence, arrival.
struct Written {
    order: (i64, i64, i64),
    text: Range<usize>,
}

impl Serialize for Compact<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_tuple(18)?;
        list.serialize_element(&self.id)?;
        list.serialize_element(&self.parent)?;
        for number in [self.sequence, self.config, self.project, self.kind, self.outcome, self.start] {
            list.serialize_element(&number)?;
        }
        for figure in &self.figures {
            list.serialize_element(figure)?;
        }
        for words in &self.words {
            list.serialize_element(words)?;
        }
        list.serialize_element(&self.changed)?;
        list.end()
    }
}

/// A config's id and name, its model, and the project that it is used in.
type Config = (String, String, Option<String>, String);

#[derive(Serialize)]
struct Answer<'a> {
    session: &'a Object,
    upto: i64,
    configs: Vec<Config>,
    projects: Vec<String>,
    losses: Vec<(Uuid, Vec<String>)>,
}

impl Reader {
    /// A session's logs as one JSON text, in the order they began.
    ///
    /// `{"rows":[[…]…],"session":{…},"upto":N,"configs":[[id, name, model, project]…],"projects":[name…],"losses":[[program, [sentence…]]…]}`; a row is
    /// `[id, parent, sequence, config, project, kind, outcome, start, duration, first_token, tokens in, tokens out, cost, in, out,
    /// error, reference, changed]`. Config and project are places in the lists above (config -1: none), kind and outcome the places in
    /// [`Kind`](humanloop_api::Kind) and [`Outcome`](humanloop_api::Outcome); times are nanoseconds, the start counted from the
    /// session's, the cost in 1e-9 dollars. A parent may be elsewhere.
    /// The losses are those of the programs of these rows.
    ///
    /// # Errors
    ///
    /// When there is no such session; when SQLite fails.
    pub fn compact_tree(&self, session: Uuid) -> Result<String, Error> {
        self.session_changes_since(session, 0)
    }

    /// As [`compact_tree`](Self::compact_tree), with only the rows that are new or changed since the mark `since`: the `upto` of an
    /// earlier answer.
    ///
    /// # Errors
    ///
    /// When there is no such session; when SQLite fails.
    pub fn session_changes_since(&self, session: Uuid, since: i64) -> Result<String, Error> {
        let answer = self.ask(|connection| {
            // One view of the store for the session and its rows.
            let transaction = connection.unchecked_transaction()?;
            let mut select = transaction.prepare_cached(&format!("{SESSION} WHERE uuid = ?1"))?;
            let Some(summary) = select.query_row([session.as_bytes()], summary).optional()? else { return Ok(None) };
            rows(&transaction, &summary, since).map(Some)
        })?;
        answer.ok_or_else(|| Error::Unknown { what: "session", text: session.to_string() })
    }
}

fn rows(connection: &Connection, session: &SessionSummary, since: i64) -> rusqlite::Result<String> {
    let mut select = connection.prepare_cached(
        "SELECT uuid, parent, sequence, config, project, kind, outcome, start, duration, first_token, input_tokens,
            output_tokens, cost, input_preview, output_preview, error_preview, reference, changed, arrival, process
         FROM log WHERE session = ?1 AND changed > ?2",
    )?;
    let mut places = Places::default();
    let mut processes = BTreeSet::new();
    let first = session.first.as_nanos();
    let mut rows = select.query(params![session.row, since])?;
    // Each row is written as it comes, which is the order of the beginnings already, or nearly so.
    let (mut answer, mut all) = (BEGIN.to_vec(), Vec::<Written>::new());
    while let Some(row) = rows.next()? {
        let (project, start, sequence) = (row.get(4)?, row.get::<_, i64>(7)?, row.get(2)?);
        let compact = Compact {
            id: row::uuid(row, 0)?.unwrap_or_default(),
            parent: row::uuid(row, 1)?,
            sequence,
            config: places.config(connection, row.get(3)?, project)?,
            project: places.project(connection, project)?,
            kind: row.get(5)?,
            outcome: row.get(6)?,
            start: start.saturating_sub(first),
            figures: [row.get(8)?, row.get(9)?, row.get(10)?, row.get(11)?, row.get(12)?],
            words: [words(row, 13)?, words(row, 14)?, words(row, 15)?, words(row, 16)?],
            changed: row.get(17)?,
        };
        processes.extend(row.get::<_, Option<i64>>(19)?);
        if !all.is_empty() {
            answer.push(b',');
        }
        let begun = answer.len();
        // Numbers and texts, into memory: neither fails.
        let _ = serde_json::to_writer(&mut answer, &compact);
        all.push(Written { order: (start, sequence, row.get(18)?), text: begun..answer.len() });
    }
    if !all.is_sorted_by_key(|row| row.order) {
        answer = in_order(&answer, all);
    }
    // What a program lost may be news when none of its logs is.
    let (told, last) = losses::changed_since(connection, since)?;
    let mut takes_part = connection.prepare_cached("SELECT 1 FROM log WHERE session = ?1 AND process = ?2 LIMIT 1")?;
    for process in told {
        if !processes.contains(&process) && takes_part.exists(params![session.row, process])? {
            processes.insert(process);
        }
    }
    let losses = losses::of(connection, processes)?;
    let head = json(&Answer {
        session: &session.to_object(),
        upto: session.changed.max(last),
        configs: places.configs.list,
        projects: places.projects.list,
        losses: losses.iter().map(|losses| (losses.process.id, losses.sentences())).collect(),
    });
    answer.extend_from_slice(b"],");
    answer.extend_from_slice(head.strip_prefix('{').unwrap_or(&head).as_bytes());
    Ok(String::from_utf8(answer).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

const BEGIN: &[u8] = b"{\"rows\":[";

/// The same text with its rows in their order.
fn in_order(answer: &[u8], mut rows: Vec<Written>) -> Vec<u8> {
    rows.sort_unstable_by_key(|row| row.order);
    let mut ordered = Vec::with_capacity(answer.len());
    ordered.extend_from_slice(BEGIN);
    for (at, row) in rows.into_iter().enumerate() {
        if at > 0 {
            ordered.push(b',');
        }
        ordered.extend_from_slice(answer.get(row.text).unwrap_or(b"[]"));
    }
    ordered
}

fn words<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<Option<&'r str>> {
    Ok(row.get_ref(column)?.as_str_or_null()?)
}

/// What is written once, by its place in a list.
struct Listed<K, V> {
    places: HashMap<K, i64>,
    list: Vec<V>,
}

impl<K, V> Default for Listed<K, V> {
    fn default() -> Self {
        Self { places: HashMap::new(), list: Vec::new() }
    }
}

#[derive(Default)]
struct Places {
    configs: Listed<(i64, i64), Config>,
    projects: Listed<i64, String>,
}

impl Places {
    fn project(&mut self, connection: &Connection, project: i64) -> rusqlite::Result<i64> {
        self.projects.place(project, || {
            let mut select = connection.prepare_cached("SELECT name FROM project WHERE id = ?1")?;
            select.query_row([project], |row| row.get(0))
        })
    }

    fn config(&mut self, connection: &Connection, config: Option<i64>, project: i64) -> rusqlite::Result<i64> {
        let Some(config) = config else { return Ok(-1) };
        self.configs.place((config, project), || {
            let mut select = connection.prepare_cached(
                "SELECT config.hash, config.name, config.model, project.name FROM config, project
                 WHERE config.id = ?1 AND project.id = ?2",
            )?;
            select.query_row([config, project], |row| {
                Ok((config_digits(&row.get::<_, Vec<u8>>(0)?), row.get(1)?, row.get(2)?, row.get(3)?))
            })
        })
    }
}

impl<K: Eq + std::hash::Hash, V> Listed<K, V> {
    fn place(&mut self, key: K, value: impl FnOnce() -> rusqlite::Result<V>) -> rusqlite::Result<i64> {
        if let Some(place) = self.places.get(&key) {
            return Ok(*place);
        }
        let place = i64::try_from(self.list.len()).unwrap_or(-1);
        self.list.push(value()?);
        self.places.insert(key, place);
        Ok(place)
    }
}
