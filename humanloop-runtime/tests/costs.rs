//! What answers cost: an estimate by a dated table, said when it is not known, and summed over all attempts.
#![cfg(all(feature = "http", feature = "local"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends that way")]
#![allow(clippy::needless_borrow, reason = "expansions write all the references")]

mod support;

use humanloop_runtime::api::{Kind, Log, Outcome, RawValue};
use humanloop_runtime::private::answers::*;
use humanloop_runtime::private::{Function, Options, Source, Template, Wanted, open};
use humanloop_runtime::provider::{self, OpenAi};
use humanloop_runtime::{Error, testing};
use serde_json::{Value, json};
use support::{Reply, Server};

static ANSWER: Function = Function::new(Kind::Prompt, "answer", "m", Source::Hidden, "0", &[])
    .prompt(&Template::new("gpt-4o").template("How many?"));

async fn number(function: &'static Function, retries: u32) -> Result<u32, Error> {
    (&&&Wanted::<Result<u32, Error>>::new()).__ask(open(function), Options::default().retry(retries)).await
}

/// An answer of a million tokens in and as many out.
fn answer(model: &str, content: &str) -> Reply {
    Reply::json(json!({
        "object": "text_completion", "model": model, "choices": [{"index": 0, "text": content, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1_000_000, "completion_tokens": 1_000_000},
    }))
}

async fn recorded(replies: impl IntoIterator<Item = Reply>, retries: u32) -> (Result<u32, Error>, Vec<Log>) {
    let openai = OpenAi::builder().base_url(Server::script(replies).url()).retries(0).build().unwrap();
    let trace = testing::record(provider::scope(openai, number(&ANSWER, retries))).await.unwrap();
    let logs = trace.logs().unwrap();
    (trace.output, logs)
}

fn note(log: &Log) -> Value {
    let note = log.metadata.as_ref().and_then(|metadata| metadata.get("cost")).map(RawValue::get);
    serde_json::from_str(note.unwrap_or("null")).unwrap()
}

#[tokio::test]
async fn a_cost_is_an_estimate_with_its_day() {
    let (value, logs) = recorded([answer("gpt-4o-2024-08-06", "3")], 0).await;
    assert_eq!(value.unwrap(), 3);
    assert_eq!((logs[0].prompt_cost, logs[0].output_cost), (Some(2.5), Some(10.0)));
    let note = note(&logs[0]);
    assert!(note["estimate"] == true && note["prices_of"].as_str().is_some_and(|day| day.starts_with("20")), "{note}");
}

#[tokio::test]
async fn an_unknown_price_is_said_and_is_not_0() {
    // Of the server's own model: what it was asked for is another one.
    static UNKNOWN: Function = Function::new(Kind::Prompt, "answer", "m", Source::Hidden, "0", &[])
        .prompt(&Template::new("house-llm").template("How many?"));
    let openai = OpenAi::builder().base_url(Server::script([answer("house-llm", "3")]).url()).build().unwrap();
    let trace = testing::record(provider::scope(openai, number(&UNKNOWN, 0))).await.unwrap();
    let log = &trace.logs().unwrap()[0];
    assert_eq!((log.prompt_cost, log.output_cost, log.output_tokens), (None, None, Some(1_000_000)));
    assert_eq!(note(log)["unknown_price"], "house-llm");
}

#[tokio::test]
async fn the_costs_of_all_attempts_are_summed_also_when_all_fail() {
    let (error, logs) = recorded([answer("gpt-4o", "three"), answer("gpt-4o", "four")], 1).await;
    let Err(Error::Unusable(ledger)) = error else { panic!("{error:?}") };
    assert_eq!((ledger.usage().prompt_tokens, ledger.usage().generation_tokens), (2_000_000, 2_000_000));
    assert_eq!(ledger.cost(), Some(25.0));
    let [call, first, second] = &logs[..] else { panic!("{logs:?}") };
    // Each attempt has its own, so that their sum is that of the session.
    assert_eq!((call.outcome(), call.prompt_cost), (Outcome::Failed, None));
    assert_eq!((first.output_cost, second.output_cost), (Some(10.0), Some(10.0)));
}
