//! Anthropic and Gemini: what they are sent, and what is made of their answers.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends that way")]

mod support;

use humanloop_runtime::Error;
use humanloop_runtime::api::{Message, ModelConfig, Object, ReasoningEffort, Stop, Usage, raw};
use humanloop_runtime::provider::{Anthropic, Gemini, Keys, Provider, Request, for_config};
use serde_json::{Value, json};
use support::{Reply, Server};

fn object(value: Value) -> Object {
    serde_json::from_value(value).unwrap()
}

fn messages(value: Value) -> Vec<Message> {
    serde_json::from_value(value).unwrap()
}

/// A conversation with everything in it.
fn conversation() -> Vec<Message> {
    messages(json!([
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "https://host.example/a.png"}},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        ]},
        {"role": "system", "content": "Be kind."},
        {"role": "assistant", "content": "I look.", "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "search", "arguments": "{\"q\":\"ä\"}"}},
            {"id": "c2", "type": "function", "function": {"name": "look", "arguments": ""}},
        ]},
        {"role": "tool", "tool_call_id": "c1", "content": "{\"found\":1}"},
        {"role": "tool", "tool_call_id": "c2", "content": "nothing"},
        {"role": "user", "content": "And?"},
    ]))
}

fn config() -> ModelConfig {
    ModelConfig {
        temperature: Some(0.5),
        top_p: Some(0.9),
        max_tokens: Some(100),
        stop: Some(Stop::One("END".into())),
        tools: Some(vec![object(json!({
            "name": "search", "description": "Searches.", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}, "source_code": "fn"
        }))]),
        response_format: Some(object(
            json!({"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": true}}),
        )),
        reasoning_effort: Some(ReasoningEffort::Level("low".into())),
        ..ModelConfig::new("m")
    }
}

fn request(config: ModelConfig) -> Request {
    Request {
        user: Some("ada".into()),
        tool_choice: raw(r#"{"type":"function","function":{"name":"search"}}"#),
        ..Request::chat(config, conversation())
    }
}

fn anthropic(server: &Server) -> Anthropic {
    Anthropic::builder().api_key("sk-secret").base_url(format!("{}/v1", server.url())).retries(0).build().unwrap()
}

fn gemini(server: &Server) -> Gemini {
    Gemini::builder().api_key("sk-secret").base_url(format!("{}/v1beta", server.url())).retries(0).build().unwrap()
}

fn anthropic_answer() -> Value {
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "x"},
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "toolu_1", "name": "search", "input": {"a": [2], "z": 1}},
        ],
        "stop_reason": "tool_use", "stop_sequence": null,
        "usage": {"input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 5, "output_tokens": 7},
    })
}

#[tokio::test]
async fn anthropic_is_asked_in_its_own_words() {
    let server = Server::script([Reply::json(anthropic_answer())]);
    let response = anthropic(&server).generate(request(config())).await.unwrap();
    let received = &server.received()[0];
    assert_eq!(received.line(), "POST /v1/messages");
    assert_eq!(received.header("x-api-key"), Some("sk-secret"));
    assert_eq!(received.header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(received.header("authorization"), None);
    let expected = json!({
        "model": "m", "max_tokens": 100, "system": "Be short.\n\nBe kind.",
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image", "source": {"type": "url", "url": "https://host.example/a.png"}},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
            ]},
            {"role": "assistant", "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "c1", "name": "search", "input": {"q": "ä"}},
                {"type": "tool_use", "id": "c2", "name": "look", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "{\"found\":1}"},
                {"type": "tool_result", "tool_use_id": "c2", "content": "nothing"},
                {"type": "text", "text": "And?"},
            ]},
        ],
        "temperature": 0.5, "top_p": 0.9, "stop_sequences": ["END"],
        "tools": [{"name": "search", "description": "Searches.", "input_schema": {"type": "object", "properties": {"q": {"type": "string"}}}}],
        "tool_choice": {"type": "tool", "name": "search"},
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        "metadata": {"user_id": "ada"},
    });
    assert_eq!(received.json(), expected);
    assert_eq!(response.text(), "I look.");
    assert_eq!(response.finish_reason(), Some("tool_call"));
    let call = &response.tool_calls()[0];
    assert_eq!((call.id.as_str(), call.function.arguments.as_deref()), ("toolu_1", Some(r#"{"a":[2],"z":1}"#)));
    assert_eq!(response.usage, Some(Usage { prompt_tokens: 15, generation_tokens: 7, total_tokens: 22 }));
    assert_eq!(response.cached_tokens, Some(5));
    assert_eq!(serde_json::to_value(&response).unwrap(), anthropic_answer());
}

#[tokio::test]
async fn anthropic_has_a_limit_always_and_no_seed() {
    let server = Server::script([Reply::json(anthropic_answer())]);
    let provider = anthropic(&server);
    for limit in [None, Some(-1)] {
        let config = ModelConfig { max_tokens: limit, presence_penalty: Some(0.0), ..ModelConfig::new("m") };
        let body = provider.body(&Request::complete(config, "hi"));
        let expected = json!({"model": "m", "max_tokens": 4096, "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]});
        assert_eq!(serde_json::to_value(&body).unwrap(), expected);
    }
    let seeded = ModelConfig { seed: Some(7), ..ModelConfig::new("m") };
    let error = provider.generate(Request::complete(seeded, "hi")).await.unwrap_err();
    assert_eq!(error.to_string(), "anthropic: Anthropic has no `seed`; leave it out of the config");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn anthropic_is_asked_once_a_sample() {
    let server = Server::script([Reply::json(anthropic_answer())]);
    let request = Request { samples: 3, ..Request::complete(ModelConfig::new("m"), "hi") };
    let response = anthropic(&server).generate(request).await.unwrap();
    assert_eq!((server.received().len(), response.answers.len()), (3, 3));
    assert_eq!(response.usage.unwrap().total_tokens, 66);
}

#[tokio::test]
async fn gemini_is_asked_in_its_own_words() {
    let answer = json!({
        "candidates": [{"content": {"role": "model", "parts": [{"text": "No"}]}, "finishReason": "MAX_TOKENS", "index": 0}],
        "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 1, "totalTokenCount": 9, "cachedContentTokenCount": 4},
        "modelVersion": "gemini-2.5-flash", "responseId": "x",
    });
    let server = Server::script([Reply::json(answer.clone())]);
    let other = object(json!({"generationConfig": {"topK": 3}, "safetySettings": []}));
    let config = ModelConfig { other: Some(other), seed: Some(7), ..config() };
    let response = gemini(&server).generate(request(config)).await.unwrap();
    let received = &server.received()[0];
    assert_eq!(received.line(), "POST /v1beta/models/m:generateContent");
    assert_eq!(received.header("x-goog-api-key"), Some("sk-secret"));
    let expected = json!({
        "systemInstruction": {"parts": [{"text": "Be short."}, {"text": "Be kind."}]},
        "contents": [
            {"role": "user", "parts": [
                {"text": "What is this?"},
                {"fileData": {"fileUri": "https://host.example/a.png"}},
                {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
            ]},
            {"role": "model", "parts": [
                {"text": "I look."},
                {"functionCall": {"name": "search", "args": {"q": "ä"}}},
                {"functionCall": {"name": "look", "args": {}}},
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"name": "search", "response": {"found": 1}}},
                {"functionResponse": {"name": "look", "response": {"result": "nothing"}}},
                {"text": "And?"},
            ]},
        ],
        "tools": [{"functionDeclarations": [{"name": "search", "description": "Searches.", "parametersJsonSchema": {"type": "object", "properties": {"q": {"type": "string"}}}}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["search"]}},
        "safetySettings": [],
        "generationConfig": {
            "temperature": 0.5, "topP": 0.9, "maxOutputTokens": 100, "stopSequences": ["END"], "seed": 7,
            "thinkingConfig": {"thinkingLevel": "low"},
            "responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}, "topK": 3,
        },
    });
    assert_eq!(received.json(), expected);
    assert_eq!((response.text(), response.finish_reason()), ("No", Some("length")));
    assert_eq!((response.usage.unwrap().prompt_tokens, response.cached_tokens), (8, Some(4)));
    assert_eq!(serde_json::to_value(&response).unwrap(), answer);
}

#[tokio::test]
async fn their_own_words_are_kept_and_the_key_is_taken_out_of_them() {
    let nested = |message: &str| json!({"error": {"message": message, "status": "X", "code": 400}});
    for (body, message) in [
        (nested("API key sk-secret not valid"), "API key <key> not valid"),
        (json!([nested("in a list")]), "in a list"),
        (json!({"type": "error", "error": {"type": "x", "message": "max_tokens: too big"}}), "max_tokens: too big"),
    ] {
        let server = Server::script([Reply::new(400, body.to_string())]);
        for provider in [&anthropic(&server) as &dyn Provider, &gemini(&server)] {
            let error = provider.generate(Request::complete(ModelConfig::new("m"), "x")).await.unwrap_err();
            let Error::Provider { provider: name, status, message: said } = error else { panic!("{error:?}") };
            assert_eq!((name.as_str(), status, said.as_str()), (provider.name(), Some(400), message));
        }
    }
}

#[tokio::test]
async fn a_provider_that_asks_for_more_time_than_there_is_is_not_waited_for() {
    let server = Server::script([Reply::new(429, r#"{"error":{"message":"later"}}"#).header("retry-after", "20")]);
    let deadline = std::time::Duration::from_secs(1);
    let provider = Anthropic::builder().base_url(server.url()).deadline(deadline).build().unwrap();
    let error = provider.generate(Request::complete(ModelConfig::new("m"), "x")).await.unwrap_err();
    assert_eq!(error.to_string(), "anthropic answered 429: later");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_date_and_milliseconds_are_understood_as_a_time_to_wait() {
    let busy = || Reply::new(429, r#"{"error":{"message":"later"}}"#);
    let server = Server::script([
        busy().header("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT"),
        busy().header("retry-after-ms", "1").header("retry-after", "3000"),
        Reply::json(anthropic_answer()),
    ]);
    let provider = Anthropic::builder().base_url(server.url()).build().unwrap();
    assert_eq!(provider.generate(Request::complete(ModelConfig::new("m"), "x")).await.unwrap().text(), "I look.");
    assert_eq!(server.received().len(), 3);
}

#[test]
fn the_config_names_the_provider_and_the_caller_s_keys_win() {
    let keys: Keys = [
        ("openai", "sk-a"),
        ("anthropic", "sk-b"),
        ("google", "sk-c"),
        ("openai_azure", "sk-d"),
        ("openai_azure_endpoint", "https://name.openai.azure.com/"),
    ]
    .into_iter()
    .collect();
    let named = |name: Option<&str>| ModelConfig { provider: name.map(Into::into), ..ModelConfig::new("m") };
    for (asked, got) in [
        (None, "openai"),
        (Some("openai"), "openai"),
        (Some("anthropic"), "anthropic"),
        (Some("google"), "google"),
        (Some("openai_azure"), "openai"),
        (Some("mock"), "mock"),
    ] {
        let provider = for_config(&named(asked), &keys).unwrap();
        assert_eq!(provider.name(), got, "{asked:?}");
    }
    let shown = format!("{keys:?}");
    assert!(!shown.contains("sk-") && shown.contains("anthropic"), "{shown}");
}
