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
    // And they come back: as they were, also into a store that has them.
    std::fs::write(folder.0.join("one.otlp.json"), &text).unwrap();
    assert_eq!(shown(&folder, &["import", "one.otlp.json", "--db", "copy.db"]), "one.otlp.json: 2 logs\n");
    assert_eq!(shown(&folder, &["export", "one", "--otlp", "--db", "copy.db"]).trim(), text.trim());
    assert_eq!(shown(&folder, &["import", "one.otlp.json"]), "one.otlp.json: 0 logs, 2 there already\n");
    let bare = shown(&folder, &["export", "one", "--otlp", "--without-values"]);
    assert!(bare.contains("$redacted") && !bare.contains("gen_ai.input.messages"));
}

/// Spans as others write them, one request a line as the collector does.
const SPANS: &str = concat!(
    r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"bot"}}]},"scopeSpans":[{"spans":["#,
    r#"{"traceId":"aa11","spanId":"01","name":"answer question","startTimeUnixNano":"1700000000000000000","endTimeUnixNano":1700000002500000000,"#,
    r#""attributes":[{"key":"session.id","value":{"stringValue":"talk"}},{"key":"http.route","value":{"stringValue":"/ask"}}],"#,
    r#""status":{"code":"STATUS_CODE_ERROR","message":"no answer"}},"#,
    r#"{"traceId":"aa11","spanId":"02","parentSpanId":"01","name":"chat gpt-4o","startTimeUnixNano":"1700000000100000000","#,
    r#""endTimeUnixNano":"1700000001100000000","attributes":[{"key":"session.id","value":{"stringValue":"talk"}},"#,
    r#"{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}},"#,
    r#"{"key":"gen_ai.usage.input_tokens","value":{"intValue":"12"}},{"key":"gen_ai.usage.output_tokens","value":{"intValue":3}},"#,
    r#"{"key":"gen_ai.request.temperature","value":{"doubleValue":0.5}},"#,
    r#"{"key":"gen_ai.response.finish_reasons","value":{"arrayValue":{"values":[{"stringValue":"stop"}]}}},"#,
    r#"{"key":"gen_ai.system_instructions","value":{"stringValue":"[{\"type\":\"text\",\"content\":\"be brief\"}]"}},"#,
    r#"{"key":"gen_ai.input.messages","value":{"stringValue":"[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"hi\"}]},{\"role\":\"tool\",\"parts\":[{\"type\":\"tool_call_response\",\"id\":\"c\",\"response\":{\"n\":1}}]}]"}},"#,
    r#"{"key":"gen_ai.output.messages","value":{"stringValue":"[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"hello\"}]}]"}}]}]}]}]}"#,
    "\n",
    r#"{"resourceSpans":[{"scopeSpans":[{"spans":["#,
    r#"{"traceId":"aa11","spanId":"03","parentSpanId":"01","name":"call","startTimeUnixNano":"1700000001200000000","endTimeUnixNano":"1700000001300000000","#,
    r#""attributes":[{"key":"session.id","value":{"stringValue":"talk"}},{"key":"openinference.span.kind","value":{"stringValue":"LLM"}},"#,
    r#"{"key":"llm.model_name","value":{"stringValue":"m"}},{"key":"llm.token_count.prompt","value":{"intValue":"7"}},"#,
    r#"{"key":"llm.input_messages.0.message.role","value":{"stringValue":"user"}},{"key":"llm.input_messages.0.message.content","value":{"stringValue":"weather?"}},"#,
    r#"{"key":"llm.output_messages.0.message.role","value":{"stringValue":"assistant"}},"#,
    r#"{"key":"llm.output_messages.0.message.tool_calls.0.tool_call.function.name","value":{"stringValue":"look_up"}},"#,
    r#"{"key":"llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments","value":{"stringValue":"{}"}}]},"#,
    r#"{"traceId":"aa11","spanId":"04","parentSpanId":"01","name":"execute_tool look_up","startTimeUnixNano":"1700000001400000000","endTimeUnixNano":"1700000001500000000","#,
    r#""attributes":[{"key":"session.id","value":{"stringValue":"talk"}},{"key":"gen_ai.operation.name","value":{"stringValue":"execute_tool"}},"#,
    r#"{"key":"gen_ai.tool.name","value":{"stringValue":"look_up"}},{"key":"gen_ai.tool.call.arguments","value":{"stringValue":"{\"city\":\"Oslo\"}"}},"#,
    r#"{"key":"gen_ai.tool.call.result","value":{"kvlistValue":{"values":[{"key":"degrees","value":{"intValue":"4"}}]}}}]}]}]}]}"#,
);

#[test]
fn spans_of_others_are_imported_as_prompts_tools_and_flows() {
    let folder = folder();
    std::fs::write(folder.0.join("spans.jsonl"), SPANS).unwrap();
    assert_eq!(shown(&folder, &["import", "spans.jsonl"]), "spans.jsonl: 4 logs\n");
    let store = Reader::open(&folder.0.join(".humanloop/humanloop.db")).unwrap();
    let logs = store.logs(store.find_session("talk").unwrap().id).unwrap();
    let told: Vec<_> = logs
        .iter()
        .map(|log| (log.kind(), log.config.as_ref().unwrap().name(), log.outcome(), log.duration.unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            (Kind::Flow, "answer question", Outcome::Failed, 2.5),
            (Kind::Prompt, "gpt-4o", Outcome::Ok, 1.0),
            (Kind::Prompt, "m", Outcome::Ok, 0.1),
            (Kind::Tool, "look_up", Outcome::Ok, 0.1),
        ]
    );
    let [flow, chat, call, tool] = &logs[..] else { panic!("{logs:?}") };
    assert_eq!((flow.project.as_deref(), call.project.as_deref()), (Some("bot"), Some("imported")));
    assert_eq!(flow.error.as_deref(), Some("no answer"));
    assert_eq!(flow.metadata.as_ref().unwrap().get("http.route").unwrap().get(), r#""/ask""#);
    assert!(logs[1..].iter().all(|log| log.parent_reference_id == flow.reference_id));
    let said: Vec<_> = chat.messages.iter().flatten().map(|one| (one.role.word(), one.text().to_string())).collect();
    let said: Vec<_> = said.iter().map(|(role, text)| (*role, &**text)).collect();
    assert_eq!(said, [("system", "be brief"), ("user", "hi"), ("tool", r#"{"n":1}"#)]);
    assert_eq!(chat.output.as_deref(), Some("hello"));
    assert_eq!(
        (chat.prompt_tokens, chat.output_tokens, chat.finish_reason.as_deref()),
        (Some(12), Some(3), Some("stop"))
    );
    assert_eq!(call.messages.as_ref().unwrap()[0].text(), "weather?");
    let asked = &call.output_message.as_ref().unwrap().tool_calls.as_ref().unwrap()[0];
    assert_eq!((&*asked.function.name, asked.function.arguments.as_deref()), ("look_up", Some("{}")));
    assert_eq!(tool.inputs.as_ref().unwrap().get("city").unwrap().get(), r#""Oslo""#);
    assert_eq!(tool.output.as_deref(), Some(r#"{"degrees":4}"#));
    assert_eq!(shown(&folder, &["import", "spans.jsonl"]), "spans.jsonl: 0 logs, 4 there already\n");
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
