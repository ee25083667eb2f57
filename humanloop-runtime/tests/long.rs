//! Faults that take minutes: `.ci/faults` runs them. Every record is delivered, on disk, or counted as lost.
#![cfg(all(unix, feature = "http", feature = "local"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends that way")]

mod support;

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use humanloop_runtime::api::{Log, Outcome};
use humanloop_runtime::private::{Function, Kind, Source, open, put_serialize};
use humanloop_runtime::store::Store;
use humanloop_runtime::{Guard, Session, Stats, builder};
use serde_json::{Value, json};
use support::{Received, Reply, Server, nobody};

static FUNCTION: Function = Function::new(Kind::Tool, "f", "m", Source::Exact("fn f() {}"), "0123", &[]);

const LONG: Duration = Duration::from_secs(120);
/// What a child process is to do: `<what> <where>`.
const PART: &str = "HUMANLOOP_TEST_PART";

/// A call with the input `n`, and some text.
fn call(n: u64) {
    let mut call = open(&FUNCTION);
    put_serialize(&mut call, "n", &n);
    put_serialize(&mut call, "text", &"x".repeat(n as usize % 1000));
    call.run(|| ());
    call.skip_output(false);
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("humanloop-long-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// This program once more, in that test, as the part; after the words of `shell`, if there are any.
fn part(test: &str, part: &str, shell: &str) -> Command {
    let mut command = Command::new("sh");
    let run = format!("{shell} exec \"$0\" --ignored --exact --nocapture \"$1\"");
    command.args(["-c", &run]).arg(std::env::current_exe().unwrap()).arg(test).env(PART, part).stdin(Stdio::null());
    command
}

/// What this process is to do, when it is a part.
fn to_do() -> Option<(String, String)> {
    let part = std::env::var(PART).ok()?;
    part.split_once(' ').map(|(what, place)| (what.into(), place.into()))
}

#[track_caller]
fn adds_up(stats: Stats) {
    assert_eq!(stats.produced + stats.recovered, stats.delivered + stats.spooled + stats.lost, "{stats:?}");
}

/// The inputs `n` that a server has been sent.
#[derive(Clone, Default)]
struct Taken(Arc<Mutex<HashSet<u64>>>);

impl Taken {
    fn take(&self, request: &Received) -> Reply {
        let Value::Array(logs) = request.json() else { return Reply::json(json!({"id": "data_1"})) };
        self.0.lock().unwrap().extend(logs.iter().filter_map(|log| log["inputs"]["n"].as_u64()));
        Reply::json(logs.iter().map(|_| json!({"id": "data_1"})).collect())
    }
}

/// Makes calls for ever, and says after each flush up to which number all is safe.
fn calls_for_ever(guard: &Guard, first: u64) {
    let mut n = first;
    loop {
        guard.run(|| Session::new().run(|| (0..50).for_each(|more| call(n + more))));
        n += 50;
        if n.is_multiple_of(200) {
            let flushed = guard.flush(LONG);
            assert!(flushed.complete && flushed.dropped == 0, "{flushed:?}");
            println!("\nsafe {n}");
        }
    }
}

/// Starts the part, kills it some time after its first flush, and gives the last number that it called safe.
fn killed(test: &str, what: &str, round: u32) -> u64 {
    let mut child = part(test, what, "").stdout(Stdio::piped()).spawn().unwrap();
    let (sender, numbers) = std::sync::mpsc::channel();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reader = std::thread::spawn(move || {
        let safe = lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("safe ")?.parse::<u64>().ok());
        safe.for_each(|number| sender.send(number).unwrap_or_default());
    });
    let mut safe = numbers.recv_timeout(LONG).expect("a first flush");
    // A moment that has nothing to do with what it is doing.
    let random = u64::from(round) * 7919 % 97 + Instant::now().elapsed().subsec_nanos() as u64 % 7;
    std::thread::sleep(Duration::from_millis(random));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    while let Ok(number) = numbers.try_recv() {
        safe = number;
    }
    safe
}

fn number(log: &Log) -> u64 {
    log.inputs.as_ref().and_then(|inputs| inputs.get("n")?.get().parse().ok()).expect("whole inputs")
}

const KILLED: &str = "a_program_that_is_killed_fifty_times_leaves_a_whole_store";

#[test]
#[ignore = "it takes minutes: `.ci/faults` runs it"]
fn a_program_that_is_killed_fifty_times_leaves_a_whole_store() {
    if let Some((first, db)) = to_do() {
        let guard = builder().local(db).quiet().flush_interval(Duration::from_millis(5)).start().unwrap();
        return calls_for_ever(&guard, first.parse().unwrap());
    }
    let folder = folder("killed");
    let db = folder.join("logs.db");
    let (mut first, mut safe) = (0, HashSet::new());
    for round in 0..50 {
        let last = killed(KILLED, &format!("{first} {}", db.display()), round);
        safe.extend(first..last);
        first = last + 1_000_000;
    }
    let connection = rusqlite::Connection::open(&db).unwrap();
    let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let store = Store::open_existing(&db).unwrap();
    let mut there = HashSet::new();
    for session in store.sessions(usize::MAX, None).unwrap() {
        for log in store.logs(session.id).unwrap() {
            assert!(there.insert(number(&log)), "twice");
            let whole = log.outcome() == Outcome::Ok && log.output.is_some() || log.outcome() == Outcome::Interrupted;
            assert!(whole, "half-written: {log:?}");
        }
    }
    assert!(safe.is_subset(&there), "{} of {} are missing", safe.difference(&there).count(), safe.len());
    println!("killed 50 times: {} records were safe, {} are there", safe.len(), there.len());
    std::fs::remove_dir_all(folder).unwrap();
}

const KILLED_HTTP: &str = "a_program_that_is_killed_without_a_server_leaves_its_spool_to_the_next";

#[test]
#[ignore = "it takes minutes: `.ci/faults` runs it"]
fn a_program_that_is_killed_without_a_server_leaves_its_spool_to_the_next() {
    let start = |url: &str, spool: &Path| {
        let interval = Duration::from_millis(5);
        builder().http(url, None).spool(spool).quiet().flush_interval(interval).start().unwrap()
    };
    if let Some((first, place)) = to_do() {
        let (url, spool) = place.split_once(' ').unwrap();
        return calls_for_ever(&start(url, Path::new(spool)), first.parse().unwrap());
    }
    let (folder, address) = (folder("killed-http"), nobody());
    let (mut first, mut safe) = (0, HashSet::new());
    for round in 0..20 {
        let last = killed(KILLED_HTTP, &format!("{first} {address} {}", folder.display()), round);
        safe.extend(first..last);
        first = last + 1_000_000;
    }
    let taken = Taken::default();
    let kept = taken.clone();
    let _server = Server::at(address.trim_start_matches("http://"), move |request| kept.take(request));
    let guard = start(&address, &folder);
    let deadline = Instant::now() + LONG;
    while guard.flush(Duration::from_secs(1)).spooled > 0 {
        assert!(Instant::now() < deadline);
    }
    let end = guard.shutdown(LONG);
    adds_up(end.stats);
    assert_eq!((end.spooled, end.dropped), (0, 0), "{end:?}");
    let there = taken.0.lock().unwrap();
    assert!(safe.is_subset(&there), "{} of {} are missing", safe.difference(&there).count(), safe.len());
    println!("killed 20 times without a server: {} records were safe, {} arrived later", safe.len(), there.len());
    std::fs::remove_dir_all(folder).unwrap();
}

const FULL: &str = "on_a_full_disk_the_program_goes_on_and_every_record_is_counted";

#[test]
#[ignore = "it takes minutes: `.ci/faults` runs it"]
fn on_a_full_disk_the_program_goes_on_and_every_record_is_counted() {
    if let Some((what, place)) = to_do() {
        let builder = builder().quiet().flush_interval(Duration::from_millis(5)).queue_bytes(4 << 20);
        let guard = match &*what {
            "store" => builder.local(Path::new(&place).join("logs.db")),
            _ => builder.http(nobody(), None).spool(place),
        };
        let guard = guard.start().unwrap();
        for n in 0..300 {
            guard.run(|| Session::new().run(|| (0..100).for_each(|more| call(n * 100 + more))));
            std::thread::sleep(Duration::from_millis(2));
        }
        let end = guard.shutdown(Duration::from_secs(5));
        adds_up(end.stats);
        assert_eq!((end.stats.produced, end.stats.running), (30_000, 0));
        assert!(end.dropped > 0, "the disk never got full: {end:?}");
        assert!(what != "store" || end.delivered > 0, "nothing was kept: {end:?}");
        return println!("\nfull disk, {what}: {} kept, {} counted as lost", end.delivered + end.spooled, end.dropped);
    }
    // No file gets longer than that, and to try is an error as on a full disk.
    let limit = "trap '' XFSZ; ulimit -f 4000;";
    for (what, limit) in [("store", limit), ("spool", "trap '' XFSZ; ulimit -f 100;")] {
        let folder = folder(what);
        let output = part(FULL, &format!("{what} {}", folder.display()), limit).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
        text.lines().filter(|line| line.starts_with("full disk")).for_each(|line| println!("{line}"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
#[ignore = "it takes minutes: `.ci/faults` runs it"]
fn a_thousand_sessions_at_once_add_up_with_a_slow_server() {
    let (taken, folder) = (Taken::default(), folder("slow"));
    let kept = taken.clone();
    let server = Server::new(move |request| {
        std::thread::sleep(Duration::from_millis(20));
        kept.take(request)
    });
    let guard = builder().http(server.url(), None).spool(&folder).quiet().start().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(guard.scope(async {
        let sessions: Vec<_> = (0..1000_u64)
            .map(|session| {
                humanloop_runtime::spawn(humanloop_runtime::session(async move {
                    for n in 0..100 {
                        call(session * 100 + n);
                        tokio::task::yield_now().await;
                    }
                }))
            })
            .collect();
        for session in sessions {
            session.await.unwrap();
        }
    }));
    let deadline = Instant::now() + LONG;
    while guard.flush(Duration::from_secs(1)).spooled > 0 {
        assert!(Instant::now() < deadline);
    }
    let end = guard.shutdown(LONG);
    adds_up(end.stats);
    println!("1,000 sessions of 100 calls, a slow server: {end:?}");
    assert_eq!((end.stats.produced, end.stats.running), (100_000, 0));
    // What the callers make faster than the worker takes it, and the queue does not hold, is counted.
    let arrived = taken.0.lock().unwrap().len() as u64;
    assert_eq!((end.delivered, end.spooled, end.stats.dropped.queue_full), (arrived, 0, 100_000 - arrived));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
#[ignore = "it takes minutes: `.ci/faults` runs it"]
fn without_a_server_memory_stays_within_its_bounds() {
    const FOR: Duration = Duration::from_secs(90);
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    };
    let folder = folder("soak");
    // The spool gets full, too; and the queue, when this program is faster than the worker.
    let builder = builder().http(nobody(), None).spool(&folder).spool_bytes(32 << 20).queue_bytes(16 << 20);
    let before = resident();
    let guard = builder.quiet().start().unwrap();
    let (start, mut n, mut most) = (Instant::now(), 0, 0);
    while start.elapsed() < FOR {
        guard.run(|| Session::new().run(|| (0..100).for_each(|more| call(n + more))));
        n += 100;
        std::thread::sleep(Duration::from_millis(20));
        most = most.max(resident());
    }
    let end = guard.shutdown(LONG);
    adds_up(end.stats);
    println!("{n} calls without a server: {before} MiB before, {most} MiB at most; {end:?}");
    assert_eq!(end.stats.produced, n);
    assert!(end.stats.dropped.spool_full > 0, "the spool never got full: {end:?}");
    assert!(most < before + 64, "{before} MiB, then {most} MiB");
    std::fs::remove_dir_all(folder).unwrap();
}
