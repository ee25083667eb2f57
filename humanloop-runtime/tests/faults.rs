//! Delivery when something is wrong: nothing waits for it, and every record is delivered, on disk, or counted as lost.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends that way")]

mod support;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use humanloop_runtime::api::Entry;
use humanloop_runtime::private::{Function, Kind, Source, open};
use humanloop_runtime::sink::{Delivery, Sink};
use humanloop_runtime::{Builder, Guard, Stats, builder};
use serde_json::{Value, json};
use support::{Received, Reply, Server, nobody};

static FUNCTION: Function = Function::new(Kind::Tool, "f", "m", Source::Exact("fn f() {}"), "0123", &[]);

const LONG: Duration = Duration::from_secs(60);

fn call() {
    let mut call = open(&FUNCTION);
    call.run(|| ());
    call.skip_output(false);
}

fn calls(guard: &Guard, count: u32) {
    guard.run(|| (0..count).for_each(|_| call()));
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("humanloop-{name}-{}-{number}", std::process::id()))
}

fn over_http(url: &str, spool: &PathBuf) -> Builder {
    builder().http(url, None).spool(spool).quiet().flush_interval(Duration::from_millis(10))
}

/// Takes everything, as a Humanloop API does.
fn takes(request: &Received) -> Reply {
    match request.json() {
        Value::Array(items) => Reply::json(items.iter().map(|_| json!({"id": "data_1"})).collect()),
        _ => Reply::json(json!({"id": "data_1"})),
    }
}

/// Reference ids of logs that were sent in requests which were answered with `200`.
#[derive(Clone, Default)]
struct Taken(Arc<std::sync::Mutex<Vec<String>>>);

impl Taken {
    fn take(&self, request: &Received) -> Reply {
        if let Value::Array(items) = request.json() {
            let references = items.iter().filter_map(|log| log["reference_id"].as_str()).map(String::from);
            self.0.lock().unwrap().extend(references);
        }
        takes(request)
    }

    fn different(&self) -> u64 {
        self.0.lock().unwrap().iter().collect::<HashSet<_>>().len() as u64
    }
}

/// Waits for what must come.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < deadline, "{what} never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[track_caller]
fn adds_up(stats: Stats) {
    assert_eq!(stats.produced + stats.recovered, stats.delivered + stats.spooled + stats.lost, "{stats:?}");
}

#[test]
fn what_a_dead_server_does_not_take_is_on_disk_and_arrives_in_order_at_the_next_start() {
    let spool = folder("dead");
    let (nobody, taken) = (nobody(), Taken::default());
    let guard = over_http(&nobody, &spool).start().unwrap();
    calls(&guard, 300);
    let flushed = guard.flush(LONG);
    assert!(flushed.complete);
    assert_eq!((flushed.delivered, flushed.spooled, flushed.dropped), (0, 300, 0));
    calls(&guard, 200);
    let end = guard.shutdown(LONG);
    assert_eq!((end.delivered, end.spooled, end.dropped), (0, 500, 0));
    adds_up(end.stats);

    // The server is back at the same address, which is what the spool goes by.
    let (kept, address) = (taken.clone(), nobody.trim_start_matches("http://").to_owned());
    let _server = Server::at(&address, move |request| kept.take(request));
    let guard = over_http(&nobody, &spool).start().unwrap();
    assert_eq!(guard.stats().recovered, 500);
    calls(&guard, 1);
    let end = guard.shutdown(LONG);
    assert_eq!((end.delivered, end.spooled, end.dropped), (501, 0, 0));
    adds_up(end.stats);
    let order = taken.0.lock().unwrap().clone();
    assert_eq!(order.len(), 501);
    assert!(order.is_sorted(), "ids sort by the time of the call");
    std::fs::remove_dir_all(spool).unwrap();
}

#[test]
fn a_server_that_fails_in_every_way_and_recovers_gets_everything() {
    for failure in ["500", "429", "413", "nonsense", "closes"] {
        let spool = folder(failure);
        let (left, taken) = (AtomicU16::new(3), Taken::default());
        let kept = taken.clone();
        let server = Server::new(move |request| {
            if left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
                return kept.take(request);
            }
            match failure {
                "500" => Reply::new(500, "oops"),
                "429" => Reply::again(429),
                // A log alone is never too large here, so that none is set aside.
                "413" if request.json().as_array().is_some_and(|logs| logs.len() > 1) => Reply::new(413, ""),
                "413" => kept.take(request),
                "nonsense" => Reply::new(200, "<html>"),
                _ => Reply::nothing(),
            }
        });
        let guard = over_http(&server.url(), &spool).start().unwrap();
        calls(&guard, 100);
        until(failure, || {
            guard.flush(Duration::from_secs(1));
            guard.stats().delivered == 100
        });
        let end = guard.shutdown(LONG);
        assert_eq!((end.delivered, end.spooled, end.dropped, taken.different()), (100, 0, 0, 100), "{failure}");
        adds_up(end.stats);
        let _ = std::fs::remove_dir_all(spool);
    }
}

#[test]
fn a_server_that_hangs_does_not_hold_up_the_end_and_nothing_is_lost() {
    let spool = folder("hangs");
    let server = Server::new(|_| {
        std::thread::sleep(LONG);
        Reply::new(500, "")
    });
    let guard = over_http(&server.url(), &spool).start().unwrap();
    calls(&guard, 100);
    until("the request", || !server.received().is_empty());
    calls(&guard, 100);
    let end = guard.shutdown(Duration::from_millis(500));
    assert_eq!((end.delivered, end.spooled, end.dropped), (0, 200, 0));
    adds_up(end.stats);
    std::fs::remove_dir_all(spool).unwrap();
}

#[test]
fn what_a_server_will_never_take_is_set_aside_with_its_reason_and_the_rest_arrives() {
    let spool = folder("refused");
    let server = Server::new(|request| match request.json().as_array().map(Vec::len) {
        Some(1) if request.body.contains("poison") => Reply::new(422, r#"{"detail":{"message":"poison"}}"#),
        _ if request.body.contains("poison") => Reply::new(422, r#"{"detail":{"message":"something in it"}}"#),
        _ => takes(request),
    });
    let guard = over_http(&server.url(), &spool).start().unwrap();
    calls(&guard, 20);
    guard.run(|| {
        let mut call = open(&FUNCTION);
        humanloop_runtime::private::put_serialize(&mut call, "a", "poison");
        call.run(|| ());
        call.skip_output(false);
    });
    calls(&guard, 20);
    let end = guard.shutdown(LONG);
    assert_eq!((end.delivered, end.spooled, end.stats.dropped.refused), (40, 0, 1));
    adds_up(end.stats);
    let folders = std::fs::read_dir(&spool).unwrap().flatten().map(|entry| entry.path());
    let aside = folders.filter_map(|folder| std::fs::read_to_string(folder.join("refused.jsonl")).ok());
    let aside: String = aside.collect();
    assert!(aside.contains("poison") && aside.contains("422"), "{aside}");
    std::fs::remove_dir_all(spool).unwrap();
}

/// A destination that takes nothing, or panics.
struct Broken(bool);

impl Sink for Broken {
    fn name(&self) -> String {
        "broken".into()
    }
    fn deliver(&mut self, batch: &[Entry]) -> Delivery {
        assert!(!self.0, "broken");
        Delivery::all_later(batch, "never")
    }
}

#[test]
fn without_a_spool_what_does_not_arrive_in_time_is_counted() {
    for panics in [false, true] {
        let guard = builder().sink(Broken(panics)).quiet().flush_interval(Duration::ZERO).start().unwrap();
        calls(&guard, 100);
        let end = guard.shutdown(Duration::from_millis(300));
        let dropped = end.stats.dropped;
        assert_eq!((end.delivered, end.spooled, dropped.undelivered + dropped.panicked), (0, 0, 100));
        adds_up(end.stats);
    }
}

#[test]
fn a_full_queue_loses_whole_calls_and_counts_each() {
    let guard = builder().sink(Broken(false)).quiet().queue_bytes(64 << 10).start().unwrap();
    calls(&guard, 5000);
    let stats = guard.stats();
    assert_eq!((stats.produced, stats.running), (5000, 0));
    assert!(stats.dropped.queue_full > 0 && stats.logs == 5000 - stats.dropped.queue_full, "{stats:?}");
    adds_up(guard.shutdown(Duration::from_millis(200)).stats);
}

#[test]
fn many_threads_and_sessions_add_up_to_the_record() {
    let taken = Taken::default();
    let kept = taken.clone();
    let spool = folder("many");
    let server = Server::new(move |request| kept.take(request));
    let guard = over_http(&server.url(), &spool).start().unwrap();
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| (0..25).for_each(|_| calls(&guard, 20)));
        }
    });
    let end = guard.shutdown(LONG);
    adds_up(end.stats);
    assert_eq!((end.stats.produced, end.delivered, taken.different()), (4000, 4000, 4000));
    let _ = std::fs::remove_dir_all(spool);
}

#[test]
fn the_end_never_waits_for_ever_wherever_it_comes() {
    let start = || builder().sink(Broken(false)).quiet().shutdown_timeout(Duration::from_millis(50)).start().unwrap();
    let used = || {
        let guard = start();
        calls(&guard, 3);
        guard.flush(Duration::from_millis(10));
        guard
    };
    drop(used());
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async { drop(used()) });
    let one = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    one.block_on(async { tokio::spawn(async move { drop(start()) }).await }).unwrap();
    let guard = used();
    one.spawn(async move {
        let _guard = guard;
        std::future::pending::<()>().await;
    });
    drop(one); // the task, and the guard in it, goes with its runtime
    let unwound = std::panic::catch_unwind(|| {
        let _guard = used();
        panic!("unwinds")
    });
    assert!(unwound.is_err());
}

#[cfg(feature = "local")]
#[test]
fn what_the_store_will_never_take_is_set_aside_with_its_reason_and_the_rest_arrives() {
    let folder = folder("refusing");
    std::fs::create_dir_all(&folder).unwrap();
    let db = folder.join("logs.db");
    let guard = builder().local(&db).quiet().flush_interval(Duration::from_millis(10)).start().unwrap();
    // From now on the store takes no log that failed.
    let connection = rusqlite::Connection::open(&db).unwrap();
    let refusal = "CREATE TRIGGER t BEFORE INSERT ON log WHEN new.outcome > 1 BEGIN SELECT RAISE(ABORT, 'poison'); END";
    connection.execute_batch(refusal).unwrap();
    drop(connection);
    calls(&guard, 20);
    guard.run(|| {
        let mut call = open(&FUNCTION);
        call.run(|| ());
        call.skip_output(true);
    });
    calls(&guard, 20);
    assert_eq!(guard.flush(LONG).delivered, 40);
    calls(&guard, 20);
    let end = guard.shutdown(LONG);
    assert_eq!((end.delivered, end.spooled, end.stats.dropped.refused), (60, 0, 1));
    adds_up(end.stats);
    let aside = std::fs::read_to_string(folder.join("logs.db-refused.jsonl")).unwrap();
    assert!(aside.contains("poison") && aside.contains("left out by"), "{aside}");
    std::fs::remove_dir_all(folder).unwrap();
}
