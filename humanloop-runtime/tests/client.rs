//! The explicit client: the calls of the guide, and what they log.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends that way")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use humanloop_runtime::api::{Config, Entry, FeedbackValue, Kind, Log as Record, Outcome, RawValue, id};
use humanloop_runtime::provider::{BoxFuture, Mock, OpenAi, Provider, Request, Response};
use humanloop_runtime::sink::{Delivery, Sink};
use humanloop_runtime::{
    Chat, Complete, Error, Feedback, Guard, Humanloop, Log, Message, ModelConfig, Session, ToolConfig, builder,
};
use serde_json::{Value, json};
use support::{Reply, Server};

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Entry>>>);

impl Sink for Kept {
    fn name(&self) -> String {
        "kept".into()
    }
    fn deliver(&mut self, batch: &[Entry]) -> Delivery {
        self.0.lock().unwrap().extend_from_slice(batch);
        Delivery::default()
    }
}

/// What was delivered; updates have gone into their logs.
struct Delivered(Vec<Entry>);

impl Delivered {
    fn logs(&self) -> Vec<Record> {
        let mut logs: Vec<Record> = Vec::new();
        for entry in &self.0 {
            match entry {
                Entry::Log(log) => logs.push(Record::clone(log)),
                Entry::Update(update) => {
                    let log = logs.iter_mut().find(|log| log.reference_id.as_deref() == Some(&update.reference_id));
                    log.expect("an update of a log that was sent").apply((**update).clone());
                }
                Entry::Feedback(_) => {}
            }
        }
        logs
    }
}

/// Runs `body` with a client that asks `provider`, and gives what it returned and what was delivered.
async fn with<T>(provider: impl Provider + 'static, body: impl AsyncFnOnce(Humanloop) -> T) -> (T, Delivered) {
    let kept = Kept::default();
    let guard: Guard = builder().sink(kept.clone()).quiet().flush_interval(Duration::from_secs(1)).start().unwrap();
    let client = guard.run(Humanloop::new).unwrap().with_provider(provider);
    let value = guard.scope(body(client)).await;
    drop(guard);
    let entries = std::mem::take(&mut *kept.0.lock().unwrap());
    (value, Delivered(entries))
}

fn moderation() -> Chat {
    Chat::new("gpt-4")
        .project("sessions_example_moderator")
        .temperature(0.0)
        .max_tokens(1)
        .chat_template([Message::user("{{user_request}}"), Message::system("Abuse of {{limit}}? (Yes/No)")])
        .input("user_request", "Which country won {{Eurovision}}?")
        .input("limit", &3)
}

#[tokio::test]
async fn a_chat_renders_asks_and_logs() {
    let answer = json!({
        "object": "chat.completion", "model": "gpt-4-0613", "created": 1,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": " No\n"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 42, "completion_tokens": 1, "total_tokens": 43},
    });
    let server = Server::script([Reply::json(answer.clone())]);
    let openai = OpenAi::builder().api_key("sk-secret").base_url(server.url()).build().unwrap();
    let (generated, delivered) = with(openai, async |humanloop| {
        let chat = moderation().messages([Message::user("{{as it is}}")]).session_reference_id("s").metadata("k", &1);
        humanloop.chat(chat).await.unwrap()
    })
    .await;
    let messages = [
        Message::user("Which country won {{Eurovision}}?"),
        Message::system("Abuse of 3? (Yes/No)"),
        Message::user("{{as it is}}"),
    ];
    assert_eq!(server.received()[0].json()["messages"], serde_json::to_value(&messages).unwrap());
    assert_eq!(generated.output(), "No");
    assert_eq!(generated.data[0].raw_output, " No\n");
    assert_eq!(generated.session_id, Some(id::of_reference("s").to_string()));
    let logs = delivered.logs();
    let [log] = &logs[..] else { panic!("one log: {logs:?}") };
    assert_eq!(log.project.as_deref(), Some("sessions_example_moderator"));
    assert_eq!(log.session_reference_id.as_deref(), Some("s"));
    assert_eq!(log.reference_id.as_ref(), Some(&generated.data[0].id));
    assert_eq!(log.messages.as_deref(), Some(&messages[..]));
    assert_eq!(log.output.as_deref(), Some("No"));
    assert_eq!((log.prompt_tokens, log.output_tokens), (Some(42), Some(1)));
    assert_eq!((log.outcome(), log.kind()), (Outcome::Ok, Kind::Prompt));
    assert_eq!(log.finish_reason.as_deref(), Some("stop"));
    assert!(log.duration > Some(0.0) && log.created_at.is_some() && log.process.is_some());
    let Some(Config::Model(config)) = log.config.as_deref() else { panic!("a model config: {log:?}") };
    assert_eq!(config.chat_template.as_ref().map(Vec::len), Some(2), "the config keeps the template");
    let json = |object| serde_json::to_value::<Value>(serde_json::to_value(object).unwrap()).unwrap();
    assert_eq!(json(&log.provider_request), server.received()[0].json());
    assert_eq!(json(&log.provider_response), answer);
    assert!(!format!("{log:?}").contains("sk-secret"));
}

#[tokio::test]
async fn a_completion_is_the_rendered_template() {
    let mock = Mock::new().answer("\n Sweden won.");
    let (generated, delivered) = with(mock, async |humanloop| {
        let complete =
            Complete::new("text-davinci-002").prompt_template("Question: {{q}}\nAnswer:\n").inputs([("q", "Who won?")]);
        humanloop.complete(complete).await.unwrap()
    })
    .await;
    assert_eq!(generated.output(), "Sweden won.");
    let logs = delivered.logs();
    assert_eq!(logs[0].project.as_deref(), Some("text-davinci-002"), "without a project the config's name");
    let prompt = logs[0].provider_request.as_ref().and_then(|request| request.get("prompt")).map(RawValue::get);
    assert_eq!(prompt, Some(r#""Question: Who won?\nAnswer:\n""#));
    assert_eq!(logs[0].messages, None);
    let session = id::implied_session(id::of_reference(&generated.data[0].id)).to_string();
    assert_eq!(generated.session_id, Some(session));
}

#[tokio::test]
async fn of_a_call_that_is_not_saved_the_log_holds_that_it_happened() {
    let ((), delivered) = with(Mock::new().answer("Sweden"), async |humanloop| {
        assert_eq!(humanloop.chat(moderation().save(false).num_samples(2)).await.unwrap().output(), "Sweden");
        let log = Log::new(ToolConfig::new("search")).input("q", &"Who won?").output("Sweden").save(false);
        humanloop.log(log).await.unwrap();
    })
    .await;
    let logs = delivered.logs();
    assert_eq!(logs.len(), 3);
    for log in logs {
        assert_eq!((log.save, log.outcome(), log.created_at.is_some()), (Some(false), Outcome::Ok, true));
        let text = serde_json::to_string(&log).unwrap();
        assert!(!text.contains("Sweden") && !text.contains("Who won") && !text.contains("Eurovision"), "{text}");
    }
}

#[tokio::test]
async fn a_missing_variable_is_named_and_logged() {
    let (error, delivered) = with(Mock::new(), async |humanloop| {
        humanloop
            .chat(Chat::new("m").chat_template([Message::user("{{q}}")]).inputs([("question", 1)]))
            .await
            .unwrap_err()
    })
    .await;
    let text = error.to_string();
    assert!(
        matches!(error, Error::MissingVariable(_)) && text.contains("`{{q}}`") && text.contains("`question`"),
        "{text}"
    );
    let logs = delivered.logs();
    assert_eq!((logs[0].outcome(), logs[0].error.as_deref()), (Outcome::Failed, Some(&*text)));
}

#[tokio::test]
async fn a_failure_of_the_provider_is_logged_and_returned() {
    let (error, delivered) =
        with(Mock::new().fail(429, "slow down"), async |humanloop| humanloop.chat(moderation()).await.unwrap_err())
            .await;
    assert!(
        matches!(&error, Error::Provider { status: Some(429), message, .. } if message == "slow down"),
        "{error:?}"
    );
    let logs = delivered.logs();
    assert_eq!((logs[0].outcome(), logs[0].error.as_deref()), (Outcome::Failed, Some("mock answered 429: slow down")));
    assert!(logs[0].provider_request.is_some() && logs[0].duration.is_some());
}

struct Never;

impl Provider for Never {
    fn name(&self) -> &str {
        "never"
    }
    fn body(&self, _: &Request) -> humanloop_runtime::api::Object {
        humanloop_runtime::api::Object::new()
    }
    fn generate(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_is_cancelled() {
    let (_, delivered) = with(Never, async |humanloop| {
        tokio::time::timeout(Duration::from_millis(1), humanloop.chat(moderation())).await.unwrap_err()
    })
    .await;
    let logs = delivered.logs();
    assert_eq!((logs.len(), logs[0].outcome()), (1, Outcome::Cancelled));
}

#[tokio::test]
async fn each_sample_has_a_log_and_the_tokens_stand_in_the_first() {
    let mock = Mock::new().answer("a b").answer("c");
    let (generated, delivered) =
        with(mock, async |humanloop| humanloop.chat(moderation().num_samples(2).reference_id("r")).await.unwrap())
            .await;
    let outputs: Vec<&str> = generated.data.iter().map(|sample| sample.output.as_str()).collect();
    assert_eq!(outputs, ["a b", "c"]);
    let logs = delivered.logs();
    let told: Vec<_> = logs.iter().map(|log| (log.output.as_deref(), log.output_tokens, log.outcome())).collect();
    assert_eq!(told, [(Some("a b"), Some(3), Outcome::Ok), (Some("c"), None, Outcome::Ok)]);
    assert_eq!(logs[0].reference_id.as_deref(), Some("r"));
    assert_eq!(logs[1].reference_id.as_ref(), Some(&generated.data[1].id));
}

#[tokio::test]
async fn a_log_by_hand_is_completed_by_reference() {
    let (reference_id, delivered) = with(Mock::new(), async |humanloop| {
        let config = ToolConfig { source_code: Some("fn f() {}".into()), ..ToolConfig::new("Google Search") };
        let log = Log::new(config).project("p").inputs([("q", "x")]).session_reference_id("s");
        let parent = humanloop.log(log).await.unwrap();
        let child = Log::new(ModelConfig::new("gpt-4")).parent_reference_id(&parent).output_json(&[1]).tokens(1, 2);
        humanloop.log(child).await.unwrap();
        humanloop.logs().update_by_ref(&parent).output("Sweden").duration(1.5).await.unwrap();
        humanloop.feedback(&parent, Feedback::new("rating", "good")).await.unwrap();
        let more = ["a", "b"].map(|name| Log::new(ToolConfig::new("t")).reference_id(name).error("no"));
        assert_eq!(humanloop.log_all(more).await.unwrap(), ["a", "b"]);
        parent
    })
    .await;
    let logs = delivered.logs();
    let [parent, child, a, _] = &logs[..] else { panic!("four logs: {logs:?}") };
    assert_eq!(parent.reference_id.as_ref(), Some(&reference_id));
    assert_eq!(parent.output.as_deref(), Some("Sweden"));
    assert_eq!((parent.duration, parent.outcome()), (Some(1.5), Outcome::Ok));
    assert_eq!(child.parent_reference_id.as_ref(), Some(&reference_id));
    assert_eq!(child.session_reference_id, None, "the parent brings its session");
    assert_eq!((child.output.as_deref(), child.project.as_deref()), (Some("[1]"), Some("gpt-4")));
    assert_eq!((child.prompt_tokens, child.output_tokens), (Some(1), Some(2)));
    assert_eq!((a.outcome(), a.error.as_deref()), (Outcome::Failed, Some("no")));
    let feedback =
        delivered.0.iter().find_map(|entry| if let Entry::Feedback(feedback) = entry { Some(feedback) } else { None });
    let feedback = feedback.expect("feedback was sent");
    assert_eq!(
        (feedback.data_id.as_ref(), &feedback.value),
        (Some(&reference_id), &Some(FeedbackValue::Text("good".into())))
    );
}

#[tokio::test]
async fn without_a_name_the_current_session_and_parent_are_taken() {
    use humanloop_runtime::private::{Function, Source, open};
    static FLOW: Function = Function::new(Kind::Flow, "assist", "m", Source::Hidden, "0", &[]);
    let log = |name: &str| Log::new(ToolConfig::new("t")).reference_id(name).output("x");
    let (_, delivered) = with(Mock::new(), async |humanloop| {
        let in_flow = async {
            let mut call = open(&FLOW);
            let body = async {
                humanloop.log(log("inside")).await.unwrap();
                humanloop.log(log("same").session_reference_id("s")).await.unwrap();
                humanloop.log(log("other").session_reference_id("another")).await.unwrap();
                humanloop.chat(moderation().reference_id("chat")).await.unwrap();
            };
            call.future(body).await;
        };
        Session::with_reference_id("s").scope(in_flow).await;
        humanloop.log(log("outside")).await.unwrap();
    })
    .await;
    let logs = delivered.logs();
    let flow = logs.iter().find(|log| log.function.is_some()).and_then(|log| log.reference_id.clone());
    assert!(flow.is_some());
    let place = |name: &str| {
        let log = logs.iter().find(|log| log.reference_id.as_deref() == Some(name)).expect(name);
        (log.session_reference_id.as_deref(), log.parent_reference_id.clone())
    };
    assert_eq!(place("inside"), (Some("s"), flow.clone()));
    assert_eq!(place("same"), (Some("s"), flow.clone()));
    assert_eq!(place("chat"), (Some("s"), flow));
    assert_eq!(place("other"), (Some("another"), None));
    assert_eq!(place("outside"), (None, None));
}

#[tokio::test]
async fn a_config_that_asks_for_the_mock_gets_it() {
    let kept = Kept::default();
    let guard = builder().sink(kept).quiet().start().unwrap();
    let humanloop = guard.run(Humanloop::new).unwrap();
    let chat = Chat::new("m").provider("mock").messages([Message::user("hi")]);
    assert_eq!(guard.scope(humanloop.chat(chat)).await.unwrap().output(), "ECHO: hi");
}

/// Runs one test of this binary in a process of its own, with an environment of its own.
fn alone(test: &str, environment: &[(&str, &str)]) -> String {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--ignored", "--nocapture"]);
    for name in [
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "HUMANLOOP_API_KEY",
        "HUMANLOOP_DB",
        "HUMANLOOP_DISABLED",
        "HUMANLOOP_QUIET",
    ] {
        command.env_remove(name);
    }
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    text
}

#[test]
fn without_init_the_clients_start_logging_and_the_last_one_delivers() {
    let server = Server::new(|request| match request.json() {
        Value::Array(items) => Reply::json(items.iter().map(|_| json!({"id": "data_1"})).collect()),
        _ => Reply::json(json!({})),
    });
    let text = alone("in_a_process_without_init", &[("HUMANLOOP_BASE_URL", &server.url())]);
    let logs: Vec<Value> =
        server.received().iter().flat_map(|request| request.json().as_array().cloned().unwrap()).collect();
    let outputs: Vec<&str> = logs.iter().filter_map(|log| log["output"].as_str()).collect();
    assert_eq!(outputs, ["first", "second", "ECHO: hi", "again"]);
    assert!(text.contains("humanloop: 4 logs, 1 failed, 0 lost"), "{text}");
    assert!(text.contains("humanloop: 1 log, 0 failed, 0 lost"), "{text}");
}

#[tokio::test]
#[ignore = "runs in a process of its own"]
async fn in_a_process_without_init() {
    let log = |output: &str| Log::new(ToolConfig::new("t")).output(output);
    let first = Humanloop::new().unwrap();
    let second = Humanloop::new().unwrap();
    first.log(log("first")).await.unwrap();
    drop(first);
    second.log(log("second")).await.unwrap();
    let error = second.chat(Chat::new("gpt-4").messages([Message::user("hi")])).await.unwrap_err();
    assert!(matches!(error, Error::MissingKey { variable: "OPENAI_API_KEY", .. }), "{error:?}");
    let mocked = second.clone().with_provider(Mock::new());
    drop(second);
    assert_eq!(mocked.chat(Chat::new("gpt-4").messages([Message::user("hi")])).await.unwrap().output(), "ECHO: hi");
    drop(mocked);
    Humanloop::new().unwrap().log(log("again")).await.unwrap();
}

#[test]
fn with_logging_disabled_the_calls_still_work() {
    let server = Server::script([Reply::new(500, "")]);
    alone("in_a_process_with_logging_disabled", &[("HUMANLOOP_DISABLED", "1"), ("HUMANLOOP_BASE_URL", &server.url())]);
    assert!(server.received().is_empty());
}

#[tokio::test]
#[ignore = "runs in a process of its own"]
async fn in_a_process_with_logging_disabled() {
    let humanloop = Humanloop::new().unwrap().with_provider(Mock::new().answer("No"));
    assert_eq!(humanloop.chat(moderation()).await.unwrap().output(), "No");
    let reference_id = humanloop.log(Log::new(ToolConfig::new("t"))).await.unwrap();
    assert!(!reference_id.is_empty());
    humanloop.logs().update_by_ref(reference_id).output("x").await.unwrap();
}

#[test]
fn the_environment_chooses_the_provider() {
    let answer = json!({"choices": [{"message": {"role": "assistant", "content": "No"}}]});
    let server = Server::script([Reply::json(answer)]);
    alone(
        "in_a_process_with_a_provider",
        &[("OPENAI_BASE_URL", &format!("{}/v1", server.url())), ("OPENAI_API_KEY", "sk-secret")],
    );
    assert_eq!(server.lines(), ["POST /v1/chat/completions"]);
    assert_eq!(server.received()[0].header("authorization"), Some("Bearer sk-secret"));
}

#[tokio::test]
#[ignore = "runs in a process of its own"]
async fn in_a_process_with_a_provider() {
    let request = Request::chat(ModelConfig::new("m"), [Message::user("hi")]);
    let provider = humanloop_runtime::provider::from_env().unwrap();
    assert_eq!(provider.generate(request).await.unwrap().text(), "No");
}
