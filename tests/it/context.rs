//! Sessions and nesting, over tasks, threads and runtimes.

use std::time::Duration;

use humanloop::testing::record;
use humanloop::{Memory, Session};

#[humanloop::tool]
async fn leaf(name: &str) -> String {
    tokio::task::yield_now().await;
    name.to_uppercase()
}

#[humanloop::tool]
fn sync_leaf(n: u32) -> u32 {
    n + 1
}

#[humanloop::flow]
async fn branch(n: u32) -> usize {
    let (a, b) = tokio::join!(leaf("a"), leaf("b"));
    a.len() + b.len() + sync_leaf(n) as usize
}

#[humanloop::flow]
async fn root() -> usize {
    branch(1).await + branch(2).await
}

const TREE: &str = "root\n  branch\n    leaf\n    leaf\n    sync_leaf\n  branch\n    leaf\n    leaf\n    sync_leaf";

#[tokio::test(flavor = "current_thread")]
async fn calls_nest_as_they_happened_on_one_thread() {
    assert_eq!(record(root()).await.unwrap().tree().unwrap(), TREE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_nest_as_they_happened_on_several_threads() {
    for _ in 0..50 {
        assert_eq!(record(root()).await.unwrap().tree().unwrap(), TREE);
    }
}

#[test]
fn calls_nest_as_they_happened_without_a_runtime() {
    #[humanloop::flow]
    fn sync_root() -> u32 {
        sync_leaf(1) + sync_leaf(2)
    }
    let memory = Memory::new().unwrap();
    let guard = humanloop::builder().memory(&memory).quiet().start().unwrap();
    assert_eq!(guard.run(sync_root), 5);
    assert!(guard.flush(Duration::from_secs(5)).complete);
    assert_eq!(memory.trees().unwrap()[0].outline(), "sync_root\n  sync_leaf\n  sync_leaf");
}

#[tokio::test]
async fn a_root_call_outside_any_session_opens_one() {
    let trace = record(async {
        leaf("a").await;
        leaf("b").await;
    });
    let logs = trace.await.unwrap().logs().unwrap();
    assert_eq!(logs.len(), 2);
    assert_ne!(logs[0].session_reference_id, logs[1].session_reference_id);
}

#[tokio::test]
async fn an_explicit_session_gathers_its_calls() {
    let trace = record(humanloop::session(async {
        leaf("a").await;
        leaf("b").await;
    }));
    assert_eq!(trace.await.unwrap().tree().unwrap(), "leaf\nleaf");
}

#[tokio::test]
async fn a_session_goes_on_under_its_reference_id() {
    let trace = record(async {
        Session::with_reference_id("order 4711").scope(leaf("a")).await;
        Session::with_reference_id("order 4711").scope(leaf("b")).await;
    });
    let trace = trace.await.unwrap();
    assert_eq!(trace.tree().unwrap(), "leaf\nleaf");
    assert_eq!(trace.logs().unwrap()[0].session_reference_id.as_deref(), Some("order 4711"));
}

#[humanloop::flow]
async fn hands_over() -> u32 {
    humanloop::spawn(leaf("spawned")).await.unwrap();
    tokio::task::spawn_blocking(humanloop::in_context(|| sync_leaf(1))).await.unwrap();
    std::thread::spawn(humanloop::in_context(|| sync_leaf(2))).join().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spawn_and_in_context_keep_session_and_parent() {
    let trace = record(hands_over()).await.unwrap();
    assert_eq!(trace.tree().unwrap(), "hands_over\n  leaf\n  sync_leaf\n  sync_leaf");
}

#[tokio::test(flavor = "current_thread")]
async fn concurrent_sessions_on_one_thread_do_not_mix() {
    let trace = record(async {
        let sessions = (0..20).map(|n| {
            humanloop::spawn(humanloop::session(async move {
                let session = Session::current().unwrap().reference_id();
                branch(n).await;
                session
            }))
        });
        let mut names = Vec::new();
        for session in sessions.collect::<Vec<_>>() {
            names.push(session.await.unwrap());
        }
        names
    });
    let trace = trace.await.unwrap();
    let logs = trace.logs().unwrap();
    for session in &trace.output {
        let of_session = logs.iter().filter(|log| log.session_reference_id.as_ref() == Some(session));
        assert_eq!(of_session.count(), 4);
    }
}

#[tokio::test]
async fn order_is_that_of_the_beginnings() {
    let trace = record(humanloop::session(async {
        for n in 0..200 {
            sync_leaf(n);
        }
    }));
    let logs = trace.await.unwrap().logs().unwrap();
    let numbers: Vec<String> =
        logs.iter().map(|log| log.inputs.as_ref().unwrap().get("n").unwrap().get().into()).collect();
    assert_eq!(numbers, (0..200).map(|n| n.to_string()).collect::<Vec<_>>());
}
