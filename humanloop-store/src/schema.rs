//! The tables, and the check that a file holds ours.

use rusqlite::Connection;

/// "hmlp" as SQLite's application id: the mark that a file is ours.
pub(crate) const APPLICATION: i64 = 0x686d_6c70;
/// The version of the tables.
pub(crate) const VERSION: i64 = 1;

/// What a fresh file gets. Rows are narrow and clustered by session; payloads stand apart, each content once.
const TABLES: &str = "
CREATE TABLE project(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

-- What was called, by its content. Where the function stands is no part of the content.
CREATE TABLE config(
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL, model TEXT,
    body TEXT NOT NULL, function TEXT
) STRICT;

-- The process of a log that runs.
CREATE TABLE process(id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE, pid INTEGER NOT NULL) STRICT;

-- A session with its sums, kept up by the writer.
CREATE TABLE session(
    id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE, reference TEXT,
    first INTEGER NOT NULL, last INTEGER NOT NULL,
    logs INTEGER NOT NULL, failed INTEGER NOT NULL, running INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    first_input TEXT, last_output TEXT
) STRICT;
CREATE INDEX session_recent ON session(first);

-- Times in nanoseconds. `arrival` is the order of arrival, `sequence` that of the beginnings.
CREATE TABLE log(
    session INTEGER NOT NULL, arrival INTEGER NOT NULL,
    uuid BLOB NOT NULL, reference TEXT, parent BLOB, parent_reference TEXT,
    project INTEGER NOT NULL, config INTEGER, process INTEGER,
    kind INTEGER NOT NULL, outcome INTEGER NOT NULL,
    start INTEGER NOT NULL, sequence INTEGER NOT NULL, duration INTEGER,
    input_tokens INTEGER, output_tokens INTEGER,
    input_preview TEXT, output_preview TEXT, error_preview TEXT,
    inputs INTEGER, output INTEGER, output_format INTEGER, details INTEGER,
    PRIMARY KEY(session, arrival)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX log_uuid ON log(uuid);
CREATE INDEX log_project ON log(project, start);
CREATE INDEX log_bad ON log(project, start) WHERE outcome > 1;
CREATE INDEX log_running ON log(process) WHERE outcome = 1;

-- Contents by hash. codec 0: as they are.
CREATE TABLE payload(
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, codec INTEGER NOT NULL, data BLOB NOT NULL
) STRICT;

CREATE TABLE feedback(id INTEGER PRIMARY KEY, log BLOB NOT NULL, body TEXT NOT NULL, UNIQUE(log, body)) STRICT;

-- What was learned about logs that have not arrived.
CREATE TABLE early(id INTEGER PRIMARY KEY, log BLOB NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX early_log ON early(log);
";

/// What a file turned out to be.
pub(crate) enum Found {
    Ours,
    NotOurs,
    Newer(i64),
}

/// Looks at the file, and makes the tables in an empty one.
pub(crate) fn prepare(connection: &mut Connection) -> rusqlite::Result<Found> {
    let pragma =
        |connection: &Connection, name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    if pragma(connection, "application_id")? == 0 {
        // Before the first table, and only in a file that is empty.
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables > 0 {
            return Ok(Found::NotOurs);
        }
        connection.pragma_update(None, "page_size", 8192)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        if pragma(&transaction, "application_id")? == 0 {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        transaction.commit()?;
    }
    if pragma(connection, "application_id")? != APPLICATION {
        return Ok(Found::NotOurs);
    }
    let version = pragma(connection, "user_version")?;
    if version > VERSION {
        return Ok(Found::Newer(version));
    }
    // FULL: what was acknowledged survives a power cut; commits are grouped, so it costs little.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(Found::Ours)
}
