//! Which calls are recorded at all: sampling, logging off, delivery's own.

use std::collections::HashMap;
use std::process::Command;
use std::time::Duration;

use humanloop::api::Entry;
use humanloop::sink::{Delivery, Sink};
use humanloop::{Guard, Humanloop, Log, Memory, Session, ToolConfig};

const LONG: Duration = Duration::from_secs(60);

#[humanloop::tool]
fn leaf(n: u32) -> u32 {
    n + 1
}

#[humanloop::tool]
async fn leaf_async(n: u32) -> u32 {
    tokio::task::yield_now().await;
    n + 1
}

/// Calls on this thread, on another one and on another task, and a log of the explicit client's: five in all.
#[humanloop::flow]
async fn agent() {
    leaf(1);
    tokio::task::spawn_blocking(humanloop::in_context(|| leaf(2))).await.unwrap();
    humanloop::spawn(leaf_async(3)).await.unwrap();
    Humanloop::new().unwrap().log(Log::new(ToolConfig::new("explicit")).output("x")).await.unwrap();
}

/// How many logs each session has.
fn sessions(memory: &Memory) -> HashMap<String, usize> {
    let mut sessions = HashMap::new();
    for log in memory.logs().unwrap() {
        *sessions.entry(log.session_reference_id.unwrap()).or_default() += 1;
    }
    sessions
}

fn sampled(part: f64) -> (Memory, Guard) {
    let memory = Memory::new().unwrap();
    let guard = humanloop::builder().memory(&memory).sample(part).quiet().start().unwrap();
    (memory, guard)
}

async fn hundred_sessions(part: f64) -> (HashMap<String, usize>, humanloop::Stats) {
    let (memory, guard) = sampled(part);
    for _ in 0..50 {
        guard.scope(agent()).await; // it opens a session of its own
        guard.scope(humanloop::session(agent())).await;
    }
    let stats = guard.shutdown(LONG).stats;
    (sessions(&memory), stats)
}

#[tokio::test]
async fn a_session_is_recorded_as_a_whole_or_not_at_all() {
    let (sessions, stats) = hundred_sessions(0.5).await;
    assert!((1..100).contains(&sessions.len()), "{} of 100 sessions", sessions.len());
    assert!(sessions.values().all(|logs| *logs == 5), "{sessions:?}");
    // What is left out was never to be recorded, so it is no loss.
    assert_eq!((stats.produced, stats.lost, stats.running), (5 * sessions.len() as u64, 0, 0));
}

#[humanloop::tool(stream)]
fn leaves(n: u32) -> impl Iterator<Item = u32> {
    (0..n).map(leaf)
}

#[test]
fn what_is_left_out_stays_left_out_where_it_goes_on() {
    let (memory, guard) = sampled(0.5);
    guard.run(|| {
        for _ in 0..50 {
            let leaves = Session::new().run(|| leaves(3));
            assert_eq!(leaves.sum::<u32>(), 6); // outside of the session
        }
    });
    drop(guard);
    let sessions = sessions(&memory);
    assert!(sessions.len() < 50 && sessions.values().all(|logs| *logs == 4), "{sessions:?}");
}

#[tokio::test]
async fn all_sessions_are_recorded_or_none() {
    assert_eq!(hundred_sessions(1.0).await.0.len(), 100);
    assert_eq!(hundred_sessions(0.0).await.0.len(), 0);
}

#[test]
fn every_process_decides_alike_about_a_session() {
    let orders: Vec<Session> = (0..100).map(|n| Session::with_reference_id(format!("order {n}"))).collect();
    let chosen = |part| {
        let (memory, guard) = sampled(part);
        guard.run(|| orders.iter().for_each(|order| assert_eq!(order.run(|| leaf(1)), 2)));
        drop(guard);
        let mut names: Vec<String> = sessions(&memory).into_keys().collect();
        names.sort();
        names
    };
    let half = chosen(0.5);
    assert_eq!(half, chosen(0.5));
    let more = chosen(0.8);
    assert!(half.iter().all(|name| more.contains(name)), "a bigger part holds all of a smaller one");
}

#[test]
fn a_part_that_is_none_is_refused_with_its_value() {
    for part in [-0.1, 1.1, f64::NAN] {
        let memory = Memory::new().unwrap();
        let error = humanloop::builder().memory(&memory).sample(part).start().unwrap_err().to_string();
        assert!(error.contains("sample") && error.contains(&part.to_string()), "{error}");
    }
}

/// Set in the process that is to record nothing, which is this test once more.
const CHILD: &str = "HUMANLOOP_TEST_CHILD";

#[test]
fn logging_that_is_switched_off_captures_nothing_and_leaves_no_trace() {
    struct Seen<'a>(&'a std::cell::Cell<u32>);
    impl serde::Serialize for Seen<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.set(self.0.get() + 1);
            serializer.serialize_none()
        }
    }
    #[humanloop::tool]
    fn look(seen: Seen<'_>) -> u32 {
        seen.0.get()
    }
    if std::env::var_os(CHILD).is_some() {
        let guard = humanloop::init().unwrap();
        let count = std::cell::Cell::new(0);
        assert_eq!(look(Seen(&count)), 0, "an argument was captured");
        assert!(Session::current().is_none());
        assert_eq!(guard.flush(LONG), guard.shutdown(LONG));
        return assert_eq!(humanloop::stats(), humanloop::Stats::default());
    }
    let folder = std::env::temp_dir().join(format!("humanloop-off-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "chosen::logging_that_is_switched_off_captures_nothing_and_leaves_no_trace"])
        .env(CHILD, "1")
        .env("HUMANLOOP_DISABLED", "1")
        // A setting that would be an error is not looked at.
        .env("HUMANLOOP_BASE_URL", "nonsense")
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(child.status.success(), "{child:?}");
    assert_eq!(String::from_utf8_lossy(&child.stderr), "");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "something was written");
    std::fs::remove_dir(folder).unwrap();
}

/// A destination whose way to its server is annotated.
struct Annotated {
    memory: Memory,
    runtime: tokio::runtime::Runtime,
}

#[humanloop::tool]
fn post(bytes: usize) -> usize {
    leaf(bytes as u32) as usize
}

#[humanloop::tool]
async fn send(bytes: usize) -> usize {
    leaf_async(1).await;
    post(bytes)
}

impl Sink for Annotated {
    fn name(&self) -> String {
        "annotated".into()
    }
    fn deliver(&mut self, batch: &[Entry]) -> Delivery {
        post(batch.len());
        self.runtime.block_on(send(batch.len()));
        Session::new().run(|| post(batch.len()));
        self.memory.deliver(batch)
    }
}

#[test]
fn delivery_records_nothing_of_its_own() {
    let memory = Memory::new().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let sink = Annotated { memory: memory.clone(), runtime };
    let redact = |text: &str| Some(format!("{text}{}", leaf(1)));
    let guard =
        humanloop::builder().sink(sink).redact_with(redact).quiet().flush_interval(Duration::ZERO).start().unwrap();
    for n in 0..20 {
        guard.run(|| leaf(n));
        assert!(guard.flush(LONG).complete);
    }
    let end = guard.shutdown(LONG);
    assert_eq!((end.stats.produced, end.stats.logs, end.delivered), (20, 20, 20));
    assert!(memory.logs().unwrap().iter().all(|log| log.project.as_deref() == Some("leaf")));
}
