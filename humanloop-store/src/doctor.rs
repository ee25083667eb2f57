//! Whether a store is whole, what is in it, and how big it is.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::content::verify;
use crate::error::Error;
use crate::open::Reader;
use crate::schema::VERSION;
use crate::search;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What is wrong; empty when the store is whole.
    pub problems: Vec<String>,
    /// The version of the tables.
    pub version: i64,
    /// Sessions.
    pub sessions: u64,
    /// Logs.
    pub logs: u64,
    /// Logs that have not ended.
    pub running: u64,
    /// Projects.
    pub projects: u64,
    /// Versions of functions and prompts.
    pub configs: u64,
    /// Big contents, each counted once.
    pub payloads: u64,
    /// Feedback.
    pub feedback: u64,
    /// Updates that wait for their log.
    pub waiting: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes of the file beside it that holds the latest commits.
    pub log_bytes: u64,
    /// Bytes of the search index.
    pub search_bytes: u64,
    /// Bytes in the file that are free.
    pub free_bytes: u64,
    /// Logs and updates that the search index does not know yet.
    pub unsearched: u64,
}

impl Reader {
    /// Looks at all of the store: pages and indexes, sums against logs, contents against their logs.
    ///
    /// # Errors
    ///
    /// When SQLite cannot read it at all.
    pub fn doctor(&self) -> Result<Report, Error> {
        let size = |end: &str| {
            let mut file = self.path.as_os_str().to_owned();
            file.push(end);
            fs::metadata(Path::new(&file)).map_or(0, |data| data.len())
        };
        let mut report = self.ask(|connection| {
            let transaction = connection.unchecked_transaction()?;
            examine(&transaction)
        })?;
        report.unsearched = self.ask(search::behind)?;
        report.version = VERSION;
        report.file_bytes = size("");
        report.log_bytes = size("-wal");
        report.search_bytes = size("-search") + size("-search-wal");
        Ok(report)
    }
}

/// What must be nowhere: what it means, and the places as SQL.
const WRONG: [(&str, &str); 10] = [
    (
        "sessions whose sums are not those of their logs",
        "SELECT session.id FROM session LEFT JOIN (
            SELECT session AS id, count(*) AS logs, sum(outcome > 1) AS failed, sum(outcome = 1) AS running,
                sum(kind = 0) AS tools, sum(kind = 1) AS prompts, sum(kind = 2) AS flows,
                sum(max(0, min(coalesce(input_tokens, 0), 1 << 46))) AS input_tokens,
                sum(max(0, min(coalesce(output_tokens, 0), 1 << 46))) AS output_tokens,
                sum(max(0, min(coalesce(cost, 0), 1 << 46))) AS cost
            FROM log GROUP BY session) AS sums USING (id)
         WHERE (session.logs, session.failed, session.running, session.tools, session.prompts, session.flows,
                session.input_tokens, session.output_tokens, session.cost)
            IS NOT (coalesce(sums.logs, 0), coalesce(sums.failed, 0), coalesce(sums.running, 0), coalesce(sums.tools, 0),
                coalesce(sums.prompts, 0), coalesce(sums.flows, 0), coalesce(sums.input_tokens, 0),
                coalesce(sums.output_tokens, 0), coalesce(sums.cost, 0))",
    ),
    (
        "projects whose number of logs is wrong",
        "SELECT id FROM project WHERE logs <> (SELECT count(*) FROM log WHERE log.project = project.id)",
    ),
    (
        "versions whose number of logs or whose last log is wrong",
        "SELECT config FROM version FULL JOIN
            (SELECT project, config, count(*) AS logs, max(start) AS last FROM log WHERE config IS NOT NULL
             GROUP BY project, config) AS sums USING (project, config)
         WHERE version.logs IS NOT coalesce(sums.logs, 0) OR version.last < sums.last",
    ),
    ("logs without their session", "SELECT arrival FROM log WHERE session NOT IN (SELECT id FROM session)"),
    ("logs without their project", "SELECT arrival FROM log WHERE project NOT IN (SELECT id FROM project)"),
    (
        "logs without their config",
        "SELECT arrival FROM log WHERE config IS NOT NULL AND config NOT IN (SELECT id FROM config)",
    ),
    (
        "logs without their contents",
        "SELECT log.arrival FROM log LEFT JOIN content ON content.arrival = log.arrival
         WHERE content.session IS NOT log.session",
    ),
    (
        "contents without their log",
        "SELECT content.arrival FROM content LEFT JOIN log
            ON log.session = content.session AND log.arrival = content.arrival WHERE log.uuid IS NULL",
    ),
    (
        "contents whose first words are missing",
        "SELECT content.arrival FROM content JOIN log ON log.session = content.session AND log.arrival = content.arrival
         WHERE typeof(inputs) = 'blob' AND input_preview IS NULL OR typeof(output) = 'blob' AND output_preview IS NULL",
    ),
    (
        "changes after the last one",
        "SELECT arrival FROM log, counter WHERE changed > value OR arrival > value",
    ),
];

fn examine(connection: &Connection) -> rusqlite::Result<Report> {
    let mut report = Report::default();
    let mut pages = connection.prepare("PRAGMA integrity_check(20)")?;
    for line in pages.query_map([], |row| row.get::<_, String>(0))? {
        let line = line?;
        if line != "ok" {
            report.problems.push(line);
        }
    }
    for (what, text) in WRONG {
        let mut select = connection.prepare(text)?;
        let found = select.query_map([], |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        if let Some(first) = found.first() {
            report.problems.push(format!("{} {what}, such as number {first}", found.len()));
        }
    }
    let unreadable = verify(connection)?;
    if let Some(first) = unreadable.first() {
        report.problems.push(format!("{} contents that cannot be read, such as number {first}", unreadable.len()));
    }
    let count = |text: &str| connection.query_row(text, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs);
    report.sessions = count("SELECT count(*) FROM session")?;
    report.logs = count("SELECT count(*) FROM log")?;
    report.running = count("SELECT count(*) FROM log WHERE outcome = 1")?;
    report.projects = count("SELECT count(*) FROM project")?;
    report.configs = count("SELECT count(*) FROM config")?;
    report.payloads = count("SELECT count(*) FROM payload")?;
    report.feedback = count("SELECT count(*) FROM feedback")?;
    report.waiting = count("SELECT count(*) FROM early")?;
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    report.free_bytes = (pragma("freelist_count")? * pragma("page_size")?).unsigned_abs();
    Ok(report)
}
