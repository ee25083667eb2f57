//! The explicit client: answers piece by piece, and configs that are at a server.
#![cfg(all(feature = "http", feature = "local"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends that way")]

mod support;

use humanloop_runtime::api::{Config, Log, Outcome, RawValue};
use humanloop_runtime::provider::Mock;
use humanloop_runtime::{Chat, Complete, Error, Humanloop, Message, ServerSamples, testing};
use serde_json::{Value, json};
use support::{Reply, Server};

async fn recorded<T>(mock: Mock, work: impl AsyncFnOnce(Humanloop) -> T) -> (T, Vec<Log>) {
    let trace = testing::record(async { work(Humanloop::new().unwrap().with_provider(mock)).await }).await.unwrap();
    let logs = trace.logs().unwrap();
    (trace.output, logs)
}

fn chat() -> Chat {
    Chat::new("gpt-4o")
        .project("p")
        .chat_template([Message::user("{{user.name}} asks")])
        .input("user", &json!({"name": "Ada"}))
}

#[tokio::test]
async fn a_chat_streams_and_is_logged_when_it_ends() {
    let (pieces, logs) = recorded(Mock::new().answer("Sweden won."), async |humanloop| {
        let mut samples = humanloop.chat_stream(chat()).await.unwrap();
        let mut pieces = Vec::new();
        while let Some(sample) = samples.next().await {
            pieces.push(sample.unwrap());
        }
        pieces
    })
    .await;
    let outputs: Vec<&str> = pieces.iter().map(|piece| piece.output.as_str()).collect();
    assert_eq!(outputs, ["Sweden ", "won.", ""]);
    assert_eq!(pieces[2].finish_reason.as_deref(), Some("stop"));
    assert!(pieces.iter().all(|piece| piece.id == pieces[0].id && piece.index == 0));
    let [log] = &logs[..] else { panic!("one log: {logs:?}") };
    assert_eq!(log.reference_id.as_ref(), Some(&pieces[0].id));
    assert_eq!(log.messages.as_deref(), Some(&[Message::user("Ada asks")][..]));
    assert_eq!((log.output.as_deref(), log.outcome(), log.output_tokens), (Some("Sweden won."), Outcome::Ok, Some(2)));
    let stream = log.metadata.as_ref().unwrap().get("stream").map(RawValue::get).unwrap();
    assert!(stream.starts_with(r#"{"items":3,"left_out":0,"first_item_seconds":"#), "{stream}");
    assert!(matches!(log.config.as_deref(), Some(Config::Model(config)) if config.chat_template.is_some()));
}

#[tokio::test]
async fn samples_of_a_stream_have_a_log_each() {
    let (ids, logs) = recorded(Mock::new().answer("a b").answer("c"), async |humanloop| {
        let complete = Complete::new("m").prompt_template("x").num_samples(2);
        let mut samples = humanloop.complete_stream(complete).await.unwrap();
        let mut ids = Vec::new();
        while let Some(sample) = samples.next().await {
            let sample = sample.unwrap();
            ids.push((sample.index, sample.id));
        }
        ids.dedup();
        ids
    })
    .await;
    assert_eq!((logs.len(), ids.len()), (2, 2));
    let told = |id: &str| {
        let log = logs.iter().find(|log| log.reference_id.as_deref() == Some(id)).unwrap();
        (log.output.as_deref(), log.output_tokens)
    };
    let told: Vec<_> = ids.iter().map(|(index, id)| (*index, told(id))).collect();
    assert_eq!(told, [(0, (Some("a b"), Some(3))), (1, (Some("c"), None))]);
}

#[tokio::test]
async fn a_stream_that_is_dropped_or_fails_is_logged_with_what_came() {
    let (_, logs) = recorded(Mock::new().answer("Sweden won."), async |humanloop| {
        let mut samples = humanloop.chat_stream(chat()).await.unwrap();
        samples.next().await.unwrap().unwrap()
    })
    .await;
    assert_eq!(logs[0].outcome(), Outcome::Cancelled);
    let (error, logs) = recorded(Mock::new().fail(429, "slow down"), async |humanloop| {
        humanloop.chat_stream(chat()).await.map(drop).unwrap_err()
    })
    .await;
    assert!(matches!(error, Error::Provider { status: Some(429), .. }));
    assert_eq!((logs[0].outcome(), logs[0].error.as_deref()), (Outcome::Failed, Some("mock answered 429: slow down")));
}

/// Runs one test of this binary in a process of its own, with an environment of its own.
fn alone(test: &str, base_url: Option<&str>) {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--ignored", "--nocapture"])
        .env_remove("HUMANLOOP_BASE_URL")
        .env_remove("HUMANLOOP_API_KEY");
    let output = command.envs(base_url.map(|url| ("HUMANLOOP_BASE_URL", url))).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn deployed_and_stored_configs_are_asked_for_at_the_server() {
    let answer = json!({"data": [{"id": "data_1", "index": 0, "output": "No", "raw_output": "No", "finish_reason": "stop", "model_config_id": "config_1"}], "provider_responses": []});
    let server = Server::new(move |request| match request.target.as_str() {
        _ if request.json()["stream"] == true => streamed(&request.json()),
        "/v4/completion-deployed" => Reply::new(
            404,
            r#"{"detail": {"type": "not_found_error", "message": "nothing is deployed", "code": 404, "origin": "Humanloop"}}"#,
        ),
        "/v4/completion-model-config" => {
            Reply::new(429, r#"{"detail": {"type": "x", "message": "slow down", "code": 429, "origin": "OpenAI"}}"#)
                .header("retry-after", "0")
        }
        _ => Reply::json(answer.clone()),
    });
    alone("in_a_process_with_a_server", Some(&server.url()));
    let received = server.received();
    let (deployed, stored) = (&received[0], &received[1]);
    assert_eq!(deployed.line(), "POST /v4/chat-deployed");
    assert_eq!(
        deployed.json(),
        json!({"project": "p", "inputs": {"q": 1}, "messages": [{"role": "user", "content": "hi"}], "environment": "staging", "num_samples": 2})
    );
    assert_eq!(
        (stored.line(), &stored.json()["model_config_id"]),
        ("POST /v4/chat-model-config".into(), &Value::from("config_1"))
    );
    alone("in_a_process_without_a_server", None);
}

/// The events of a server's stream, by what the project asks for.
fn streamed(body: &Value) -> Reply {
    let event = |output: &str, finish: Option<&str>| {
        let sample =
            json!({"id": "data_1", "index": 0, "output": output, "raw_output": output, "finish_reason": finish});
        format!("data: {}\n\n", json!({"data": [sample], "provider_responses": [], "usage": null}))
    };
    let begun = format!("{}{}", event("Swe", None), event("den 🦢", None));
    match body["project"].as_str().unwrap() {
        "whole" => Reply::json(
            json!({"data": [{"id": "data_1", "index": 0, "output": "Sweden 🦢", "raw_output": "Sweden 🦢"}]}),
        ),
        "ends" => Reply::events(begun, 3),
        "breaks" => Reply::events(begun, 3).broken(),
        "nonsense" => Reply::events(format!("{begun}data: <html>\n\n"), 3),
        "refused" => Reply::new(404, r#"{"detail": {"type": "x", "message": "nothing is deployed", "code": 404}}"#),
        _ => Reply::events(format!("{begun}{}data: [DONE]\n\n", event("", Some("stop"))), 3),
    }
}

/// All that came, and the error at its end.
async fn came(samples: Result<ServerSamples, Error>) -> (String, Option<String>) {
    let mut text = String::new();
    let mut samples = match samples {
        Ok(samples) => samples,
        Err(error) => return (text, Some(error.to_string())),
    };
    while let Some(sample) = samples.next().await {
        match sample {
            Ok(sample) => text.push_str(&sample.output),
            Err(error) => {
                assert!(samples.next().await.is_none(), "after an error it has ended");
                return (text, Some(error.to_string()));
            }
        }
    }
    (text, None)
}

fn stored() -> Chat {
    Chat::default().project("p").input("q", &1).messages([Message::user("hi")])
}

/// A client whose own logs go to memory.
async fn with_client<T>(work: impl AsyncFnOnce(Humanloop) -> T) -> T {
    testing::record(async { work(Humanloop::new().unwrap()).await }).await.unwrap().output
}

#[tokio::test]
#[ignore = "runs in a process of its own"]
async fn in_a_process_with_a_server() {
    with_client(async |humanloop| {
        let generated = humanloop.chat_deployed(stored().num_samples(2), Some("staging")).await.unwrap();
        assert_eq!((generated.output(), generated.data[0].id.as_str()), ("No", "data_1"));
        assert_eq!(humanloop.chat_model_config("config_1", stored()).await.unwrap().output(), "No");
        let error = humanloop.complete_deployed(Complete::default().project("p"), None).await.unwrap_err();
        assert_eq!(error.to_string(), "humanloop answered 404: nothing is deployed");
        let error = humanloop.complete_model_config("config_1", Complete::default().project("p")).await.unwrap_err();
        assert_eq!(error.to_string(), "openai answered 429: slow down");
        let whole = ("Sweden 🦢".to_owned(), None);
        let complete = || Complete::default().project("p");
        assert_eq!(came(humanloop.chat_deployed_stream(stored(), Some("staging")).await).await, whole);
        assert_eq!(came(humanloop.chat_model_config_stream("config_1", stored()).await).await, whole);
        assert_eq!(came(humanloop.complete_deployed_stream(complete(), None).await).await, whole);
        assert_eq!(came(humanloop.complete_model_config_stream("config_1", complete()).await).await, whole);
        for (project, text, problem) in [
            ("whole", "Sweden 🦢", None),
            ("ends", "Sweden 🦢", Some("the answer broke off before its end")),
            ("breaks", "Sweden 🦢", Some("the connection broke")),
            ("nonsense", "Sweden 🦢", Some("is no generation; it begins `<html>`")),
            ("refused", "", Some("humanloop answered 404: nothing is deployed")),
        ] {
            let (came, error) = came(humanloop.chat_deployed_stream(stored().project(project), None).await).await;
            assert_eq!(came, text, "{project}");
            assert_eq!(error.is_some(), problem.is_some(), "{project}: {error:?}");
            assert!(error.unwrap_or_default().contains(problem.unwrap_or_default()), "{project}");
        }
        let error = humanloop.chat_deployed(Chat::default(), None).await.unwrap_err();
        assert!(error.to_string().contains("write `.project("), "{error}");
    })
    .await;
}

#[tokio::test]
#[ignore = "runs in a process of its own"]
async fn in_a_process_without_a_server() {
    let error = with_client(async |humanloop| humanloop.chat_deployed(stored(), None).await.unwrap_err()).await;
    assert!(error.to_string().starts_with("HUMANLOOP_BASE_URL: it is not set"), "{error}");
}
