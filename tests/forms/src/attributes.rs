//! Attributes above, below and inside; functions made by macros.

use humanloop::{prompt, tool};

use crate::record::{run, run_sync};

/// Documented above.
#[must_use]
#[tool]
#[inline(never)]
/// And below.
fn several(a: u8) -> u8 {
    a
}

#[tool]
#[allow(unused_variables, reason = "the lint is silenced below the attribute")]
fn allowed(a: u8) -> u8 {
    1
}

#[expect(unused_variables, reason = "the lint is expected above the attribute")]
#[tool]
fn expected(a: u8) -> u8 {
    1
}

#[cfg_attr(all(), tool(name = "conditional name"), must_use)]
fn conditional() -> u8 {
    3
}

#[tool]
#[cfg(any())]
fn gone() -> Nothing {}

#[tool]
#[deprecated]
fn outdated() -> u8 {
    4
}

#[tokio::main(flavor = "current_thread")]
#[tool]
async fn main_above() -> u8 {
    tokio::task::yield_now().await;
    5
}

#[tool]
#[tokio::main(flavor = "current_thread")]
async fn main_below() -> u8 {
    tokio::task::yield_now().await;
    6
}

#[tokio::test]
#[tool]
async fn case_32_a_test_may_stand_above() {
    tokio::task::yield_now().await;
}

#[tool]
#[test]
fn case_32_a_test_may_stand_below() {
    assert_eq!(outdated_value(), 4);
}

#[expect(deprecated, reason = "the attribute keeps it deprecated")]
fn outdated_value() -> u8 {
    outdated()
}

#[test]
fn case_32_other_attributes_keep_their_place_and_effect() {
    let (_, recorded) = run_sync(|| several(1));
    recorded.only(|log| {
        assert_eq!(log.description.as_deref(), Some("Documented above.\nAnd below."));
        assert!(
            log.source.as_ref().unwrap().starts_with("/// Documented above.\n#[must_use]\n#[tool]\n#[inline(never)]")
        );
    });
    assert_eq!(run_sync(|| allowed(1) + expected(2)).0, 2);
    let (value, recorded) = run_sync(conditional);
    assert_eq!(value, 3);
    recorded.only(|log| assert_eq!(log.name, "conditional name"));
    assert_eq!((main_above(), main_below()), (5, 6));
}

#[tool]
fn inner_attributes() -> u8 {
    #![allow(unused_variables, reason = "inner attributes stay at the top")]
    #![expect(unused_mut, reason = "more than one")]
    let mut x = 1;
    2
}

#[test]
fn case_33_inner_attributes_stay_at_the_top_of_the_function() {
    let (value, recorded) = run_sync(inner_attributes);
    assert_eq!(value, 2);
    recorded.is("{}", "2");
}

macro_rules! whole {
    ($($item:item)*) => { $(#[tool] $item)* };
}

whole! {
    fn whole(a: u8) -> u8 {
        a // kept
    }
}

macro_rules! parts {
    ($visibility:vis $name:ident, $argument:ident: $type:ty, $body:block) => {
        #[tool(redact($argument))]
        $visibility fn $name($argument: $type, other: u8) -> $type {
            let _ = other;
            $body
        }
    };
}

parts!(pub parts, argument: Vec<u8>, {
    let mut argument = argument;
    argument.push(1);
    argument
});

macro_rules! body {
    ($name:ident $body:block) => {
        #[prompt(model = "gpt-4", template = "{{question}}")]
        async fn $name(#[allow(unused_variables)] question: &str) -> usize $body
    };
}

body!(body { 3 });

#[tokio::test]
async fn case_34_a_function_may_come_out_of_a_macro_or_stand_in_another() {
    let (value, recorded) = run_sync(|| whole(1));
    assert_eq!(value, 1);
    recorded.is(r#"{"a":1}"#, "1");
    let (value, recorded) = run_sync(|| parts(vec![], 2));
    assert_eq!(value, [1]);
    recorded.is(r#"{"argument":{"$redacted":true},"other":2}"#, "[1]");
    recorded.only(|log| {
        assert_eq!(log.source_kind, "Expanded");
        assert!(log.source.as_ref().unwrap().contains("argument.push(1)"), "{:?}", log.source);
    });
    let (value, recorded) = run(body("q")).await;
    assert_eq!(value, 3);
    recorded.only(|log| assert_eq!(log.source_kind, "Expanded"));

    let (value, recorded) = run_sync(outer);
    assert_eq!(value, 2);
    recorded.is(r#"{"a":1}"#, "2");
}

fn outer() -> u8 {
    #[tool]
    fn nested(a: u8) -> u8 {
        a + 1
    }
    nested(1)
}
