//! Full text search. The index stands in a file of its own beside the store, filled later by [`Indexer`], so that writing
//! logs does not wait for it. What is not in the index yet is found by its first words.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::content::load;
use crate::error::Error;
use crate::open::{Reader, failure};
use crate::row::{self, LogRow};
use crate::window::anywhere;

/// Hits that are looked at, the newest ones.
const HITS: usize = 5_000;
/// Logs that are looked through when the index does not have them yet, the newest ones.
const FRESH: i64 = 20_000;
/// Characters of each field that the index knows.
const INDEXED: usize = 2_000;

const TABLES: &str = "
CREATE VIRTUAL TABLE IF NOT EXISTS words
    USING fts5(name, input, output, error, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
CREATE TABLE IF NOT EXISTS mark(value INTEGER NOT NULL) STRICT;
INSERT INTO mark SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM mark);
";

/// Where to search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchFilter {
    /// In this project.
    pub project: Option<i64>,
    /// In this session.
    pub session: Option<Uuid>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Logs, the one that arrived last first.
    pub rows: Vec<LogRow>,
    /// Whether the index knew all logs; if not, long texts of the latest ones were not looked through.
    pub complete: bool,
}

impl Reader {
    /// Logs that hold all these words in their name, inputs, output or error; of the last word the beginning is enough.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn search(&self, text: &str, filter: &SearchFilter, limit: usize) -> Result<Found, Error> {
        self.ask(|connection| {
            let complete = mark(connection)? >= counter(connection)?;
            let of_project = if filter.project.is_some() { "AND log.project = ?2" } else { "AND ?2 IS NULL" };
            let of_session = if filter.session.is_some() { "AND session.uuid = ?3" } else { "AND ?3 IS NULL" };
            let text_of_query = format!(
                "SELECT {} FROM content CROSS JOIN {} WHERE content.arrival = ?1 AND log.session = content.session
                 AND log.arrival = content.arrival {of_project} {of_session}",
                row::COLUMNS,
                row::TABLES
            );
            let mut select = connection.prepare_cached(&text_of_query)?;
            let session = filter.session.map(Uuid::into_bytes);
            let mut rows = Vec::new();
            for arrival in logs_with(connection, text)? {
                if rows.len() >= limit {
                    break;
                }
                rows.extend(select.query_row(params![arrival, filter.project, session], row::read).optional()?);
            }
            Ok(Found { rows, complete })
        })
    }

    /// The logs of a session that hold all these words, as [`search`](Self::search), in the order they began.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn search_session(&self, session: Uuid, text: &str) -> Result<Vec<Uuid>, Error> {
        self.ask(|connection| {
            let words = words(text);
            let mut select = connection.prepare_cached(
                "SELECT log.uuid, log.arrival, coalesce(config.name, project.name), config.model, log.reference,
                    log.input_preview, log.output_preview, log.error_preview
                 FROM log JOIN project ON project.id = log.project LEFT JOIN config ON config.id = log.config
                 WHERE log.session = (SELECT id FROM session WHERE uuid = ?1)
                 ORDER BY log.start, log.sequence, log.arrival",
            )?;
            let rows = select.query_map([session.as_bytes()], |row| {
                let mut shown = String::new();
                for column in 2..8 {
                    if let Some(text) = row.get_ref(column)?.as_str_or_null().ok().flatten() {
                        shown.push_str(text);
                        shown.push('\n');
                    }
                }
                let shown = shown.to_lowercase();
                let fits = !words.is_empty() && words.iter().all(|word| shown.contains(word.as_str()));
                Ok((row::uuid(row, 0)?.unwrap_or_default(), row.get::<_, i64>(1)?, fits))
            })?;
            let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let arrivals = rows.iter().map(|(_, arrival, _)| *arrival);
            let bounds = (arrivals.clone().min().unwrap_or(0), arrivals.max().unwrap_or(0));
            let indexed: HashSet<i64> = in_index(connection, text, bounds, usize::MAX)?.into_iter().collect();
            let found = rows.into_iter().filter(|(_, arrival, fits)| *fits || indexed.contains(arrival));
            Ok(found.map(|(id, ..)| id).collect())
        })
    }
}

/// Arrivals of logs with these words, newest first.
pub(crate) fn logs_with(connection: &Connection, text: &str) -> rusqlite::Result<Vec<i64>> {
    let mark = mark(connection)?;
    let mut found = fresh(connection, text, mark.max(counter(connection)? - FRESH))?;
    found.extend(in_index(connection, text, (0, i64::MAX), HITS)?);
    let mut seen = HashSet::with_capacity(found.len());
    found.retain(|arrival| seen.insert(*arrival));
    Ok(found)
}

/// Sessions with such logs.
pub(crate) fn sessions_with(connection: &Connection, text: &str) -> rusqlite::Result<HashSet<i64>> {
    let mut select = connection.prepare_cached("SELECT session FROM content WHERE arrival = ?1")?;
    let mut sessions = HashSet::new();
    for arrival in logs_with(connection, text)? {
        sessions.extend(select.query_row([arrival], |row| row.get::<_, i64>(0)).optional()?);
    }
    Ok(sessions)
}

/// What the index has.
fn in_index(connection: &Connection, text: &str, (from, to): (i64, i64), limit: usize) -> rusqlite::Result<Vec<i64>> {
    let words = words(text);
    if words.is_empty() || !ready(connection)? {
        return Ok(Vec::new());
    }
    let mut question: Vec<String> = words.iter().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
    if let Some(last) = question.last_mut() {
        last.push('*');
    }
    let mut select = connection.prepare_cached(
        "SELECT rowid FROM search.words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC LIMIT ?4",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found = select.query_map(params![question.join(" "), from, to, limit], |row| row.get(0))?;
    found.collect()
}

/// What the index does not have yet, by its first words.
fn fresh(connection: &Connection, text: &str, after: i64) -> rusqlite::Result<Vec<i64>> {
    let words = words(text);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let shown = "coalesce(config.name, project.name) || ' ' || coalesce(log.input_preview, '') || ' ' ||
        coalesce(log.output_preview, '') || ' ' || coalesce(log.error_preview, '')";
    let conditions: Vec<String> = (0..words.len()).map(|at| format!("{shown} LIKE ?{} ESCAPE '\\'", at + 2)).collect();
    let text = format!(
        "SELECT content.arrival FROM content CROSS JOIN log ON log.session = content.session AND log.arrival = content.arrival
         JOIN project ON project.id = log.project LEFT JOIN config ON config.id = log.config
         WHERE content.arrival > ?1 AND {} ORDER BY content.arrival DESC",
        conditions.join(" AND ")
    );
    let mut select = connection.prepare(&text)?;
    select.raw_bind_parameter(1, after)?;
    for (at, word) in words.iter().enumerate() {
        select.raw_bind_parameter(at + 2, anywhere(word))?;
    }
    let mut rows = select.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(row.get(0)?);
    }
    Ok(found)
}

/// The words of a question, in lower case; signs alone are none.
fn words(text: &str) -> Vec<String> {
    let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric));
    words.map(str::to_lowercase).take(16).collect()
}

fn counter(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT value FROM main.counter")?.query_row([], |row| row.get(0))
}

/// How many logs and updates the index does not know yet.
pub(crate) fn behind(connection: &Connection) -> rusqlite::Result<u64> {
    Ok((counter(connection)? - mark(connection)?).max(0).unsigned_abs())
}

/// Up to where the index goes; 0 without one.
fn mark(connection: &Connection) -> rusqlite::Result<i64> {
    if !ready(connection)? {
        return Ok(0);
    }
    connection.prepare_cached("SELECT value FROM search.mark")?.query_row([], |row| row.get(0))
}

/// Whether there is an index to ask. Readers look again each time, as it may be made later; a writer asks none, as it would
/// lock it.
fn ready(connection: &Connection) -> rusqlite::Result<bool> {
    let attached = || {
        let mut select = connection.prepare_cached("SELECT 1 FROM pragma_database_list WHERE name = 'search'")?;
        select.exists([])
    };
    if !attached()? {
        let only_reads: bool = connection.pragma_query_value(None, "query_only", |row| row.get(0))?;
        let Some(path) = connection.path().filter(|path| only_reads && !path.is_empty()) else { return Ok(false) };
        let index = file(Path::new(path));
        if !index.exists() || !connection.is_autocommit() {
            return Ok(false);
        }
        connection.execute("ATTACH ?1 AS search", [index.to_string_lossy()])?;
    }
    connection.prepare_cached("SELECT 1 FROM search.sqlite_schema WHERE name = 'mark'")?.exists([])
}

/// The index of the store at `path`.
pub(crate) fn file(path: &Path) -> PathBuf {
    let mut file = path.as_os_str().to_owned();
    file.push("-search");
    file.into()
}

/// Fills the index of a store, in pieces, beside those who read and write.
#[derive(Debug)]
pub struct Indexer {
    connection: Connection,
    path: PathBuf,
}

impl Indexer {
    /// Opens the index of the store at `path`, and makes it when there is none.
    ///
    /// # Errors
    ///
    /// When the file cannot be made or used.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let open = || {
            let connection = Connection::open(file(path))?;
            connection.busy_timeout(std::time::Duration::from_secs(5))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "NORMAL")?; // it can be made again
            connection.execute_batch(TABLES)?;
            connection.execute("ATTACH ?1 AS logs", [path.to_string_lossy()])?;
            Ok(connection)
        };
        let connection = open().map_err(|error| failure(path, &error))?;
        Ok(Self { connection, path: path.into() })
    }

    /// Takes up to `limit` logs into the index; says how many. 0: it knows them all.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn step(&mut self, limit: usize) -> Result<usize, Error> {
        self.try_step(limit).map_err(|error| failure(&self.path, &error))
    }

    fn try_step(&mut self, limit: usize) -> rusqlite::Result<usize> {
        // Deferred: locks the index only, never the logs.
        let transaction = self.connection.transaction()?;
        let mark: i64 = transaction.query_row("SELECT value FROM mark", [], |row| row.get(0))?;
        let counter: i64 = transaction.query_row("SELECT value FROM logs.counter", [], |row| row.get(0))?;
        if mark == counter {
            return Ok(0);
        }
        // An index of another, longer store that stood here.
        let mark = if mark > counter { 0 } else { mark };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut new = transaction
            .prepare_cached("SELECT arrival FROM logs.content WHERE arrival > ?1 ORDER BY arrival LIMIT ?2")?;
        let mut arrivals = new.query_map([mark, limit], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
        let full = i64::try_from(arrivals.len()).is_ok_and(|found| found == limit);
        let upto = arrivals.last().filter(|_| full).copied().unwrap_or(counter);
        let mut updated = transaction.prepare_cached(
            "SELECT arrival FROM logs.log INDEXED BY log_updated
             WHERE changed <> arrival AND changed > ?1 AND changed <= ?2 AND arrival <= ?1",
        )?;
        let updated_arrivals =
            updated.query_map([mark, upto], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
        for arrival in &updated_arrivals {
            transaction.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([arrival])?;
        }
        arrivals.extend(updated_arrivals);
        for arrival in &arrivals {
            take(&transaction, *arrival)?;
        }
        transaction.execute("UPDATE mark SET value = ?1", [upto])?;
        drop((new, updated));
        transaction.commit()?;
        Ok(arrivals.len().max(1))
    }

    /// Forgets logs.
    pub(crate) fn remove(&mut self, arrivals: &[i64]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        for arrival in arrivals {
            transaction.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([arrival])?;
        }
        transaction.commit()
    }
}

fn take(connection: &Connection, arrival: i64) -> rusqlite::Result<()> {
    let mut select = connection.prepare_cached(
        "SELECT coalesce(config.name, project.name), content.inputs, content.messages, content.output, content.error
         FROM logs.content JOIN logs.log ON log.session = content.session AND log.arrival = content.arrival
         JOIN logs.project ON project.id = log.project LEFT JOIN logs.config ON config.id = log.config
         WHERE content.arrival = ?1",
    )?;
    let found = select.query_row([arrival], |row| {
        let text = |column| load(connection, row, column).map(|text| beginning(text.unwrap_or_default()));
        let input = match text(1)? {
            inputs if inputs.is_empty() => ending(load(connection, row, 2)?.unwrap_or_default()),
            inputs => inputs,
        };
        Ok((row.get::<_, String>(0)?, input, text(3)?, text(4)?))
    });
    let Some((name, input, output, error)) = found.optional()? else { return Ok(()) };
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO words(rowid, name, input, output, error) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    insert.execute(params![arrival, name, input, output, error])?;
    Ok(())
}

fn beginning(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(INDEXED) {
        text.truncate(end);
    }
    text
}

/// The end of a chat is what is new in it.
fn ending(mut text: String) -> String {
    if let Some((start, _)) = text.char_indices().rev().nth(INDEXED - 1) {
        text.drain(..start);
    }
    text
}
