//! What a type can do decides how its value is kept: `Serialize`, else `Debug`, else the name of the type.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read, Write};
use std::rc::Rc;

use humanloop::tool;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use crate::record::run_sync;

struct Plain;

#[derive(Debug)]
struct OnlyDebug(#[expect(dead_code, reason = "printed")] u8);

#[derive(Serialize)]
struct OnlySerialize {
    n: u8,
}

#[tool]
fn takes_plain(plain: Plain) -> u8 {
    let Plain = plain;
    1
}

#[test]
fn case_08_an_argument_that_can_do_nothing_is_the_name_of_its_type() {
    run_sync(|| takes_plain(Plain)).1.is(r#"{"plain":{"$type":"humanloop_forms::capture::Plain"}}"#, "1");
}

#[tool]
fn takes_either(a: &OnlyDebug, b: &OnlySerialize) -> u8 {
    let _ = a;
    b.n
}

#[test]
fn case_09_debug_gives_a_text_that_is_marked_and_serialize_gives_json() {
    run_sync(|| takes_either(&OnlyDebug(1), &OnlySerialize { n: 2 }))
        .1
        .is(r#"{"a":{"$debug":"OnlyDebug(1)"},"b":{"n":2}}"#, "2");
}

#[tool]
fn returns_plain() -> Plain {
    Plain
}

#[tool]
fn returns_debug() -> OnlyDebug {
    OnlyDebug(3)
}

#[test]
fn case_10_a_returned_value_is_kept_in_the_same_way() {
    run_sync(returns_plain).1.is("{}", r#"{"$type":"humanloop_forms::capture::Plain"}"#);
    run_sync(returns_debug).1.is("{}", r#"{"$debug":"OnlyDebug(3)"}"#);
}

#[tool]
fn unbounded<T>(x: T) -> T {
    x
}

#[tool]
fn bounded<T: Serialize>(x: T) -> T {
    x
}

#[tool]
fn printed<T>(x: T) -> T
where
    T: fmt::Debug,
{
    x
}

#[test]
fn case_11_a_generic_value_is_kept_by_the_bounds_of_the_function() {
    run_sync(|| unbounded(1_u8)).1.is(r#"{"x":{"$type":"u8"}}"#, r#"{"$type":"u8"}"#);
    run_sync(|| bounded(1_u8)).1.is(r#"{"x":1}"#, "1");
    run_sync(|| printed(1_u8)).1.is(r#"{"x":{"$debug":"1"}}"#, r#"{"$debug":"1"}"#);
}

#[tool]
fn opaque(
    name: impl AsRef<str>,
    f: &dyn Fn(u8) -> u8,
    g: fn(u8) -> u8,
    output: &mut dyn Write,
    pointer: *const u8,
    mut input: impl Read,
) -> io::Result<usize> {
    let mut text = String::new();
    input.read_to_string(&mut text)?;
    output.write_all(&[f(1), g(2)])?;
    Ok(name.as_ref().len() + text.len() + usize::from(pointer.is_null()))
}

#[test]
fn case_12_opaque_arguments_compile_and_are_named() {
    let mut output = Vec::new();
    let (length, recorded) = run_sync(|| opaque("ab", &|x| x + 1, |x| x, &mut output, std::ptr::null(), &b"cde"[..]));
    assert_eq!((length.ok(), output), (Some(6), vec![2, 2]));
    recorded.only(|log| {
        for name in ["name", "f", "output", "input"] {
            assert!(log.inputs.contains(&format!(r#""{name}":{{"$type":""#)), "{name} in {}", log.inputs);
        }
        assert!(log.inputs.contains(r#""g":{"$debug":"0x"#) && log.inputs.contains(r#""pointer":{"$debug":"0x0"}"#));
        assert_eq!(log.output.as_deref(), Some("6"));
    });
}

#[derive(Debug)]
struct Outer(io::Error);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reading the config")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn missing() -> Outer {
    Outer(io::Error::new(io::ErrorKind::NotFound, "no such file"))
}

#[tool]
fn fails_with_anyhow(ok: bool) -> anyhow::Result<OnlySerialize> {
    if ok { Ok(OnlySerialize { n: 1 }) } else { Err(anyhow::Error::new(missing()).context("start 1")) }
}

#[tool]
fn fails_with_io(ok: bool) -> io::Result<OnlySerialize> {
    if ok { Ok(OnlySerialize { n: 1 }) } else { Err(missing().0) }
}

#[tool]
fn fails_with_a_box(ok: bool) -> Result<OnlySerialize, Box<dyn std::error::Error + Send + Sync>> {
    if ok { Ok(OnlySerialize { n: 1 }) } else { Err(missing().into()) }
}

#[test]
fn case_13_a_result_is_its_value_or_its_error_with_the_causes_under_any_alias() {
    for succeeds in [fails_with_anyhow(true).ok(), fails_with_io(true).ok(), fails_with_a_box(true).ok()] {
        assert_eq!(succeeds.map(|value| value.n), Some(1));
    }
    run_sync(|| fails_with_anyhow(true)).1.is(r#"{"ok":true}"#, r#"{"n":1}"#);
    run_sync(|| fails_with_io(true)).1.is(r#"{"ok":true}"#, r#"{"n":1}"#);
    run_sync(|| fails_with_a_box(true)).1.is(r#"{"ok":true}"#, r#"{"n":1}"#);
    let parts = |error: Option<&str>, parts: &[&str]| {
        let error = error.unwrap_or_default();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    };
    let causes = ["start 1", "reading the config", "no such file"];
    run_sync(|| fails_with_anyhow(false)).1.only(|log| parts(log.error.as_deref(), &causes));
    run_sync(|| fails_with_io(false)).1.only(|log| parts(log.error.as_deref(), &causes[2..]));
    run_sync(|| fails_with_a_box(false)).1.only(|log| parts(log.error.as_deref(), &causes[1..]));
}

struct Fails;
struct Panics;

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("a lock is poisoned"))
    }
}

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("in the middle of a value")
    }
}

#[tool]
fn takes_unserializable(a: &Fails, b: &Panics, c: u8) -> Fails {
    let _ = (a, b, c);
    Fails
}

#[test]
fn case_14_a_serialize_that_fails_or_panics_leaves_the_call_alone_and_says_so() {
    run_sync(|| takes_unserializable(&Fails, &Panics, 3)).1.only(|log| {
        assert!(log.inputs.starts_with(r#"{"a":{"$unserializable":"a lock is poisoned"},"b":{"$unserializable":""#));
        assert!(log.inputs.ends_with(r#"panicked"},"c":3}"#), "{}", log.inputs);
        assert_eq!(log.output.as_deref(), Some(r#"{"$unserializable":"a lock is poisoned"}"#));
    });
}

#[derive(Serialize)]
struct Node {
    value: f64,
    next: Option<Rc<Self>>,
}

#[tool]
fn odd_values(big: &str, nan: f64, keys: &HashMap<(u8, u8), u8>, chain: &Rc<Node>) -> usize {
    big.len() + keys.len() + usize::from(nan.is_nan()) + usize::from(chain.next.is_some())
}

#[test]
fn case_15_odd_and_very_large_values_are_never_an_error() {
    let big = "x".repeat(50 << 20);
    let chain = Rc::new(Node { value: f64::INFINITY, next: Some(Rc::new(Node { value: 1.0, next: None })) });
    let keys = HashMap::from([((1, 2), 3)]);
    let (length, recorded) = run_sync(|| odd_values(&big, f64::NAN, &keys, &chain));
    assert_eq!(length, (50 << 20) + 3);
    recorded.only(|log| {
        assert!(log.inputs.contains(r#""nan":null"#) && log.inputs.contains(r#""value":1.0"#));
        // JSON has no such keys, so the map is marked, never empty.
        assert!(
            log.inputs.contains(r#""keys":{"$unserializable":"key must be a string"}"#),
            "{}",
            &log.inputs[big.len()..]
        );
    });
}
