//! Searching with an index: beginnings of words, order, filters and pages.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::PathBuf;

use humanloop_api::{Entry, Log, Timestamp};
use humanloop_store::{Indexer, LogFilter, Reader, SearchFilter, SessionFilter, Store, Window};

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A store of these logs with all of them in its index: (project, session, output).
fn indexed(logs: impl IntoIterator<Item = (&'static str, String, String)>) -> (Folder, Reader) {
    let folder = Folder(std::env::temp_dir().join(format!("humanloop-search-{}", uuid::Uuid::new_v4())));
    let path = folder.0.join("logs.db");
    let logs = logs.into_iter().enumerate().map(|(n, (project, session, output))| {
        Entry::Log(Box::new(Log {
            project: Some(project.into()),
            reference_id: Some(n.to_string()),
            session_reference_id: Some(session),
            // Behind the first words that a row shows.
            output: Some(format!("{} {output}", "- ".repeat(200))),
            created_at: Some(Timestamp(1_000 + n as i64)),
            ..Log::default()
        }))
    });
    Store::open(&path).unwrap().ingest(&logs.collect::<Vec<_>>()).unwrap();
    let mut indexer = Indexer::open(&path).unwrap();
    while indexer.step(100).unwrap() > 0 {}
    let reader = Reader::open(&path).unwrap();
    (folder, reader)
}

fn found(reader: &Reader, text: &str) -> Vec<String> {
    let found = reader.search(text, &SearchFilter::default(), 50).unwrap();
    assert!(found.complete);
    found.rows.into_iter().filter_map(|row| row.reference).collect()
}

#[test]
fn of_the_last_word_the_beginning_is_enough() {
    let texts = ["the house", "Household Müller", "日本語テキスト", "src/steps.rs:41 panicked", "a\u{1F680}rocket"];
    let (_folder, reader) = indexed(texts.map(|text| ("p", "s".into(), text.into())));
    for (text, expected) in [
        ("hous", &["1", "0"][..]),
        ("HOUSE", &["1", "0"]),
        ("househ", &["1"]),
        ("the hous", &["0"]),
        ("hous the", &[]),
        ("household müll", &["1"]),
        ("mull", &["1"]),
        ("日本", &["2"]),
        ("src/ste", &["3"]),
        ("src/steps.rs:4", &["3"]),
        ("steps. panic", &["3"]),
        ("rocke", &["4"]),
        ("\" OR *", &[]),
        ("nothing", &[]),
    ] {
        assert_eq!(found(&reader, text), expected, "{text}");
    }
}

#[test]
fn a_word_of_many_logs_is_found_newest_first_by_pages_and_filters() {
    let log = |n: usize| {
        (if n.is_multiple_of(100) { "rare" } else { "often" }, format!("s{}", n / 2), "common words".to_owned())
    };
    let (_folder, reader) = indexed((0..1_000).map(log));
    assert_eq!(found(&reader, "comm")[..3], ["999", "998", "997"]);

    let filter = LogFilter { text: Some("common".into()), ..LogFilter::default() };
    assert_eq!(reader.count_logs(&filter).unwrap(), 1_000);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = reader.list_logs(&filter, &Window { limit: 300, after, ..Window::default() }).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor());
        seen.extend(page.into_iter().filter_map(|row| row.reference));
    }
    assert!(seen.into_iter().eq((0..1_000).rev().map(|n: i32| n.to_string())));
    let second = reader.list_logs(&filter, &Window { limit: 2, offset: 2, after: None }).unwrap();
    assert_eq!(second.into_iter().filter_map(|row| row.reference).collect::<Vec<_>>(), ["997", "996"]);

    let project = |name: &str| {
        reader
            .projects(&Default::default(), &Window::default())
            .unwrap()
            .iter()
            .find(|one| one.name == name)
            .unwrap()
            .id
    };
    for (name, logs, sessions) in [("rare", 10, 10), ("often", 990, 500)] {
        let project = Some(project(name));
        let of_logs = LogFilter { project, ..filter.clone() };
        assert_eq!(reader.count_logs(&of_logs).unwrap(), logs);
        for text in [None, Some("words".to_owned())] {
            let of_sessions = SessionFilter { project, text, ..SessionFilter::default() };
            assert_eq!(reader.count_sessions(&of_sessions).unwrap(), sessions);
            let listed = reader.list_sessions(&of_sessions, &Window::first(usize::MAX)).unwrap();
            assert_eq!(listed.len() as u64, sessions);
            assert!(listed.is_sorted_by(|a, b| a.first >= b.first));
        }
    }
    let named = SessionFilter { text: Some("s49".into()), ..SessionFilter::default() };
    assert_eq!(reader.count_sessions(&named).unwrap(), 11); // by their reference ids: s49 and s490 to s499
}
