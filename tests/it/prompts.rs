//! Prompts without a body: what they return, what is asked, and what is logged.

use std::pin::pin;
use std::time::Duration;

use futures_core::Stream;
use humanloop::api::{Config, Log, Outcome};
use humanloop::provider::{self, Mock};
use humanloop::{Error, Partial, Partials, Response, Texts, prompt};
use serde::Deserialize;

/// Answers from what Google found.
#[prompt(
    project = "assistant",
    model = "gpt-4",
    template = "Question: {{user_request}}\nGoogle result: {{google_answer}}\nAnswer:\n"
)]
async fn answer(user_request: &str, google_answer: &str) -> Result<String, Error>;

#[prompt(model = "gpt-4", chat_template = [system("Be brief."), user("{{question}}")])]
async fn whole(question: String) -> Result<Response, Error>;

#[derive(Debug, Deserialize, PartialEq)]
struct Winner {
    country: String,
    points: u32,
}

fn has_points(winner: &Winner) -> Result<(), String> {
    if winner.points > 0 { Ok(()) } else { Err("nobody wins with 0 points".into()) }
}

#[prompt(model = "gpt-4", template = "Who won in {{year}}?", retry(1), timeout = 30, check = has_points)]
async fn winner(year: u16) -> Result<Winner, Error>;

#[prompt(model = "gpt-4", template = "{{question}}")]
fn pieces(question: &str) -> impl Stream<Item = Result<String, Error>> + use<>;

#[prompt(model = "gpt-4", template = "{{question}}")]
fn texts(question: &str) -> Texts;

#[prompt(model = "gpt-4", template = "Who won in {{year}}?")]
fn growing(year: u16) -> Partials<Winner>;

struct Assistant;

impl Assistant {
    #[prompt(model = "gpt-4", template = "{{question}}", skip_output)]
    async fn ask(&self, question: &str) -> Result<String, Error>;
}

trait Asks {
    #[prompt(model = "gpt-4", template = "{{question}}")]
    async fn ask(&self, question: &str) -> Result<String, Error>;

    #[prompt(model = "gpt-4", template = "{{question}}")]
    fn ask_from_anywhere(&self, question: &str) -> impl Future<Output = Result<String, Error>> + Send;
}

impl Asks for u8 {}

#[async_trait::async_trait]
trait AsksInABox {
    #[prompt(model = "gpt-4", template = "{{question}}")]
    async fn ask_boxed(&self, question: &str) -> Result<String, Error>;
}

impl AsksInABox for u8 {}

/// An error of the program's own.
#[derive(Debug)]
struct Failed(String);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

#[prompt(model = "gpt-4", template = "{{question}}")]
async fn with_an_error_of_its_own(question: &str) -> Result<String, Failed>;

#[prompt(model = "gpt-4", template = "{{question}}", constant = ASK)]
async fn with_a_constant(question: &str) -> Result<String, Error>;

mod constants {
    use super::*;

    #[derive(Debug, Deserialize, schemars::JsonSchema)]
    pub(super) struct Answer {
        #[expect(dead_code, reason = "only its schema is looked at")]
        text: String,
    }

    impl Assistant {
        #[prompt(
            name = "Typed",
            model = "gpt-4",
            temperature = 0.5,
            chat_template = [system("Be brief."), user("{{question}}")],
            constant = TYPED,
        )]
        pub(super) async fn typed(&self, question: &str) -> Result<Answer, Error>;

        #[prompt(model = "gpt-4", template = "{{question}}")]
        pub(super) fn grows(&self, question: &str) -> Partials<Answer>;

        #[prompt(template_file = "tests/prompts/answer.prompt", constant = FROM_FILE)]
        pub(super) async fn with_a_body(&self, user: &serde_json::Value, questions: &[&str]) -> String {
            unreachable!("{user} {questions:?}: nobody runs the body")
        }
    }
}

#[test]
fn the_prompt_is_there_without_a_call_of_functions_methods_and_traits() {
    let prompt = humanloop::prompt_of(answer("Who won?", "Sweden.")).unwrap();
    assert_eq!((prompt.model(), &*prompt.text()), ("gpt-4", "Question: Who won?\nGoogle result: Sweden.\nAnswer:\n"));
    assert!(prompt.schema().is_none());

    let prompt = humanloop::prompt_of(Assistant.typed("Who won?")).unwrap();
    assert_eq!(prompt.messages[1].text(), "Who won?");
    let schema: serde_json::Value = serde_json::from_str(prompt.schema().unwrap().get()).unwrap();
    assert_eq!(schema["properties"]["text"]["type"], "string");
    let grows = humanloop::prompt_of(async { Assistant.grows("Who won?") }).unwrap();
    assert_eq!(grows.schema().unwrap().get(), prompt.schema().unwrap().get());

    for prompt in [
        humanloop::prompt_of(Asks::ask(&1_u8, "Who?")),
        humanloop::prompt_of(1_u8.ask_from_anywhere("Who?")),
        humanloop::prompt_of(1_u8.ask_boxed("Who?")),
        humanloop::prompt_of(with_a_constant("Who?")),
    ] {
        assert_eq!(prompt.unwrap().text(), "Who?");
    }
    assert_eq!(humanloop::prompt_of(with_an_error_of_its_own("Who?")).unwrap().text(), "Who?");
    let error = humanloop::prompt_of(std::future::pending::<()>());
    assert!(matches!(error, Err(Error::NoPrompt)), "{error:?}");
}

#[tokio::test]
async fn a_prompt_that_is_looked_at_leaves_no_log_and_its_body_does_not_run() {
    let look = async {
        let user = serde_json::json!({"name": "Ada"});
        let prompt = humanloop::prompt_of(Assistant.with_a_body(&user, &["Who won?"])).unwrap();
        (prompt.messages[1].text(), humanloop::current_prompt().messages.len())
    };
    let ((found, outside), logs) = recorded(Mock::new(), look).await;
    assert_eq!((found.as_str(), outside), ("Ada asks: Who won? (of [\"Who won?\"])", 0));
    assert!(logs.is_empty(), "{logs:?}");
}

#[test]
fn version_and_template_are_constants() {
    const VERSION: &str = ASK.version();
    const TEMPLATE: Option<&str> = ASK.template();
    assert_eq!((VERSION.len(), TEMPLATE), (32, Some("{{question}}")));
    assert_ne!(Assistant::TYPED.version(), ASK.version());
    assert_eq!((Assistant::TYPED.name(), Assistant::TYPED.chat_template().len()), ("Typed", 2));
    assert!(Assistant::FROM_FILE.template().unwrap().starts_with("---"));
    let Config::Model(config) = Assistant::TYPED.config() else { panic!("a prompt has a model") };
    assert_eq!((config.model.as_str(), config.temperature), ("gpt-4", Some(0.5)));
}

pub(crate) async fn recorded<T>(mock: Mock, work: impl Future<Output = T>) -> (T, Vec<Log>) {
    let trace = humanloop::testing::record(provider::scope(mock, work)).await.unwrap();
    let logs = trace.logs().unwrap();
    (trace.output, logs)
}

async fn items<T>(stream: impl Stream<Item = T>) -> Vec<T> {
    let (mut stream, mut items) = (pin!(stream), Vec::new());
    while let Some(item) = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        items.push(item);
    }
    items
}

#[prompt(model = "gpt-4", template = "later: {{question}}")]
fn later(question: &'static str) -> impl Future<Output = Result<String, Error>> + Send;

#[prompt(model = "gpt-4", template = "around")]
async fn around(body: impl Future<Output = Result<String, Error>>) -> Result<String, Error> {
    body.await
}

#[tokio::test]
async fn a_prompt_that_is_polled_elsewhere_belongs_to_where_it_was_called() {
    let mock = Mock::new().answer_when("later: x", "y");
    let session = humanloop::Session::with_reference_id("the caller's");
    let (answers, logs) = recorded(mock, async {
        // In no session, and in another prompt's body.
        let (outside, inside) = session.run(|| (later("x"), later("x")));
        [outside.await.unwrap(), around(inside).await.unwrap()]
    })
    .await;
    assert_eq!(answers, ["y", "y"]);
    let of_session = |log: &&Log| log.session_reference_id.as_deref() == Some("the caller's");
    assert_eq!(logs.iter().filter(of_session).count(), 2, "{logs:?}");
}

#[prompt(model = "gpt-4", template = "inner: {{question}}")]
async fn inner(question: &str) -> Result<String, Error> {
    Ok(format!("{} of {question}", humanloop::current_prompt().text()))
}

#[prompt(model = "gpt-4", template = "pieces: {{question}}")]
fn inner_pieces(question: &str) -> Texts<Error>;

#[tokio::test]
async fn a_prompt_that_is_not_recorded_is_its_own_also_in_another_ones_body() {
    let mock = Mock::new().answer_when("later: x", "y").answer_when("pieces: x", "z");
    provider::scope(mock, async {
        assert_eq!(around(later("x")).await.unwrap(), "y");
        assert_eq!(around(inner("x")).await.unwrap(), "inner: x of x");
        let pieces = around(async { items(inner_pieces("x")).await.into_iter().collect() }).await;
        assert_eq!(pieces.unwrap(), "z");
    })
    .await;
    let pieces = inner_pieces("x"); // asked where it is first polled
    let mock = Mock::new().answer_when("pieces: x", "z");
    let pieces: Result<String, Error> = provider::scope(mock, items(pieces)).await.into_iter().collect();
    assert_eq!(pieces.unwrap(), "z");
}

#[tokio::test]
async fn the_answer_is_returned_and_the_call_is_logged_like_any_prompts() {
    let mock = Mock::new().answer_when("Google result: Sweden won.", "Sweden");
    let (text, logs) = recorded(mock, answer("Who won Eurovision 2023?", "Sweden won.")).await;
    assert_eq!(text.unwrap(), "Sweden");
    let [log] = &logs[..] else { panic!("{logs:?}") };
    let Some(Config::Model(config)) = log.config.as_deref() else { panic!("{log:?}") };
    let source = config.source_code.as_deref().unwrap();
    assert!(
        source.ends_with("async fn answer(user_request: &str, google_answer: &str) -> Result<String, Error>;"),
        "{source}"
    );
    assert_eq!(config.description.as_deref(), Some("Answers from what Google found."));
    assert_eq!((log.outcome, log.output.as_deref()), (Some(Outcome::Ok), Some("Sweden")));
    assert!(log.output_tokens.is_some() && log.finish_reason.is_some(), "{log:?}");
    let inputs = serde_json::to_value(&log.inputs).unwrap();
    assert_eq!(inputs["google_answer"], "Sweden won.");
}

#[tokio::test]
async fn an_answer_may_be_the_whole_response_or_a_value() {
    let (response, _) = recorded(Mock::new().answer("Sweden"), whole("Who won?".into())).await;
    assert_eq!(response.unwrap().text(), "Sweden");
    let mock = Mock::new()
        .answer(r#"{"country": "Sweden", "points": 0}"#)
        .answer("```json\n{\"country\": \"Sweden\", \"points\": 583}\n```");
    let (value, logs) = recorded(mock, winner(2023)).await;
    assert_eq!(value.unwrap(), Winner { country: "Sweden".into(), points: 583 });
    assert_eq!(logs.len(), 3, "the prompt and its two attempts");
}

#[tokio::test]
async fn an_answer_may_come_in_pieces() {
    let text = |items: Vec<Result<String, Error>>| items.into_iter().map(Result::unwrap).collect::<String>();
    let (found, logs) = recorded(Mock::new().answer("It was Sweden."), async { items(pieces("Who won?")).await }).await;
    assert_eq!((text(found).as_str(), logs[0].output.as_deref()), ("It was Sweden.", Some("It was Sweden.")));
    let (found, _) = recorded(Mock::new().answer("It was Sweden."), async { items(texts("Who won?")).await }).await;
    assert_eq!(text(found), "It was Sweden.");
    let mock = Mock::new().answer(r#"{"country": "Sweden", "points": 583}"#);
    let (found, _) = recorded(mock, async { items(growing(2023)).await }).await;
    assert!(matches!(found.last(), Some(Ok(Partial::Done(Winner { points: 583, .. })))), "{found:?}");
}

#[tokio::test]
async fn methods_and_functions_of_traits_need_no_body_either() {
    let mock = || Mock::new().answer("Sweden");
    let (text, logs) = recorded(mock(), Assistant.ask("Who won?")).await;
    assert_eq!(text.unwrap(), "Sweden");
    assert!(!logs[0].output.as_deref().unwrap_or_default().contains("Sweden"), "{logs:?}");
    assert_eq!(recorded(mock(), 1_u8.ask("Who won?")).await.0.unwrap(), "Sweden");
    assert_eq!(recorded(mock(), 1_u8.ask_from_anywhere("Who won?")).await.0.unwrap(), "Sweden");
    assert_eq!(recorded(mock(), 1_u8.ask_boxed("Who won?")).await.0.unwrap(), "Sweden");
}

#[tokio::test]
async fn an_error_is_the_functions_own() {
    let (result, logs) = recorded(Mock::new().fail(400, "no such model"), with_an_error_of_its_own("Who won?")).await;
    assert!(result.unwrap_err().0.contains("no such model"));
    assert_eq!(logs[0].outcome, Some(Outcome::Failed));
}

#[tokio::test]
async fn the_model_is_asked_also_when_nothing_is_logged() {
    let asked = provider::scope(Mock::new().answer("Sweden"), answer("Who won?", "Sweden won."));
    assert_eq!(tokio::time::timeout(Duration::from_secs(60), asked).await.unwrap().unwrap(), "Sweden");
}

#[tokio::test]
async fn the_same_prompt_is_the_same_version_in_every_store_and_whatever_it_is_asked() {
    let asked = |question: &'static str| recorded(Mock::new().answer("Sweden"), answer(question, "Sweden won."));
    let ((_, here), (_, there)) = (asked("Who won?").await, asked("Who lost?").await);
    let version = |logs: &[Log]| logs[0].function.as_ref().unwrap().version.clone();
    // A store keeps a config under the hash of its JSON, in which nothing of the call stands.
    assert_eq!((version(&here), &here[0].config), (version(&there), &there[0].config));
    assert_ne!(here[0].reference_id, there[0].reference_id);
    let (_, other) = recorded(Mock::new().answer("Sweden"), whole("Who won?".into())).await;
    assert!(version(&here) != version(&other) && here[0].config != other[0].config);
}
