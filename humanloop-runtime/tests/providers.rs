//! Model providers: what they send, and what they make of the answer.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends that way")]

mod support;

use std::time::Duration;

use humanloop_runtime::api::{FunctionCall, Message, ModelConfig, Object, RawValue, Stop, raw};
use humanloop_runtime::provider::{Mock, OpenAi, Provider, Request, Response};
use humanloop_runtime::{Error, Prompt};
use serde_json::{Value, json};
use support::{Reply, Server, nobody};

fn openai(server: &Server) -> OpenAi {
    OpenAi::builder().api_key("sk-secret").base_url(format!("{}/v1/", server.url())).build().unwrap()
}

fn object(value: Value) -> Object {
    serde_json::from_value(value).unwrap()
}

fn chat_answer() -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4-0613",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "No"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 42, "completion_tokens": 1, "total_tokens": 43},
    })
}

fn question() -> Request {
    Request::chat(ModelConfig::new("gpt-4"), [Message::user("Which country won?")])
}

async fn ask(server: &Server, request: Request) -> Result<Response, Error> {
    openai(server).generate(request).await
}

/// The message of a provider's failure, with its status.
fn failure(result: Result<Response, Error>) -> (Option<u16>, String) {
    match result {
        Err(Error::Provider { provider, status, message }) => {
            assert_eq!(provider, "openai");
            assert!(!message.contains("sk-secret"), "{message}");
            (status, message)
        }
        other => panic!("no failure of the provider's: {other:?}"),
    }
}

#[tokio::test]
async fn a_chat_is_posted_as_openai_has_it_and_its_answer_is_read() {
    let server = Server::script([Reply::json(chat_answer())]);
    let config = ModelConfig {
        temperature: Some(0.0),
        max_tokens: Some(1),
        stop: Some(Stop::One("\n".into())),
        seed: Some(7),
        response_format: Some(object(json!({"type": "json_object"}))),
        tools: Some(vec![object(json!({
            "name": "search", "description": "Searches.", "parameters": {"type": "object"}, "source_code": "fn search()"
        }))]),
        other: Some(object(json!({"logit_bias": {"50256": -100}}))),
        ..ModelConfig::new("gpt-4")
    };
    let called = Message {
        content: None,
        tool_call: Some(FunctionCall { name: "search".into(), arguments: Some("{}".into()) }),
        ..Message::assistant("")
    };
    let request = Request {
        samples: 2,
        user: Some("ada".into()),
        tool_choice: raw("\"auto\""),
        ..Request::chat(config, [Message::user("hi"), called])
    };
    let response = ask(&server, request).await.unwrap();
    let [received] = &server.received()[..] else { panic!("one request") };
    assert_eq!(received.line(), "POST /v1/chat/completions");
    assert_eq!(received.header("authorization"), Some("Bearer sk-secret"));
    assert_eq!(received.header("content-type"), Some("application/json"));
    let expected = json!({
        "model": "gpt-4",
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "function_call": {"name": "search", "arguments": "{}"}},
        ],
        "max_tokens": 1, "temperature": 0.0, "stop": "\n", "seed": 7, "response_format": {"type": "json_object"},
        "tools": [{"type": "function", "function": {
            "name": "search", "description": "Searches.", "parameters": {"type": "object"},
        }}],
        "tool_choice": "auto", "n": 2, "user": "ada", "logit_bias": {"50256": -100},
    });
    assert_eq!(received.json(), expected);
    assert_eq!(response.text(), "No");
    assert_eq!(response.model.as_deref(), Some("gpt-4-0613"));
    assert_eq!(
        response.usage.map(|usage| (usage.prompt_tokens, usage.generation_tokens, usage.total_tokens)),
        Some((42, 1, 43))
    );
    assert_eq!(response.answers[0].message, Some(Message::assistant("No")));
    assert_eq!(response.answers[0].finish_reason.as_deref(), Some("stop"));
    assert_eq!(serde_json::to_value(&response).unwrap(), chat_answer(), "it serializes as the provider's own JSON");
}

#[tokio::test]
async fn a_completion_is_posted_with_its_prompt_and_without_what_is_not_set() {
    let answer = json!({
        "object": "text_completion", "model": "davinci-002",
        "choices": [{"text": "\n Sweden won.", "index": 0, "finish_reason": "stop"}],
    });
    let server = Server::script([Reply::json(answer)]);
    let config = ModelConfig { max_tokens: Some(-1), temperature: Some(0.7), ..ModelConfig::new("davinci-002") };
    let response = ask(&server, Request::complete(config, "Answer:\n")).await.unwrap();
    let received = &server.received()[0];
    assert_eq!(received.line(), "POST /v1/completions");
    assert_eq!(received.json(), json!({"model": "davinci-002", "prompt": "Answer:\n", "temperature": 0.7}));
    assert_eq!(response.text(), "\n Sweden won.");
    assert_eq!(response.usage, None);
}

#[tokio::test]
async fn a_text_for_the_chat_endpoint_is_one_user_message() {
    let server = Server::script([Reply::json(chat_answer())]);
    let config = ModelConfig { endpoint: Some("chat".into()), ..ModelConfig::new("m") };
    ask(&server, Request::complete(config, "hi")).await.unwrap();
    assert_eq!(server.received()[0].line(), "POST /v1/chat/completions");
    assert_eq!(server.received()[0].json(), json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]}));
}

#[test]
fn at_openai_itself_only_the_old_models_complete() {
    let openai = OpenAi::builder().api_key("sk-secret").build().unwrap();
    let body = |model: &str| openai.body(&Request::complete(ModelConfig::new(model), "hi"));
    for model in ["text-davinci-002", "davinci-002", "gpt-3.5-turbo-instruct", "ft:babbage-002:org::1"] {
        assert!(body(model).get("prompt").is_some(), "{model}");
    }
    for model in ["gpt-4", "gpt-4o", "o3", "ft:gpt-4o:org::1"] {
        assert!(body(model).get("messages").is_some(), "{model}");
    }
}

#[test]
fn models_that_think_have_their_limit_by_its_newer_name() {
    let openai = OpenAi::builder().base_url("http://127.0.0.1:1").build().unwrap();
    let limit = |model: &str, request: fn(ModelConfig) -> Request| {
        let body = openai.body(&request(ModelConfig { max_tokens: Some(9), ..ModelConfig::new(model) }));
        let given: Vec<&str> = body.iter().map(|(name, _)| name).filter(|name| name.starts_with("max_")).collect();
        given.join(" ")
    };
    let chat = |config| Request::chat(config, []);
    for model in ["o1", "o3-mini", "ft:o4-mini:org::1", "gpt-5", "gpt-5.1-codex", "gpt-10"] {
        assert_eq!(limit(model, chat), "max_completion_tokens", "{model}");
    }
    for model in ["gpt-4o", "gpt-4.1", "gpt-oss-120b", "olmo2", "llama3", "openai/o3", "o"] {
        assert_eq!(limit(model, chat), "max_tokens", "{model}");
    }
    assert_eq!(limit("gpt-5", |config| Request::complete(config, "hi")), "max_tokens", "of a completion");
}

#[tokio::test]
async fn several_answers_are_all_there() {
    let choice = |index: u32, text: &str| json!({"index": index, "message": {"role": "assistant", "content": text}});
    let server = Server::script([Reply::json(json!({"model": "m", "choices": [choice(0, "a"), choice(1, "b")]}))]);
    let response = ask(&server, question()).await.unwrap();
    let texts: Vec<&str> = response.answers.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(texts, ["a", "b"]);
}

#[tokio::test]
async fn the_provider_s_own_words_are_kept_and_the_key_is_taken_out_of_them() {
    for (status, body, message) in [
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided: sk-secret.","type":"x"}}"#,
            "Incorrect API key provided: <key>.",
        ),
        (400, r#"{"error":"model 'x' not found"}"#, "model 'x' not found"),
        (404, r#"{"object":"error","message":"The model does not exist.","code":404}"#, "The model does not exist."),
        (403, "<html>\n  Blocked by   proxy</html>", "<html> Blocked by proxy</html>"),
        (418, "", "(no text)"),
    ] {
        let server = Server::script([Reply::new(status, body)]);
        let result = ask(&server, question()).await;
        assert_eq!(failure(result), (Some(status), message.into()));
        assert_eq!(server.received().len(), 1, "{status} is not tried again");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_completion_is_an_error() {
    for body in ["<!doctype html>", "{}", r#"{"choices":[]}"#, "data: {}"] {
        let server = Server::script([Reply::new(200, body)]);
        let (status, message) = failure(ask(&server, question()).await);
        assert_eq!(status, Some(200));
        assert!(message.contains("is no completion") && message.contains("check OPENAI_BASE_URL"), "{message}");
    }
}

#[tokio::test]
async fn a_busy_provider_is_asked_again_up_to_twice() {
    let server = Server::script([Reply::again(429), Reply::again(500), Reply::json(chat_answer())]);
    assert_eq!(ask(&server, question()).await.unwrap().text(), "No");
    assert_eq!(server.received().len(), 3);
    let bodies: Vec<Value> = server.received().iter().map(support::Received::json).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    let server = Server::script([Reply::again(503)]);
    assert_eq!(failure(ask(&server, question()).await), (Some(503), "later".into()));
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn no_server_and_a_slow_server_are_told_apart() {
    let url = nobody();
    let openai = OpenAi::builder().base_url(&url).retries(0).build().unwrap();
    let (status, message) = failure(openai.generate(question()).await);
    assert_eq!(status, None);
    assert!(message.contains("refused") && message.contains(&url), "{message}");
    let server = Server::new(|_| {
        std::thread::sleep(Duration::from_secs(5));
        Reply::json(chat_answer())
    });
    let openai = OpenAi::builder().base_url(server.url()).timeout(Duration::from_millis(200)).build().unwrap();
    let (status, message) = failure(openai.generate(question()).await);
    assert_eq!(status, None);
    assert!(message.contains("no answer within 0.2 s"), "{message}");
    assert_eq!(server.received().len(), 1, "an answer that may be on its way is not asked for twice");
}

#[test]
fn without_a_runtime_it_is_an_error_and_no_panic() {
    let openai = OpenAi::builder().api_key("sk-secret").build().unwrap();
    let mut future = openai.generate(question());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(result) = future.as_mut().poll(&mut context) else { panic!("it waits") };
    assert!(matches!(result, Err(Error::NoRuntime { .. })), "{result:?}");
}

#[test]
fn openai_itself_needs_a_key_and_says_where_it_goes() {
    for builder in
        [OpenAi::builder(), OpenAi::builder().api_key(" "), OpenAi::builder().base_url("https://api.openai.com/v1")]
    {
        let error = builder.build().unwrap_err();
        assert!(matches!(error, Error::MissingKey { variable: "OPENAI_API_KEY", .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("OPENAI_API_KEY is not set") && text.contains("OPENAI_BASE_URL"), "{text}");
    }
}

#[tokio::test]
async fn openai_itself_is_not_asked_for_another_provider_s_model() {
    let openai = OpenAi::builder().api_key("sk-secret").build().unwrap();
    let config = ModelConfig { provider: Some("anthropic".into()), ..ModelConfig::new("claude") };
    let (status, message) = failure(openai.generate(Request::chat(config, [])).await);
    assert_eq!(status, None);
    assert!(message.contains("`anthropic`") && message.contains("OPENAI_BASE_URL"), "{message}");
}

#[test]
fn neither_keys_nor_passwords_show() {
    let builder = OpenAi::builder().api_key("sk-secret").base_url("https://me:hunter2@host/v1");
    assert!(
        !format!("{builder:?}").contains("sk-secret") && !format!("{builder:?}").contains("hunter2"),
        "{builder:?}"
    );
    let error = builder.build().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    assert!(error.to_string().contains("set OPENAI_API_KEY"), "{error}");
    let openai = OpenAi::builder().api_key("sk-secret").build().unwrap();
    assert!(!format!("{openai:?}").contains("sk-secret"), "{openai:?}");
    let error = OpenAi::builder().api_key("sk-secret\u{1}x").build().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("sk-secret"), "{error}");
}

#[tokio::test]
async fn the_mock_answers_by_rule_then_by_script_then_echoes() {
    let mock = Mock::new().answer("first").fail(429, "slow down").answer_when("moderator", "No");
    let ask = |text: &str| {
        mock.generate(Request::chat(ModelConfig::new("gpt-4"), [Message::user(text), Message::system("s")]))
    };
    assert_eq!(ask("the moderator says").await.unwrap().text(), "No");
    assert_eq!(ask("a").await.unwrap().text(), "first");
    assert_eq!(ask("b").await.unwrap_err().to_string(), "mock answered 429: slow down");
    let response = ask("one two").await.unwrap();
    assert_eq!(response.text(), "ECHO: one two");
    let usage = response.usage.unwrap();
    assert_eq!((usage.prompt_tokens, usage.generation_tokens), (3, 3), "words");
    assert_eq!(response.raw.get("usage_unit").map(RawValue::get), Some("\"words\""));
    let request = Request { samples: 2, ..Request::complete(ModelConfig::new("m"), "x") };
    let response = mock.generate(request).await.unwrap();
    assert_eq!(response.answers.len(), 2);
    assert_eq!(response.text(), "ECHO: x");
}

#[test]
fn the_prompt_of_an_annotated_function_is_a_request() {
    let config = ModelConfig::new("m");
    let chat = Prompt { config: config.clone(), messages: vec![Message::user("hi")], text: None };
    assert_eq!(Request::from(chat).input, Request::chat(config.clone(), [Message::user("hi")]).input);
    let complete = Prompt { config: config.clone(), messages: Vec::new(), text: Some("hi".into()) };
    assert_eq!(Request::from(complete).input, Request::complete(config, "hi").input);
}
