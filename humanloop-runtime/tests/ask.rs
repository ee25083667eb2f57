//! Prompts without a body, as an expansion calls them: text, responses, typed answers, streams, and what is logged.
#![cfg(all(feature = "http", feature = "local"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends that way")]
#![allow(clippy::needless_borrow, reason = "expansions write all the references")]

use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use humanloop_runtime::api::{Kind, Log, Message, Outcome, OutputFormat, RawValue, Role};
use humanloop_runtime::private::answers::*;
use humanloop_runtime::private::{Call, Function, Options, Source, Template, Wanted, open};
use humanloop_runtime::provider::{self, BoxFuture, Mock, Pieces, Provider, Request};
use humanloop_runtime::{Error, Partial, Partials, Response, TemplateMessage, Texts, testing};
use serde::Deserialize;

static CHAT: &[TemplateMessage] =
    &[TemplateMessage::new(Role::System, "Be short."), TemplateMessage::new(Role::User, "{{question}}")];
static ANSWER: Function =
    Function::new(Kind::Prompt, "answer", "m", Source::Hidden, "0", &[]).prompt(&Template::new("gpt-4o").chat(CHAT));

fn call() -> Call {
    let mut call = open(&ANSWER);
    call.variable("question", "Which country won?".into());
    call
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Invoice {
    total: f64,
    #[serde(default)]
    lines: Vec<String>,
}

// What an expansion writes, for each return type.

async fn text(options: Options<String>) -> Result<String, Error> {
    (&&&Wanted::<Result<String, Error>>::new()).__ask(call(), options).await
}

async fn response() -> Result<Response, Error> {
    (&&&Wanted::<Result<Response, Error>>::new()).__ask(call(), Options::default()).await
}

async fn invoice(options: Options<Invoice>) -> Result<Invoice, Error> {
    (&&&Wanted::<Result<Invoice, Error>>::new()).__ask(call(), options).await
}

fn texts(options: Options<String>) -> Texts {
    (&&&Wanted::<Result<String, Error>>::new()).__stream(call(), options)
}

fn partials(options: Options<Invoice>) -> Partials<Invoice> {
    (&&&Wanted::<Result<Partial<Invoice>, Error>>::new()).__stream(call(), options)
}

/// Runs `work` with a provider, and gives what it returned and what it logged.
async fn recorded<T>(provider: impl Provider + 'static, work: impl Future<Output = T>) -> (T, Vec<Log>) {
    let trace = testing::record(provider::scope(provider, work)).await.unwrap();
    let logs = trace.logs().unwrap();
    (trace.output, logs)
}

async fn items<T>(mut stream: Pin<Box<dyn Stream<Item = Result<T, Error>> + Send>>) -> Vec<Result<T, Error>> {
    let mut items = Vec::new();
    while let Some(item) = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        items.push(item);
    }
    items
}

#[tokio::test]
async fn a_text_is_asked_for_and_logged_with_its_tokens() {
    let (answer, logs) = recorded(Mock::new().answer(" Sweden won.\n"), text(Options::default())).await;
    assert_eq!(answer.unwrap(), "Sweden won.");
    let [log] = &logs[..] else { panic!("one log: {logs:?}") };
    assert_eq!(
        (log.outcome(), log.kind(), log.prompt_tokens, log.output_tokens),
        (Outcome::Ok, Kind::Prompt, Some(5), Some(2))
    );
    assert_eq!(log.messages.as_deref(), Some(&[Message::system("Be short."), Message::user("Which country won?")][..]));
    assert!(log.provider_response.is_some() && log.duration.is_some());
    let (whole, _) = recorded(Mock::new().answer("Sweden"), response()).await;
    assert_eq!((whole.unwrap().text(), logs.len()), ("Sweden", 1));
}

#[tokio::test]
async fn a_typed_answer_is_decoded_and_stands_in_the_log_beside_the_response() {
    let mock = Mock::new().answer("Here:\n```json\n{\"total\": 12.5, \"lines\": [\"a\"]}\n```");
    let (value, logs) = recorded(mock, invoice(Options::default())).await;
    assert_eq!(value.unwrap(), Invoice { total: 12.5, lines: vec!["a".into()] });
    let [log] = &logs[..] else { panic!("one log: {logs:?}") };
    assert_eq!(log.output.as_deref(), Some(r#"{"total": 12.5, "lines": ["a"]}"#));
    assert_eq!((log.output_format, log.output_tokens), (Some(OutputFormat::Json), Some(7)));
    assert!(log.output_message.as_ref().unwrap().text().starts_with("Here:"));
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_is_asked_for_again_in_the_words_of_decoder_and_check() {
    let mock = Mock::new().answer("one two").answer(r#"{"total": -1}"#).answer(r#"{"total": 3}"#);
    let positive = |invoice: &Invoice| if invoice.total > 0.0 { Ok(()) } else { Err("the total is not positive") };
    let (value, logs) = recorded(mock, invoice(Options::default().retry(2).check(positive))).await;
    assert_eq!(value.unwrap().total, 3.0);
    let [call, first, second, third] = &logs[..] else { panic!("four logs: {logs:?}") };
    assert_eq!(
        (call.outcome(), call.output.as_deref(), call.prompt_tokens),
        (Outcome::Ok, Some(r#"{"total": 3}"#), None)
    );
    for (log, outcome, error) in [
        (first, Outcome::Failed, Some("there is no JSON in it")),
        (second, Outcome::Failed, Some("the total is not positive")),
        (third, Outcome::Ok, None),
    ] {
        assert_eq!((log.outcome(), log.error.as_deref()), (outcome, error));
        assert_eq!(log.parent_reference_id, call.reference_id);
        assert!(log.prompt_tokens.is_some() && log.provider_request.is_some());
    }
    let messages = third.messages.as_ref().unwrap();
    assert_eq!((messages.len(), messages[4].text()), (6, r#"{"total": -1}"#.into()));
    assert_eq!(
        messages[5].text(),
        "Your answer cannot be used: the total is not positive\nAnswer again, with nothing but the corrected answer."
    );
    let attempt = third.metadata.as_ref().unwrap().get("attempt").map(RawValue::get);
    assert_eq!(attempt, Some("3"));
}

#[tokio::test]
async fn when_all_attempts_fail_the_error_holds_what_they_took() {
    let mock = Mock::new().answer("one").answer(r#"{"total": "3"}"#);
    let (error, logs) = recorded(mock, invoice(Options::default().retry(1))).await;
    let error = error.unwrap_err();
    let words = "total: invalid type: string \"3\", expected f64";
    assert_eq!(error.to_string(), format!("none of the model's 2 answers can be used; the last one: {words}"));
    let Error::Unusable(ledger) = error else { panic!("{error:?}") };
    assert_eq!(ledger.attempts.len(), 2);
    assert_eq!(ledger.usage().generation_tokens, 3);
    assert_eq!(ledger.attempts[1].error.as_deref(), Some(words));
    let outcomes: Vec<Outcome> = logs.iter().map(Log::outcome).collect();
    assert_eq!(outcomes, [Outcome::Failed; 3]);
}

#[tokio::test]
async fn a_provider_that_fails_fails_the_call_without_another_attempt() {
    let mock = Mock::new().fail(401, "no key").answer("never asked for");
    let (error, logs) = recorded(mock, text(Options::default().retry(3))).await;
    assert_eq!(error.unwrap_err().to_string(), "mock answered 401: no key");
    assert_eq!((logs.len(), logs[0].outcome()), (1, Outcome::Failed));
}

#[tokio::test]
async fn with_logging_off_the_model_is_asked_all_the_same() {
    let answer = provider::scope(Mock::new().answer("Sweden"), text(Options::default())).await;
    assert_eq!(answer.unwrap(), "Sweden");
    let mock = Mock::new().answer("no").answer(r#"{"total": 1}"#);
    assert_eq!(provider::scope(mock, invoice(Options::default().retry(1))).await.unwrap().total, 1.0);
    let streamed = provider::scope(Mock::new().answer("a b"), async { items(texts(Options::default())).await }).await;
    let streamed: Vec<String> = streamed.into_iter().map(Result::unwrap).collect();
    assert_eq!(streamed, ["a ", "b"]);
}

/// It never answers, or never goes on.
struct Silent;

impl Provider for Silent {
    fn name(&self) -> &str {
        "silent"
    }
    fn body(&self, _: &Request) -> humanloop_runtime::api::Object {
        humanloop_runtime::api::Object::new()
    }
    fn generate(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(std::future::pending())
    }
    fn stream(&self, _: Request) -> BoxFuture<'_, Result<Pieces, Error>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn the_time_limit_ends_the_call() {
    let limit = Duration::from_millis(5);
    let (error, logs) = recorded(Silent, text(Options::default().timeout(limit))).await;
    assert!(matches!(error, Err(Error::TimedOut { after, .. }) if after == limit));
    assert_eq!(logs[0].error.as_deref(), Some("the prompt did not end within its 0.005 s"));
    let (items, _) = recorded(Silent, async { items(texts(Options::default().timeout(limit))).await }).await;
    assert!(matches!(&items[..], [Err(Error::TimedOut { .. })]), "{items:?}");
}

#[tokio::test]
async fn a_variable_without_a_value_is_an_error_before_anybody_is_asked() {
    let ask = async {
        let wanted = Wanted::<Result<String, Error>>::new();
        (&&&wanted).__ask(open(&ANSWER), Options::default()).await
    };
    let (error, logs) = recorded(Mock::new(), ask).await;
    assert!(matches!(error, Err(Error::MissingVariable(_))), "{error:?}");
    assert_eq!(logs[0].outcome(), Outcome::Failed);
}

#[test]
fn a_prompt_is_rendered_without_a_call() {
    let ask = |question: Option<&str>| {
        let mut call = open(&ANSWER);
        question.into_iter().for_each(|question| call.variable("question", question.into()));
        async {
            let wanted = Wanted::<Result<String, Error>>::new();
            (&&&wanted).__ask(call, Options::default()).await
        }
    };
    let prompt = humanloop_runtime::prompt_of(ask(Some("Who won?"))).unwrap();
    assert_eq!(prompt.messages, [Message::system("Be short."), Message::user("Who won?")]);
    assert!(matches!(humanloop_runtime::prompt_of(ask(None)), Err(Error::MissingVariable(_))));
    assert!(matches!(humanloop_runtime::prompt_of(async { 1 }), Err(Error::NoPrompt)));
}

#[tokio::test]
async fn a_stream_of_texts_is_logged_when_it_ends() {
    let (pieces, logs) =
        recorded(Mock::new().answer("Sweden won it."), async { items(texts(Options::default())).await }).await;
    let pieces: Vec<String> = pieces.into_iter().map(Result::unwrap).collect();
    assert_eq!(pieces, ["Sweden ", "won ", "it."]);
    let [log] = &logs[..] else { panic!("one log: {logs:?}") };
    assert_eq!(
        (log.output.as_deref(), log.outcome(), log.output_tokens),
        (Some("Sweden won it."), Outcome::Ok, Some(3))
    );
    assert_eq!(log.finish_reason.as_deref(), Some("stop"));
    let stream = log.metadata.as_ref().unwrap().get("stream").unwrap().get();
    assert!(stream.starts_with(r#"{"items":3,"left_out":0,"first_item_seconds":"#), "{stream}");
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_logged_with_what_came() {
    let work = async {
        let mut stream = texts(Options::default());
        std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await.unwrap().unwrap()
    };
    let (first, logs) = recorded(Mock::new().answer("Sweden won it."), work).await;
    assert_eq!(first, "Sweden ");
    assert_eq!((logs[0].output.as_deref(), logs[0].outcome()), (Some("Sweden "), Outcome::Cancelled));
}

#[tokio::test]
async fn a_value_grows_and_is_whole_in_the_end() {
    let mock = Mock::new().answer("{\"total\": 12, \"lines\": [\"a b\", \"c\"]}");
    let (items, logs) = recorded(mock, async { items(partials(Options::default())).await }).await;
    let items: Vec<Partial<Invoice>> = items.into_iter().map(Result::unwrap).collect();
    let value = |lines: &[&str]| Invoice { total: 12.0, lines: lines.iter().map(ToString::to_string).collect() };
    assert_eq!(
        items,
        [
            Partial::Growing(value(&[])), // the total, which something follows
            Partial::Growing(value(&[])), // the list has begun
            Partial::Growing(value(&["a b"])),
            Partial::Growing(value(&["a b", "c"])),
            Partial::Done(value(&["a b", "c"])),
        ]
    );
    assert_eq!((logs.len(), logs[0].outcome()), (1, Outcome::Ok));
}

#[tokio::test]
async fn a_stream_whose_answer_cannot_be_used_ends_with_an_error() {
    let wrong = |_: &Invoice| Err("wrong");
    let (items, logs) = recorded(Mock::new().answer("{\"total\": 1}"), async {
        items(partials(Options::default().check(wrong))).await
    })
    .await;
    assert!(matches!(items.last(), Some(Err(Error::Unusable(_)))), "{items:?}");
    assert_eq!(
        (logs[0].outcome(), logs[0].error.as_deref()),
        (Outcome::Failed, Some("the model's answer cannot be used: wrong"))
    );
    assert_eq!(logs[0].output.as_deref(), Some("{\"total\": 1}"), "what the model said is kept");
    let (items, logs) =
        recorded(Mock::new().fail(500, "down"), async { self::items(texts(Options::default())).await }).await;
    assert!(matches!(&items[..], [Err(Error::Provider { status: Some(500), .. })]), "{items:?}");
    assert_eq!(logs[0].outcome(), Outcome::Failed);
}

#[cfg(feature = "schemars")]
mod with_a_schema {
    use super::*;
    use humanloop_runtime::api::Object;
    use std::sync::{Arc, Mutex};

    #[derive(Debug, PartialEq, Deserialize, schemars::JsonSchema)]
    struct Country {
        name: String,
        year: Option<u16>,
    }

    /// It keeps what it is asked.
    struct Asked(Arc<Mutex<Option<Object>>>, Mock);

    impl Provider for Asked {
        fn name(&self) -> &str {
            "asked"
        }
        fn body(&self, request: &Request) -> Object {
            self.1.body(request)
        }
        fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
            *self.0.lock().unwrap() = request.config.response_format.clone();
            self.1.generate(request)
        }
    }

    /// It knows nothing of schemas, as some servers do, and says so by this status.
    struct Refusing(u16, Mock);

    impl Provider for Refusing {
        fn name(&self) -> &str {
            "refusing"
        }
        fn body(&self, request: &Request) -> Object {
            self.1.body(request)
        }
        fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
            if request.config.response_format.is_none() {
                return self.1.generate(request);
            }
            let message = "'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text'\"".to_owned();
            let error = Error::Provider { provider: "refusing".into(), status: Some(self.0), message };
            Box::pin(async { Err(error) })
        }
    }

    #[tokio::test]
    async fn a_server_that_refuses_the_schema_is_asked_without_it() {
        for status in [400, 422, 500] {
            let provider = Refusing(status, Mock::new().answer(r#"{"name": "Sweden", "year": null}"#));
            let work = async { (&&&Wanted::<Result<Country, Error>>::new()).__ask(call(), Options::default()).await };
            let (country, logs) = recorded(provider, work).await;
            assert_eq!(country.unwrap().name, "Sweden");
            assert_eq!((logs.len(), logs[0].outcome()), (1, Outcome::Ok));

            let provider = Refusing(status, Mock::new().answer(r#"{"name": "Sweden", "year": null}"#));
            let wanted = Wanted::<Result<Partial<Country>, Error>>::new();
            let work = async { self::items((&&&wanted).__stream(call(), Options::default())).await };
            let (items, _) = recorded(provider, work).await;
            assert!(matches!(items.last(), Some(Ok(Partial::Done(Country { .. })))), "{items:?}");
        }
    }

    #[tokio::test]
    async fn the_schema_of_the_type_goes_to_the_provider() {
        let asked: Arc<Mutex<Option<Object>>> = Arc::default();
        let provider = Asked(asked.clone(), Mock::new().answer(r#"{"name": "Sweden", "year": null}"#));
        let work = async { (&&&Wanted::<Result<Country, Error>>::new()).__ask(call(), Options::default()).await };
        let (country, _) = recorded(provider, work).await;
        assert_eq!(country.unwrap(), Country { name: "Sweden".into(), year: None });
        let format = asked.lock().unwrap().take().expect("a format");
        let format = serde_json::to_value(&format).unwrap();
        assert_eq!((&format["type"], &format["json_schema"]["strict"]), (&"json_schema".into(), &true.into()));
        assert_eq!(format["json_schema"]["schema"]["required"], serde_json::json!(["name", "year"]));
    }
}
