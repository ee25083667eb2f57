//! What a function may return.

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt::Display;
use std::pin::Pin;
use std::rc::Rc;

use humanloop::tool;

use crate::record::{Recorded, run, run_sync};

#[tool]
fn opaque<'a>(words: &'a [&'a str], prefix: &'a str) -> impl Iterator<Item = &'a str> + 'a {
    words.iter().copied().filter(move |word| word.starts_with(prefix))
}

#[tool]
fn opaque_inside(yes: bool) -> Result<impl Display, String> {
    if yes { Ok("yes") } else { Err("no".to_owned()) }
}

#[tool]
fn future(text: &str) -> impl Future<Output = usize> + Send + '_ {
    async move {
        tokio::task::yield_now().await;
        text.len()
    }
}

#[tokio::test]
async fn case_23_an_opaque_type_compiles_and_a_future_is_recorded_when_it_resolves() {
    let (words, recorded) = run(async { opaque(&["ab", "ba"], "a").collect::<Vec<_>>() }).await;
    assert_eq!(words, ["ab"]);
    recorded.only(|log| assert!(log.output.as_ref().unwrap().starts_with(r#"{"$"#)));
    let (yes, _) = run_sync(|| opaque_inside(true).map(|value| value.to_string()));
    assert_eq!(yes.as_deref(), Ok("yes"));
    let (length, recorded) = run(async { future("abc").await }).await;
    assert_eq!(length, 3);
    recorded.is(r#"{"text":"abc"}"#, "3");
}

#[tool]
fn by_a_variable(count: &Cell<u8>) -> impl Future<Output = u8> + use<> {
    count.set(count.get() + 1);
    let now = count.get();
    let future = async move {
        tokio::task::yield_now().await;
        now
    };
    #[allow(clippy::let_and_return, reason = "this is the form under test")]
    future
}

#[tool]
fn boxed(count: Rc<Cell<u8>>) -> Pin<Box<dyn Future<Output = Result<u8, String>>>> {
    count.set(count.get() + 1);
    let failing = count.get() > 1;
    Box::pin(async move {
        tokio::task::yield_now().await;
        if failing { Err("twice".to_owned()) } else { Ok(count.get()) }
    })
}

#[tokio::test]
async fn case_24_all_statements_before_a_future_run_once_and_the_future_is_recorded_when_it_resolves() {
    let count = Cell::new(0);
    let (value, recorded) = run(async { by_a_variable(&count).await }).await;
    assert_eq!((value, count.get()), (1, 1));
    recorded.only(|log| assert_eq!(log.output.as_deref(), Some("1")));
    let count = Rc::new(Cell::new(0));
    let (value, recorded) = run(async { boxed(count.clone()).await }).await;
    assert_eq!((value, count.get()), (Ok(1), 1));
    recorded.only(|log| assert_eq!(log.output.as_deref(), Some("1")));
    let (value, recorded) = run(async { boxed(count.clone()).await }).await;
    assert_eq!((value, count.get()), (Err("twice".to_owned()), 2));
    recorded.only(|log| assert_eq!((log.outcome, log.error.as_deref()), ("failed", Some("twice"))));
}

type Answer<'a> = Pin<Box<dyn Future<Output = usize> + Send + 'a>>;

#[tool(future)]
fn by_an_alias(text: &str) -> Answer<'_> {
    Box::pin(async move { text.len() })
}

#[tokio::test]
async fn case_24_an_alias_of_a_boxed_future_is_recorded_when_it_resolves_by_the_option_future() {
    let (length, recorded) = run(async { by_an_alias("ab").await }).await;
    assert_eq!(length, 2);
    recorded.is(r#"{"text":"ab"}"#, "2");
}

#[tool]
fn borrowed<'a>(pair: &'a mut (u8, u8), other: &str) -> (&'a mut u8, &'a mut u8) {
    let _ = other;
    let (left, right) = pair;
    (left, right)
}

#[tool]
async fn borrowed_async(words: &mut Vec<u8>) -> &mut u8 {
    tokio::task::yield_now().await;
    words.push(1);
    &mut words[0]
}

#[tokio::test]
async fn case_28_a_value_may_borrow_from_an_argument() {
    let mut pair = (1, 2);
    let ((), recorded) = run(async { *borrowed(&mut pair, "o").1 += 1 }).await;
    recorded.is(r#"{"pair":[1,2],"other":"o"}"#, "[1,2]");
    assert_eq!(pair, (1, 3));
    let mut words = Vec::new();
    let ((), recorded) = run(async { *borrowed_async(&mut words).await += 4 }).await;
    recorded.is(r#"{"words":[]}"#, "1");
    assert_eq!(words, [5]);
}

#[tool]
fn never(why: &str) -> ! {
    panic!("for ever: {why}")
}

#[tool]
async fn never_async() -> ! {
    loop {
        std::future::pending::<()>().await;
    }
}

#[tool]
fn uninhabited() -> Result<Infallible, String> {
    Err("of course".to_owned())
}

#[tokio::test]
async fn case_29_functions_that_never_return_compile_and_end() {
    let ended = |recorded: Recorded, outcome: &str| recorded.only(|log| assert_eq!(log.outcome, outcome));
    let panics =
        async { std::panic::catch_unwind(|| never("x")).err().and_then(|error| error.downcast::<String>().ok()) };
    let (message, recorded) = run(panics).await;
    assert_eq!(*message.unwrap(), "for ever: x");
    ended(recorded, "panicked");
    let (value, recorded) =
        run(async { tokio::time::timeout(std::time::Duration::from_millis(1), never_async()).await }).await;
    assert!(value.is_err());
    ended(recorded, "cancelled");
    ended(run_sync(uninhabited).1, "failed");
}

#[tool]
extern "C" fn foreign(a: u8) -> u8 {
    a
}

/// Reads a byte.
///
/// # Safety
///
/// None needed: nobody calls it.
#[tool]
#[expect(unsafe_code, reason = "this is the form under test")]
unsafe fn needs_care(a: u8) -> u8 {
    a
}

#[test]
fn case_30_extern_and_unsafe_functions_stay_what_they_are() {
    let (value, recorded) = run_sync(|| foreign(1));
    assert_eq!(value, 1);
    recorded.is(r#"{"a":1}"#, "1");
    let _: unsafe fn(u8) -> u8 = needs_care;
    let _: extern "C" fn(u8) -> u8 = foreign;
}

struct Scale(usize);

impl Scale {
    #[tool]
    fn into_function(self, add: usize) -> impl Fn(&usize) -> usize {
        move |x| x * self.0 + add
    }

    #[tool]
    fn borrowing<'a>(&'a self, text: &'a str) -> (impl FnMut(&str) -> bool + 'a, impl Fn(usize) -> usize + 'a) {
        let mut left = self.0;
        (
            move |word| {
                left -= 1;
                left > 0 && text.contains(word)
            },
            |x| x + self.0,
        )
    }
}

#[tool]
fn shown(width: usize) -> impl Fn(&mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    assert!(width < 9, "too wide");
    if width == 0 {
        inner();
        return done;
    }
    done
}

fn done(f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    f.write_str("done")
}

#[tool]
fn inner() {}

#[test]
fn a_returned_closure_needs_no_type_for_its_parameter_and_calls_inside_are_nested() {
    let (value, recorded) = run_sync(|| Scale(2).into_function(3)(&4));
    assert_eq!(value, 11);
    recorded.is(r#"{"add":3}"#, r#"{"$type":"impl Fn(&usize) -> usize"}"#);

    let (values, recorded) = run_sync(|| {
        let scale = Scale(2);
        let (mut has, add) = scale.borrowing("a word");
        (has("word"), has("word"), add(1))
    });
    assert_eq!(values, (true, false, 3));
    recorded.only(|log| assert_eq!(log.outcome, "ok"));

    let ((), recorded) = run_sync(|| drop(shown(0)));
    recorded.check(|logs| {
        assert_eq!(logs.len(), 2, "{logs:#?}");
        assert_eq!((logs[1].name.as_str(), logs[1].parent.as_ref()), ("inner", Some(&logs[0].id)));
    });
    let (panicked, recorded) = run_sync(|| std::panic::catch_unwind(|| drop(shown(9))).is_err());
    assert!(panicked);
    recorded.only(|log| assert_eq!((log.outcome, log.error.is_some()), ("panicked", true)));
}

#[tool]
fn an_error_known_by_the_signature_only(text: &str) -> impl Future<Output = Result<u8, String>> + '_ {
    async move {
        let number = text.parse::<u8>().map_err(|error| error.to_string())?;
        Ok(number)
    }
}

#[tokio::test]
async fn an_async_block_takes_its_type_from_the_signature() {
    let (value, recorded) = run(async { an_error_known_by_the_signature_only("7").await }).await;
    assert_eq!(value, Ok(7));
    recorded.is(r#"{"text":"7"}"#, "7");
}
