//! Futures, tasks and threads: the parent is right, or the record says that it has none.

use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use humanloop::{flow, tool};

use crate::record::{Log, run, run_sync, spawn};

#[tool]
async fn leaf(n: u32) -> u32 {
    tokio::task::yield_now().await;
    n
}

#[tool]
fn sync_leaf(n: u32) -> u32 {
    n
}

/// Every log but the first is a child of the first.
fn nested_under_the_first(logs: &[Log], children: usize) {
    assert_eq!(logs.len(), children + 1, "{logs:#?}");
    for child in &logs[1..] {
        assert_eq!((child.parent.as_ref(), &child.session), (Some(&logs[0].id), &logs[0].session), "{child:#?}");
        assert!(!child.unbound);
    }
}

#[flow]
async fn moves(hops: u32) -> usize {
    let mut threads = HashSet::new();
    for hop in 0..hops {
        leaf(hop).await;
        tokio::time::sleep(Duration::from_micros(100)).await;
        threads.insert(std::thread::current().id());
    }
    threads.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_04_a_future_that_moves_between_threads_is_one_record_with_its_children() {
    let many = async { futures_util::future::join_all((0..8).map(|_| tokio::spawn(run(moves(20))))).await };
    for one in many.await {
        let (threads, recorded) = one.unwrap();
        assert!(threads >= 1);
        recorded.check(|logs| nested_under_the_first(logs, 20));
    }
}

/// Gives way once, whoever polls.
async fn once() {
    let mut given = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut given, true) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

#[tool]
async fn gives_way(n: u32) -> u32 {
    once().await;
    sync_leaf(n)
}

#[flow]
async fn hops() -> u32 {
    gives_way(1).await + gives_way(2).await
}

#[test]
fn case_04_a_future_that_each_poll_finds_on_another_thread_keeps_its_children_and_leaves_nothing_behind() {
    let mut future = Box::pin(run(hops()));
    let mut threads = 0;
    let (sum, recorded) = loop {
        threads += 1;
        let poll = std::thread::spawn(move || {
            let poll = future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
            // Between two polls the thread is in no call.
            assert_eq!(run_sync(|| sync_leaf(9)).0, 9);
            (poll, future)
        });
        let (poll, back) = poll.join().unwrap();
        future = back;
        if let std::task::Poll::Ready(ready) = poll {
            break ready;
        }
    };
    assert_eq!((sum, threads), (3, 3));
    recorded.check(|logs| {
        let parents: Vec<_> = logs.iter().map(|log| (log.name.as_str(), log.parent.as_ref())).collect();
        let [root, first, _, second, _] = logs else { panic!("{logs:#?}") };
        let (root, first, second) = (Some(&root.id), Some(&first.id), Some(&second.id));
        let calls =
            [("hops", None), ("gives_way", root), ("sync_leaf", first), ("gives_way", root), ("sync_leaf", second)];
        assert_eq!(parents, calls);
    });
}

#[tool]
#[expect(clippy::future_not_send, reason = "this is the form under test, and the lint sees it")]
async fn holds_rc(n: u32) -> u32 {
    let shared = Rc::new(n);
    tokio::task::yield_now().await;
    *shared
}

#[tool]
async fn holds_rc_before_the_await(cell: std::cell::Cell<u32>) -> u32 {
    {
        let shared = Rc::new(cell.get());
        cell.set(*shared);
    }
    tokio::task::yield_now().await;
    cell.get()
}

const fn is_send<T: Send>(_: &T) -> bool {
    true
}

#[tokio::test]
async fn case_39_a_future_is_send_exactly_when_the_bare_one_is() {
    // That `holds_rc` is not Send is among the wrong functions, whose messages are compared with and without the attribute.
    assert!(is_send(&leaf(1)) && is_send(&holds_rc_before_the_await(std::cell::Cell::new(1))));
    assert_eq!(run(holds_rc(1)).await.0, 1);
}

macro_rules! chain {
    ($name:ident -> $next:ident, $($rest:tt)*) => {
        #[tool]
        async fn $name(big: [u8; 256]) -> usize {
            $next(big).await + 1
        }
        chain!($next -> $($rest)*);
    };
    ($name:ident -> end) => {
        #[tool]
        async fn $name(big: [u8; 256]) -> usize {
            tokio::task::yield_now().await;
            usize::from(big[0])
        }
    };
}

chain! { c01 -> c02, c03, c04, c05, c06, c07, c08, c09, c10, end }

#[tokio::test]
async fn case_40_a_chain_of_ten_calls_with_a_large_argument_holds_the_default_recursion_limit() {
    // The compiler's limit is on types in types: bare async functions reach it at a chain of a good 30.
    let (depth, recorded) = run(Box::pin(c01([1; 256]))).await;
    assert_eq!(depth, 10);
    recorded.check(|logs| {
        assert_eq!(logs.len(), 10);
        for pair in logs.windows(2) {
            assert_eq!(pair[1].parent.as_ref(), Some(&pair[0].id));
        }
    });
}

#[tool]
fn deep(n: u32) -> u32 {
    if n == 0 { 0 } else { deep(n - 1) + 1 }
}

#[tool]
async fn deep_async(n: u32) -> u32 {
    if n == 0 { 0 } else { Box::pin(deep_async(n - 1)).await + 1 }
}

#[test]
fn case_42_deep_recursion_is_a_chain_of_parents() {
    let body = || {
        let (depth, recorded) = run_sync(|| deep(10_000));
        assert_eq!(depth, 10_000);
        recorded.check(|logs| {
            assert_eq!(logs.len(), 10_001);
            for pair in logs.windows(2) {
                assert_eq!(pair[1].parent.as_ref(), Some(&pair[0].id));
            }
        });
        let (depth, _) = run_sync(|| futures_util::future::FutureExt::now_or_never(deep_async(1000)));
        assert_eq!(depth, Some(1000));
    };
    // An unoptimised build needs more stack than a test's thread has, with and without the attribute.
    std::thread::Builder::new().stack_size(256 << 20).spawn(body).unwrap().join().unwrap();
}

#[flow]
async fn waits_together() -> u32 {
    let (a, b) = tokio::join!(leaf(1), leaf(2));
    let mut unordered: FuturesUnordered<_> = (3..6).map(leaf).collect();
    let mut sum = a + b;
    while let Some(n) = unordered.next().await {
        sum += n;
    }
    tokio::select! {
        n = leaf(6) => sum + n,
        () = std::future::pending() => 0,
    }
}

#[flow]
async fn hands_over() -> u32 {
    let spawned = spawn(leaf(1)).await.unwrap();
    let mut set = tokio::task::JoinSet::new();
    set.spawn(humanloop::Context::current().scope(leaf(2)));
    let joined = set.join_next().await.unwrap().unwrap();
    let blocking = tokio::task::spawn_blocking(humanloop::in_context(|| sync_leaf(3))).await.unwrap();
    let thread = std::thread::spawn(humanloop::in_context(|| sync_leaf(4))).join().unwrap();
    let context = humanloop::Context::current();
    let (a, b) = rayon::join(|| context.clone().run(|| sync_leaf(5)), || context.clone().run(|| sync_leaf(6)));
    spawned + joined + blocking + thread + a + b
}

#[flow]
async fn does_not_hand_over() -> u32 {
    let spawned = tokio::spawn(leaf(1)).await.unwrap();
    let thread = std::thread::spawn(|| sync_leaf(2)).join().unwrap();
    spawned + thread
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_45_waiting_together_keeps_the_parent_with_no_help() {
    let (sum, recorded) = run(waits_together()).await;
    assert_eq!(sum, 21);
    recorded.check(|logs| nested_under_the_first(logs, 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_45_a_hand_over_keeps_the_parent_over_tasks_threads_and_rayon() {
    let (sum, recorded) = run(hands_over()).await;
    assert_eq!(sum, 21);
    recorded.check(|logs| nested_under_the_first(logs, 6));
}

#[test]
fn case_45_without_a_hand_over_a_call_is_a_root_of_its_own_that_says_so() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    #[cfg(not(feature = "enable"))]
    assert_eq!(runtime.block_on(does_not_hand_over()), 3);
    // What runs without a context logs to what `init` started, so this test uses `init`, as the only one.
    #[cfg(feature = "enable")]
    {
        let memory = humanloop::Memory::new().unwrap();
        let guard = humanloop::builder().memory(&memory).quiet().init().unwrap();
        assert_eq!(runtime.block_on(does_not_hand_over()), 3);
        assert!(guard.flush(Duration::from_secs(60)).complete);
        drop(guard);
        let logs = memory.logs().unwrap();
        let ours = |name: &str| logs.iter().filter(|log| log.project.as_deref() == Some(name)).collect::<Vec<_>>();
        let [root] = ours("does_not_hand_over")[..] else { panic!("{logs:#?}") };
        for name in ["leaf", "sync_leaf"] {
            let orphan =
                ours(name).into_iter().find(|log| log.parent_reference_id.is_none() && log.unbound == Some(true));
            assert_ne!(orphan.unwrap().session_reference_id, root.session_reference_id);
        }
    }
}

#[flow]
async fn request(n: u32, calls: u32) -> u32 {
    let mut sum = 0;
    for call in 0..calls {
        sum += leaf(call).await + sync_leaf(n);
    }
    sum
}

#[tokio::test(flavor = "current_thread")]
async fn case_47_two_sessions_on_one_thread_do_not_mix() {
    let (sums, recorded) =
        run(async { tokio::join!(humanloop::session(request(1, 5)), humanloop::session(request(2, 5))) }).await;
    assert_eq!(sums, (15, 20));
    recorded.check(|logs| sessions_are_apart(logs, 2, 11));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_47_a_thousand_sessions_do_not_mix() {
    let (sums, recorded) = run(async {
        futures_util::future::join_all((0..1000).map(|n| spawn(humanloop::session(request(n, 3))))).await
    })
    .await;
    assert!(sums.into_iter().enumerate().all(|(n, sum)| sum.is_ok_and(|sum| sum as usize == 3 + 3 * n)));
    recorded.check(|logs| sessions_are_apart(logs, 1000, 7));
}

/// Each session holds one request, and below it the calls with its own number.
fn sessions_are_apart(logs: &[Log], sessions: usize, calls: usize) {
    assert_eq!(logs.len(), sessions * calls);
    let mut roots = std::collections::HashMap::new();
    for root in logs.iter().filter(|log| log.name == "request") {
        assert!(root.parent.is_none() && roots.insert(&root.session, root).is_none(), "{root:#?}");
    }
    assert_eq!(roots.len(), sessions);
    for log in logs.iter().filter(|log| log.name != "request") {
        let root = roots[&log.session];
        assert_eq!(log.parent.as_ref(), Some(&root.id));
        let number = root.inputs.split_once(',').map_or("", |(number, _)| number);
        assert!(log.name == "leaf" || log.inputs == format!("{number}}}"), "{log:#?} under {root:#?}");
    }
}

#[flow]
async fn outer() -> u32 {
    inner(2).await
}

#[flow]
async fn inner(n: u32) -> u32 {
    leaf(n).await + sync_leaf(n)
}

#[tokio::test]
async fn case_48_nested_calls_name_their_parents_and_share_their_session() {
    let (sum, recorded) = run(outer()).await;
    assert_eq!(sum, 4);
    recorded.check(|logs| {
        let parents: Vec<Option<&String>> = logs.iter().map(|log| log.parent.as_ref()).collect();
        assert_eq!(parents, [None, Some(&logs[0].id), Some(&logs[1].id), Some(&logs[1].id)]);
        assert!(logs.iter().all(|log| log.session == logs[0].session));
        assert!(logs[0].unbound && !logs[1].unbound);
    });
}

#[tool]
fn boxed_leaf(n: u32) -> std::pin::Pin<Box<dyn Future<Output = u32> + Send>> {
    sync_leaf(n);
    Box::pin(async move { leaf(n).await })
}

#[flow]
async fn polls(future: impl Future<Output = u32> + Send) -> u32 {
    future.await
}

#[tokio::test]
async fn case_48_a_returned_future_belongs_to_where_it_is_polled_as_that_of_an_async_function_does() {
    let (sums, recorded) = run(async {
        let elsewhere = boxed_leaf(2);
        drop(boxed_leaf(3));
        humanloop::session(polls(boxed_leaf(1))).await + humanloop::session(elsewhere).await
    })
    .await;
    assert_eq!(sums, 3);
    recorded.check(|logs| {
        let at = |name: &str, n: u32| {
            let inputs = format!(r#"{{"n":{n}}}"#);
            logs.iter().find(|log| log.name == name && log.inputs == inputs)
        };
        let flow = logs.iter().find(|log| log.name == "polls").unwrap();
        let [first, second] = [1, 2].map(|n| at("boxed_leaf", n).unwrap());
        assert_eq!((first.parent.as_ref(), &first.session), (Some(&flow.id), &flow.session));
        assert!(second.parent.is_none() && !second.unbound && second.session != flow.session);
        assert!(at("boxed_leaf", 3).is_none(), "it was never polled");
        for (n, parent) in [(1, first), (2, second)] {
            assert_eq!(at("leaf", n).unwrap().parent.as_ref(), Some(&parent.id));
            // What the function did before there was a future is its child, too.
            assert_eq!(at("sync_leaf", n).unwrap().parent.as_ref(), Some(&parent.id));
        }
    });
}
