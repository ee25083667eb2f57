//! Logs over HTTP: what a server gets, and what becomes of logs that it does not take.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends that way")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use humanloop_runtime::api::{Config, Entry, Feedback, Function, Log, LogUpdate, ToolConfig};
use humanloop_runtime::sink::{Delivery, Sink};
use humanloop_runtime::{Error, HttpSink};
use serde_json::{Value, json};
use support::{Received, Reply, Server, nobody};

fn log(reference: &str, parent: Option<&str>) -> Entry {
    Entry::Log(Box::new(Log {
        project: Some("p".into()),
        reference_id: Some(reference.into()),
        parent_reference_id: parent.map(String::from),
        config: Some(Config::Tool(ToolConfig::new("t")).into()),
        ..Log::default()
    }))
}

fn update(reference: &str) -> Entry {
    let output = Some("done".into());
    Entry::Update(Box::new(LogUpdate { reference_id: reference.into(), output, ..LogUpdate::default() }))
}

/// Answers as a Humanloop API does.
fn api(request: &Received) -> Reply {
    match request.json() {
        Value::Array(items) => Reply::json(items.iter().map(|_| json!({"id": "data_1"})).collect()),
        _ => Reply::json(json!({"id": "data_1"})),
    }
}

fn references(request: &Received) -> Vec<String> {
    let json = request.json();
    let items = json.as_array().into_iter().flatten();
    items.map(|log| log["reference_id"].as_str().unwrap_or_default().to_owned()).collect()
}

fn deliver(server: &Server, batch: &[Entry]) -> Delivery {
    HttpSink::new(&server.url(), Some("hl_secret".into())).unwrap().deliver(batch)
}

/// The reason why `lost` entries are lost, and none shall come again.
fn lost(delivery: Delivery, lost: usize) -> String {
    assert_eq!((delivery.lost.len(), delivery.later.len()), (lost, 0), "{delivery:?}");
    reason(delivery)
}

/// The reason why `later` entries shall come again, and none is lost.
fn later(delivery: Delivery, later: usize) -> String {
    assert_eq!((delivery.lost.len(), delivery.later.len()), (0, later), "{delivery:?}");
    reason(delivery)
}

fn reason(delivery: Delivery) -> String {
    let reason = delivery.reason.expect("a loss has a reason");
    assert!(!reason.contains("hl_secret"), "{reason}");
    reason
}

#[test]
fn a_log_goes_as_a_list_with_the_key_in_its_header() {
    let server = Server::new(api);
    assert_eq!(deliver(&server, &[log("a", None)]), Delivery::default());
    let [request] = &server.received()[..] else { panic!("one request") };
    assert_eq!(request.line(), "POST /v4/logs");
    assert_eq!(request.header("x-api-key"), Some("hl_secret"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.json(), json!([{"project": "p", "reference_id": "a", "config": {"type": "tool", "name": "t"}}]));
}

#[test]
fn a_parent_goes_in_an_earlier_request_than_its_children() {
    let server = Server::new(api);
    let batch = [log("child", Some("root")), log("root", None), log("leaf", Some("child")), log("other", None)];
    assert_eq!(deliver(&server, &batch), Delivery::default());
    let sent: Vec<Vec<String>> = server.received().iter().map(references).collect();
    assert_eq!(sent, [vec!["root", "other"], vec!["child"], vec!["leaf"]]);
}

#[test]
fn updates_follow_the_logs_and_name_theirs_in_the_query() {
    let server = Server::new(api);
    let feedback = Feedback { data_id: Some("data_1".into()), ..Feedback::new("rating", "good") };
    let batch = [update("a/b c&d"), log("x", None), Entry::Feedback(Box::new(feedback)), update("x")];
    assert_eq!(deliver(&server, &batch), Delivery::default());
    let received = server.received();
    assert_eq!(
        server.lines(),
        [
            "POST /v4/logs",
            "PATCH /v4/logs?reference_id=a%2Fb+c%26d",
            "PATCH /v4/logs?reference_id=x",
            "POST /v4/feedback"
        ]
    );
    assert_eq!(received[1].json(), json!({"output": "done"}));
    assert_eq!(received[3].json(), json!([{"type": "rating", "value": "good", "data_id": "data_1"}]));
}

#[test]
fn many_logs_go_in_several_requests() {
    let server = Server::new(api);
    let batch: Vec<Entry> = (0..450).map(|number| log(&number.to_string(), None)).collect();
    assert_eq!(deliver(&server, &batch), Delivery::default());
    let sizes: Vec<usize> = server.received().iter().map(|request| references(request).len()).collect();
    assert_eq!(sizes, [200, 200, 50]);
}

/// Logs of an annotated function, which share its config.
fn calls(references: &[&str]) -> Vec<Entry> {
    let config: Arc<Config> = Arc::new(Config::Tool(ToolConfig::new("t")));
    let of_call = |reference: &&str| {
        let Entry::Log(log) = log(reference, None) else { panic!("a log") };
        let function = Some(Arc::new(Function::default()));
        Entry::Log(Box::new(Log { config: Some(config.clone()), function, ..*log }))
    };
    references.iter().map(of_call).collect()
}

/// What each request says of each log's config: `told`, or the id it is named by.
fn configs(server: &Server) -> Vec<Vec<String>> {
    let of_log = |log: &Value| match (&log["config"], &log["config_id"]) {
        (Value::Object(_), Value::Null) => "told".to_owned(),
        (Value::Null, id) => id.as_str().unwrap().to_owned(),
        both => panic!("{both:?}"),
    };
    server.received().iter().map(|request| request.json().as_array().unwrap().iter().map(of_log).collect()).collect()
}

/// Answers as our server does, which names configs.
fn naming_api(request: &Received) -> Reply {
    let logs = request.json().as_array().unwrap().len();
    Reply::json(vec![json!({"id": "data_1", "config_id": "config_1"}); logs].into())
}

#[test]
fn a_config_is_told_once_and_named_by_its_id_from_then_on() {
    let server = Server::new(naming_api);
    let mut sink = HttpSink::new(&server.url(), None).unwrap();
    let calls = calls(&["a", "b", "c", "d"]);
    assert_eq!(sink.deliver(&calls[..3]), Delivery::default());
    assert_eq!(sink.deliver(&calls[3..]), Delivery::default());
    assert_eq!(configs(&server), [vec!["told"], vec!["config_1", "config_1"], vec!["config_1"]]);
}

#[test]
fn a_server_that_gives_no_id_of_a_config_is_told_it_each_time() {
    let server = Server::new(api);
    let mut sink = HttpSink::new(&server.url(), None).unwrap();
    assert_eq!(sink.deliver(&calls(&["a", "b", "c"])), Delivery::default());
    assert_eq!(configs(&server), [vec!["told"], vec!["told", "told"]]);
}

#[test]
fn a_server_that_has_lost_its_configs_is_told_them_again_and_no_log_is_lost() {
    let server = Server::new(|request| match request.json().to_string().contains("config_1") {
        true => Reply::new(404, r#"{"detail":{"message":"there is no config config_1"}}"#),
        false => naming_api(request),
    });
    let mut sink = HttpSink::new(&server.url(), None).unwrap();
    assert_eq!(sink.deliver(&calls(&["a", "b", "c"])), Delivery::default());
    assert_eq!(configs(&server), [vec!["told"], vec!["config_1", "config_1"], vec!["told", "told"]]);
}

#[test]
fn logs_that_share_their_config_with_none_tell_it() {
    let server = Server::new(naming_api);
    let mut sink = HttpSink::new(&server.url(), None).unwrap();
    assert_eq!(sink.deliver(&calls(&["from disk"])), Delivery::default());
    assert_eq!(sink.deliver(&[log("by hand", None)]), Delivery::default());
    assert_eq!(configs(&server), [["told"], ["told"]]);
}

#[test]
fn a_bad_log_alone_is_set_aside() {
    let server = Server::new(|request| match references(request).contains(&"bad".into()) {
        true => Reply::new(
            422,
            r#"{"detail":[{"loc":["body",3,"config"],"msg":"field required","type":"value_error.missing"}]}"#,
        ),
        false => api(request),
    });
    let mut batch: Vec<Entry> = (0..9).map(|number| log(&number.to_string(), None)).collect();
    batch.insert(3, log("bad", None));
    let reason = lost(deliver(&server, &batch), 1);
    assert!(reason.contains("422") && reason.contains("body.3.config: field required"), "{reason}");
    let whole = server.received().into_iter().map(|request| references(&request));
    let arrived: Vec<String> = whole.filter(|sent| !sent.contains(&"bad".into())).flatten().collect();
    assert_eq!(arrived, ["0", "1", "2", "3", "4", "5", "6", "7", "8"], "each of the others once, in order");
}

#[test]
fn what_is_too_large_for_one_request_goes_in_halves() {
    let server = Server::new(|request| match references(request).len() {
        0..=2 => api(request),
        _ => Reply::new(413, ""),
    });
    let batch: Vec<Entry> = (0..4).map(|number| log(&number.to_string(), None)).collect();
    assert_eq!(deliver(&server, &batch), Delivery::default());
    let sizes: Vec<usize> = server.received().iter().map(|request| references(request).len()).collect();
    assert_eq!(sizes, [4, 2, 2]);
    let server = Server::new(|_| Reply::new(413, ""));
    assert!(lost(deliver(&server, &[log("a", None)]), 1).contains("too big"));
}

#[test]
fn a_log_that_had_arrived_before_is_no_loss() {
    let server = Server::new(|request| match references(request).contains(&"known".into()) {
        true => Reply::new(409, r#"{"detail":{"type":"conflict_error","message":"reference_id exists","code":409}}"#),
        false => api(request),
    });
    assert_eq!(deliver(&server, &[log("known", None), log("new", None)]), Delivery::default());
}

#[test]
fn an_update_of_a_log_that_is_not_there_is_lost_alone() {
    let server = Server::new(|request| match request.target.ends_with("=gone") {
        true => {
            Reply::new(404, r#"{"detail":{"type":"not_found_error","message":"no log has this reference","code":404}}"#)
        }
        false => api(request),
    });
    let reason = lost(deliver(&server, &[update("gone"), update("there")]), 1);
    assert!(reason.contains("no log has this reference"), "{reason}");
    assert_eq!(server.received().len(), 2);
}

#[test]
fn a_wrong_key_says_which_variable_holds_it_and_sends_no_more_for_now() {
    for status in [401, 403] {
        let server = Server::script([Reply::new(status, r#"{"detail":{"message":"hl_secret is wrong"}}"#)]);
        let reason = later(deliver(&server, &[log("a", None), log("b", Some("a")), update("c")]), 3);
        assert!(reason.contains("set HUMANLOOP_API_KEY") && reason.contains(&server.url()), "{reason}");
        assert_eq!(server.received().len(), 1);
    }
}

#[test]
fn a_server_that_is_no_humanloop_api_is_found_out() {
    let html = Reply::new(200, "<!doctype html><title>Welcome</title>");
    for reply in [
        html.clone(),
        Reply { status: 404, ..html },
        Reply::new(404, r#"{"detail":"Not Found"}"#),
        Reply::new(405, ""),
        Reply::new(200, ""),
        Reply::json(json!({"ok": true})),
        Reply::json(json!([])),
    ] {
        let server = Server::script([reply.clone()]);
        let reason = later(deliver(&server, &[log("a", None), update("a")]), 2);
        assert!(
            reason.contains("is no Humanloop API") && reason.contains("check HUMANLOOP_BASE_URL"),
            "{reply:?}: {reason}"
        );
    }
}

#[test]
fn a_redirect_does_not_take_the_key_along() {
    let other = Server::new(api);
    let server = Server::script([Reply::new(307, "").header("location", other.url())]);
    assert!(later(deliver(&server, &[log("a", None)]), 1).contains("set HUMANLOOP_BASE_URL"));
    assert!(other.received().is_empty());
}

#[test]
fn what_a_busy_server_does_not_take_comes_again_when_it_says() {
    for status in [408, 429, 500, 503] {
        let server = Server::script([Reply::new(status, "").header("retry-after", "7")]);
        let delivery = deliver(&server, &[log("a", None), update("a")]);
        assert_eq!(delivery.after, Some(std::time::Duration::from_secs(7)));
        assert!(later(delivery, 2).contains(&format!("answered {status}")));
        assert_eq!(server.received().len(), 1, "the next one would be refused, too");
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let url = nobody();
    let mut sink = HttpSink::new(&url, Some("hl_secret".into())).unwrap();
    let reason = later(sink.deliver(&[log("a", None), log("b", Some("a")), update("c")]), 3);
    assert!(reason.contains(&url) && reason.contains("refused") && reason.contains("start the server"), "{reason}");
}

#[test]
fn inside_a_runtime_it_puts_off_with_a_reason_and_does_not_panic() {
    let server = Server::new(api);
    let mut sink = HttpSink::new(&server.url(), None).unwrap();
    assert_eq!(sink.deliver(&[log("a", None)]), Delivery::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async move {
        assert!(later(sink.deliver(&[log("b", None)]), 1).contains("inside a tokio runtime"));
        drop(sink);
    });
}

#[test]
fn a_whole_program_delivers_through_it() {
    let server = Server::new(api);
    let guard = humanloop_runtime::builder().http(server.url(), Some("hl_secret".into())).quiet().start().unwrap();
    static FUNCTION: humanloop_runtime::private::Function = humanloop_runtime::private::Function::new(
        humanloop_runtime::private::Kind::Flow,
        "assist",
        "m",
        humanloop_runtime::private::Source::Hidden,
        "0",
        &[],
    );
    let ran = Arc::new(AtomicUsize::new(0));
    guard.run(|| humanloop_runtime::private::open(&FUNCTION).run(|| ran.fetch_add(1, Ordering::Relaxed)));
    drop(guard);
    assert_eq!(ran.load(Ordering::Relaxed), 1);
    let [request] = &server.received()[..] else { panic!("one request: {:?}", server.lines()) };
    assert_eq!(request.json()[0]["project"], "assist");
}

#[test]
fn addresses_are_taken_or_refused_with_the_fix() {
    let key = || Some("hl_secret".to_owned());
    for (given, used) in [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v4"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/v4"),
        (" http://127.0.0.1:8000/v4// ", "http://127.0.0.1:8000/v4"),
        ("https://hl.example/proxy", "https://hl.example/proxy/v4"),
        ("https://hl.example/proxy/v4", "https://hl.example/proxy/v4"),
        ("http://[::1]:8000", "http://[::1]:8000/v4"),
    ] {
        assert_eq!(HttpSink::new(given, key()).unwrap().name(), used);
    }
    for (given, fix) in [
        ("", "write it as http://127.0.0.1:8000"),
        ("localhost:8000", "write `http://localhost:8000`"),
        ("127.0.0.1:8000", "write `http://127.0.0.1:8000`"),
        ("ftp://hl.example", "write `http://hl.example`"),
        ("http://", "write it as http://127.0.0.1:8000"),
        ("http://127.0.0.1:99999", "invalid port"),
        ("https://me:hunter2@hl.example", "set HUMANLOOP_API_KEY"),
        ("https://hl.example/?key=hunter2", "`?`"),
    ] {
        let error = HttpSink::new(given, key()).unwrap_err().to_string();
        assert!(error.starts_with("HUMANLOOP_BASE_URL: ") && error.contains(fix), "{given}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn only_a_server_on_this_machine_needs_no_key() {
    for url in ["http://127.0.0.1:1", "http://localhost:1", "http://hl.localhost", "http://[::1]:1", "http://127.9.9.9"]
    {
        assert!(HttpSink::new(url, None).is_ok(), "{url}");
    }
    for key in [None, Some(String::new()), Some(" \n".into())] {
        let error = HttpSink::new("https://hl.example", key).unwrap_err();
        assert!(matches!(error, Error::MissingKey { variable: "HUMANLOOP_API_KEY", .. }), "{error:?}");
    }
    assert!(matches!(HttpSink::new("http://localhost.evil.example", None), Err(Error::MissingKey { .. })));
}

#[test]
fn the_key_shows_nowhere() {
    let sink = HttpSink::new("http://127.0.0.1:1", Some("hl_secret\n".into())).unwrap();
    assert!(!format!("{sink:?}").contains("hl_secret"), "{sink:?}");
    let error = HttpSink::new("http://127.0.0.1:1", Some("hl_secret\u{7}x".into())).unwrap_err();
    assert!(
        !format!("{error} {error:?}").contains("hl_secret") && error.to_string().contains("HUMANLOOP_API_KEY"),
        "{error}"
    );
}
