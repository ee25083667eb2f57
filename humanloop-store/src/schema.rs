//! The tables, and the check that a file holds ours.

use rusqlite::Connection;

/// "hmlp" as SQLite's application id: the mark that a file is ours.
pub(crate) const APPLICATION: i64 = 0x686d_6c70;
/// The version of the tables.
pub(crate) const VERSION: i64 = 3;

/// Pages that are committed before they are written into the file.
pub(crate) const CHECKPOINT: i64 = 4_000;

/// What a fresh file gets. Rows are narrow and clustered by session; contents stand apart, big ones once.
pub(crate) const TABLES: &str = "
-- One counter for all that changes: a log's place in the order of arrival, and the mark of its last change.
CREATE TABLE counter(value INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES (0);

CREATE TABLE project(
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, logs INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What was called, by its content. Where the function stands is no part of the content.
CREATE TABLE config(
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL, model TEXT,
    body TEXT NOT NULL, function TEXT, created INTEGER NOT NULL
) STRICT;
CREATE INDEX config_model ON config(model) WHERE model IS NOT NULL;

-- A config in a project, with the sums of its logs, kept up by the writer.
CREATE TABLE version(
    project INTEGER NOT NULL, config INTEGER NOT NULL, kind INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL,
    logs INTEGER NOT NULL, failed INTEGER NOT NULL, running INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost INTEGER NOT NULL,
    duration INTEGER NOT NULL, timed INTEGER NOT NULL,
    PRIMARY KEY(project, config)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_config ON version(config);

CREATE TABLE environment(
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, standard INTEGER NOT NULL
) STRICT;
INSERT INTO environment(name, standard) VALUES ('production', 1);
CREATE TABLE deployment(
    project INTEGER NOT NULL, environment INTEGER NOT NULL, config INTEGER NOT NULL, deployed INTEGER NOT NULL,
    PRIMARY KEY(project, environment)
) STRICT, WITHOUT ROWID;

-- The process of a log that runs.
CREATE TABLE process(id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE, pid INTEGER NOT NULL) STRICT;

-- A session with its sums, kept up by the writer. `waiting`: made for children whose root has not arrived.
CREATE TABLE session(
    id INTEGER PRIMARY KEY AUTOINCREMENT, uuid BLOB NOT NULL UNIQUE, reference TEXT, waiting INTEGER NOT NULL DEFAULT 0,
    first INTEGER NOT NULL, last INTEGER NOT NULL, changed INTEGER NOT NULL,
    logs INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0, running INTEGER NOT NULL DEFAULT 0,
    tools INTEGER NOT NULL DEFAULT 0, prompts INTEGER NOT NULL DEFAULT 0, flows INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0, cost INTEGER NOT NULL DEFAULT 0,
    first_input TEXT, last_output TEXT
) STRICT;
CREATE INDEX session_recent ON session(first);
CREATE INDEX session_changed ON session(changed);
CREATE INDEX session_bad ON session(first) WHERE failed > 0;
CREATE INDEX session_running ON session(first) WHERE running > 0;
CREATE INDEX session_waiting ON session(uuid) WHERE waiting = 1;

-- What a session has to do with: for filters. There are few projects, so those of one session are tried one by one.
CREATE TABLE part(
    session INTEGER NOT NULL, project INTEGER NOT NULL, config INTEGER NOT NULL, kind INTEGER NOT NULL,
    PRIMARY KEY(project, session, config, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX part_config ON part(config, session);

-- Times in nanoseconds, cost in 1e-9 dollars. `sequence` is the order of the beginnings.
CREATE TABLE log(
    session INTEGER NOT NULL, arrival INTEGER NOT NULL, changed INTEGER NOT NULL,
    uuid BLOB NOT NULL, reference TEXT, parent BLOB, parent_reference TEXT,
    project INTEGER NOT NULL, config INTEGER, process INTEGER,
    kind INTEGER NOT NULL, outcome INTEGER NOT NULL,
    start INTEGER NOT NULL, sequence INTEGER NOT NULL, duration INTEGER, first_token INTEGER,
    input_tokens INTEGER, output_tokens INTEGER, cost INTEGER, updated INTEGER,
    input_preview TEXT, output_preview TEXT, error_preview TEXT, output_format INTEGER,
    PRIMARY KEY(session, arrival)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX log_uuid ON log(uuid);
CREATE INDEX log_version ON log(project, config, start);
CREATE INDEX log_bad ON log(project, start) WHERE outcome > 1;
CREATE INDEX log_running ON log(process) WHERE outcome = 1;
CREATE INDEX log_updated ON log(changed) WHERE changed <> arrival;

-- What a log holds: each field is text, or the number of a payload, or bytes: a text without its first words, which stand in the
-- log's row where the byte 0xFF is. `late` is what updates added, as their JSON.
CREATE TABLE content(
    arrival INTEGER PRIMARY KEY, session INTEGER NOT NULL,
    inputs ANY, messages ANY, output ANY, error ANY, details ANY, late ANY
) STRICT;

-- Big contents, each once, by hash. codec 0: as they are, 1: zstd, 2: a JSON list of texts and payload numbers to be joined.
CREATE TABLE payload(
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, codec INTEGER NOT NULL, data BLOB NOT NULL
) STRICT;

CREATE TABLE feedback(
    id INTEGER PRIMARY KEY AUTOINCREMENT, log BLOB NOT NULL, body TEXT NOT NULL, UNIQUE(log, body)
) STRICT;

-- What was learned about logs that have not arrived.
CREATE TABLE early(id INTEGER PRIMARY KEY, log BLOB NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX early_log ON early(log);
";

/// What makes questions quick and may be missing from a file that was made before.
const INDEXES: &str = "
CREATE INDEX IF NOT EXISTS log_config_bad ON log(config, start) WHERE outcome > 1;
CREATE INDEX IF NOT EXISTS session_reference ON session(reference) WHERE reference IS NOT NULL;
";

/// What makes tables of version 2 those of version 3: one index in place of two.
const FROM_2: &str = "
DROP INDEX log_project;
DROP INDEX log_config;
CREATE INDEX log_version ON log(project, config, start);
PRAGMA user_version = 3;
";

/// What a file turned out to be.
pub(crate) enum Found {
    Ours,
    NotOurs,
    Newer(i64),
    Older,
}

/// Looks at the file, and makes the tables in an empty one.
pub(crate) fn prepare(connection: &mut Connection) -> rusqlite::Result<Found> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    if pragma(connection, "application_id")? == 0 {
        // Before the first table, and only in a file that is empty.
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables > 0 {
            return Ok(Found::NotOurs);
        }
        connection.pragma_update(None, "page_size", 8192)?;
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?; // so that `prune` gives room back
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        if pragma(&transaction, "application_id")? == 0 {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        transaction.commit()?;
    }
    let found = match check(connection)? {
        Found::Older => {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            // Another process may have been quicker.
            if pragma(&transaction, "user_version")? == 2 {
                transaction.execute_batch(FROM_2)?;
            }
            transaction.commit()?;
            check(connection)?
        }
        found => found,
    };
    if matches!(found, Found::Ours) {
        connection.execute_batch(INDEXES)?;
        // FULL: what was acknowledged survives a power cut; commits are grouped, so it costs little.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
        connection.pragma_update(None, "cache_size", -65536)?;
        connection.set_prepared_statement_cache_capacity(64);
    }
    Ok(found)
}

/// Looks at the file, and changes nothing.
pub(crate) fn check(connection: &Connection) -> rusqlite::Result<Found> {
    if pragma(connection, "application_id")? != APPLICATION {
        return Ok(Found::NotOurs);
    }
    Ok(match pragma(connection, "user_version")? {
        VERSION => Found::Ours,
        version if version > VERSION => Found::Newer(version),
        _ => Found::Older,
    })
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
