//! Forms that other crates' attributes refuse or get wrong.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use humanloop::tool;

use crate::record::{run, run_sync};

mod trace_weft {}

struct HttpClient;

struct NoDisplay;

type Io<T> = Result<T, std::io::Error>;

#[tool]
fn error_without_display(ok: bool) -> Result<u8, NoDisplay> {
    if ok { Ok(1) } else { Err(NoDisplay) }
}

#[tool]
fn alias_of_result(ok: bool) -> Io<u8> {
    if ok { Ok(1) } else { Err(std::io::Error::other("broke")) }
}

#[tool]
fn client(client: &HttpClient, config: Arc<Vec<u8>>, shown: &dyn fmt::Display) -> usize {
    let HttpClient = client;
    config.len() + shown.to_string().len()
}

#[tool]
fn instant(at: Instant) -> Instant {
    at
}

#[tool]
fn locked(lock: &Mutex<u8>, shared: Arc<Mutex<u8>>) -> bool {
    lock.try_lock().is_err() && shared.try_lock().is_ok()
}

#[tool]
async fn under_a_span(_span: &str, result: u8) -> u8 {
    tokio::task::yield_now().await;
    result
}

#[tokio::test]
async fn case_55_errors_clients_instants_and_aliases_compile_and_are_kept_by_what_they_can_do() {
    assert!(run_sync(|| error_without_display(true)).0.is_ok());
    run_sync(|| error_without_display(false)).1.only(|log| {
        assert_eq!((log.outcome, log.error.as_deref()), ("failed", Some("humanloop_forms::rivals::NoDisplay")));
    });
    assert!(run_sync(|| alias_of_result(true)).0.is_ok());
    run_sync(|| alias_of_result(false)).1.only(|log| assert_eq!(log.error.as_deref(), Some("broke")));
    let (length, recorded) = run_sync(|| client(&HttpClient, Arc::new(vec![1]), &12));
    assert_eq!(length, 3);
    recorded.only(|log| assert!(log.inputs.contains(r#""config":[1],"shown":{"$type":"&dyn "#), "{}", log.inputs));
    let now = Instant::now();
    assert_eq!(run_sync(|| instant(now)).0, now);
    let (sum, recorded) = run(under_a_span("s", 3)).await;
    assert_eq!(sum, 3);
    recorded.is(r#"{"_span":"s","result":3}"#, "3");
}

#[test]
fn case_55_a_lock_that_the_caller_holds_is_looked_at_without_waiting() {
    let lock = Mutex::new(1);
    let held = lock.lock().unwrap();
    let (value, recorded) = run_sync(|| locked(&lock, Arc::new(Mutex::new(2))));
    drop(held);
    assert!(value);
    recorded.only(|log| assert!(log.inputs.contains("<locked>"), "{}", log.inputs));
}
