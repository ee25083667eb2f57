//! Streams and iterators: recorded when they end, or are dropped half-way.

use std::pin::Pin;

use futures_util::{Stream, StreamExt, stream};
use humanloop::tool;

use crate::record::{Recorded, run, run_sync};

type BoxStream<'a, T> = Pin<Box<dyn Stream<Item = T> + Send + 'a>>;

#[tool]
fn child(n: u8) -> u8 {
    n
}

#[tool]
fn opaque(start: u8) -> impl Stream<Item = u8> + Send {
    stream::iter(start..4).map(child)
}

#[tool]
fn opaque_results(fail: bool) -> impl Stream<Item = Result<&'static str, String>> {
    stream::iter([Ok("a"), if fail { Err("broke".to_owned()) } else { Ok("b") }])
}

#[tool]
fn opaque_borrowed(words: &[String]) -> impl Stream<Item = Result<&str, &String>> {
    stream::iter(words).map(|word| if word.is_empty() { Err(word) } else { Ok(word.as_str()) })
}

#[tool]
fn boxed<'a>(words: &'a [&'a str]) -> BoxStream<'a, String> {
    Box::pin(stream::iter(words).map(ToString::to_string))
}

#[tool]
fn fallible(ok: bool) -> Result<impl Stream<Item = u8>, String> {
    if ok { Ok(stream::iter(1..3)) } else { Err("no connection".to_owned()) }
}

#[tool]
async fn after_an_await(ok: bool) -> Result<BoxStream<'static, u8>, String> {
    tokio::task::yield_now().await;
    if ok { Ok(Box::pin(stream::iter(1..3))) } else { Err("no connection".to_owned()) }
}

#[tool]
fn in_a_boxed_future(end: u8) -> Pin<Box<dyn Future<Output = BoxStream<'static, u8>> + Send>> {
    Box::pin(async move {
        let stream: BoxStream<'static, u8> = Box::pin(stream::iter(0..end));
        stream
    })
}

type Tokens = Pin<Box<dyn Stream<Item = Result<u8, String>>>>;

#[tool(stream)]
fn by_an_alias(fail: bool) -> Tokens {
    Box::pin(stream::iter([Ok(1), if fail { Err("broke".to_owned()) } else { Ok(2) }]))
}

#[tool(stream)]
fn iterator(end: u8) -> impl DoubleEndedIterator<Item = u8> + ExactSizeIterator {
    (0..end).map(child)
}

#[tool(stream)]
fn boxed_iterator<'a>(text: &'a str) -> Box<dyn Iterator<Item = &'a str> + 'a> {
    Box::new(text.split(' '))
}

#[expect(dead_code, reason = "only its name matters")]
struct StreamConfig(u8);

#[tool]
fn no_stream() -> StreamConfig {
    StreamConfig(1)
}

fn ended(recorded: &Recorded, inputs: &str, output: &str, items: usize) {
    recorded.check(|logs| {
        let log = &logs[0];
        assert_eq!((log.inputs.as_str(), log.output.as_deref(), log.outcome), (inputs, Some(output), "ok"));
        assert!(log.metadata.contains(&format!(r#""items":{items},"#)), "{}", log.metadata);
        assert!(log.metadata.contains(r#""first_item_seconds":"#), "{}", log.metadata);
    });
}

#[tokio::test]
async fn case_46_a_stream_is_recorded_when_it_ends_with_its_items_and_its_children() {
    let (items, recorded) = run(async { opaque(2).collect::<Vec<_>>().await }).await;
    assert_eq!(items, [2, 3]);
    ended(&recorded, r#"{"start":2}"#, "[2,3]", 2);
    recorded.check(|logs| {
        let children: Vec<_> = logs[1..].iter().map(|log| (log.name.as_str(), log.parent.as_ref())).collect();
        assert_eq!(children, [("child", Some(&logs[0].id)), ("child", Some(&logs[0].id))]);
    });
    let (items, recorded) = run(async { boxed(&["a", "b"]).collect::<Vec<_>>().await }).await;
    assert_eq!(items, ["a", "b"]);
    ended(&recorded, r#"{"words":["a","b"]}"#, r#"["a","b"]"#, 2);
}

#[tokio::test]
async fn case_46_a_stream_of_results_fails_with_its_first_error_and_goes_on() {
    let (items, recorded) = run(async { opaque_results(false).collect::<Vec<_>>().await }).await;
    assert_eq!(items, [Ok("a"), Ok("b")]);
    ended(&recorded, r#"{"fail":false}"#, r#"["a","b"]"#, 2);
    let (items, recorded) = run(async { opaque_results(true).collect::<Vec<_>>().await }).await;
    assert_eq!(items, [Ok("a"), Err("broke".to_owned())]);
    recorded.only(|log| assert_eq!((log.outcome, log.error.as_deref()), ("failed", Some("broke"))));
    let words = ["a".to_owned(), String::new()];
    let (items, _) = run(async { opaque_borrowed(&words).collect::<Vec<_>>().await }).await;
    assert_eq!(items, [Ok("a"), Err(&String::new())]);
}

#[tokio::test]
async fn case_46_a_stream_in_a_result_or_behind_an_await_is_one_too() {
    let sum = |stream: BoxStream<'static, u8>| stream.fold(0, |sum, n| async move { sum + n });
    let (items, recorded) = run(async { fallible(true).unwrap().collect::<Vec<_>>().await }).await;
    assert_eq!(items, [1, 2]);
    ended(&recorded, r#"{"ok":true}"#, "[1,2]", 2);
    let (total, recorded) = run(async { sum(after_an_await(true).await.unwrap()).await }).await;
    assert_eq!(total, 3);
    ended(&recorded, r#"{"ok":true}"#, "[1,2]", 2);
    let (total, recorded) = run(async { sum(in_a_boxed_future(3).await).await }).await;
    assert_eq!(total, 3);
    ended(&recorded, r#"{"end":3}"#, "[0,1,2]", 3);
    let (errors, recorded) = run(async { (fallible(false).err(), after_an_await(false).await.err()) }).await;
    assert_eq!(errors, (Some("no connection".to_owned()), Some("no connection".to_owned())));
    recorded.check(|logs| {
        assert_eq!(logs.len(), 2);
        assert!(logs.iter().all(|log| (log.outcome, log.error.as_deref()) == ("failed", Some("no connection"))));
    });
}

#[tokio::test]
async fn case_46_a_stream_dropped_half_way_keeps_what_came_so_far() {
    let (items, recorded) = run(async { opaque(0).take(2).collect::<Vec<_>>().await }).await;
    assert_eq!(items, [0, 1]);
    recorded.check(|logs| {
        assert_eq!((logs[0].outcome, logs[0].output.as_deref()), ("cancelled", Some("[0,1]")));
        assert!(logs[0].metadata.contains(r#""items":2,"#));
    });
    let ((), recorded) = run(async { drop(opaque(0)) }).await;
    recorded.check(|logs| assert!(logs.is_empty(), "a stream that is never polled is no call: {logs:#?}"));
}

#[tokio::test]
async fn case_46_an_alias_and_an_iterator_are_streams_by_option_and_a_name_alone_is_not() {
    let (items, recorded) = run(async { by_an_alias(false).collect::<Vec<_>>().await }).await;
    assert_eq!(items, [Ok(1), Ok(2)]);
    ended(&recorded, r#"{"fail":false}"#, "[1,2]", 2);
    let (items, recorded) = run(async { by_an_alias(true).collect::<Vec<_>>().await }).await;
    assert_eq!(items, [Ok(1), Err("broke".to_owned())]);
    recorded.only(|log| {
        assert_eq!((log.outcome, log.error.as_deref(), log.output.as_deref()), ("failed", Some("broke"), Some("[1]")));
    });
    let (items, recorded) = run_sync(|| {
        let mut iterator = iterator(3);
        assert_eq!(iterator.len(), 3);
        (iterator.next_back(), iterator.collect::<Vec<_>>())
    });
    assert_eq!(items, (Some(2), vec![0, 1]));
    ended(&recorded, r#"{"end":3}"#, "[2,0,1]", 3);
    let (words, recorded) = run_sync(|| boxed_iterator("a b").count());
    assert_eq!(words, 2);
    ended(&recorded, r#"{"text":"a b"}"#, r#"["a","b"]"#, 2);
    let (_, recorded) = run_sync(no_stream);
    recorded.only(|log| assert_eq!(log.outcome, "ok"));
}
