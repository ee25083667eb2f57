//! Export and import, deleting, and the doctor, run as a program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::process::{Command, Output};

use humanloop_api::{
    Config, Entry, Feedback, Function, Kind, Log, Loss, Losses, Message, ModelConfig, OneOrMany, Outcome, Process,
    Timestamp,
};
use humanloop_store::{Reader, Store};

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn log(reference: &str, session: &str, start: i64) -> Log {
    let object = |text: &str| serde_json::from_str(text).unwrap();
    Log {
        project: Some("p".into()),
        session_reference_id: Some(session.into()),
        parent_reference_id: (reference != "root").then(|| "root".into()),
        reference_id: Some(reference.into()),
        inputs: Some(object(r#"{"z":1,"a":{"y":[1.50,null],"b":"\u00e9"}}"#)),
        messages: Some(vec![Message::user("hi ".repeat(500)), Message::system("there")]),
        output: Some("an answer ".repeat(100)),
        output_message: Some(Message::assistant("out")),
        error: Some("wrong\ncaused by: worse".into()),
        duration: Some(0.25),
        first_token: Some(0.125),
        created_at: Some(Timestamp(1_700_000_000_123_456_789 + start)),
        metadata: Some(object(r#"{"k":{"v":1}}"#)),
        prompt_tokens: Some(3),
        prompt_cost: Some(0.001),
        provider_request: Some(object(r#"{"model":"m"}"#)),
        config: Some(
            Config::Model(ModelConfig { source_code: Some("fn f() {}".into()), ..ModelConfig::new("gpt-4") }).into(),
        ),
        feedback: Some(OneOrMany::Many(vec![Feedback::new("rating", "good")])),
        kind: Some(Kind::Flow),
        outcome: Some(Outcome::Failed),
        sequence: Some(7),
        process: Some(Process { id: uuid::Uuid::from_u128(4711), pid: 4711 }),
        function: Some(Function { ident: "f".into(), file: "f.rs".into(), line: 3, ..Function::default() }.into()),
        ..Log::default()
    }
}

fn folder() -> Folder {
    let folder = Folder(std::env::temp_dir().join(format!("humanloop-keeping-{}", uuid::Uuid::new_v4())));
    let mut store = Store::open(&folder.0.join(".humanloop/humanloop.db")).unwrap();
    let logs = [log("root", "one", 0), log("child", "one", 1), log("other", "two", 2)];
    store.ingest(&logs.map(|log| Entry::Log(Box::new(log)))).unwrap();
    let process = Process { id: uuid::Uuid::from_u128(4711), pid: 4711 };
    store.account(&Losses { lost: [(Loss::QueueFull, 12)].into(), ..Losses::none(process) }).unwrap();
    folder
}

fn humanloop(folder: &Folder, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_humanloop"));
    command.args(arguments).current_dir(&folder.0).env_remove("HUMANLOOP_DB").env("COLUMNS", "80");
    command.output().unwrap()
}

fn shown(folder: &Folder, arguments: &[&str]) -> String {
    let output = humanloop(folder, arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let output = humanloop(folder, arguments);
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn an_exported_session_is_imported_to_the_field() {
    let folder = folder();
    shown(&folder, &["export", "one", "--json", "-o", "one.json"]);
    assert_eq!(shown(&folder, &["import", "one.json", "--db", "copy.db"]), "one.json: 2 logs\n");
    let read = |db: &str| {
        let store = Reader::open(&folder.0.join(db)).unwrap();
        let session = store.find_session("one").unwrap();
        let summary = session.to_object();
        (summary, store.logs(session.id).unwrap(), store.losses(session.id).unwrap())
    };
    assert_eq!(read("copy.db"), read(".humanloop/humanloop.db"));
    assert_eq!(
        shown(&folder, &["export", "one", "--json", "--db", "copy.db"]),
        shown(&folder, &["export", "one", "--json"])
    );
    assert_eq!(shown(&folder, &["import", "one.json"]), "one.json: 0 logs, 2 there already\n");
}

#[test]
fn what_a_program_lost_is_said_beside_its_sessions_and_travels_with_them() {
    let folder = folder();
    let said = "12 records of program 4711 were lost: 12, the queue was full";
    assert!(shown(&folder, &["show", "one"]).ends_with(&format!("note: {said}\n")));
    for arguments in [&["--html"][..], &["--html", "--without-values"]] {
        let page = shown(&folder, &[&["export", "one"], arguments].concat());
        assert!(page.contains(said), "{arguments:?}");
    }
    shown(&folder, &["export", "one", "--json", "--without-values", "-o", "one.json"]);
    shown(&folder, &["import", "one.json", "--db", "copy.db"]);
    let store = Reader::open(&folder.0.join("copy.db")).unwrap();
    assert_eq!(store.losses(store.find_session("one").unwrap().id).unwrap().len(), 1);
    // A program that is not known has nothing that its losses could be shown beside.
    let mut store = Store::open(&folder.0.join("copy.db")).unwrap();
    let stranger = Losses { sample: Some(0.5), ..Losses::none(Process { id: uuid::Uuid::from_u128(1), pid: 1 }) };
    store.account(&stranger).unwrap();
    assert_eq!(store.losses(store.find_session("one").unwrap().id).unwrap().len(), 1);
}

#[test]
fn an_export_without_values_tells_what_happened_and_not_what_was_said() {
    let folder = folder();
    let (whole, bare) = (
        shown(&folder, &["export", "one", "--json"]),
        shown(&folder, &["export", "one", "--json", "--without-values"]),
    );
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let (whole, bare) = (read(&whole), read(&bare));
    for (whole, bare) in whole["logs"].as_array().unwrap().iter().zip(bare["logs"].as_array().unwrap()) {
        for field in ["reference_id", "parent_reference_id", "config", "duration", "outcome", "created_at"] {
            assert_eq!(whole[field], bare[field], "{field}");
        }
        for (name, value) in whole["inputs"].as_object().unwrap() {
            assert_eq!(bare["inputs"][name], serde_json::json!({"$redacted": true}));
            assert_ne!(&bare["inputs"][name], value);
        }
        assert_ne!(whole["output"], bare["output"]);
    }
    let page = shown(&folder, &["export", "one", "--html", "--without-values"]);
    assert!(page.contains("$redacted") && !page.contains(whole["logs"][0]["output"].as_str().unwrap()));
}

#[test]
fn a_session_leaves_as_spans_that_a_collector_takes() {
    let folder = folder();
    let text = shown(&folder, &["export", "one", "--otlp"]);
    let sent: serde_json::Value = serde_json::from_str(&text).unwrap();
    let spans = sent["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 2);
    let attribute = |span: &serde_json::Value, key: &str| {
        let all = span["attributes"].as_array().unwrap();
        all.iter().find(|one| one["key"] == key).map(|one| one["value"].clone())
    };
    let (root, child) = (&spans[0], &spans[1]);
    assert_eq!(child["parentSpanId"], root["spanId"]);
    assert_eq!((root["traceId"].as_str().unwrap().len(), root["spanId"].as_str().unwrap().len()), (32, 16));
    for span in spans {
        assert_eq!(attribute(span, "session.id").unwrap()["stringValue"], "one");
        assert_eq!(attribute(span, "gen_ai.request.model").unwrap()["stringValue"], "gpt-4");
        assert_eq!(attribute(span, "gen_ai.usage.input_tokens").unwrap()["intValue"], "3");
        assert_eq!(attribute(span, "code.line.number").unwrap()["intValue"], "3");
        assert_eq!(span["status"]["code"], 2);
        assert_eq!(span["events"][0]["name"], "exception");
        let took = |key: &str| span[key].as_str().unwrap().parse::<i64>().unwrap();
        assert!(took("endTimeUnixNano") >= took("startTimeUnixNano"));
    }
    // The source once, not with each span.
    assert!(attribute(root, "humanloop.source_code").is_some() && attribute(child, "humanloop.source_code").is_none());
    let bare = shown(&folder, &["export", "one", "--otlp", "--without-values"]);
    assert!(bare.contains("$redacted") && !bare.contains("gen_ai.input.messages"));
}

#[test]
fn what_is_no_export_is_refused_by_its_name() {
    let folder = folder();
    std::fs::write(folder.0.join("letter"), "dear aunt").unwrap();
    assert!(
        refused(&folder, &["import", "letter"]).contains("letter is no session that `humanloop export --json` wrote")
    );
    assert!(refused(&folder, &["import", "nowhere"]).contains("nowhere cannot be read"));
    std::fs::write(folder.0.join("newer"), r#"{"humanloop_export":99,"session":{},"logs":[]}"#).unwrap();
    assert!(refused(&folder, &["import", "newer"]).contains("update humanloop"));
}

#[test]
fn sessions_and_logs_are_deleted_all_or_none() {
    let folder = folder();
    assert!(refused(&folder, &["delete", "two", "nope"]).contains("there is no session `nope`"));
    assert!(shown(&folder, &["show", "two"]).contains("gpt-4"));
    assert_eq!(shown(&folder, &["delete", "two"]), "deleted 1 logs\n");
    assert_eq!(shown(&folder, &["delete", "--log", "child"]), "deleted 1 logs\n");
    assert!(shown(&folder, &["doctor"]).contains("the store is whole"));
    assert_eq!(shown(&folder, &["sessions"]).lines().count(), 2);
}

#[test]
fn prune_takes_times_and_sizes_and_says_how_to_write_them() {
    let folder = folder();
    assert!(shown(&folder, &["prune", "--keep-bytes", "1GB"]).starts_with("deleted 0 sessions with 0 logs: "));
    assert!(shown(&folder, &["prune", "--older-than", "30d"]).starts_with("deleted 2 sessions with 3 logs: "));
    assert!(refused(&folder, &["prune"]).contains("--older-than"));
    assert!(refused(&folder, &["prune", "--older-than", "soon"]).contains("such as 30d"));
    assert!(refused(&folder, &["prune", "--keep-bytes", "1XB"]).contains("such as 500MB"));
}

#[test]
fn the_doctor_sees_what_is_wrong() {
    let folder = folder();
    let told = shown(&folder, &["doctor"]);
    assert!(told.contains("logs                  3") && told.ends_with("the store is whole\n"), "{told}");
    let file = folder.0.join(".humanloop/humanloop.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2 / 8192 * 8192;
    bytes[middle..middle + 8192].fill(0);
    std::fs::write(&file, bytes).unwrap();
    let output = humanloop(&folder, &["doctor"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
