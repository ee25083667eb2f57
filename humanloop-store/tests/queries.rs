//! Lists, filters, pages and sums: what the API and the viewer ask.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use humanloop_api::{
    Config, Entry, Feedback, Kind, Log, LogUpdate, Message, ModelConfig, Outcome, Timestamp, ToolConfig, id,
};
use humanloop_store::{
    Error, LogFilter, ProjectFilter, Prune, SearchFilter, SessionFilter, Sort, State, Store, What, Window,
};
use serde_json::Value;

fn tool(reference: &str, session: &str, project: &str, start: i64) -> Log {
    Log {
        project: Some(project.into()),
        reference_id: Some(reference.into()),
        session_reference_id: Some(session.into()),
        config: Some(Config::Tool(ToolConfig::new("search")).into()),
        inputs: Some([("q", format!("question {reference}"))].into_iter().collect()),
        output: Some(format!("answer {reference}")),
        created_at: Some(Timestamp(start)),
        duration: Some(0.5),
        ..Log::default()
    }
}

fn prompt(reference: &str, session: &str, model: &str, start: i64) -> Log {
    Log {
        config: Some(Config::Model(ModelConfig::new(model)).into()),
        prompt_tokens: Some(10),
        output_tokens: Some(5),
        prompt_cost: Some(0.001),
        ..tool(reference, session, "prompts", start)
    }
}

fn failed(log: Log) -> Log {
    Log { output: None, error: Some("timed out".into()), ..log }
}

fn entries(logs: impl IntoIterator<Item = Log>) -> Vec<Entry> {
    logs.into_iter().map(|log| Entry::Log(Box::new(log))).collect()
}

fn store(logs: impl IntoIterator<Item = Log>) -> Store {
    let mut store = Store::in_memory().unwrap();
    store.ingest(&entries(logs)).unwrap();
    store
}

/// Three sessions: a tool's, one with a failed prompt, one that runs.
fn three() -> Store {
    let running = Log { output: None, ..prompt("c1", "c", "gpt-5", 30) };
    store([tool("a1", "a", "tools", 10), failed(prompt("b1", "b", "gpt-4", 20)), tool("b2", "b", "tools", 21), running])
}

fn sessions(store: &Store, filter: SessionFilter) -> Vec<String> {
    let found = store.list_sessions(&filter, &Window::default()).unwrap();
    assert_eq!(store.count_sessions(&filter).unwrap(), found.len() as u64);
    found.into_iter().filter_map(|session| session.reference).collect()
}

fn logs(store: &Store, filter: LogFilter) -> Vec<String> {
    let rows = store.list_logs(&filter, &Window::default()).unwrap();
    let full = store.list_full_logs(&filter, &Window::default()).unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), full.iter().map(|log| log.id).collect::<Vec<_>>());
    assert_eq!(store.count_logs(&filter).unwrap(), rows.len() as u64);
    rows.into_iter().filter_map(|row| row.reference).collect()
}

fn project(store: &Store, name: &str) -> i64 {
    store.project_named(name).unwrap().unwrap().id
}

#[test]
fn sessions_are_filtered_by_each_condition_newest_first() {
    let store = three();
    let all = SessionFilter::default;
    assert_eq!(sessions(&store, all()), ["c", "b", "a"]);
    assert_eq!(sessions(&store, SessionFilter { project: Some(project(&store, "tools")), ..all() }), ["b", "a"]);
    assert_eq!(sessions(&store, SessionFilter { state: Some(State::Bad), ..all() }), ["b"]);
    assert_eq!(sessions(&store, SessionFilter { state: Some(State::Running), ..all() }), ["c"]);
    assert_eq!(sessions(&store, SessionFilter { state: Some(State::Ok), ..all() }), ["a"]);
    assert_eq!(sessions(&store, SessionFilter { kind: Some(Kind::Prompt), ..all() }), ["c", "b"]);
    assert_eq!(sessions(&store, SessionFilter { model: Some("gpt-4".into()), ..all() }), ["b"]);
    assert_eq!(sessions(&store, SessionFilter { text: Some("question B2".into()), ..all() }), ["b"]);
    assert_eq!(
        sessions(&store, SessionFilter { from: Some(Timestamp(20)), until: Some(Timestamp(20)), ..all() }),
        ["b"]
    );
    let tools = Some(project(&store, "tools"));
    assert_eq!(sessions(&store, SessionFilter { project: tools, kind: Some(Kind::Prompt), ..all() }), [""; 0]);
}

#[test]
fn a_list_goes_on_from_a_cursor_and_from_an_offset() {
    let store = store((0..25).map(|n| tool(&n.to_string(), &format!("s{n}"), "p", 7)));
    let mut window = Window::first(10);
    let mut seen = Vec::new();
    loop {
        let page = store.list_sessions(&SessionFilter::default(), &window).unwrap();
        let Some(last) = page.last() else { break };
        window.after = Some(last.cursor().to_string().parse().unwrap());
        seen.extend(page.into_iter().map(|session| session.id));
    }
    let all = store.list_sessions(&SessionFilter::default(), &Window::first(100)).unwrap();
    assert_eq!(seen, all.iter().map(|session| session.id).collect::<Vec<_>>());
    let second = Window { offset: 10, ..Window::first(10) };
    let rows = store.list_logs(&LogFilter::default(), &second).unwrap();
    let first = store.list_logs(&LogFilter::default(), &Window::first(10)).unwrap();
    let behind = Window { after: Some(first[9].cursor()), ..Window::first(10) };
    assert_eq!(rows, store.list_logs(&LogFilter::default(), &behind).unwrap());
}

#[test]
fn logs_are_filtered_by_each_condition_newest_first() {
    let mut store = three();
    let noted = Log { metadata: Some([("build", "nightly")].into_iter().collect()), ..tool("d1", "d", "tools", 40) };
    store.ingest(&entries([noted])).unwrap();
    let all = LogFilter::default;
    assert_eq!(logs(&store, all()), ["d1", "c1", "b2", "b1", "a1"]);
    assert_eq!(logs(&store, LogFilter { project: Some(project(&store, "tools")), ..all() }), ["d1", "b2", "a1"]);
    let session = store.find_session("b").unwrap().id;
    assert_eq!(logs(&store, LogFilter { session: Some(session), ..all() }), ["b2", "b1"]);
    assert_eq!(logs(&store, LogFilter { state: Some(State::Bad), ..all() }), ["b1"]);
    assert_eq!(logs(&store, LogFilter { kind: Some(Kind::Prompt), ..all() }), ["c1", "b1"]);
    assert_eq!(logs(&store, LogFilter { model: Some("gpt-5".into()), ..all() }), ["c1"]);
    assert_eq!(logs(&store, LogFilter { model: Some("none".into()), ..all() }), [""; 0]);
    assert_eq!(logs(&store, LogFilter { text: Some("ANSWER a1".into()), ..all() }), ["a1"]);
    assert_eq!(logs(&store, LogFilter { metadata: Some("night".into()), ..all() }), ["d1"]);
    let version = store.versions(project(&store, "tools")).unwrap()[0].config.clone();
    assert_eq!(logs(&store, LogFilter { config: Some(version), ..all() }), ["d1", "b2", "a1"]);
    assert_eq!(logs(&store, LogFilter { until: Some(Timestamp(20)), ..all() }), ["b1", "a1"]);
}

#[test]
fn each_entry_is_told_where_it_stands() {
    let mut store = Store::in_memory().unwrap();
    let log = tool("a", "s", "p", 1);
    let other = Log { inputs: Some([("q", "another")].into_iter().collect()), ..log.clone() };
    let feedback = Feedback { data_id: Some(id::of_reference("a").to_string()), ..Feedback::new("rating", "good") };
    let unset = Feedback { unset: Some(true), value: None, ..feedback.clone() };
    let update = |output: &str| {
        Entry::Update(Box::new(LogUpdate {
            reference_id: "a".into(),
            output: Some(output.into()),
            ..LogUpdate::default()
        }))
    };
    let early = Entry::Update(Box::new(LogUpdate { reference_id: "later".into(), ..LogUpdate::default() }));
    let mut batch = entries([log.clone(), log.clone(), other]);
    batch.extend([
        update("new"),
        update("new"),
        early,
        Entry::Feedback(Box::new(feedback)),
        Entry::Feedback(Box::new(unset)),
    ]);
    let placed = store.place(&batch).unwrap();
    let what: Vec<What> = placed.iter().map(|placed| placed.what).collect();
    let Some(What::Feedback(given)) = what.get(6) else { panic!("{what:?}") };
    assert_eq!(
        what,
        [
            What::New,
            What::Repeated,
            What::Conflict,
            What::Updated,
            What::Repeated,
            What::Early,
            What::Feedback(*given),
            What::Feedback(*given)
        ]
    );
    let full = store.log(id::of_reference("a")).unwrap().unwrap();
    assert_eq!((full.session, full.project), (placed[0].session, placed[0].project));
    assert_eq!((full.config.as_ref(), full.feedback.len()), (placed[0].config.as_ref(), 0));
    assert_eq!(full.log.output.as_deref(), Some("new"));
    // Sent again after its update, it is still the same log.
    assert_eq!(store.place(&entries([log])).unwrap()[0].what, What::Repeated);
}

#[test]
fn a_log_goes_to_the_project_and_config_that_it_names_by_id() {
    let mut store = Store::in_memory().unwrap();
    let project = store.create_project("mine").unwrap();
    let config = store.register_config(project.id, &ModelConfig::new("gpt-4").into()).unwrap();
    let log = Log {
        project: None,
        project_id: Some(format!("pr_{}", project.id)),
        config: None,
        config_id: Some(format!("config_{config}")),
        ..tool("a", "s", "", 1)
    };
    let placed = store.place(&entries([log])).unwrap().remove(0);
    assert_eq!((placed.project, placed.config.as_deref()), (project.id, Some(&config[..])));
    assert_eq!(store.deployed(project.id, None).unwrap().as_deref(), Some(&config[..]));
    assert_eq!(store.config(&config).unwrap().unwrap().config.name(), "gpt-4");
}

#[test]
fn projects_are_listed_renamed_and_deleted_and_their_ids_never_come_again() {
    let mut store = three();
    let filter = ProjectFilter { name: Some("TOO".into()), ..ProjectFilter::default() };
    let found = store.projects(&filter, &Window::default()).unwrap();
    assert_eq!((found.len(), found[0].logs, found[0].kind), (1, 2, Some(Kind::Tool)));
    let by_name = ProjectFilter { sort: Sort::Name, ascending: true, ..ProjectFilter::default() };
    let names = |store: &Store| {
        store
            .projects(&by_name, &Window::default())
            .unwrap()
            .into_iter()
            .map(|project| project.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&store), ["prompts", "tools"]);
    assert!(matches!(store.create_project("tools"), Err(Error::Taken { .. })));
    assert!(matches!(store.rename_project(found[0].id, "prompts"), Err(Error::Taken { .. })));
    assert_eq!(store.rename_project(found[0].id, "hammers").unwrap().name, "hammers");
    assert!(store.delete_project(found[0].id).unwrap());
    assert!(!store.delete_project(found[0].id).unwrap());
    assert_eq!(names(&store), ["prompts"]);
    assert_eq!(sessions(&store, SessionFilter::default()), ["c", "b"]);
    assert!(store.create_project("tools").unwrap().id > found[0].id);
    assert_eq!(store.doctor().unwrap().problems, [""; 0]);
}

#[test]
fn versions_add_up_their_logs() {
    let mut store = Store::in_memory().unwrap();
    let tool_of = |reference: &str, source: &str, start| {
        let config = ToolConfig { source_code: Some(source.into()), ..ToolConfig::new("search") };
        Log { config: Some(Config::Tool(config).into()), ..tool(reference, "s", "p", start) }
    };
    store.ingest(&entries([tool_of("1", "old", 1), failed(tool_of("2", "new", 2)), tool_of("3", "new", 9)])).unwrap();
    let versions = store.versions(project(&store, "p")).unwrap();
    let told: Vec<_> = versions
        .iter()
        .map(|version| {
            (version.body.source_code().unwrap(), version.logs, version.failed, version.first.0, version.last.0)
        })
        .collect();
    assert_eq!(told, [("new", 2, 1, 2, 9), ("old", 1, 0, 1, 1)]);
    assert_eq!(versions[0].mean_duration(), Some(500_000_000));
}

#[test]
fn configs_are_deployed_to_environments() {
    let mut store = Store::in_memory().unwrap();
    let project = store.create_project("p").unwrap().id;
    let first = store.register_config(project, &ModelConfig::new("a").into()).unwrap();
    let second = store.register_config(project, &ModelConfig::new("b").into()).unwrap();
    let staging = store.create_environment("staging").unwrap();
    store.deploy(project, &second, Some(staging.id)).unwrap();
    assert_eq!(store.deployed(project, None).unwrap(), Some(first));
    assert_eq!(store.deployed(project, Some(staging.id)).unwrap(), Some(second));
    assert!(store.undeploy(project, None).unwrap());
    assert_eq!(store.deployed(project, None).unwrap(), None);
    assert!(matches!(store.deploy(project, "config_0", None), Err(Error::Unknown { what: "config", .. })));
}

#[test]
fn the_compact_tree_holds_what_a_tree_shows_and_then_only_what_changed() {
    let mut store = three();
    let id = store.find_session("b").unwrap().id;
    let tree: Value = serde_json::from_str(&store.compact_tree(id).unwrap()).unwrap();
    let (rows, configs) = (tree["rows"].as_array().unwrap(), tree["configs"].as_array().unwrap());
    assert_eq!((rows.len(), configs.len()), (2, 2));
    let (first, config) = (&rows[0], &configs[rows[0][3].as_u64().unwrap() as usize]);
    assert_eq!((&config[1], &config[2], &config[3]), (&"gpt-4".into(), &"gpt-4".into(), &"prompts".into()));
    assert_eq!((&first[5], &first[6], &first[7], &first[8]), (&1.into(), &4.into(), &0.into(), &500_000_000.into()));
    assert_eq!((&first[10], &first[11], &first[12]), (&10.into(), &5.into(), &1_000_000.into()));
    assert_eq!((&first[13], &first[15], &first[16]), (&"question b1".into(), &"timed out".into(), &"b1".into()));
    assert_eq!((&tree["session"]["failed"], &tree["session"]["prompts"]), (&1.into(), &1.into()));

    let upto = tree["upto"].as_i64().unwrap();
    let later = |store: &Store| serde_json::from_str::<Value>(&store.session_changes_since(id, upto).unwrap()).unwrap();
    assert_eq!(later(&store)["rows"], Value::Array(Vec::new()));
    store.ingest(&entries([tool("b3", "b", "tools", 22)])).unwrap();
    let update = LogUpdate { reference_id: "b1".into(), output: Some("late".into()), ..LogUpdate::default() };
    store.ingest(&[Entry::Update(Box::new(update))]).unwrap();
    // It arrives last, and began first.
    store.ingest(&entries([tool("b0", "b", "tools", 1)])).unwrap();
    let changed: Vec<_> = later(&store)["rows"].as_array().unwrap().iter().map(|row| row[16].clone()).collect();
    assert_eq!(changed, ["b0", "b1", "b3"]);
}

#[test]
fn a_watcher_sees_the_sessions_that_changed() {
    let mut store = three();
    let start = store.changes_since(0).unwrap();
    assert_eq!((start.sessions.len(), start.upto), (3, store.mark().unwrap()));
    store.ingest(&entries([tool("a2", "a", "tools", 50)])).unwrap();
    let changes = store.changes_since(start.upto).unwrap();
    assert_eq!((changes.sessions.len(), changes.sessions[0].reference.as_deref()), (1, Some("a")));
    assert!(store.changes_since(changes.upto).unwrap().sessions.is_empty());
}

#[test]
fn what_is_not_in_the_index_is_found_by_its_first_words() {
    let store = three();
    let found = store.search("timed OUT", &SearchFilter::default(), 10).unwrap();
    assert_eq!(found.rows.iter().map(|row| row.reference.as_deref()).collect::<Vec<_>>(), [Some("b1")]);
    assert!(!found.complete);
    let session = store.find_session("b").unwrap().id;
    assert_eq!(store.search_session(session, "answer").unwrap(), [id::of_reference("b2")]);
    assert!(store.search("% _ \" '", &SearchFilter::default(), 10).unwrap().rows.is_empty());
}

#[test]
fn a_chat_history_is_kept_message_by_message_and_comes_back_as_it_was() {
    let mut messages = Vec::new();
    let mut logs = Vec::new();
    for turn in 0..40 {
        messages.push(Message::user(format!("turn {turn} \"quoted\" ünï ").repeat(40)));
        logs.push(Log { messages: Some(messages.clone()), ..prompt(&turn.to_string(), "s", "m", turn) });
    }
    let store = store(logs.clone());
    for (turn, log) in logs.iter().enumerate() {
        assert_eq!(store.find_log(&turn.to_string()).unwrap().messages, log.messages);
    }
    // 40 messages and 40 lists of them, not 820 messages.
    let report = store.doctor().unwrap();
    assert_eq!((report.payloads, report.problems), (80, Vec::new()));
}

#[test]
fn deleting_puts_the_sums_right_and_leaves_nothing() {
    let mut store = three();
    let long = Log { output: Some("long ".repeat(1_000)), ..tool("b4", "b", "tools", 22) };
    store.ingest(&entries([long])).unwrap();
    assert_eq!(store.doctor().unwrap().payloads, 1);
    assert_eq!(store.delete_logs(&[id::of_reference("b1"), id::of_reference("b4"), id::new()]).unwrap(), 2);
    let report = store.doctor().unwrap();
    assert_eq!((report.payloads, report.problems), (0, Vec::new()));
    let session = store.find_session("b").unwrap();
    assert_eq!((session.logs, session.failed, session.first.0, session.input_tokens), (1, 0, 21, 0));
    assert!(store.delete_session(session.id).unwrap() && !store.delete_session(session.id).unwrap());
    assert_eq!(sessions(&store, SessionFilter::default()), ["c", "a"]);
    assert_eq!(store.doctor().unwrap().problems, [""; 0]);
    // What was deleted may come again.
    assert_eq!(store.ingest(&entries([tool("b2", "b", "tools", 21)])).unwrap().logs, 1);
}

#[test]
fn pruning_deletes_the_oldest_sessions_and_none_that_runs() {
    let mut store = three();
    let pruned = store.prune(Prune { older_than: Some(Timestamp(i64::MAX)), ..Prune::default() }).unwrap();
    assert_eq!((pruned.sessions, pruned.logs), (2, 3));
    assert_eq!(sessions(&store, SessionFilter::default()), ["c"]);

    // Texts that do not shrink when they are compressed.
    let noise = |n: i64| (0..400).map(|at| name_of(n * 400 + at)).collect::<String>();
    let big = (0..200).map(|n| Log { output: Some(noise(n)), ..tool(&n.to_string(), &format!("s{n}"), "p", n) });
    let mut store = self::store(big);
    let before = store.prune(Prune::default()).unwrap();
    assert_eq!((before.sessions, before.bytes_before), (0, before.bytes_after));
    let keep = before.bytes_before / 2;
    let pruned = store.prune(Prune { keep_bytes: Some(keep), ..Prune::default() }).unwrap();
    assert!(pruned.bytes_after <= keep && pruned.sessions < 190, "{pruned:?}");
    assert!(store.find_log("199").is_ok() && store.find_log("0").is_err());
    assert_eq!(store.doctor().unwrap().problems, [""; 0]);
}

fn name_of(n: i64) -> String {
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, &n.to_be_bytes()).simple().to_string()
}

#[test]
fn no_number_is_too_big_to_be_added_up() {
    let huge = |reference: &str| Log {
        prompt_tokens: Some(u64::MAX),
        output_tokens: Some(u64::MAX),
        prompt_cost: Some(f64::MAX),
        duration: Some(f64::INFINITY),
        created_at: Some(Timestamp(i64::MAX)),
        sequence: Some(u64::MAX),
        outcome: Some(Outcome::Ok),
        ..tool(reference, "s", "p", 1)
    };
    let mut store = store([huge("a"), huge("b")]);
    store
        .ingest(&entries([Log { duration: Some(f64::NAN), created_at: Some(Timestamp(i64::MIN)), ..huge("c") }]))
        .unwrap();
    let session = store.find_session("s").unwrap();
    assert_eq!(session.logs, 3);
    store.compact_tree(session.id).unwrap();
    assert_eq!(store.doctor().unwrap().problems, [""; 0]);
}
