//! Calls whose logs go where `init` sends them, as in most programs. There a call mostly has no context of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use humanloop::api::{Log, Outcome};
use humanloop::{Guard, Memory, Session};

static HUMANLOOP: LazyLock<(Memory, Guard)> = LazyLock::new(|| {
    let memory = Memory::new().unwrap();
    let guard = humanloop::builder().memory(&memory).quiet().init().unwrap();
    (memory, guard)
});

/// A new session, once logs are taken, and one of a name.
fn sessions(name: &str) -> [Session; 2] {
    LazyLock::force(&HUMANLOOP);
    [Session::new(), Session::with_reference_id(name)]
}

fn logs(session: &Session) -> Vec<Log> {
    let (memory, guard) = &*HUMANLOOP;
    assert!(guard.flush(Duration::from_secs(30)).complete);
    let of_session = |log: &Log| log.session_reference_id == Some(session.reference_id());
    memory.logs().unwrap().into_iter().filter(of_session).collect()
}

/// What was called in a session, each behind what it was called by.
fn calls(session: &Session) -> Vec<String> {
    let logs = logs(session);
    let name = |log: &Log| log.function.as_ref().unwrap().ident.clone();
    let parent = |log: &Log| {
        let id = log.parent_reference_id.as_ref()?;
        Some(logs.iter().find(|log| log.reference_id.as_ref() == Some(id)).map_or("nobody".to_owned(), name))
    };
    logs.iter().map(|log| parent(log).map_or_else(|| name(log), |parent| format!("{parent} > {}", name(log)))).collect()
}

#[humanloop::tool]
fn leaf(n: u32) -> u32 {
    n
}

#[humanloop::tool]
async fn leaf_async(n: u32) -> u32 {
    tokio::task::yield_now().await;
    leaf(n)
}

/// Calls before and after each of its three polls' ends.
#[humanloop::flow]
async fn wanderer() -> u32 {
    let mut sum = leaf(1);
    for n in 2..4 {
        pending_once().await;
        sum += leaf_inner(n).await;
    }
    sum
}

#[humanloop::tool]
async fn leaf_inner(n: u32) -> u32 {
    n
}

async fn pending_once() {
    let mut is_polled = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut is_polled, true) { Poll::Ready(()) } else { Poll::Pending })
        .await;
}

fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

const WANDERED: [&str; 4] = ["wanderer", "wanderer > leaf", "wanderer > leaf_inner", "wanderer > leaf_inner"];

#[tokio::test]
async fn calls_nest_as_they_happened() {
    #[humanloop::flow]
    async fn root() -> u32 {
        let (a, b) = tokio::join!(leaf_async(1), leaf_async(2));
        a + b + leaf(3)
    }
    for session in sessions("nests") {
        assert_eq!(session.scope(root()).await, 6);
        let mut expected =
            ["root", "root > leaf_async", "root > leaf_async", "leaf_async > leaf", "leaf_async > leaf"].to_vec();
        expected.push("root > leaf");
        assert_eq!(calls(&session), expected);
    }
}

#[test]
fn a_future_stays_in_its_session_wherever_it_is_polled() {
    for session in sessions("wanders") {
        let elsewhere = Session::new();
        let mut future = Box::pin(wanderer());
        assert!(session.run(|| poll(&mut future)).is_pending());
        elsewhere.run(|| {
            leaf(0);
            assert!(poll(&mut future).is_pending());
            leaf(0);
        });
        // Outside of any session.
        assert_eq!(std::thread::spawn(move || poll(&mut future)).join().unwrap(), Poll::Ready(6));
        assert_eq!(calls(&session), WANDERED);
        assert_eq!(calls(&elsewhere), ["leaf", "leaf"]);
    }
}

#[test]
fn what_a_future_calls_outside_of_its_scope_goes_where_its_own_log_goes() {
    LazyLock::force(&HUMANLOOP);
    let memory = Memory::new().unwrap();
    let guard = humanloop::builder().memory(&memory).quiet().start().unwrap();
    let session = Session::new();
    let mut future = Box::pin(wanderer());
    assert!(guard.run(|| session.run(|| poll(&mut future))).is_pending());
    assert!(session.run(|| poll(&mut future)).is_pending());
    assert_eq!(poll(&mut future), Poll::Ready(6));
    drop(guard);
    assert_eq!(memory.trees().unwrap()[0].outline(), "wanderer\n  leaf\n  leaf_inner\n  leaf_inner");
    assert_eq!(calls(&session), Vec::<String>::new());
}

#[test]
fn a_future_that_is_polled_in_another_ones_body_is_not_nested_there() {
    #[humanloop::flow]
    fn body(future: &mut Pin<Box<dyn Future<Output = u32> + Send>>) -> bool {
        leaf(0);
        let is_pending = poll(future).is_pending();
        leaf(0);
        is_pending
    }
    for session in sessions("two bodies") {
        let mut future: Pin<Box<dyn Future<Output = u32> + Send>> = Box::pin(wanderer());
        session.run(|| {
            assert!(poll(&mut future).is_pending());
            assert!(body(&mut future));
            assert!(poll(&mut future).is_ready());
        });
        let expected = ["wanderer", "wanderer > leaf", "body", "body > leaf", "wanderer > leaf_inner", "body > leaf"];
        assert_eq!(calls(&session), [&expected[..], &["wanderer > leaf_inner"]].concat());
    }
}

#[test]
fn after_a_panic_and_after_a_future_that_is_dropped_half_way_the_outer_call_is_the_parent() {
    #[humanloop::tool]
    async fn panics() {
        panic!("on purpose");
    }
    #[humanloop::flow]
    fn outer() {
        let mut half_way = Box::pin(wanderer());
        assert!(poll(&mut half_way).is_pending());
        drop(half_way);
        leaf(1);
        catch_unwind(AssertUnwindSafe(|| poll(&mut Box::pin(panics())))).unwrap_err();
        leaf(2);
    }
    for session in sessions("ends early") {
        session.run(outer);
        let expected =
            ["outer", "outer > wanderer", "wanderer > leaf", "outer > leaf", "outer > panics", "outer > leaf"];
        assert_eq!(calls(&session), expected);
        let outcomes: Vec<Outcome> = logs(&session).iter().map(Log::outcome).collect();
        assert_eq!((outcomes[1], outcomes[4]), (Outcome::Cancelled, Outcome::Panicked));
    }
}

#[test]
fn calls_at_the_end_of_a_thread_are_recorded() {
    struct Last(Session);
    impl Drop for Last {
        fn drop(&mut self) {
            self.0.run(|| leaf(9));
        }
    }
    thread_local! {
        static EARLY: RefCell<Option<Last>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<Last>> = const { RefCell::new(None) };
    }
    for session in sessions("the end") {
        let here = session.clone();
        let thread = std::thread::spawn(move || {
            // What is made first is dropped last: after what a call makes, and before it.
            EARLY.set(Some(Last(here.clone())));
            here.run(|| leaf(1));
            LATE.set(Some(Last(here)));
        });
        thread.join().unwrap();
        assert_eq!(calls(&session), ["leaf", "leaf", "leaf"]);
    }
}
