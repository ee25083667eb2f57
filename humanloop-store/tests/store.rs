//! What a store keeps, and how it answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::PathBuf;

use humanloop_api::{
    Config, Entry, Feedback, FeedbackValue, Function, Kind, Log, LogUpdate, Message, ModelConfig, OneOrMany, Outcome,
    OutputFormat, Process, SourceKind, Timestamp, ToolConfig, id,
};
use humanloop_store::{Error, Ingested, Store, text};

/// A folder that is gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("humanloop-store-{}", uuid::Uuid::new_v4())))
    }
    fn db(&self) -> PathBuf {
        self.0.join("logs.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A log of the session `s` that ended well.
fn log(reference: &str, parent: Option<&str>, start: i64) -> Log {
    Log {
        project: Some("p".into()),
        reference_id: Some(reference.into()),
        parent_reference_id: parent.map(Into::into),
        session_reference_id: Some("s".into()),
        config: Some(Config::Tool(ToolConfig::new(reference)).into()),
        outcome: Some(Outcome::Ok),
        created_at: Some(Timestamp(start)),
        duration: Some(0.5),
        ..Log::default()
    }
}

fn entries(logs: impl IntoIterator<Item = Log>) -> Vec<Entry> {
    logs.into_iter().map(|log| Entry::Log(Box::new(log))).collect()
}

fn store(logs: impl IntoIterator<Item = Log>) -> Store {
    let mut store = Store::in_memory().unwrap();
    store.ingest(&entries(logs)).unwrap();
    store
}

fn outline(store: &Store) -> String {
    store.tree(store.latest_session().unwrap().unwrap().id).unwrap().outline()
}

fn update(reference: &str, output: &str) -> Entry {
    Entry::Update(Box::new(LogUpdate {
        reference_id: reference.into(),
        output: Some(output.into()),
        duration: Some(2.0),
        prompt_tokens: Some(5),
        ..LogUpdate::default()
    }))
}

/// A log in which each field is set that a store gives back as it was.
fn full() -> Log {
    let object = |text: &str| serde_json::from_str(text).unwrap();
    Log {
        project: Some("p".into()),
        project_id: None,
        session_id: None,
        session_reference_id: Some("a session".into()),
        parent_id: None,
        parent_reference_id: Some("a parent".into()),
        reference_id: Some("a log".into()),
        inputs: Some(object(r#"{"z":1,"a":{"y":[1.50,null],"b":"\u00e9"}}"#)),
        messages: Some(vec![Message::user("hi"), Message::system("there")]),
        output: Some("{\"b\":1}".into()),
        output_format: Some(OutputFormat::Json),
        output_message: Some(Message::assistant("out")),
        finish_reason: Some("stop".into()),
        error: Some("wrong\ncaused by: worse".into()),
        duration: Some(0.25),
        first_token: Some(0.125),
        created_at: Some(Timestamp(1_700_000_000_123_456_789)),
        source: Some("sdk".into()),
        metadata: Some(object(r#"{"k":{"v":1}}"#)),
        stdout: Some("printed".into()),
        user: Some("u".into()),
        environment: Some("production".into()),
        save: Some(true),
        prompt_tokens: Some(3),
        output_tokens: Some(4),
        prompt_cost: Some(0.001),
        output_cost: Some(0.002),
        provider_request: Some(object(r#"{"model":"m"}"#)),
        provider_response: Some(object(r#"{"id":"r"}"#)),
        config: Some(
            Config::Model(ModelConfig {
                temperature: Some(0.5),
                chat_template: Some(vec![Message::user("{{z}}")]),
                source_code: Some("fn f() {}".into()),
                ..ModelConfig::new("gpt-4")
            })
            .into(),
        ),
        config_id: None,
        feedback: Some(OneOrMany::Many(vec![Feedback::new("rating", "good")])),
        kind: Some(Kind::Flow),
        outcome: Some(Outcome::Failed),
        sequence: Some(7),
        process: Some(Process { id: id::new(), pid: 4711 }),
        function: Some(
            Function {
                ident: "f".into(),
                module: "m".into(),
                file: "f.rs".into(),
                line: 3,
                version: "0123".into(),
                source_kind: SourceKind::Exact,
            }
            .into(),
        ),
        unbound: Some(true),
        judgment: Some(FeedbackValue::Choices(vec!["right".into(), "short".into()])),
        source_datapoint_id: Some("evtc_1".into()),
    }
}

#[test]
fn a_log_comes_back_with_every_field_as_it_was() {
    let store = store([full()]);
    assert_eq!(store.find_log("a log").unwrap(), full_as(&store));
    fn full_as(store: &Store) -> Log {
        // The process is another one each time it is made up.
        Log { process: store.find_log("a log").unwrap().process, ..full() }
    }
    let session = store.find_session("a session").unwrap();
    assert_eq!(store.logs(session.id).unwrap(), [store.find_log("a log").unwrap()]);
    assert_eq!((session.logs, session.failed, session.input_tokens, session.output_tokens), (1, 1, 3, 4));
}

#[test]
fn the_same_batch_twice_changes_nothing() {
    let feedback = Feedback { data_id: Some("a".into()), ..Feedback::new("rating", "good") };
    let mut batch = entries([log("a", None, 1), log("b", Some("a"), 2)]);
    batch.push(update("b", "out"));
    batch.push(Entry::Feedback(Box::new(feedback)));
    let mut store = Store::in_memory().unwrap();
    let first = store.ingest(&batch).unwrap();
    assert_eq!(first, Ingested { logs: 2, updated: 1, feedback: 1, ..Ingested::default() });
    let session = store.latest_session().unwrap().unwrap();
    let logs = store.logs(session.id).unwrap();
    assert_eq!(store.ingest(&batch).unwrap(), Ingested { repeated: 4, ..Ingested::default() });
    assert_eq!(store.latest_session().unwrap().unwrap(), session);
    assert_eq!(store.logs(session.id).unwrap(), logs);
}

#[test]
fn a_running_log_is_completed_and_an_ended_one_never_runs_again() {
    let running = Log { outcome: Some(Outcome::Running), duration: None, ..log("a", None, 1) };
    let mut store = store([running.clone()]);
    assert_eq!(store.latest_session().unwrap().unwrap().running, 1);
    store.ingest(&entries([log("a", None, 1)])).unwrap();
    store.ingest(&entries([running])).unwrap();
    let session = store.latest_session().unwrap().unwrap();
    assert_eq!((session.logs, session.running, session.failed), (1, 0, 0));
    assert_eq!(store.find_log("a").unwrap().outcome(), Outcome::Ok);
}

#[test]
fn an_update_finds_its_log_before_and_after_it_arrives() {
    for early in [true, false] {
        let running = Log { outcome: Some(Outcome::Running), duration: None, ..log("a", None, 1) };
        let mut batch = entries([running]);
        batch.insert(usize::from(!early), update("a", "out"));
        let mut store = Store::in_memory().unwrap();
        for entry in batch {
            store.ingest(&[entry]).unwrap();
        }
        let log = store.find_log("a").unwrap();
        assert_eq!((log.outcome(), log.output.as_deref(), log.duration), (Outcome::Ok, Some("out"), Some(2.0)));
        let session = store.latest_session().unwrap().unwrap();
        assert_eq!((session.running, session.input_tokens, session.last_output.as_deref()), (0, 5, Some("out")));
    }
}

#[test]
fn what_an_update_tells_of_costs_is_in_the_sums() {
    let running = Log { output: None, prompt_cost: Some(0.001), ..log("a", None, 1) };
    let mut store = store([running, Log { prompt_cost: Some(0.5), ..log("b", None, 2) }]);
    let told = |reference: &str, prompt, output| {
        let update = LogUpdate {
            reference_id: reference.into(),
            prompt_cost: prompt,
            output_cost: output,
            ..Default::default()
        };
        vec![Entry::Update(Box::new(update))]
    };
    let costs = |store: &Store| {
        let sums = store.sessions(10, None).unwrap().iter().map(|session| session.cost).sum::<u64>();
        let rows = store.list_logs(&Default::default(), &Default::default()).unwrap();
        assert_eq!(rows.iter().filter_map(|row| row.cost).sum::<i64>(), i64::try_from(sums).unwrap());
        sums
    };
    assert_eq!(costs(&store), 501_000_000);
    store.ingest(&told("a", None, Some(0.002))).unwrap(); // the other half
    assert_eq!(costs(&store), 503_000_000);
    store.ingest(&told("a", Some(0.004), None)).unwrap();
    store.ingest(&told("b", Some(0.1), Some(0.2))).unwrap();
    assert_eq!(costs(&store), 306_000_000);
}

#[test]
fn a_child_may_come_before_its_parent() {
    let store = store([log("leaf", Some("branch"), 3), log("branch", Some("root"), 2), log("root", None, 1)]);
    assert_eq!(outline(&store), "root\n  branch\n    leaf");
}

#[test]
fn children_without_a_session_follow_their_parent_into_its_own() {
    let without = |log: Log| Log { session_reference_id: None, ..log };
    let mut store = store([without(log("early", Some("root"), 2))]);
    store.ingest(&entries([log("other", None, 1), log("root", None, 1)])).unwrap();
    store.ingest(&entries([without(log("late", Some("root"), 3))])).unwrap();
    let sessions = store.sessions(10, None).unwrap();
    assert_eq!((sessions.len(), sessions[0].logs), (1, 4));
    assert_eq!(outline(&store), "other\nroot\n  early\n  late");

    // Without any session named, a root implies one.
    let store = self::store([without(log("child", Some("lone"), 2)), without(log("lone", None, 1))]);
    assert_eq!(outline(&store), "lone\n  child");
}

#[test]
fn siblings_stand_in_the_order_of_their_beginnings() {
    let at = |reference, start, sequence| Log { sequence: Some(sequence), ..log(reference, None, start) };
    let store = store([at("c", 5, 2), at("b", 5, 1), at("a", 4, 9)]);
    assert_eq!(outline(&store), "a\nb\nc");
}

#[test]
fn what_went_wrong_below_shows_up_to_the_root() {
    let mut logs = vec![
        log("root", None, 1),
        log("branch", Some("root"), 2),
        log("leaf", Some("branch"), 3),
        log("well", None, 4),
    ];
    logs[2].outcome = Some(Outcome::Panicked);
    let store = store(logs);
    let tree = store.tree(store.latest_session().unwrap().unwrap().id).unwrap();
    let worst: Vec<_> = tree.nodes.iter().map(|node| (node.log.outcome, node.worst)).collect();
    let (ok, panicked) = (Outcome::Ok, Outcome::Panicked);
    assert_eq!(worst, [(ok, panicked), (ok, panicked), (panicked, panicked), (ok, ok)]);
}

#[test]
fn deep_and_circular_nesting_loses_no_log() {
    let deep = (0..10_000).map(|n: i64| log(&n.to_string(), (n > 0).then(|| (n - 1).to_string()).as_deref(), n));
    let store = store(deep);
    let tree = store.tree(store.latest_session().unwrap().unwrap().id).unwrap();
    assert_eq!((tree.nodes.len(), tree.nodes[9_999].depth), (10_000, 9_999));
    assert!(text::tree(&tree, text::Style::default()).lines().count() > 10_000);

    let store = self::store([log("a", Some("b"), 1), log("b", Some("a"), 2), log("c", Some("elsewhere"), 3)]);
    let tree = store.tree(store.latest_session().unwrap().unwrap().id).unwrap();
    assert_eq!(tree.outline(), "c\na\n  b");
    assert!(tree.nodes[0].orphan);
}

#[test]
fn a_session_of_fifty_thousand_logs_is_a_tree() {
    let store = store((0..50_000).map(|n: i64| log(&n.to_string(), (n > 0).then_some("0"), n)));
    let session = store.latest_session().unwrap().unwrap();
    assert_eq!((session.logs, store.tree(session.id).unwrap().nodes.len()), (50_000, 50_000));
}

#[test]
fn ids_are_found_by_their_beginning_their_end_and_their_reference() {
    let reference = id::new().to_string();
    let store = store([log(&reference, None, 1), log("order 4711", None, 2)]);
    for text in [&reference[..], &reference[28..], "order 4711"] {
        assert_eq!(
            store.find_log(text).unwrap().reference_id.as_deref(),
            Some(if text.len() == 10 { text } else { &reference })
        );
    }
    assert!(matches!(store.find_log("no such log"), Err(Error::Unknown { what: "log", .. })));
    assert!(matches!(store.find_session("%"), Err(Error::Unknown { .. })));
    // A reference that is there wins over ids that begin or end so.
    assert!(self::store((0..40).map(|n| log(&n.to_string(), None, n))).find_log("1").is_ok());
    assert!(matches!(store.find_log(""), Err(Error::Unknown { .. })));
}

#[test]
fn logs_of_a_process_that_is_gone_are_interrupted() {
    let folder = Folder::new();
    let process = |pid| Process { id: id::new(), pid };
    let (gone, alive) = (process(1), process(2));
    let running = |reference, process: &Process| Log {
        outcome: Some(Outcome::Running),
        duration: None,
        process: Some(process.clone()),
        ..log(reference, None, 1)
    };
    let mut store = Store::open(&folder.db()).unwrap();
    let (held, lost) = (store.register(&alive).unwrap(), store.register(&gone).unwrap());
    let by_hand = Log { outcome: Some(Outcome::Running), process: None, ..log("by hand", None, 1) };
    store.ingest(&entries([running("a", &gone), running("b", &alive), by_hand])).unwrap();
    drop(lost);
    let mut store = Store::open_existing(&folder.db()).unwrap();
    let outcome = |store: &Store, log| store.find_log(log).unwrap().outcome();
    assert_eq!(outcome(&store, "a"), Outcome::Interrupted);
    assert_eq!((outcome(&store, "b"), outcome(&store, "by hand")), (Outcome::Running, Outcome::Running));
    let session = store.latest_session().unwrap().unwrap();
    assert_eq!((session.running, session.failed), (2, 1));
    // Who knows better may still say so.
    store.ingest(&[update("a", "out")]).unwrap();
    assert_eq!(outcome(&store, "a"), Outcome::Ok);
    assert_eq!(store.latest_session().unwrap().unwrap().failed, 0);
    drop(held);
}

#[test]
fn a_file_that_is_not_ours_is_left_as_it_is() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    let text = folder.0.join("text");
    std::fs::write(&text, "a letter to my aunt, ".repeat(100)).unwrap();
    assert!(matches!(Store::open(&text), Err(Error::NotOurs { .. })));
    assert_eq!(std::fs::read_to_string(&text).unwrap(), "a letter to my aunt, ".repeat(100));

    let foreign = folder.0.join("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE aunt(name TEXT)").unwrap();
    let before = std::fs::read(&foreign).unwrap();
    let error = Store::open(&foreign).unwrap_err();
    assert!(matches!(error, Error::NotOurs { .. }) && error.to_string().contains("foreign.db"), "{error}");
    assert_eq!(std::fs::read(&foreign).unwrap(), before);
}

#[test]
fn a_store_of_a_newer_version_says_so() {
    let folder = Folder::new();
    drop(Store::open(&folder.db()).unwrap());
    rusqlite::Connection::open(folder.db()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Store::open(&folder.db()).unwrap_err();
    assert!(
        matches!(error, Error::Newer { version: 99, .. }) && error.to_string().contains("update humanloop"),
        "{error}"
    );
}

#[test]
fn a_folder_that_is_made_keeps_itself_out_of_git() {
    let folder = Folder::new();
    assert!(matches!(Store::open_existing(&folder.db()), Err(Error::Missing { .. })));
    drop(Store::open(&folder.db()).unwrap());
    assert_eq!(std::fs::read_to_string(folder.0.join(".gitignore")).unwrap(), "*\n");
}

#[test]
fn trees_and_lists_need_no_payloads() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.db()).unwrap();
    store.ingest(&entries([Log { output: Some("out".into()), ..log("a", None, 1) }])).unwrap();
    rusqlite::Connection::open(folder.db()).unwrap().execute_batch("DROP TABLE payload; DROP TABLE content").unwrap();
    let tree = store.tree(store.latest_session().unwrap().unwrap().id).unwrap();
    assert_eq!(tree.nodes[0].log.output_preview.as_deref(), Some("out"));
}

#[test]
fn the_text_of_a_tree_fits_and_obeys_nobody() {
    let mut logs = vec![
        log("agent", None, 1_000),
        log("東京の天気を調べるツール🌦", Some("agent"), 2_000),
        log("\u{1b}[31mred", Some("agent"), 3_000),
    ];
    logs[1].output = Some("晴れ ".repeat(100));
    logs[2].outcome = Some(Outcome::Failed);
    logs[2].error = Some("no\u{7} bell, a\u{202e}nd a second line\nof it".into());
    let store = store(logs);
    let tree = store.tree(store.latest_session().unwrap().unwrap().id).unwrap();
    for width in [40, 50, 80, 200] {
        let drawn = text::tree(&tree, text::Style { width, color: false });
        assert!(!drawn.contains('\u{1b}') && !drawn.contains('\u{7}') && !drawn.contains('\u{202e}'), "{drawn:?}");
        for line in drawn.lines().skip(1) {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= width, "{line}");
        }
    }
    let drawn = text::tree(&tree, text::Style::default());
    let lines: Vec<&str> = drawn.lines().skip(1).collect();
    assert!(lines[0].starts_with("! agent ") && lines[0].ends_with("500 ms"), "{drawn}");
    assert!(lines[1].starts_with("✓ ├─ 東京の天気"), "{drawn}");
    assert!(lines[2].starts_with("✗ └─ \\u{1b}[31mred") && lines[2].contains("failed: no\\u{7} bell"), "{drawn}");
    assert!(text::tree(&tree, text::Style { width: 80, color: true }).contains("\u{1b}[31m"));
}
