//! The examples, run as programs, and what they leave in the store.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use humanloop::api::{Config, Kind, Log, Outcome, Role};
use humanloop::store::Store;

use crate::loopback::Loopback;

#[path = "../../examples/support/search.rs"]
mod search;

/// A run of an example, and the store it wrote to.
struct Run {
    output: Output,
    folder: PathBuf,
}

impl Run {
    fn of(example: &str, environment: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("humanloop-example-{example}-{}", uuid::Uuid::new_v4()));
        let mut command = Command::new(program(example));
        for variable in
            ["OPENAI_API_KEY", "OPENAI_BASE_URL", "SERPAPI_API_KEY", "HUMANLOOP_BASE_URL", "HUMANLOOP_QUIET"]
        {
            command.env_remove(variable);
        }
        let output = command.env("HUMANLOOP_DB", folder.join("logs.db")).envs(environment.iter().copied()).output();
        let output = output.unwrap_or_else(|error| panic!("{example}: {error}"));
        assert!(output.status.success(), "{example}: {output:?}");
        Self { output, folder }
    }

    fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    fn stderr(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }

    fn store(&self) -> Store {
        Store::open_existing(&self.folder.join("logs.db")).unwrap()
    }

    /// Names of each session's logs, the earliest session first.
    fn outlines(&self) -> Vec<String> {
        let store = self.store();
        let sessions = store.sessions(100, None).unwrap();
        sessions.iter().rev().map(|session| store.tree(session.id).unwrap().outline()).collect()
    }

    /// The logs of the only session.
    fn logs(&self) -> Vec<Log> {
        let store = self.store();
        let sessions = store.sessions(100, None).unwrap();
        assert_eq!(sessions.len(), 1, "{sessions:?}");
        store.logs(sessions[0].id).unwrap()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// An example is built beside the tests.
fn program(example: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("examples").join(example);
    assert!(program.with_extension(std::env::consts::EXE_EXTENSION).exists(), "build it first: cargo build --examples");
    program
}

fn text_of(example: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{example}.rs"))).unwrap()
}

const PRINTED: &str =
    "Moderator response: No\nGoogle answer: Sweden\nAssistant response: Sweden won Eurovision 2023.\n";

#[test]
fn before_prints_what_the_python_script_prints() {
    let run = Run::of("before", &[]);
    assert_eq!(run.stdout(), PRINTED);
    assert_eq!(run.stderr(), "offline: OPENAI_API_KEY is not set, so the model's answers are made up\n");
}

#[test]
fn sessions_logs_three_calls_of_three_projects_in_one_session() {
    let run = Run::of("sessions", &[]);
    assert!(run.stdout().starts_with(PRINTED), "{}", run.stdout());
    assert_eq!(
        run.stderr(),
        "offline: OPENAI_API_KEY is not set, so a mock model answers\nhumanloop: 3 logs, 0 failed, 0 lost · humanloop show\n"
    );
    let logs = run.logs();
    let projects: Vec<_> = logs.iter().map(|log| log.project.as_deref().unwrap()).collect();
    assert_eq!(projects, ["sessions_example_moderator", "sessions_example_google", "sessions_example_assistant"]);
    assert!(logs.iter().all(|log| log.outcome() == Outcome::Ok && log.parent_reference_id.is_none()));
    assert_eq!(logs.iter().map(Log::kind).collect::<Vec<_>>(), [Kind::Prompt, Kind::Tool, Kind::Prompt]);
    let outputs: Vec<_> = logs.iter().map(|log| log.output.as_deref().unwrap()).collect();
    assert_eq!(outputs, ["No", "Sweden", "Sweden won Eurovision 2023."]);
    let messages = logs[0].messages.as_ref().unwrap();
    assert_eq!(
        messages.iter().map(|message| message.role).collect::<Vec<_>>(),
        [Role::User, Role::System, Role::System]
    );
    assert_eq!(messages[0].text(), "Which country won Eurovision 2023?");
}

#[test]
fn the_source_of_each_call_is_the_functions_text_in_the_file() {
    let run = Run::of("sessions", &[]);
    let file = text_of("sessions");
    for (log, ident) in run.logs().iter().zip(["moderate", "get_google_answer", "answer"]) {
        let source = log.config.as_deref().and_then(Config::source_code).unwrap();
        let start = file.find(source).unwrap_or_else(|| panic!("not in the file:\n{source}"));
        assert!(source.starts_with("///") && source.ends_with("\n}"), "{source}");
        assert!(source.contains(&format!("async fn {ident}(")), "{source}");
        let line =
            1 + file[..start].matches('\n').count() + source.lines().take_while(|line| line.starts_with("///")).count();
        assert_eq!(log.function.as_ref().unwrap().line as usize, line);
    }
}

#[test]
fn explicit_calls_logs_the_same_chain_by_hand() {
    let run = Run::of("explicit_calls", &[]);
    assert!(run.stdout().starts_with(PRINTED), "{}", run.stdout());
    let logs = run.logs();
    let projects: Vec<_> = logs.iter().map(|log| log.project.as_deref().unwrap()).collect();
    assert_eq!(projects, ["sessions_example_moderator", "sessions_example_google", "sessions_example_assistant"]);
    let source = logs[1].config.as_deref().and_then(Config::source_code).unwrap();
    assert!(text_of("explicit_calls").contains(source) && source.starts_with("async fn get_google_answer"), "{source}");
    assert_eq!(logs[1].inputs.as_ref().unwrap().get("q").unwrap().get(), "\"Which country won Eurovision 2023?\"");
}

#[test]
fn nested_nests_two_levels_deep_by_attributes_and_by_hand() {
    let run = Run::of("nested", &[]);
    assert_eq!(
        run.outlines(),
        ["agent\n  research\n    Google Search\n  answer", "agent\n  research\n    Google Search\n  answer",]
    );
    assert!(run.stdout().contains("Assistant response: Sweden won Eurovision 2023."), "{}", run.stdout());
}

#[test]
fn deferred_shows_the_parent_unfinished_until_its_update() {
    let run = Run::of("deferred", &[]);
    let stdout = run.stdout();
    let (before, after) = stdout.split_once("After the update:").unwrap();
    assert!(before.contains("running") && !before.contains("updated parent output"), "{before}");
    assert!(!after.contains("running") && after.contains("updated parent output"), "{after}");
    let logs = run.logs();
    assert_eq!((logs.len(), logs[0].outcome()), (1, Outcome::Ok));
    assert_eq!(logs[0].output.as_deref(), Some("updated parent output"));
    let Some(Config::Model(config)) = logs[0].config.as_deref() else { panic!("not a model: {:?}", logs[0].config) };
    assert_eq!(config.prompt_template.as_deref(), Some("A prompt template"));
}

#[test]
fn stream_prints_the_answer_as_it_comes_and_logs_it_once() {
    let run = Run::of("stream", &[]);
    assert!(run.stdout().starts_with("Sweden won Eurovision 2023.\n"), "{}", run.stdout());
    let logs = run.logs();
    assert_eq!((logs.len(), logs[0].output.as_deref()), (1, Some("Sweden won Eurovision 2023.")));
    assert!(logs[0].metadata.as_ref().unwrap().get("stream").unwrap().get().contains("first_item_seconds"));

    // A server that does not stream is read whole.
    let whole = r#"{"object":"chat.completion","model":"m","choices":[{"message":{"role":"assistant","content":"Sweden"},"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":2}}"#;
    let server = Loopback::start(|_| whole.into());
    let url = format!("{}/v1", server.url);
    let run = Run::of("stream", &[("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", &url)]);
    assert!(run.stdout().starts_with("Sweden\n20 tokens in, 2 out\n"), "{}", run.stdout());
}

#[test]
fn extract_asks_again_until_the_invoice_adds_up() {
    let run = Run::of("extract", &[]);
    assert!(run.stdout().starts_with("Lamps & More wants 55.00: 50.00 and 5.00 tax\n"), "{}", run.stdout());
    assert_eq!(run.outlines(), ["extract\n  extract\n  extract"]);
    let logs = run.logs();
    let error = logs[1].error.as_deref().unwrap_or_default();
    assert!(error.contains("`net` and `tax` make 55.00, but `total` is 65.00"), "{:?}", logs[1]);
    assert_eq!((logs[0].outcome(), logs[2].outcome()), (Outcome::Ok, Outcome::Ok));
    assert!(logs[0].output.as_deref().unwrap().contains("Lamps & More"), "{:?}", logs[0]);

    // Of a server, the answer in pieces of its own; it is told the schema.
    let text = r#"{"id":"c","object":"text_completion","model":"m","choices":[{"index":0,"text":" {\"seller\": \"L\", \"net\": 1, \"tax\": 1, \"total\": 2}","finish_reason":"stop"}],"usage":{"prompt_tokens":90,"completion_tokens":20}}"#;
    let server = Loopback::start(|_| text.into());
    let url = format!("{}/v1", server.url);
    let run = Run::of("extract", &[("OPENAI_BASE_URL", &url)]);
    assert!(run.stdout().starts_with("L wants 2.00"), "{}", run.stdout());
    let [request] = &server.requests()[..] else { panic!("not one request") };
    assert_eq!(request.json()["response_format"]["json_schema"]["name"], "Invoice");
    assert_eq!(run.logs()[0].prompt_tokens, Some(90));
}

#[test]
fn chat_prints_its_answers_as_they_come_and_goes_on_with_them() {
    let run = Run::of("chat", &[]);
    let printed = "> Which country won Eurovision 2023?\nSweden won Eurovision 2023.\n> How often had it won before?\nIt had won six times before.\n";
    assert!(run.stdout().starts_with(printed), "{}", run.stdout());
    assert_eq!(run.outlines(), ["turn\n  answer\nturn\n  answer"]);
    let logs = run.logs();
    assert_eq!(logs[1].output.as_deref(), Some("Sweden won Eurovision 2023."));
    assert!(logs[1].metadata.as_ref().unwrap().get("stream").unwrap().get().contains("first_item_seconds"));
    let history = serde_json::to_value(&logs[3].inputs).unwrap()["history"].clone();
    assert_eq!(history, "Which country won Eurovision 2023?\nSweden won Eurovision 2023.\n");
}

#[test]
fn with_a_key_the_examples_call_an_openai_compatible_server() {
    for example in ["before", "sessions", "explicit_calls"] {
        let server = Loopback::start(|request| {
            match request.path.as_str() {
            "/v1/chat/completions" => r#"{"id":"c1","object":"chat.completion","model":"gpt-4-0613","choices":[{"index":0,"message":{"role":"assistant","content":"No"},"finish_reason":"stop"}],"usage":{"prompt_tokens":71,"completion_tokens":1,"total_tokens":72}}"#.into(),
            "/v1/completions" => r#"{"id":"c2","object":"text_completion","model":"gpt-3.5-turbo-instruct","choices":[{"index":0,"text":"\n Sweden.","logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":24,"completion_tokens":3,"total_tokens":27}}"#.into(),
            other => panic!("no such path: {other}"),
        }
        });
        let url = format!("{}/v1", server.url);
        let run = Run::of(example, &[("OPENAI_API_KEY", "sk-test-4711"), ("OPENAI_BASE_URL", &url)]);
        assert!(
            run.stdout().starts_with("Moderator response: No\nGoogle answer: Sweden\nAssistant response: Sweden.\n"),
            "{}",
            run.stdout()
        );
        assert!(!run.stderr().contains("offline"), "{}", run.stderr());

        let [chat, complete] = &server.requests()[..] else { panic!("{example}: not two requests") };
        for request in [chat, complete] {
            assert_eq!(request.method, "POST");
            assert_eq!(request.header("authorization"), Some("Bearer sk-test-4711"));
        }
        assert_eq!((&chat.json()["model"], chat.json()["max_tokens"].as_i64()), (&"gpt-4".into(), Some(1)));
        assert_eq!(chat.json()["temperature"].as_f64(), Some(0.0));
        assert_eq!(chat.json()["messages"][0]["content"], "Which country won Eurovision 2023?");
        assert_eq!(chat.json()["messages"].as_array().unwrap().len(), 3);
        assert_eq!(
            complete.json()["prompt"],
            "Question: Which country won Eurovision 2023?\nGoogle result: Sweden\nAnswer:\n"
        );
        if example != "before" {
            let logs = run.logs();
            let tokens: Vec<_> = logs.iter().map(|log| (log.prompt_tokens, log.output_tokens)).collect();
            assert_eq!(tokens, [(Some(71), Some(1)), (None, None), (Some(24), Some(3))]);
            let everything = std::fs::read(run.folder.join("logs.db")).unwrap();
            assert!(!everything.windows(12).any(|bytes| bytes == b"sk-test-4711"), "the key is in the store");
        }
    }
}

#[tokio::test]
async fn the_search_asks_serpapi_and_reads_its_answer_box() {
    let server = Loopback::start(|_| {
        r#"{"search_metadata":{},"answer_box":{"type":"organic_result","answer":"Sweden"}}"#.into()
    });
    let answer = search::google_answer(&server.url, "Who won? & why", Some("k3y")).await.unwrap();
    assert_eq!(answer, "Sweden");
    let [request] = &server.requests()[..] else { panic!("not one request") };
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/search"));
    assert_eq!(request.query, "engine=google&output=json&q=Who+won%3F+%26+why&api_key=k3y");

    let without = Loopback::start(|_| r#"{"organic_results":[]}"#.into());
    let error = search::google_answer(&without.url, "Who won?", Some("k3y")).await.unwrap_err();
    assert_eq!(error.to_string(), "Google shows no answer box for this question");

    drop(server);
    let gone = search::google_answer("http://127.0.0.1:9", "Who won?", Some("k3y")).await.unwrap_err();
    assert!(!format!("{gone} {gone:?}").contains("k3y"), "{gone:?}");
    assert_eq!(search::google_answer(search::SERPAPI, "Who won?", None).await.unwrap(), "Sweden");
}
