//! Panics, dropped futures, endings: every opened record ends, and says how.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use humanloop::{flow, tool};

use crate::record::{Log, run, run_sync, spawn};

#[tool]
fn panics(at: usize) -> u8 {
    let bytes = [1, 2, 3];
    bytes[at]
}

#[flow]
fn panics_below(at: usize) -> u8 {
    panics(at)
}

#[tool]
async fn panics_async(message: &str) -> u8 {
    tokio::task::yield_now().await;
    panic!("at last: {message}")
}

#[flow]
async fn panics_below_async() -> u8 {
    panics_async("now").await
}

#[tool]
fn after() -> u8 {
    1
}

const BOUNDS: &str = "panicked: index out of bounds: the len is 3 but the index is 7";

fn endings(logs: &[Log]) -> Vec<(&str, &str, Option<&str>)> {
    logs.iter().map(|log| (log.name.as_str(), log.outcome, log.error.as_deref())).collect()
}

#[test]
fn case_43_a_panic_is_recorded_and_goes_on_and_closes_its_parents() {
    let (caught, recorded) = run_sync(|| {
        let caught = catch_unwind(|| panics_below(7)).unwrap_err();
        after();
        caught.downcast::<String>().unwrap()
    });
    assert_eq!(format!("panicked: {caught}"), BOUNDS);
    recorded.check(|logs| {
        assert_eq!(
            endings(logs),
            [("panics_below", "panicked", Some(BOUNDS)), ("panics", "panicked", Some(BOUNDS)), ("after", "ok", None)]
        );
        // The context is that before the panic.
        assert!(logs[2].parent.is_none() && logs[2].unbound);
    });
}

#[tokio::test]
async fn case_43_a_panic_in_a_task_is_recorded_and_reaches_its_join_handle() {
    let task = async { spawn(panics_below_async()).await.unwrap_err() };
    let (error, recorded) = run(task).await;
    assert!(error.is_panic());
    recorded.check(|logs| {
        let message = Some("panicked: at last: now");
        let expected = [("panics_below_async", "panicked", message), ("panics_async", "panicked", message)];
        assert_eq!(endings(logs), expected);
    });
}

#[test]
fn case_43_a_future_that_is_dropped_by_somebody_elses_panic_is_cancelled() {
    let (caught, recorded) = run_sync(|| {
        let mut future = Box::pin(waits_below());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        catch_unwind(AssertUnwindSafe(move || {
            let _future = future;
            panic!("somebody else's");
        }))
    });
    assert!(caught.is_err());
    recorded
        .check(|logs| assert_eq!(endings(logs), [("waits_below", "cancelled", None), ("waits", "cancelled", None)]));
}

#[tool]
async fn waits() -> u8 {
    std::future::pending().await
}

#[flow]
async fn waits_below() -> u8 {
    waits().await
}

#[tokio::test]
async fn case_44_a_future_that_is_never_polled_is_no_call() {
    run(async { drop(waits_below()) }).await.1.check(|logs| assert!(logs.is_empty(), "{logs:#?}"));
}

#[tokio::test]
async fn case_44_a_future_dropped_by_a_timeout_is_cancelled_with_its_children() {
    let (value, recorded) = run(tokio::time::timeout(Duration::from_millis(5), waits_below())).await;
    assert!(value.is_err());
    recorded
        .check(|logs| assert_eq!(endings(logs), [("waits_below", "cancelled", None), ("waits", "cancelled", None)]));
}

#[tokio::test]
async fn case_44_a_future_dropped_by_select_is_cancelled_with_its_children() {
    let select = async {
        tokio::select! {
            biased;
            _ = waits_below() => false,
            () = tokio::task::yield_now() => true,
        }
    };
    let (value, recorded) = run(select).await;
    assert!(value);
    recorded
        .check(|logs| assert_eq!(endings(logs), [("waits_below", "cancelled", None), ("waits", "cancelled", None)]));
}

#[tokio::test]
async fn case_44_an_aborted_task_is_cancelled_with_its_children_if_it_had_begun() {
    let abort = async {
        let begun = spawn(waits_below());
        tokio::task::yield_now().await;
        let not_begun = spawn(waits());
        not_begun.abort();
        begun.abort();
        begun.await.unwrap_err().is_cancelled() && not_begun.await.unwrap_err().is_cancelled()
    };
    let (cancelled, recorded) = run(abort).await;
    assert!(cancelled);
    recorded
        .check(|logs| assert_eq!(endings(logs), [("waits_below", "cancelled", None), ("waits", "cancelled", None)]));
}

struct Permit<'a>(&'a std::sync::atomic::AtomicBool);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

#[tool]
async fn while_held(
    seen: &std::sync::atomic::AtomicBool,
    _permit: Permit<'_>,
    _: Permit<'_>,
    (_in_a_pattern, _): (Permit<'_>, u8),
) -> bool {
    tokio::task::yield_now().await;
    seen.load(std::sync::atomic::Ordering::Relaxed)
}

#[tokio::test]
async fn an_argument_that_the_body_does_not_mention_lives_as_long_as_the_body() {
    let gone = std::sync::atomic::AtomicBool::new(false);
    let permit = || Permit(&gone);
    let (gone_early, _) = run(async { while_held(&gone, permit(), permit(), (permit(), 1)).await }).await;
    assert!(!gone_early && gone.into_inner());
}
