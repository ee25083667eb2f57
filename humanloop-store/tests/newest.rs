//! Lists of logs newest first, whatever filter they go through, and stores whose tables are of an older version.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::PathBuf;

use humanloop_api::{Config, Entry, Kind, Log, ModelConfig, Outcome, Timestamp, ToolConfig};
use humanloop_store::{Error, LogFilter, LogRow, ProjectFilter, Reader, State, Store, Window};

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("humanloop-newest-{}", uuid::Uuid::new_v4())))
    }
    fn db(&self) -> PathBuf {
        self.0.join("logs.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Logs of three projects and seven versions, one of which ran only at first, and some without a config; several begin at once.
fn logs() -> Vec<Entry> {
    let config = |n: usize| -> Option<Config> {
        match n % 8 {
            0..4 => Some(ToolConfig::new(format!("tool {}", n % 8)).into()),
            4 if n > 100 => Some(ToolConfig::new("tool 0").into()),
            4 => Some(ToolConfig { source_code: Some("an old one".into()), ..ToolConfig::new("tool 0") }.into()),
            5 => Some(ModelConfig::new("gpt").into()),
            6 => Some(ModelConfig { temperature: Some(0.5), ..ModelConfig::new("gpt") }.into()),
            _ => None,
        }
    };
    let log = |n: usize| Log {
        project: Some(format!("p{}", n % 3)),
        session_reference_id: Some(format!("s{}", n % 11)),
        reference_id: Some(format!("r{n}")),
        config: config(n).map(Into::into),
        outcome: Some(match n % 10 {
            3 => Outcome::Failed,
            6 => Outcome::Running,
            _ => Outcome::Ok,
        }),
        metadata: n.is_multiple_of(7).then(|| [("k", format!("m{n}"))].into_iter().collect()),
        // In threes, and not quite in the order in which they come.
        created_at: Some(Timestamp(1_000 + (n as i64 / 3) * 10 - if n.is_multiple_of(9) { 35 } else { 0 })),
        ..Log::default()
    };
    (0..600).map(|n| Entry::Log(Box::new(log(n)))).collect()
}

fn places(rows: &[LogRow]) -> Vec<(i64, i64)> {
    rows.iter().map(|row| (row.start.as_nanos(), row.arrival)).collect()
}

#[test]
fn logs_come_newest_first_whatever_the_filter_and_page_by_page_as_at_once() {
    let mut store = Store::in_memory().unwrap();
    store.ingest(&logs()).unwrap();
    let project = store.projects(&ProjectFilter::default(), &Window::default()).unwrap()[1].id;
    let config = store.versions(project).unwrap()[0].config.clone();
    let any = LogFilter::default;
    let filters = [
        any(),
        LogFilter { project: Some(project), ..any() },
        LogFilter { config: Some(config.clone()), ..any() },
        LogFilter { config: Some(config), project: Some(project), ..any() },
        LogFilter { model: Some("gpt".into()), ..any() },
        LogFilter { model: Some("gpt".into()), project: Some(project), ..any() },
        LogFilter { project: Some(project), state: Some(State::Ok), ..any() },
        LogFilter { project: Some(project), state: Some(State::Bad), ..any() },
        LogFilter { project: Some(project), state: Some(State::Running), ..any() },
        LogFilter { state: Some(State::Running), ..any() },
        LogFilter { model: Some("gpt".into()), state: Some(State::Running), ..any() },
        LogFilter { kind: Some(Kind::Prompt), ..any() },
        LogFilter { metadata: Some("m1".into()), ..any() },
        LogFilter { project: Some(project), from: Some(Timestamp(1_500)), until: Some(Timestamp(2_500)), ..any() },
    ];
    let all = store.list_logs(&any(), &Window::first(usize::MAX)).unwrap();
    assert_eq!(all.len(), 600);
    for filter in filters {
        let rows = store.list_logs(&filter, &Window::first(usize::MAX)).unwrap();
        let project = filter.project.map(|_| "p1");
        let fits = |row: &&LogRow| {
            project.is_none_or(|project| row.project == project)
                && filter.config.as_ref().is_none_or(|config| row.config_version.as_ref() == Some(config))
                && filter.model.as_ref().is_none_or(|model| row.model.as_ref() == Some(model))
                && filter.kind.is_none_or(|kind| row.kind == kind)
                && filter.state.is_none_or(|state| match state {
                    State::Ok => row.outcome == Outcome::Ok,
                    State::Running => row.outcome == Outcome::Running,
                    State::Bad => row.outcome.is_bad(),
                })
                && filter.metadata.as_ref().is_none_or(|_| {
                    let n: usize = row.reference.as_deref().unwrap()[1..].parse().unwrap();
                    n.is_multiple_of(7) && n.to_string().starts_with('1')
                })
                && filter.from.is_none_or(|from| row.start >= from)
                && filter.until.is_none_or(|until| row.start <= until)
        };
        let mut expected: Vec<LogRow> = all.iter().filter(fits).cloned().collect();
        expected.sort_by_key(|row| std::cmp::Reverse(row.cursor().to_string()));
        expected.sort_by_key(|row| std::cmp::Reverse((row.start.as_nanos(), row.arrival)));
        assert!(!expected.is_empty() && expected.len() < 601, "{filter:?}");
        assert_eq!(places(&rows), places(&expected), "{filter:?}");
        assert_eq!(store.count_logs(&filter).unwrap(), expected.len() as u64, "{filter:?}");
        // By cursors, and by offsets.
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let page = store.list_logs(&filter, &Window { limit: 7, after, ..Window::default() }).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.cursor());
            paged.extend(page);
        }
        assert_eq!(places(&paged), places(&expected), "{filter:?}");
        let window = Window { limit: 5, offset: 3, after: None };
        let some: Vec<LogRow> = expected.into_iter().skip(3).take(5).collect();
        assert_eq!(places(&store.list_logs(&filter, &window).unwrap()), places(&some), "{filter:?}");
    }
}

/// The tables as version 2 had them.
fn make_older(path: &std::path::Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    let older = "DROP INDEX log_version;
        CREATE INDEX log_project ON log(project, start);
        CREATE INDEX log_config ON log(config, start);
        PRAGMA user_version = 2;";
    connection.execute_batch(older).unwrap();
}

#[test]
fn a_store_of_version_2_is_taken_over_with_all_its_logs_by_who_opens_it_first() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.db()).unwrap();
    store.ingest(&logs()).unwrap();
    let project = store.projects(&ProjectFilter::default(), &Window::default()).unwrap()[0].id;
    let of = LogFilter { project: Some(project), ..LogFilter::default() };
    let listed = store.list_logs(&of, &Window::default()).unwrap();
    drop(store);
    let is_as_before = |reader: &Reader| {
        let report = reader.doctor().unwrap();
        assert_eq!((report.problems, report.logs, report.version), (Vec::new(), 600, 3));
        assert_eq!(reader.list_logs(&of, &Window::default()).unwrap(), listed);
    };

    make_older(&folder.db());
    is_as_before(&Reader::open(&folder.db()).unwrap());

    make_older(&folder.db());
    let mut store = Store::open(&folder.db()).unwrap();
    is_as_before(&store);
    assert_eq!(store.ingest(&logs()).unwrap().repeated, 600);
    let indexes =
        "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE tbl_name = 'log' AND sql IS NOT NULL
        AND type = 'index' ORDER BY name)";
    let named = |path: PathBuf| {
        rusqlite::Connection::open(path).unwrap().query_row(indexes, [], |row| row.get::<_, String>(0)).unwrap()
    };
    let fresh = folder.0.join("fresh.db");
    drop(Store::open(&fresh).unwrap());
    assert_eq!(named(folder.db()), named(fresh));
}

#[test]
fn tables_that_are_older_still_are_left_as_they_are() {
    let folder = Folder::new();
    drop(Store::open(&folder.db()).unwrap());
    rusqlite::Connection::open(folder.db()).unwrap().pragma_update(None, "user_version", 1).unwrap();
    assert!(matches!(Store::open(&folder.db()), Err(Error::Older { .. })));
    assert!(matches!(Reader::open(&folder.db()), Err(Error::Older { .. })));
}
