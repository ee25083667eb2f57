//! What is not let out is nowhere in the record, and marked where it would be.

use humanloop::{prompt, tool};

use crate::record::{Recorded, run, run_sync};

const SECRET: &str = "hunter2-s3cr3t";

#[tool(skip(key))]
fn skips(key: &str, other: u8) -> usize {
    key.len() + usize::from(other)
}

#[tool(redact(key))]
fn redacts(key: String) -> usize {
    key.len()
}

#[tool(skip_all, skip_output)]
fn skips_all(key: &str, other: &str) -> Result<String, String> {
    if other.is_empty() { Err(key.to_owned()) } else { Ok(format!("{key}{other}")) }
}

#[tool(source = false)]
fn has_a_literal() -> usize {
    "hunter2-s3cr3t".len()
}

#[prompt(model = "gpt-4", template = "Log in as {{user}} with {{key}}", redact(key))]
async fn in_a_template(user: &str, key: &str) -> usize {
    let _ = (user, key);
    tokio::task::yield_now().await;
    1
}

fn keeps_it(recorded: &Recorded) {
    recorded.check(|logs| {
        assert!(!logs.is_empty());
        assert!(!format!("{logs:?}").contains(SECRET), "{logs:#?}");
    });
}

#[tokio::test]
async fn case_52_a_secret_is_nowhere_in_the_record_and_never_looks_empty() {
    let (length, recorded) = run_sync(|| skips(SECRET, 1));
    assert_eq!(length, 15);
    keeps_it(&recorded);
    recorded.is(r#"{"key":{"$skipped":true},"other":1}"#, "15");
    let (_, recorded) = run_sync(|| redacts(SECRET.to_owned()));
    keeps_it(&recorded);
    recorded.is(r#"{"key":{"$redacted":true}}"#, "14");
    for other in ["", "x"] {
        let (value, recorded) = run_sync(|| skips_all(SECRET, other));
        assert_eq!(value.is_ok(), other == "x");
        keeps_it(&recorded);
    }
    let (_, recorded) = run_sync(has_a_literal);
    keeps_it(&recorded);
    recorded.only(|log| assert_eq!((log.source.as_deref(), log.source_kind.as_str()), (None, "Hidden")));
    let (_, recorded) = run(in_a_template("u", SECRET)).await;
    keeps_it(&recorded);
}
