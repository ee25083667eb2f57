//! Full text search. The index stands in a file of its own beside the store, filled later by [`Indexer`](crate::Indexer), so
//! that writing logs does not wait for it. What is not in the index yet is found by its first words.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::error::Error;
use crate::open::Reader;
use crate::row::{self, LogRow};
use crate::window::anywhere;

/// Hits that are looked at, the newest ones.
const HITS: usize = 3_000;
/// As many are looked at for a list of sessions: each asks for its session.
const HITS_OF_SESSIONS: usize = 1_000;
/// Logs that are looked through when the index does not have them yet, the newest ones.
const FRESH: i64 = 4_000;
/// Words that are tried for one of which the beginning is known.
const BEGINNINGS: usize = 24;

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
    /// Logs that hold all these words in their name, inputs, output or error; of the last word the beginning is enough, as long
    /// as no more than 24 words of the index begin so.
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
            each_hit(connection, text, |arrival| {
                rows.extend(select.query_row(params![arrival, filter.project, session], row::read).optional()?);
                Ok(rows.len() < limit)
            })?;
            rows.truncate(limit);
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
            let mut indexed = HashSet::new();
            each_indexed(connection, text, bounds, |arrival| {
                indexed.insert(arrival);
                Ok(true)
            })?;
            let found = rows.into_iter().filter(|(_, arrival, fits)| *fits || indexed.contains(arrival));
            Ok(found.map(|(id, ..)| id).collect())
        })
    }
}

/// Calls `take` with the arrivals of logs with these words, newest first, as long as it says so, and for so many at most.
pub(crate) fn each_hit(
    connection: &Connection,
    text: &str,
    mut take: impl FnMut(i64) -> rusqlite::Result<bool>,
) -> rusqlite::Result<()> {
    let mark = mark(connection)?;
    let mut seen: HashSet<i64> = HashSet::new();
    for arrival in fresh(connection, text, mark.max(counter(connection)? - FRESH))? {
        if seen.insert(arrival) && !take(arrival)? {
            return Ok(());
        }
    }
    let newer = seen.len();
    each_indexed(connection, text, (0, i64::MAX), |arrival| {
        let goes_on = !seen.insert(arrival) || take(arrival)?;
        Ok(goes_on && seen.len() - newer < HITS)
    })
}

/// Arrivals of logs with these words, newest first, as a list in JSON: so a question that uses them has one text, whatever they are.
pub(crate) fn hits(connection: &Connection, text: &str) -> rusqlite::Result<String> {
    let mut found = Vec::new();
    each_hit(connection, text, |arrival| {
        found.push(arrival);
        Ok(true)
    })?;
    Ok(list(&found))
}

/// Sessions with such logs, the newest of them, as a list in JSON, and how many they are.
pub(crate) fn sessions_with(connection: &Connection, text: &str) -> rusqlite::Result<(String, usize)> {
    let mut select = connection.prepare_cached("SELECT session FROM content WHERE arrival = ?1")?;
    let mut seen = HashSet::new();
    let mut sessions: Vec<i64> = Vec::new();
    let mut looked_at = 0;
    each_hit(connection, text, |arrival| {
        let session = select.query_row([arrival], |row| row.get::<_, i64>(0)).optional()?;
        sessions.extend(session.filter(|session| seen.insert(*session)));
        looked_at += 1;
        Ok(looked_at < HITS_OF_SESSIONS)
    })?;
    let mut named = connection.prepare_cached(
        "SELECT id FROM session WHERE reference IS NOT NULL AND reference LIKE ?1 ESCAPE '\\' ORDER BY id DESC LIMIT ?2",
    )?;
    let most = i64::try_from(HITS).unwrap_or(i64::MAX);
    for session in named.query_map(params![anywhere(text), most], |row| row.get(0))? {
        sessions.push(session?);
    }
    Ok((list(&sessions), sessions.len()))
}

fn list(numbers: &[i64]) -> String {
    crate::ingest::json(&numbers)
}

/// As [`each_hit`], what the index has within these arrivals.
fn each_indexed(
    connection: &Connection,
    text: &str,
    (from, to): (i64, i64),
    mut take: impl FnMut(i64) -> rusqlite::Result<bool>,
) -> rusqlite::Result<()> {
    if !ready(connection)? {
        return Ok(());
    }
    let Some(question) = question(connection, &words(text))? else { return Ok(()) };
    let mut select = connection.prepare_cached(
        "SELECT rowid FROM search.words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC",
    )?;
    let mut found = select.query(params![question, from, to])?;
    while let Some(row) = found.next()? {
        if !take(row.get(0)?)? {
            break;
        }
    }
    Ok(())
}

/// The words as a question to the index. Its own search for a beginning reads all that is known of all such words before the
/// first hit; so the words that begin so are looked up, and asked for by name: then hits come one by one, newest first.
fn question(connection: &Connection, words: &[String]) -> rusqlite::Result<Option<String>> {
    let quoted = |word: &str| format!("\"{}\"", word.replace('"', "\"\""));
    let Some((last, others)) = words.split_last() else { return Ok(None) };
    let (before, begun) = last.split_at(last.trim_end_matches(char::is_alphanumeric).len());
    let known = if begun.is_empty() { Vec::new() } else { beginning_with(connection, begun)? };
    let last = match &known[..] {
        [] if begun.is_empty() => quoted(last),
        // Nothing begins so, or the index writes it otherwise, as it does with accents.
        [] => format!("{}*", quoted(last)),
        known => {
            let known: Vec<String> = known.iter().map(|word| quoted(&format!("{before}{word}"))).collect();
            format!("({})", known.join(" OR "))
        }
    };
    let all: Vec<String> = others.iter().map(|word| quoted(word)).chain([last]).collect();
    Ok(Some(all.join(" AND ")))
}

/// The words of the index that begin so, in their order, a number of them at most: the word itself is the first.
fn beginning_with(connection: &Connection, begun: &str) -> rusqlite::Result<Vec<String>> {
    let mut next = connection.prepare_cached("SELECT term FROM search.vocabulary WHERE term >= ?1 LIMIT 1")?;
    let mut known: Vec<String> = Vec::new();
    let mut from = begun.to_owned();
    while known.len() < BEGINNINGS {
        let word: Option<String> = next.query_row([&from], |row| row.get(0)).optional()?;
        let Some(word) = word.filter(|word| word.starts_with(begun) && known.last() != Some(word)) else { break };
        from = format!("{word}\u{1}"); // the least that comes behind it
        known.push(word);
    }
    Ok(known)
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
    connection.prepare_cached("SELECT 1 FROM search.sqlite_schema WHERE name = 'vocabulary'")?.exists([])
}

/// The index of the store at `path`.
pub(crate) fn file(path: &Path) -> PathBuf {
    let mut file = path.as_os_str().to_owned();
    file.push("-search");
    file.into()
}
