//! What a call records, through the interface that expansions use, and a destination that keeps what it gets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use humanloop_api::{Entry, Kind, Log, Outcome};
use humanloop_runtime::current_prompt;
use humanloop_runtime::private::{Call, Function, Source, Template, fault, open, probe};
use humanloop_runtime::sink::{Delivery, Sink};
use humanloop_runtime::{Context, Guard, builder};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Entry>>>);

impl Sink for Kept {
    fn name(&self) -> String {
        "kept".into()
    }
    fn deliver(&mut self, batch: &[Entry]) -> Delivery {
        self.0.lock().unwrap().extend_from_slice(batch);
        Delivery::default()
    }
}

fn start() -> (Guard, Kept) {
    let kept = Kept::default();
    let guard = builder().sink(kept.clone()).quiet().flush_interval(Duration::from_secs(1)).start().unwrap();
    (guard, kept)
}

/// What `body` recorded, delivered as one batch.
fn logs(body: impl FnOnce()) -> Vec<Log> {
    let (guard, kept) = start();
    guard.run(body);
    drop(guard);
    let entries = kept.0.lock().unwrap();
    let logs = entries.iter().map(|entry| match entry {
        Entry::Log(log) => Log::clone(log),
        other => panic!("not a log: {other:?}"),
    });
    logs.collect()
}

static FUNCTION: Function = Function::new(Kind::Tool, "f", "m", Source::Exact("fn f() {}"), "0123", &[("a", "&str")]);

/// A whole call of a function that returns nothing.
fn called(body: impl FnOnce()) {
    let mut call = open(&FUNCTION);
    call.run(body);
    probe(&()).__out(&mut call);
}

fn inputs_of(put: impl Fn(&mut Call)) -> String {
    let logs = logs(|| {
        let mut call = open(&FUNCTION);
        put(&mut call);
        call.run(|| ());
    });
    serde_json::to_string(logs[0].inputs.as_ref().unwrap()).unwrap()
}

macro_rules! captured {
    ($value:expr) => {
        inputs_of(|call| probe(&$value).__put(call, "a"))
    };
}

#[derive(Debug)]
struct OnlyDebug;
struct Nothing;
struct Refuses;
struct Panics;

impl Serialize for Refuses {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("no"))
    }
}

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("in Serialize")
    }
}

#[test]
fn an_argument_is_captured_by_the_best_that_its_type_can_do() {
    assert_eq!(captured!("text"), r#"{"a":"text"}"#);
    assert_eq!(captured!(vec![1, 2]), r#"{"a":[1,2]}"#);
    assert_eq!(captured!([1, 2][..]), r#"{"a":[1,2]}"#);
    assert_eq!(captured!(OnlyDebug), r#"{"a":{"$debug":"OnlyDebug"}}"#);
    assert_eq!(captured!(Nothing), r#"{"a":{"$type":"calls::Nothing"}}"#);
    assert_eq!(captured!(f64::NAN), r#"{"a":null}"#);
}

#[test]
fn a_value_that_fails_to_serialize_says_so() {
    assert_eq!(captured!(Refuses), r#"{"a":{"$unserializable":"no"}}"#);
    assert_eq!(captured!(Panics), r#"{"a":{"$unserializable":"its Serialize panicked"}}"#);
    let map: HashMap<(u8, u8), u8> = [((1, 2), 3)].into();
    assert_eq!(captured!(map), r#"{"a":{"$unserializable":"key must be a string"}}"#);
}

#[test]
fn a_lock_that_its_caller_holds_is_not_waited_for() {
    let lock = Mutex::new(1);
    let held = lock.lock().unwrap();
    assert!(captured!(lock).contains("<locked>"));
    let by_reference = &lock;
    assert!(captured!(by_reference).contains("<locked>"));
    drop(held);
    assert_eq!(captured!(RwLock::new(1)), r#"{"a":{"$debug":"RwLock { data: 1, poisoned: false, .. }"}}"#);
}

#[test]
fn what_is_captured_records_nothing_itself() {
    struct Calls;
    impl Serialize for Calls {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut call = open(&FUNCTION);
            assert!(!call.on());
            call.run(|| serializer.serialize_str("inner"))
        }
    }
    assert_eq!(captured!(Calls), r#"{"a":"inner"}"#);
}

#[derive(Debug)]
struct Outer(std::io::Error);
impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("outer")
    }
}
impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

macro_rules! ended {
    ($value:expr) => {{
        let value = $value;
        let logs = logs(|| {
            let mut call = open(&FUNCTION);
            call.run(|| ());
            match probe(&value).__split() {
                Ok(value) => probe(value).__out(&mut call),
                Err(error) => fault(error).__err(&mut call),
            }
        });
        (logs[0].outcome(), logs[0].output.clone(), logs[0].error.clone())
    }};
}

#[test]
fn a_result_ends_ok_or_failed_with_the_causes_of_its_error() {
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(ended!(1), (Outcome::Ok, text("1"), None));
    assert_eq!(ended!("x"), (Outcome::Ok, text("x"), None));
    assert_eq!(ended!(()), (Outcome::Ok, None, None));
    assert_eq!(ended!(Ok::<_, Nothing>(1)), (Outcome::Ok, text("1"), None));
    assert_eq!(ended!(Err::<u8, _>("wrong")), (Outcome::Failed, None, text("wrong")));
    assert_eq!(ended!(Err::<u8, _>(OnlyDebug)), (Outcome::Failed, None, text("OnlyDebug")));
    assert_eq!(ended!(Err::<u8, _>(Nothing)), (Outcome::Failed, None, text("calls::Nothing")));
    let outer = || Outer(std::io::Error::other("inner"));
    assert_eq!(ended!(Err::<u8, _>(outer())), (Outcome::Failed, None, text("outer\ncaused by: inner")));
    let boxed: Box<dyn std::error::Error + Send + Sync> = Box::new(outer());
    assert_eq!(ended!(Err::<u8, _>(boxed)), (Outcome::Failed, None, text("outer\ncaused by: inner")));
}

#[test]
fn a_panic_is_recorded_and_goes_on() {
    let logs = logs(|| {
        let panic = std::panic::catch_unwind(|| open(&FUNCTION).run(|| panic!("boom {}", std::process::id())));
        assert_eq!(panic.unwrap_err().downcast_ref::<String>().unwrap(), &format!("boom {}", std::process::id()));
        assert!(Context::current().parent_reference_id().is_none(), "the call's context is left");
    });
    assert_eq!(logs[0].outcome(), Outcome::Panicked);
    assert_eq!(logs[0].error.as_deref(), Some(&*format!("panicked: boom {}", std::process::id())));
}

#[tokio::test(flavor = "current_thread")]
async fn a_future_dropped_half_way_is_cancelled_and_one_never_polled_is_nothing() {
    let (guard, kept) = start();
    let call = |polled: bool| async move {
        let mut call = open(&FUNCTION);
        let mut future = Box::pin(call.future(std::future::pending::<()>()));
        if polled {
            let _ = tokio::time::timeout(Duration::from_millis(1), &mut future).await;
        }
    };
    guard.scope(call(true)).await;
    guard.scope(call(false)).await;
    drop(guard);
    let entries = kept.0.lock().unwrap();
    assert_eq!(entries.len(), 1);
    assert!(matches!(&entries[0], Entry::Log(log) if log.outcome() == Outcome::Cancelled && log.duration > Some(0.0)));
}

#[test]
fn a_parent_is_sent_open_and_closed_by_reference_unless_both_fall_into_a_batch() {
    let (guard, kept) = start();
    guard.run(|| {
        called(|| {
            called(|| ());
            assert!(guard.flush(Duration::from_secs(5)).complete);
        });
    });
    drop(guard);
    let entries = kept.0.lock().unwrap();
    let [Entry::Log(parent), Entry::Log(child), Entry::Update(end)] = &entries[..] else {
        panic!("not a parent, a child and an update: {entries:?}");
    };
    assert_eq!((parent.outcome(), child.outcome(), end.outcome), (Outcome::Running, Outcome::Ok, Some(Outcome::Ok)));
    assert_eq!(child.parent_reference_id, parent.reference_id);
    assert_eq!(child.session_reference_id, parent.session_reference_id);
    assert_eq!(Some(&end.reference_id), parent.reference_id.as_ref());
}

#[test]
fn a_full_queue_refuses_and_counts() {
    let kept = Kept::default();
    let guard =
        builder().sink(kept.clone()).quiet().queue_bytes(1000).flush_interval(Duration::from_secs(60)).start().unwrap();
    guard.run(|| {
        for _ in 0..100 {
            let mut call = open(&FUNCTION);
            probe(&"x".repeat(400)).__put(&mut call, "a");
            call.run(|| ());
        }
    });
    let stats = guard.stats();
    assert!(stats.lost > 0 && stats.logs + stats.lost >= 100, "{stats:?}");
    drop(guard);
    let arrived = kept.0.lock().unwrap().iter().filter(|entry| matches!(entry, Entry::Log(_))).count();
    assert_eq!(arrived as u64, stats.logs);
}

#[test]
fn when_the_queue_is_full_an_end_gets_in_with_a_number_and_with_the_size_of_anything_else() {
    let kept = Kept::default();
    let guard =
        builder().sink(kept.clone()).quiet().queue_bytes(6000).flush_interval(Duration::from_secs(60)).start().unwrap();
    guard.run(|| {
        let (mut number, mut text) = (open(&FUNCTION), open(&FUNCTION));
        number.run(|| {
            text.run(|| {
                while guard.stats().lost == 0 {
                    let mut call = open(&FUNCTION);
                    probe(&"x".repeat(400)).__put(&mut call, "a");
                    call.run(|| ());
                }
            });
            probe(&"y".repeat(8000)).__out(&mut text);
        });
        probe(&5_u8).__out(&mut number);
    });
    drop(guard);
    let entries = kept.0.lock().unwrap();
    let mut outputs: Vec<&str> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Log(log) => log.output.as_deref(),
            Entry::Update(update) => update.output.as_deref(),
            Entry::Feedback(_) => None,
        })
        .collect();
    outputs.sort_unstable();
    assert_eq!(outputs, ["5", r#"{"$truncated":{"bytes":8000,"start":""}}"#]);
}

#[test]
fn a_stream_that_has_failed_captures_no_more_items() {
    struct Counted(std::rc::Rc<std::cell::Cell<u32>>);
    impl serde::Serialize for Counted {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.set(self.0.get() + 1);
            serializer.serialize_unit()
        }
    }
    let (guard, kept) = start();
    let count = std::rc::Rc::default();
    guard.run(|| {
        let mut call = open(&FUNCTION);
        let item = |n| if n == 1 { Err("no more".to_owned()) } else { Ok(Counted(std::rc::Rc::clone(&count))) };
        let items = call.prepare(|| (0..100).map(item));
        let items = call.iterator(items, |call, item| {
            if call.on() {
                match item {
                    Ok(item) => probe(item).__item(call),
                    Err(error) => fault(error).__err(call),
                }
            }
        });
        assert_eq!(items.filter(Result::is_ok).count(), 99);
    });
    drop(guard);
    assert_eq!(count.get(), 1);
    let entries = kept.0.lock().unwrap();
    assert!(matches!(&entries[..], [Entry::Log(log)] if log.error.as_deref() == Some("no more")), "{entries:?}");
}

#[test]
fn an_order_is_carried_out_at_once_whenever_it_comes() {
    for _ in 0..200 {
        let guard = builder().sink(Kept::default()).quiet().flush_interval(Duration::from_secs(600)).start().unwrap();
        guard.run(|| open(&FUNCTION).run(|| ()));
        assert!(guard.flush(Duration::from_secs(60)).complete);
    }
}

#[test]
fn a_destination_that_panics_loses_its_batch_and_nothing_else() {
    struct Broken;
    impl Sink for Broken {
        fn name(&self) -> String {
            "broken".into()
        }
        fn deliver(&mut self, _: &[Entry]) -> Delivery {
            panic!("broken")
        }
    }
    let kept = Kept::default();
    let guard = builder().sink(Broken).sink(kept.clone()).quiet().start().unwrap();
    guard.run(|| open(&FUNCTION).run(|| ()));
    assert_eq!(guard.flush(Duration::from_secs(5)).stats.lost, 1);
    drop(guard);
    assert_eq!(kept.0.lock().unwrap().len(), 1);
}

#[test]
fn without_init_nothing_is_recorded_and_the_body_runs() {
    let mut call = open(&FUNCTION);
    assert!(!call.on());
    assert_eq!(call.run(|| 42), 42);
}

#[test]
fn a_prompt_that_nobody_records_is_its_own_and_not_that_of_the_call_around_it() {
    const fn prompt(template: &'static Template) -> Function {
        Function::new(Kind::Prompt, "f", "m", Source::Hidden, "0", &[]).prompt(template)
    }
    static OUTER: Function = prompt(&Template::new("gpt-4").template("outer"));
    static INNER: Function = prompt(&Template::new("gpt-4").template("inner"));
    let text = || current_prompt().text().into_owned();
    let seen = open(&OUTER).run(|| [text(), open(&INNER).run(text), text()]);
    assert_eq!(seen, ["outer", "inner", "outer"]);
}
