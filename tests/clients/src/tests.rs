//! What is sent and what is logged, with servers that answer in the words of OpenAI, Anthropic and Gemini.

use ::async_openai::config::OpenAIConfig;
use ::genai::ServiceTarget;
use ::genai::resolver::{AuthData, Endpoint, ServiceTargetResolver};
use futures_util::StreamExt;
use humanloop::api::{Log, Outcome};
use serde_json::json;

use crate::loopback::Loopback;
use crate::{async_openai, genai};

const KEY: &str = "sk-test-4711";

fn openai(server: &Loopback) -> ::async_openai::Client<OpenAIConfig> {
    let config = OpenAIConfig::new().with_api_key(KEY).with_api_base(format!("{}/v1", server.url));
    ::async_openai::Client::with_config(config)
}

fn anthropic(server: &Loopback) -> ::genai::Client {
    let url = format!("{}/v1/", server.url);
    let there = move |target: ServiceTarget| {
        let endpoint = Endpoint::from_owned(url.clone());
        Ok(ServiceTarget { endpoint, auth: AuthData::from_single(KEY), ..target })
    };
    ::genai::Client::builder()
        .with_service_target_resolver(ServiceTargetResolver::from_resolver_fn(there))
        .build()
        .unwrap()
}

async fn logged<T>(work: impl Future<Output = T>) -> (T, Log) {
    let trace = humanloop::testing::record(work).await.unwrap();
    let [log] = trace.logs().unwrap().try_into().unwrap();
    assert!(!serde_json::to_string(&log).unwrap().contains(KEY), "the key is in the log");
    (trace.output, log)
}

fn chunk(choices: &serde_json::Value, usage: &serde_json::Value) -> String {
    let chunk = json!({
        "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini-2024-07-18",
        "choices": choices, "usage": usage,
    });
    format!("data: {chunk}\n\n")
}

#[tokio::test]
async fn async_openai_sends_the_prompt_and_its_response_is_the_log() {
    let server = Loopback::start(|_| {
        json!({
            "id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini-2024-07-18",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "Sweden", "refusal": null}, "logprobs": null, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 21, "completion_tokens": 2, "total_tokens": 23},
        })
        .to_string()
    });
    let (response, log) = logged(async_openai::answer(&openai(&server), "Who won Eurovision 2023?")).await;
    assert_eq!(response.unwrap().choices[0].message.content.as_deref(), Some("Sweden"));

    let [request] = &server.requests()[..] else { panic!("not one request") };
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/chat/completions"));
    assert!(request.query.is_empty() && request.header("authorization").is_some_and(|header| header.ends_with(KEY)));
    let body = request.json();
    assert_eq!((&body["model"], &body["temperature"]), (&json!("gpt-4o-mini"), &json!(0.5)));
    assert_eq!(body["max_tokens"], json!(20));
    assert_eq!(body["messages"][0], json!({"role": "system", "content": "Answer in one word."}));
    assert_eq!(body["messages"][1], json!({"role": "user", "content": "Who won Eurovision 2023?"}));

    assert_eq!((log.outcome(), log.output.as_deref()), (Outcome::Ok, Some("Sweden")));
    assert_eq!((log.prompt_tokens, log.output_tokens), (Some(21), Some(2)));
    assert_eq!(log.finish_reason.as_deref(), Some("stop"));
    assert!(log.prompt_cost.is_some_and(|cost| cost > 0.0), "{log:?}");
    assert_eq!(log.messages.as_ref().map(Vec::len), Some(2));
    let raw = serde_json::to_value(&log.provider_response).unwrap();
    assert_eq!(raw["model"], "gpt-4o-mini-2024-07-18");
}

#[tokio::test]
async fn async_openai_streams_and_the_log_is_the_whole() {
    let server = Loopback::answering("text/event-stream", |_| {
        let delta = |text: &str| json!([{"index": 0, "delta": {"content": text}, "finish_reason": null}]);
        let none = json!(null);
        [
            chunk(&delta("Swe"), &none),
            chunk(&delta("den"), &none),
            chunk(&json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]), &none),
            chunk(&json!([]), &json!({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11})),
            "data: [DONE]\n\n".into(),
        ]
        .concat()
    });
    let client = openai(&server);
    let (text, log) = logged(async {
        let mut text = String::new();
        let mut pieces = async_openai::pieces(&client, "Who won?").await.unwrap();
        while let Some(piece) = pieces.next().await {
            for choice in piece.unwrap().choices {
                text.extend(choice.delta.content);
            }
        }
        text
    })
    .await;
    assert_eq!(text, "Sweden");
    assert_eq!(server.requests()[0].json()["stream"], json!(true));
    assert_eq!((log.outcome(), log.output.as_deref()), (Outcome::Ok, Some("Sweden")));
    assert_eq!((log.prompt_tokens, log.output_tokens), (Some(9), Some(2)));
    assert_eq!(log.finish_reason.as_deref(), Some("stop"));
}

#[tokio::test]
async fn async_openai_speaks_the_api_of_responses() {
    let server = Loopback::start(|_| {
        json!({
            "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "gpt-4o-mini-2024-07-18",
            "output": [{"type": "message", "id": "m1", "status": "completed", "role": "assistant",
                "content": [{"type": "output_text", "text": "Sweden", "annotations": []}]}],
            "usage": {"input_tokens": 8, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 2,
                "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 10},
        })
        .to_string()
    });
    let (response, log) = logged(async_openai::respond(&openai(&server), "Who won?")).await;
    response.unwrap();
    assert_eq!(server.requests()[0].path, "/v1/responses");
    assert_eq!(server.requests()[0].json()["input"], json!("Answer in one word: Who won?"));
    assert_eq!((log.outcome(), log.output.as_deref()), (Outcome::Ok, Some("Sweden")));
    assert_eq!((log.prompt_tokens, log.output_tokens), (Some(8), Some(2)));
}

#[tokio::test]
async fn genai_speaks_to_anthropic_and_its_raw_body_is_the_log() {
    let server = Loopback::start(|_| {
        json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
            "content": [{"type": "text", "text": "Sweden"}], "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {"input_tokens": 15, "output_tokens": 4},
        })
        .to_string()
    });
    let (response, log) = logged(genai::answer(&anthropic(&server), "Who won?")).await;
    assert_eq!(response.unwrap().first_text(), Some("Sweden"));

    let [request] = &server.requests()[..] else { panic!("not one request") };
    let body = request.json();
    assert_eq!((&body["model"], &body["max_tokens"]), (&json!("claude-sonnet-4-5"), &json!(20)));
    assert_eq!(body["messages"][0]["role"], json!("user"));

    assert_eq!((log.outcome(), log.output.as_deref()), (Outcome::Ok, Some("Sweden")));
    assert_eq!((log.prompt_tokens, log.output_tokens), (Some(15), Some(4)));
    assert!(log.finish_reason.is_some(), "{log:?}");
    assert_eq!(log.messages.as_ref().map(Vec::len), Some(2));
}

#[tokio::test]
async fn what_a_client_fails_with_is_the_logs_error() {
    let server = Loopback::start(|_| "not JSON".into());
    let (result, log) = logged(async_openai::answer(&openai(&server), "Who won?")).await;
    let error = format!("{:#}", result.unwrap_err());
    assert_eq!(log.outcome(), Outcome::Failed);
    assert!(
        log.error.as_deref().is_some_and(|logged| error.starts_with(logged) || logged.starts_with(&error)),
        "{log:?}"
    );
}

#[test]
fn a_prompt_with_a_body_can_be_looked_at_without_a_call() {
    let client = ::async_openai::Client::with_config(OpenAIConfig::new().with_api_key(KEY));
    let prompt = humanloop::prompt_of(async_openai::answer(&client, "Who won?")).unwrap();
    assert_eq!((prompt.model(), prompt.messages[1].text()), ("gpt-4o-mini", "Who won?".into()));
}
