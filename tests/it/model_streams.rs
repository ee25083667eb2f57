//! Functions that return a model's stream: the log holds the answer, not its pieces.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_core::Stream;
use humanloop::api::{Log, Outcome};
use serde_json::{Value, json};

/// The items of a list, one a poll.
struct Listed<T>(std::vec::IntoIter<T>);

impl<T: Unpin> Stream for Listed<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(self.0.next())
    }
}

#[humanloop::prompt(model = "gpt-4o", template = "{{question}}")]
fn events(question: &str, events: Vec<Value>) -> impl Stream<Item = Value> + use<> {
    assert_eq!(question, "Who won?");
    Listed(events.into_iter())
}

#[humanloop::prompt(model = "gpt-4o")]
fn texts(texts: Vec<&'static str>) -> impl Stream<Item = &'static str> {
    Listed(texts.into_iter())
}

#[humanloop::tool]
fn rows(rows: Vec<&'static str>) -> impl Stream<Item = &'static str> {
    Listed(rows.into_iter())
}

/// Takes at most `most` items, then drops the stream.
async fn take<S: Stream>(stream: S, most: usize) -> usize {
    let mut stream = pin!(stream);
    let mut taken = 0;
    while taken < most && std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await.is_some() {
        taken += 1;
    }
    taken
}

async fn log_of(work: impl Future) -> Log {
    let logs = humanloop::testing::record(work).await.unwrap().logs().unwrap();
    assert_eq!(logs.len(), 1);
    logs.into_iter().next().unwrap()
}

fn openai() -> Vec<Value> {
    let chunk = |delta: Value, finish: Option<&str>| json!({"object": "chat.completion.chunk", "model": "gpt-4o-2024-08-06", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    vec![
        chunk(json!({"role": "assistant", "content": ""}), None),
        chunk(json!({"content": "Swe"}), None),
        chunk(json!({"content": "den"}), None),
        chunk(json!({}), Some("stop")),
        json!({"object": "chat.completion.chunk", "model": "gpt-4o-2024-08-06", "choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 100}}),
    ]
}

#[tokio::test]
async fn a_model_s_events_are_logged_as_its_answer() {
    let log = log_of(async { take(events("Who won?", openai()), 99).await }).await;
    assert_eq!((log.output.as_deref(), log.outcome()), (Some("Sweden"), Outcome::Ok));
    assert_eq!((log.prompt_tokens, log.output_tokens), (Some(1000), Some(100)));
    assert_eq!(log.finish_reason.as_deref(), Some("stop"));
    let metadata: Value = serde_json::to_value(&log.metadata).unwrap();
    assert_eq!(metadata["stream"]["items"], 5);
    assert!(metadata["stream"]["first_item_seconds"].as_f64().is_some());
    assert_eq!(metadata["cost"]["estimate"], true);
}

#[tokio::test]
async fn other_providers_events_are_known_too() {
    let anthropic = vec![
        json!({"type": "message_start", "message": {"model": "claude", "role": "assistant", "content": [], "usage": {"input_tokens": 3, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Sweden"}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 2}}),
        json!({"type": "message_stop"}),
    ];
    let gemini = vec![
        json!({"candidates": [{"content": {"parts": [{"text": "Swe"}], "role": "model"}}], "usageMetadata": {"promptTokenCount": 3}}),
        json!({"candidates": [{"content": {"parts": [{"text": "den"}], "role": "model"}, "finishReason": "MAX_TOKENS"}], "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2}}),
    ];
    let responses = vec![
        json!({"type": "response.created", "response": {"object": "response", "status": "in_progress", "output": []}}),
        json!({"type": "response.output_text.delta", "output_index": 0, "delta": "Sweden"}),
        json!({"type": "response.incomplete", "response": {"status": "incomplete", "model": "m", "usage": {"input_tokens": 3, "output_tokens": 2}}}),
    ];
    for items in [anthropic, gemini, responses] {
        let log = log_of(async { take(events("Who won?", items), 99).await }).await;
        assert_eq!((log.output.as_deref(), log.finish_reason.as_deref()), (Some("Sweden"), Some("length")));
        assert_eq!((log.prompt_tokens, log.output_tokens), (Some(3), Some(2)));
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_keeps_what_came() {
    let log = log_of(async { take(events("Who won?", openai()), 2).await }).await;
    assert_eq!((log.output.as_deref(), log.outcome()), (Some("Swe"), Outcome::Cancelled));
    assert_eq!(log.finish_reason, None);
}

#[tokio::test]
async fn texts_of_a_prompt_are_one_text_and_values_of_a_tool_stay_apart() {
    let log = log_of(async { take(texts(vec!["Swe", "den"]), 99).await }).await;
    assert_eq!(log.output.as_deref(), Some("Sweden"));
    let log = log_of(async { take(rows(vec!["a", "b"]), 99).await }).await;
    assert_eq!(log.output.as_deref(), Some(r#"["a","b"]"#));
}
