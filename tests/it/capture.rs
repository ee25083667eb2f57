//! What an annotated function records: source, inputs, output, error, time.

use humanloop::api::{Config, Kind, Log, Outcome, OutputFormat, Role};
use humanloop::testing::record;
use serde::Serialize;

/// Adds two numbers.
#[humanloop::tool]
fn add(a: i32, b: i32) -> i32 {
    a + b // no overflow in sight
}

async fn only_log<F: Future>(future: F) -> Log {
    let mut logs = record(future).await.unwrap().logs().unwrap();
    assert_eq!(logs.len(), 1);
    logs.remove(0)
}

fn inputs(log: &Log) -> String {
    serde_json::to_string(&log.inputs).unwrap()
}

#[tokio::test]
async fn a_tool_records_source_inputs_output_time_and_description() {
    let trace = record(async { add(1, 2) }).await.unwrap();
    assert_eq!(trace.output, 3);
    let log = &trace.logs().unwrap()[0];
    assert_eq!(inputs(log), r#"{"a":1,"b":2}"#);
    assert_eq!((log.output.as_deref(), log.output_format), (Some("3"), Some(OutputFormat::Json)));
    assert_eq!((log.kind(), log.outcome(), log.error.as_deref()), (Kind::Tool, Outcome::Ok, None));
    assert_eq!(log.project.as_deref(), Some("add"));
    assert!(log.created_at.is_some() && log.duration.is_some_and(|seconds| (0.0..1.0).contains(&seconds)));

    let Some(Config::Tool(config)) = log.config.as_deref() else { panic!("not a tool: {:?}", log.config) };
    assert_eq!((config.name.as_str(), config.description.as_deref()), ("add", Some("Adds two numbers.")));
    let parameters = serde_json::to_string(&config.parameters).unwrap();
    assert!(parameters.starts_with(r#"{"type":"object","properties":{"a":{"type":"integer""#), "{parameters}");
    let function = log.function.as_ref().unwrap();
    assert_eq!((function.ident.as_str(), function.file.as_str()), ("add", file!()));
}

#[tokio::test]
async fn the_source_is_the_text_of_the_file() {
    let log = only_log(async { add(1, 2) }).await;
    let source = log.config.as_deref().and_then(Config::source_code).unwrap();
    let file = include_str!("capture.rs").replace("\r\n", "\n");
    assert!(file.contains(source));
    assert!(source.starts_with("/// Adds two numbers.\n#[humanloop::tool]\nfn add("), "{source}");
    assert!(source.ends_with("// no overflow in sight\n}"), "{source}");
    assert_eq!(log.function.as_ref().unwrap().source_kind, humanloop::api::SourceKind::Exact);
}

struct Counter {
    count: u32,
}

impl Counter {
    #[humanloop::tool(name = "Next", project = "counting")]
    fn next(&mut self, step: u32) -> &mut u32 {
        self.count += step;
        &mut self.count
    }

    #[humanloop::tool]
    async fn get(&self) -> u32 {
        tokio::task::yield_now().await;
        self.count
    }
}

#[tokio::test]
async fn methods_are_recorded_without_self() {
    let mut counter = Counter { count: 1 };
    let log = only_log(async { *counter.next(2) }).await;
    assert_eq!(inputs(&log), r#"{"step":2}"#);
    assert_eq!((log.project.as_deref(), log.config.as_ref().unwrap().name()), (Some("counting"), "Next"));
    assert_eq!(log.output.as_deref(), Some("3"));
    let source = log.config.as_deref().and_then(Config::source_code).unwrap();
    assert!(source.starts_with("#[humanloop::tool(name = \"Next\""), "dedented: {source}");
    assert!(source.contains("\n    self.count += step;"), "dedented: {source}");
    assert_eq!(only_log(counter.get()).await.output.as_deref(), Some("3"));
}

#[humanloop::tool]
fn largest<T: PartialOrd + Copy>(items: &[T], fallback: Option<T>) -> Option<T> {
    items.iter().copied().reduce(|a, b| if b > a { b } else { a }).or(fallback)
}

#[humanloop::tool]
fn longest<'a, T: AsRef<str> + Serialize + ?Sized>(a: &'a T, b: &'a T) -> &'a str {
    if a.as_ref().len() < b.as_ref().len() { b.as_ref() } else { a.as_ref() }
}

#[tokio::test]
async fn generic_functions_capture_what_their_bounds_allow() {
    let log = only_log(async { largest(&[1, 3, 2], None) }).await;
    assert_eq!(inputs(&log), r#"{"items":{"$type":"&[i32]"},"fallback":{"$type":"core::option::Option<i32>"}}"#);
    let log = only_log(async { longest("a", "bc").len() }).await;
    assert_eq!(inputs(&log), r#"{"a":"a","b":"bc"}"#);
    assert_eq!(log.output.as_deref(), Some("bc"));
}

#[humanloop::tool(skip(secret), redact(token))]
async fn fallible(value: &str, secret: &str, token: String) -> Result<usize, std::num::ParseIntError> {
    let _ = (secret, token);
    tokio::task::yield_now().await;
    let number: usize = value.parse()?;
    Ok(number)
}

#[tokio::test]
async fn a_result_is_its_value_or_its_error() {
    let log = only_log(fallible("12", "s", "t".into())).await;
    assert_eq!((log.outcome(), log.output.as_deref()), (Outcome::Ok, Some("12")));
    let trace = record(fallible("x", "s3cr3t", "t0k3n".into())).await.unwrap();
    assert!(trace.output.is_err());
    let log = &trace.logs().unwrap()[0];
    assert_eq!((log.outcome(), log.output.as_deref()), (Outcome::Failed, None));
    assert_eq!(log.error.as_deref(), Some("invalid digit found in string"));
    assert_eq!(inputs(log), r#"{"value":"x","secret":{"$skipped":true},"token":{"$redacted":true}}"#);
    let all = serde_json::to_string(log).unwrap();
    assert!(!all.contains("s3cr3t") && !all.contains("t0k3n"));
}

#[tokio::test]
async fn a_panic_is_recorded_and_goes_on() {
    #[humanloop::tool]
    async fn breaks(at: usize) -> u8 {
        let bytes = [1, 2, 3];
        bytes[at]
    }
    let trace = record(async { tokio::spawn(humanloop::Context::current().scope(breaks(7))).await }).await.unwrap();
    assert!(trace.output.as_ref().unwrap_err().is_panic());
    let log = trace.logs().unwrap().remove(0);
    assert_eq!(log.outcome(), Outcome::Panicked);
    assert_eq!(log.error.as_deref(), Some("panicked: index out of bounds: the len is 3 but the index is 7"));
}

#[derive(Serialize)]
struct Answer {
    id: &'static str,
    object: &'static str,
    model: &'static str,
    choices: [Choice; 1],
    usage: Usage,
}
#[derive(Serialize)]
struct Choice {
    index: u8,
    message: Message,
    finish_reason: &'static str,
}
#[derive(Serialize)]
struct Message {
    role: &'static str,
    content: String,
}
#[derive(Serialize)]
struct Usage {
    prompt_tokens: u32,
    completion_tokens: u32,
    total_tokens: u32,
}

/// Decides whether a request is abuse.
#[humanloop::prompt(
    project = "moderator",
    model = "gpt-4",
    temperature = 0,
    max_tokens = 1,
    chat_template = [user("{{ request }}"), system("Is it abuse? (Yes/No)")],
)]
async fn moderate(request: &str) -> Result<Answer, String> {
    let prompt = humanloop::current_prompt();
    assert_eq!(prompt.model(), "gpt-4");
    let content = format!("{} messages, the first: {}", prompt.messages.len(), prompt.messages[0].text());
    Ok(Answer {
        id: "chatcmpl-1",
        object: "chat.completion",
        model: "gpt-4-0613",
        choices: [Choice { index: 0, message: Message { role: "assistant", content }, finish_reason: "stop" }],
        usage: Usage { prompt_tokens: 40, completion_tokens: 2, total_tokens: 42 },
    })
}

#[tokio::test]
async fn a_prompt_records_its_messages_and_what_the_response_says() {
    let log = only_log(moderate("{{x}} hello")).await;
    assert_eq!(log.kind(), Kind::Prompt);
    assert_eq!(log.output.as_deref(), Some("2 messages, the first: {{x}} hello"));
    assert_eq!((log.prompt_tokens, log.output_tokens, log.finish_reason.as_deref()), (Some(40), Some(2), Some("stop")));
    let messages = log.messages.as_ref().unwrap();
    assert_eq!((messages[0].role, messages[0].text().as_str()), (Role::User, "{{x}} hello"));
    let Some(Config::Model(config)) = log.config.as_deref() else { panic!("not a model: {:?}", log.config) };
    assert_eq!((config.model.as_str(), config.temperature, config.max_tokens), ("gpt-4", Some(0.0), Some(1)));
    assert_eq!(config.chat_template.as_ref().unwrap()[0].text(), "{{ request }}");
    assert_eq!(config.description.as_deref(), Some("Decides whether a request is abuse."));
    assert!(config.source_code.as_ref().unwrap().contains("async fn moderate"));
}

#[tokio::test]
async fn without_logging_a_prompt_still_has_its_messages() {
    let answer = moderate("hello").await.unwrap();
    assert_eq!(answer.choices[0].message.content, "2 messages, the first: hello");
}

struct Calls;

impl std::fmt::Display for Calls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", add(1, 2))
    }
}

#[derive(Debug)]
struct CallsInError;

impl std::fmt::Display for CallsInError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", add(3, 4))
    }
}

impl std::error::Error for CallsInError {}

struct Breaks;

impl std::fmt::Display for Breaks {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("in the middle of a text")
    }
}

#[humanloop::prompt(model = "gpt-4", template = "{{calls}} {{breaks}}")]
async fn shows(calls: Calls, breaks: Breaks) -> Result<String, CallsInError> {
    let (Calls, Breaks) = (calls, breaks);
    Err(CallsInError)
}

#[tokio::test]
async fn what_shows_a_template_variable_or_an_error_records_nothing_and_harms_nothing() {
    let trace = record(shows(Calls, Breaks)).await.unwrap();
    assert!(trace.output.is_err());
    let logs = trace.logs().unwrap();
    assert_eq!(logs.len(), 1, "{logs:#?}");
    assert_eq!((logs[0].outcome(), logs[0].error.as_deref()), (Outcome::Failed, Some("7")));
    assert!(shows(Calls, Breaks).await.is_err(), "also when nothing is recorded");
}

#[humanloop::prompt(model = "gpt-4", template = "{{calls}} {{breaks}}")]
async fn renders(calls: Calls, breaks: Breaks) -> String {
    let (Calls, Breaks) = (calls, breaks);
    humanloop::current_prompt().text().into_owned()
}

#[tokio::test]
async fn a_variable_whose_text_panics_says_so_in_the_prompt() {
    assert_eq!(renders(Calls, Breaks).await, "3 [no text: its type panicked]");
}
