//! Many callers of one writer, readers beside it, its search index, and what is left when it is killed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use humanloop_api::{Config, Entry, Log, LogUpdate, Outcome, Timestamp, ToolConfig};
use humanloop_store::{Reader, SearchFilter, What, Writer};

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("humanloop-writer-{}", uuid::Uuid::new_v4())))
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

fn log(reference: &str, session: &str) -> Entry {
    Entry::Log(Box::new(Log {
        project: Some("p".into()),
        reference_id: Some(reference.into()),
        session_reference_id: Some(session.into()),
        config: Some(Config::Tool(ToolConfig::new("search")).into()),
        inputs: Some([("q", "who won")].into_iter().collect()),
        output: Some(format!("it was {reference} {}", "long ".repeat(200))),
        outcome: Some(Outcome::Ok),
        created_at: Some(Timestamp(1)),
        ..Log::default()
    }))
}

/// Waits for what comes sooner or later.
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn many_callers_write_at_once_and_each_is_told_of_its_own() {
    let folder = Folder::new();
    let writer = Writer::open(&folder.db()).unwrap();
    thread::scope(|scope| {
        for caller in 0..8 {
            let (writer, folder) = (writer.clone(), &folder);
            scope.spawn(move || {
                for n in 0..20 {
                    let entries = vec![log(&format!("{caller} {n}"), &caller.to_string()), log("shared", "shared")];
                    let placed = writer.ingest_and_wait(entries).unwrap();
                    assert_eq!(placed[0].what, What::New);
                    let reader = Reader::open(&folder.db()).unwrap();
                    assert!(reader.log(placed[0].log).unwrap().is_some());
                }
            });
        }
    });
    let count = writer.run_and_wait(|store| store.doctor()).unwrap();
    assert_eq!((count.logs, count.sessions, count.problems), (161, 9, Vec::new()));
}

#[test]
fn a_reader_sees_what_was_committed_while_a_batch_is_open() {
    let folder = Folder::new();
    let writer = Writer::open(&folder.db()).unwrap();
    writer.ingest_and_wait(vec![log("a", "s")]).unwrap();
    let reader = Reader::open(&folder.db()).unwrap();
    let before = reader.version().unwrap();
    // A writer of another program holds the store.
    let mut other = rusqlite::Connection::open(folder.db()).unwrap();
    let held = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    held.execute("DELETE FROM log", []).unwrap();
    assert_eq!(reader.latest_session().unwrap().unwrap().logs, 1);
    assert!(reader.log(humanloop_api::id::of_reference("a")).unwrap().is_some());
    drop(held);
    writer.ingest_and_wait(vec![log("b", "s")]).unwrap();
    assert_ne!(reader.version().unwrap(), before);
}

#[test]
fn the_index_follows_and_finds_what_stands_far_behind_the_first_words() {
    let folder = Folder::new();
    let writer = Writer::open(&folder.db()).unwrap();
    let reader = Reader::open(&folder.db()).unwrap();
    let Entry::Log(mut needle) = log("needle", "s") else { panic!() };
    needle.output = Some(format!("{} Zyzzyva", "hay ".repeat(100)));
    writer.ingest_and_wait(vec![log("a", "s"), Entry::Log(needle), log("b", "s")]).unwrap();
    let found = |text: &str| {
        let found = reader.search(text, &SearchFilter::default(), 10).unwrap();
        (found.rows.into_iter().filter_map(|row| row.reference).collect::<Vec<_>>(), found.complete)
    };
    wait_until("the index has all", || found("zyzz").1);
    assert_eq!(found("zyzz").0, ["needle"]);
    let session = reader.latest_session().unwrap().unwrap().id;
    assert_eq!(reader.search_session(session, "zyzzyva").unwrap().len(), 1);
    // An update is found by what it says now.
    let update = LogUpdate { reference_id: "a".into(), output: Some("an armadillo".into()), ..LogUpdate::default() };
    writer.ingest_and_wait(vec![Entry::Update(Box::new(update))]).unwrap();
    wait_until("the index has the update", || found("zyzz").1);
    assert_eq!((found("armadillo").0, found("was a").0), (vec!["a".to_owned()], Vec::new()));
    writer.run_and_wait(|store| store.delete_logs(&[humanloop_api::id::of_reference("needle")])).unwrap();
    assert!(found("zyzz").0.is_empty());
}

/// Not a test of its own, but the program that is killed: writes as fast as it can, and says what was acknowledged.
#[test]
fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os("HUMANLOOP_TEST_KILLED") else { return };
    let round = std::env::var("HUMANLOOP_TEST_ROUND").unwrap();
    let writer = Writer::open(Path::new(&path)).unwrap();
    thread::scope(|scope| {
        for caller in 0..4 {
            let (writer, round) = (writer.clone(), &round);
            scope.spawn(move || {
                for n in 0.. {
                    let names: Vec<String> = (0..10).map(|log| format!("{round}-{caller}-{n}-{log}")).collect();
                    let entries = names.iter().map(|name| log(name, &format!("{round}-{caller}"))).collect();
                    writer.ingest_and_wait(entries).unwrap();
                    let mut out = std::io::stdout().lock();
                    for name in names {
                        writeln!(out, "acknowledged {name} .").unwrap();
                    }
                }
            });
        }
    });
}

#[test]
fn a_killed_writer_loses_nothing_that_it_acknowledged() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..20 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writes_until_it_is_killed", "--nocapture"])
            .env("HUMANLOOP_TEST_KILLED", folder.db())
            .env("HUMANLOOP_TEST_ROUND", round.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = |line: std::io::Result<String>| {
            Some(line.ok()?.strip_prefix("acknowledged ")?.strip_suffix(" .")?.to_owned())
        };
        // Somewhere in the middle, another place each time.
        acknowledged.extend(lines.by_ref().filter_map(told).take(150 + 23 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        // The last line may be cut, and then says nothing.
        acknowledged.extend(lines.filter_map(told));
    }
    let reader = Reader::open(&folder.db()).unwrap();
    let lost = acknowledged.iter().filter(|name| reader.log(humanloop_api::id::of_reference(name)).unwrap().is_none());
    assert_eq!(lost.count(), 0);
    assert!(acknowledged.len() >= 20 * 150);
    assert_eq!(reader.doctor().unwrap().problems, [""; 0]);
}
