//! Values, errors, patterns: what goes in and what comes out.

use humanloop::tool;

use crate::record::{run, run_sync};

/// Adds.
#[tool]
fn add(a: i32, b: i32) -> i32 {
    let sum = a + b;
    sum * 2
}

#[test]
fn case_01_a_call_is_one_record_with_inputs_in_order_output_source_and_time() {
    let (sum, recorded) = run_sync(|| add(2, 1));
    assert_eq!(sum, 6);
    recorded.is(r#"{"a":2,"b":1}"#, "6");
    recorded.only(|log| {
        assert_eq!((log.name.as_str(), log.kind, log.description.as_deref()), ("add", "tool", Some("Adds.")));
        assert!(log.source.as_ref().unwrap().ends_with("sum * 2\n}"));
    });
}

#[rustfmt::skip]
#[tool]
fn one_line(a: i32, b: i32) -> i32 { a + b }

#[rustfmt::skip]
#[tool]
async fn one_line_async(a: i32) -> i32 { a }

#[tokio::test]
async fn case_02_a_body_on_one_line_gives_no_lint_about_braces() {
    run(async { (one_line(1, 2), one_line_async(3).await) }).await.1.check(|logs| {
        assert_eq!(logs.iter().map(|log| log.output.as_deref()).collect::<Vec<_>>(), [Some("3"), Some("3")]);
    });
}

#[tool]
fn empty() {}

#[test]
fn case_03_no_arguments_and_no_value_are_an_empty_object_and_no_output() {
    run_sync(empty)
        .1
        .only(|log| assert_eq!((log.inputs.as_str(), log.output.as_deref(), log.outcome), ("{}", None, "ok")));
}

#[tool]
fn returns_early(n: i32) -> &'static str {
    for i in 0..n {
        if i == 2 {
            return "early";
        }
    }
    "late"
}

#[tool]
async fn returns_early_async(n: i32) -> &'static str {
    if n > 0 {
        tokio::task::yield_now().await;
        return "early";
    }
    "late"
}

#[tokio::test]
async fn case_05_an_early_return_is_an_output() {
    for n in [0, 3] {
        let expected = if n == 0 { "late" } else { "early" };
        let (value, recorded) = run(async { returns_early(n) }).await;
        assert_eq!(value, expected);
        recorded.is(&format!(r#"{{"n":{n}}}"#), expected);
        let (value, recorded) = run(returns_early_async(n)).await;
        assert_eq!(value, expected);
        recorded.is(&format!(r#"{{"n":{n}}}"#), expected);
    }
}

#[tool]
fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
    let number: u8 = text.parse()?;
    Ok(number)
}

#[tool]
async fn parse_async(text: &str) -> Result<u8, std::num::ParseIntError> {
    tokio::task::yield_now().await;
    let number = text.parse::<u8>()?;
    Ok(number)
}

#[tokio::test]
async fn case_06_a_question_mark_gives_an_error_and_no_output_and_the_value_is_unchanged() {
    let both = async { (parse("x"), parse_async("x").await) };
    let ((sync, asynchronous), recorded) = run(both).await;
    assert_eq!((sync.clone(), &sync), (asynchronous, &"x".parse::<u8>()));
    recorded.check(|logs| {
        assert_eq!(logs.len(), 2);
        for log in logs {
            assert_eq!((log.outcome, log.output.as_deref()), ("failed", None));
            assert_eq!(log.error.as_deref(), Some("invalid digit found in string"));
        }
    });
}

#[tool]
fn consumes(text: String, list: Vec<u8>) -> usize {
    drop(list);
    std::thread::spawn(move || text.len()).join().unwrap_or_default()
}

#[test]
fn case_07_an_argument_that_the_body_consumes_is_captured_before() {
    let (length, recorded) = run_sync(|| consumes("abc".into(), vec![1, 2]));
    assert_eq!(length, 3);
    recorded.is(r#"{"text":"abc","list":[1,2]}"#, "3");
}

#[tool]
fn pushes(mut list: Vec<u8>) -> Vec<u8> {
    list.push(2);
    list
}

#[tool]
async fn pushes_async(mut list: Vec<u8>) -> Vec<u8> {
    tokio::task::yield_now().await;
    list.push(2);
    list
}

#[tokio::test]
async fn case_16_a_mutable_argument_is_captured_as_it_came() {
    let ((a, b), recorded) = run(async { (pushes(vec![1]), pushes_async(vec![1]).await) }).await;
    assert_eq!((a, b), (vec![1, 2], vec![1, 2]));
    recorded.check(|logs| {
        assert_eq!(logs.len(), 2);
        for log in logs {
            assert_eq!((log.inputs.as_str(), log.output.as_deref()), (r#"{"list":[1]}"#, Some("[1,2]")));
        }
    });
}

struct Point {
    x: i32,
    y: i32,
}

#[tool]
fn patterns(
    (a, mut b): (i32, i32),
    Point { x, y: height }: Point,
    [first, ..]: [i32; 3],
    &number: &[i32; 4],
    _: u8,
    _unused: u8,
    all @ (_, second): (u8, u8),
) -> i32 {
    b += 1;
    a + b + x + height + first + number[0] + i32::from(second + all.0)
}

#[test]
fn case_17_a_pattern_gives_its_names_and_a_wildcard_its_place() {
    let (sum, recorded) = run_sync(|| patterns((1, 2), Point { x: 3, y: 4 }, [5, 0, 0], &[6; 4], 7, 8, (9, 10)));
    assert_eq!(sum, 41);
    let expected =
        r#"{"a":1,"b":2,"x":3,"height":4,"first":5,"number":[6,6,6,6],"_4":7,"_unused":8,"all":[9,10],"second":10}"#;
    recorded.is(expected, "41");
}

#[tool]
fn r#type(r#match: i32) -> i32 {
    r#match
}

#[test]
fn case_18_raw_names_are_recorded_without_their_mark() {
    let (_, recorded) = run_sync(|| r#type(1));
    recorded.is(r#"{"match":1}"#, "1");
    recorded.only(|log| assert_eq!(log.name, "type"));
}
