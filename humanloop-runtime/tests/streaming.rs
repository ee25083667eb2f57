//! Model providers, streaming: the pieces as they come, and what they are put together to.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends that way")]

mod support;

use humanloop_runtime::Error;
use humanloop_runtime::api::{Message, ModelConfig, ToolCall, Usage};
use humanloop_runtime::provider::{Anthropic, Gemini, Mock, OpenAi, Piece, Pieces, Provider, Request, Response};
use serde_json::{Value, json};
use support::{Reply, Server};

fn openai(server: &Server) -> OpenAi {
    OpenAi::builder().api_key("sk-secret").base_url(format!("{}/v1", server.url())).retries(0).build().unwrap()
}

fn anthropic(server: &Server) -> Anthropic {
    Anthropic::builder().api_key("sk-secret").base_url(format!("{}/v1", server.url())).retries(0).build().unwrap()
}

fn gemini(server: &Server) -> Gemini {
    Gemini::builder().api_key("sk-secret").base_url(format!("{}/v1beta", server.url())).retries(0).build().unwrap()
}

fn question() -> Request {
    Request::chat(ModelConfig::new("m"), [Message::user("Which country won?")])
}

/// Events as `data:` lines, each behind its name when it has a type.
fn sse(events: &[Value]) -> String {
    let name = |event: &Value| event["type"].as_str().map(|name| format!("event: {name}\n")).unwrap_or_default();
    events.iter().map(|event| format!("{}data: {event}\n\n", name(event))).collect()
}

async fn all(mut pieces: Pieces) -> (Vec<Piece>, Response) {
    let mut all = Vec::new();
    while let Some(piece) = pieces.next().await {
        all.push(piece.unwrap());
    }
    assert!(pieces.next().await.is_none(), "the end stays the end");
    (all, pieces.response().clone())
}

fn texts(pieces: &[Piece]) -> Vec<&str> {
    pieces.iter().map(|piece| piece.text.as_str()).collect()
}

fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
    serde_json::from_value(json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}))
        .unwrap()
}

fn openai_chat() -> String {
    let chunk = |delta: Value, finish: Option<&str>| {
        json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-2024-08-06",
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}], "usage": null})
    };
    let usage = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-2024-08-06", "choices": [],
        "usage": {"prompt_tokens": 42, "completion_tokens": 3, "total_tokens": 45, "prompt_tokens_details": {"cached_tokens": 20}}});
    let events = [
        chunk(json!({"role": "assistant", "content": "", "refusal": null}), None),
        chunk(json!({"content": "Schwä"}), None),
        chunk(json!({"content": "n 🦢"}), None),
        chunk(json!({}), Some("stop")),
        usage,
    ];
    format!("{}data: [DONE]\n\n", sse(&events))
}

#[tokio::test]
async fn a_chat_comes_in_pieces_however_the_bytes_are_cut() {
    for chunk in [1, 2, 7, 1000] {
        let server = Server::script([Reply::events(openai_chat(), chunk)]);
        let (pieces, response) = all(openai(&server).stream(question()).await.unwrap()).await;
        assert_eq!(texts(&pieces), ["Schwä", "n 🦢", ""], "{chunk}");
        assert_eq!(pieces[2].finish_reason.as_deref(), Some("stop"));
        assert_eq!(response.answers[0].message, Some(Message::assistant("Schwän 🦢")));
        assert_eq!(response.model.as_deref(), Some("gpt-4o-2024-08-06"));
        assert_eq!(response.usage, Some(Usage { prompt_tokens: 42, generation_tokens: 3, total_tokens: 45 }));
        assert_eq!(response.cached_tokens, Some(20));
        let whole = serde_json::to_value(&response).unwrap();
        assert_eq!(
            (&whole["streamed"], &whole["choices"][0]["message"]["content"]),
            (&json!(true), &json!("Schwän 🦢"))
        );
        let received = &server.received()[0];
        assert_eq!(received.line(), "POST /v1/chat/completions");
        let body = received.json();
        assert_eq!((&body["stream"], &body["stream_options"]), (&json!(true), &json!({"include_usage": true})));
    }
}

#[tokio::test]
async fn tool_calls_are_put_together_and_come_with_the_last_piece() {
    let chunk = |delta: Value, finish: Option<&str>| json!({"object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    let part = |index: u32, call: Value| {
        let mut call = call;
        call["index"] = json!(index);
        chunk(json!({"tool_calls": [call]}), None)
    };
    let events = sse(&[
        part(0, json!({"id": "call_a", "type": "function", "function": {"name": "search", "arguments": ""}})),
        part(0, json!({"function": {"arguments": "{\"q\":"}})),
        part(1, json!({"id": "call_b", "type": "function", "function": {"name": "look", "arguments": "{}"}})),
        part(0, json!({"function": {"arguments": "1}"}})),
        chunk(json!({}), Some("tool_calls")),
    ]);
    let server = Server::script([Reply::events(events, 11)]);
    let (pieces, response) = all(openai(&server).stream(question()).await.unwrap()).await;
    let calls = vec![call("call_a", "search", "{\"q\":1}"), call("call_b", "look", "{}")];
    assert_eq!(pieces.len(), 1);
    assert_eq!((pieces[0].finish_reason.as_deref(), &pieces[0].tool_calls), (Some("tool_call"), &Some(calls.clone())));
    assert_eq!(response.tool_calls(), calls);
    assert_eq!(response.answers[0].message.as_ref().unwrap().content, None);
}

#[tokio::test]
async fn a_completion_comes_in_pieces_and_samples_are_told_apart() {
    let chunk = |index: u32, text: &str, finish: Option<&str>| json!({"object": "text_completion", "model": "m", "choices": [{"index": index, "text": text, "finish_reason": finish}]});
    let events = [chunk(1, "b", None), chunk(0, "a", None), chunk(0, "c", Some("length")), chunk(1, "", Some("stop"))];
    let server = Server::script([Reply::events(sse(&events), 50)]);
    let request = Request { samples: 2, ..Request::complete(ModelConfig::new("m"), "x") };
    let (pieces, response) = all(openai(&server).stream(request).await.unwrap()).await;
    assert_eq!(server.received()[0].line(), "POST /v1/completions");
    let indexes: Vec<u32> = pieces.iter().map(|piece| piece.index).collect();
    assert_eq!(indexes, [1, 0, 0, 0, 1]);
    let answers: Vec<_> =
        response.answers.iter().map(|answer| (answer.text.as_str(), answer.message.is_some())).collect();
    assert_eq!(answers, [("ac", false), ("b", false)]);
}

fn anthropic_events() -> Vec<Value> {
    vec![
        json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
            "content": [], "stop_reason": null, "stop_sequence": null,
            "usage": {"input_tokens": 10, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 20, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "ping"}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "I look"}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " it up."}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "toolu_1", "name": "search", "input": {}}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": ""}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{\"q\": \"Euro"}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "vision\"}"}}),
        json!({"type": "content_block_stop", "index": 1}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null}, "usage": {"output_tokens": 15}}),
        json!({"type": "message_stop"}),
    ]
}

#[tokio::test]
async fn anthropic_s_events_are_pieces() {
    for chunk in [1, 13, 5000] {
        let server = Server::script([Reply::events(sse(&anthropic_events()), chunk)]);
        let (pieces, response) = all(anthropic(&server).stream(question()).await.unwrap()).await;
        assert_eq!(texts(&pieces), ["I look", " it up.", ""]);
        let calls = vec![call("toolu_1", "search", "{\"q\": \"Eurovision\"}")];
        assert_eq!((pieces[2].finish_reason.as_deref(), &pieces[2].tool_calls), (Some("tool_call"), &Some(calls)));
        assert_eq!(response.usage, Some(Usage { prompt_tokens: 35, generation_tokens: 15, total_tokens: 50 }));
        assert_eq!(response.cached_tokens, Some(20));
        assert_eq!(server.received()[0].json()["stream"], json!(true));
    }
}

#[tokio::test]
async fn gemini_s_answers_are_pieces() {
    let part = |parts: Value, finish: Option<&str>| {
        json!({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": finish, "index": 0}],
            "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 2, "totalTokenCount": 13, "thoughtsTokenCount": 3}, "modelVersion": "gemini-2.5-flash"})
    };
    let events = [
        part(json!([{"text": "thinking", "thought": true}]), None),
        part(json!([{"text": "Schwe"}]), None),
        part(json!([{"text": "den"}, {"functionCall": {"name": "search", "args": {"q": "ä"}}}]), Some("STOP")),
    ];
    let text = sse(&events).replace('\n', "\r\n");
    let server = Server::script([Reply::events(text, 3)]);
    let (pieces, response) = all(gemini(&server).stream(question()).await.unwrap()).await;
    assert_eq!(texts(&pieces), ["Schwe", "den", ""]);
    assert_eq!(response.tool_calls(), [call("call_0", "search", "{\"q\":\"ä\"}")]);
    assert_eq!(response.finish_reason(), Some("tool_call"));
    assert_eq!(response.usage, Some(Usage { prompt_tokens: 8, generation_tokens: 5, total_tokens: 13 }));
    let received = &server.received()[0];
    assert_eq!(received.line(), "POST /v1beta/models/m:streamGenerateContent?alt=sse");
    assert_eq!(received.header("x-goog-api-key"), Some("sk-secret"));
}

/// The error that a stream ends with, and the text before it.
async fn failure(provider: &dyn Provider) -> (String, String) {
    let mut pieces = provider.stream(question()).await.unwrap();
    while let Some(piece) = pieces.next().await {
        if let Err(error) = piece {
            assert!(pieces.next().await.is_none(), "after an error it has ended");
            return (pieces.response().text().to_owned(), error.to_string());
        }
    }
    panic!("no error: {pieces:?}");
}

#[tokio::test]
async fn what_fails_on_the_way_is_an_error_behind_the_pieces_before_it() {
    let begun = sse(&[
        json!({"object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, "delta": {"content": "Sw"}}]}),
    ]);
    let failed =
        format!("{begun}data: {}\n\n", json!({"error": {"message": "overloaded, sk-secret", "type": "server_error"}}));
    let server = Server::script([Reply::events(failed, 9)]);
    assert_eq!(failure(&openai(&server)).await, ("Sw".into(), "openai: overloaded, <key>".into()));
    let server = Server::script([Reply::events(&begun, 9)]);
    assert_eq!(failure(&openai(&server)).await, ("Sw".into(), "openai: the answer broke off before its end".into()));
    let server = Server::script([Reply::events(&begun, 9).broken()]);
    let (text, error) = failure(&openai(&server)).await;
    assert!(text == "Sw" && error.contains("the connection broke"), "{error}");
    let server = Server::script([Reply::events(format!("{begun}data: <html>\n\n"), 9)]);
    let (text, error) = failure(&openai(&server)).await;
    assert!(text == "Sw" && error.contains("an event of its stream cannot be read; it begins `<html>`"), "{error}");
    let mut events = anthropic_events();
    events.truncate(4);
    events.push(json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}));
    let server = Server::script([Reply::events(sse(&events), 9)]);
    assert_eq!(failure(&anthropic(&server)).await, ("I look".into(), "anthropic: Overloaded".into()));
}

#[tokio::test]
async fn what_fails_before_the_first_piece_fails_the_call() {
    let server = Server::script([Reply::new(429, r#"{"error":{"message":"slow down"}}"#)]);
    for provider in [&openai(&server) as &dyn Provider, &anthropic(&server), &gemini(&server)] {
        let error = provider.stream(question()).await.unwrap_err();
        assert!(
            matches!(&error, Error::Provider { status: Some(429), message, .. } if message == "slow down"),
            "{error:?}"
        );
    }
    let again = Server::script([Reply::again(503), Reply::events(openai_chat(), 64)]);
    let patient = OpenAi::builder().base_url(again.url()).retries(1).build().unwrap();
    assert_eq!(patient.stream(question()).await.unwrap().whole().await.unwrap().text(), "Schwän 🦢");
    assert_eq!(again.received().len(), 2);
}

#[tokio::test]
async fn a_server_that_does_not_stream_gives_its_whole_answer() {
    let answer = json!({"object": "chat.completion", "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Sweden won."}, "finish_reason": "stop"}]});
    let server = Server::script([Reply::json(answer.clone())]);
    let (pieces, response) = all(openai(&server).stream(question()).await.unwrap()).await;
    assert_eq!(texts(&pieces), ["Sweden ", "won.", ""]);
    assert_eq!(serde_json::to_value(&response).unwrap(), answer);
}

#[tokio::test]
async fn an_answer_that_was_given_up_holds_what_came() {
    let server = Server::script([Reply::events(openai_chat(), 64)]);
    let mut pieces = openai(&server).stream(question()).await.unwrap();
    assert_eq!(pieces.next().await.unwrap().unwrap().text, "Schwä");
    let response = pieces.settle();
    assert_eq!((response.text(), response.finish_reason()), ("Schwä", None));
    assert_eq!(response.message(), Some(&Message::assistant("Schwä")));
}

#[tokio::test]
async fn the_mock_streams_word_by_word() {
    let (pieces, response) = all(Mock::new().answer("Sweden won.").stream(question()).await.unwrap()).await;
    assert_eq!(texts(&pieces), ["Sweden ", "won.", ""]);
    assert_eq!(response.text(), "Sweden won.");
}
