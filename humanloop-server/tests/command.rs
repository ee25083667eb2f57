//! The command, run as a program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use humanloop_api::{Config, Entry, Log, Outcome, Timestamp, ToolConfig};
use humanloop_store::Store;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn log(reference: &str, parent: Option<&str>, start: i64) -> Log {
    Log {
        project: Some("p".into()),
        reference_id: Some(reference.into()),
        parent_reference_id: parent.map(Into::into),
        session_reference_id: Some("order 4711".into()),
        config: Some(
            Config::Tool(ToolConfig {
                source_code: Some(format!("fn {reference}() {{}}")),
                ..ToolConfig::new(reference)
            })
            .into(),
        ),
        inputs: Some([("q", "Who won?")].into_iter().collect()),
        output: Some("Sweden".into()),
        created_at: Some(Timestamp(1_700_000_000_000_000_000 + start)),
        duration: Some(0.412),
        ..Log::default()
    }
}

/// A store with these logs, in a folder that is gone afterwards.
fn store(logs: Vec<Log>) -> Folder {
    let folder = Folder(std::env::temp_dir().join(format!("humanloop-command-{}", uuid::Uuid::new_v4())));
    let mut store = Store::open(&folder.0.join(".humanloop/humanloop.db")).unwrap();
    store.ingest(&logs.into_iter().map(|log| Entry::Log(Box::new(log))).collect::<Vec<_>>()).unwrap();
    folder
}

fn humanloop(folder: &Folder, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_humanloop"));
    command.args(arguments).current_dir(&folder.0).env_remove("HUMANLOOP_DB").env("TZ", "UTC").env("COLUMNS", "80");
    command.output().unwrap()
}

fn shown(folder: &Folder, arguments: &[&str]) -> String {
    let output = humanloop(folder, arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What is said when it goes wrong, and the exit code.
fn refused(folder: &Folder, arguments: &[&str]) -> (String, Option<i32>) {
    let output = humanloop(folder, arguments);
    assert!(output.stdout.is_empty(), "{output:?}");
    (String::from_utf8(output.stderr).unwrap(), output.status.code())
}

fn agent() -> Folder {
    let failed = Log { output: None, error: Some("timed out".into()), ..log("search", Some("agent"), 1_000) };
    store(vec![log("agent", None, 0), failed, log("answer", Some("agent"), 2_000)])
}

#[test]
fn show_draws_the_latest_session_in_80_columns() {
    let drawn = shown(&agent(), &["show"]);
    let (header, tree) = drawn.split_once('\n').unwrap();
    assert!(header.contains(" · order 4711 · 2023-11-14 22:13:20 · 412 ms · 3 logs · 1 failed"), "{header}");
    assert_eq!(
        tree,
        "! agent     Who won? → Sweden                                             412 ms\n\
         ✗ ├─ search failed: timed out                                             412 ms\n\
         ✓ └─ answer Who won? → Sweden                                             412 ms\n"
    );
}

#[test]
fn sessions_are_listed_in_80_columns() {
    let listed = shown(&agent(), &["sessions"]);
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines[0].starts_with("SESSION ") && lines.len() == 2, "{listed}");
    assert!(lines[1].contains("2023-11-14 22:13:20    412 ms     3      1  Who won? → Sweden"), "{listed}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{listed}");
    let json: serde_json::Value = serde_json::from_str(&shown(&agent(), &["sessions", "--json"])).unwrap();
    assert_eq!(
        (&json["reference_id"], &json["datapoints_count"], &json["failed"]),
        (&"order 4711".into(), &3.into(), &1.into())
    );
}

#[test]
fn a_session_is_found_by_reference_and_short_id() {
    let folder = agent();
    let drawn = shown(&folder, &["show"]);
    let short = drawn.split_whitespace().nth(1).unwrap();
    assert_eq!(shown(&folder, &["show", short]), drawn);
    assert_eq!(shown(&folder, &["show", "order 4711"]), drawn);
}

#[test]
fn a_log_is_shown_in_full() {
    let shown = shown(&agent(), &["show", "--log", "search"]);
    for part in [
        "search  tool · failed",
        "project   p",
        "Error\n  timed out\n",
        "Inputs\n  q: Who won?\n",
        "Source\n  fn search() {}\n",
    ] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
}

#[test]
fn json_nests_the_logs() {
    let json: serde_json::Value = serde_json::from_str(&shown(&agent(), &["show", "--json"])).unwrap();
    let logs = json["logs"].as_array().unwrap();
    assert_eq!((logs.len(), &logs[0]["reference_id"]), (1, &"agent".into()));
    let children = logs[0]["children"].as_array().unwrap();
    assert_eq!((&children[0]["error"], &children[1]["output"]), (&"timed out".into(), &"Sweden".into()));
    assert_eq!(children[1]["children"], serde_json::json!([]));

    let roots: serde_json::Value =
        serde_json::from_str(&shown(&store(vec![log("a", None, 0), log("b", None, 1)]), &["show", "--json"])).unwrap();
    assert_eq!(roots["logs"].as_array().unwrap().len(), 2);
}

#[test]
fn a_deep_session_is_shown_and_printed() {
    let deep = (0..5_000).map(|n: i64| log(&n.to_string(), (n > 0).then(|| (n - 1).to_string()).as_deref(), n));
    let folder = store(deep.collect());
    assert_eq!(shown(&folder, &["show"]).lines().count(), 5_001);
    let json = shown(&folder, &["show", "--json"]);
    assert!(json.ends_with(&format!("{}]}}\n", "]}".repeat(5_000))), "{}", &json[json.len() - 100..]);
}

#[test]
fn what_is_not_there_is_said_with_what_to_do() {
    let folder = agent();
    let unknown =
        ("humanloop: there is no session `nope`: `humanloop sessions` lists what there is\n".to_owned(), Some(1));
    assert_eq!(refused(&folder, &["show", "nope"]), unknown);
    let (told, code) = refused(&folder, &["show", "--log", "nope"]);
    assert!(told.contains("there is no log `nope`") && code == Some(1), "{told}");
    let (told, code) = refused(&folder, &["show", "--db", "elsewhere.db"]);
    assert!(
        told.starts_with("humanloop: no logs yet at elsewhere.db: run a program with") && code == Some(1),
        "{told}"
    );
    assert!(!folder.0.join("elsewhere.db").exists());
    let (told, code) = refused(&folder, &["shwo"]);
    assert!(told.contains("show") && code == Some(2), "{told}");
}

#[test]
fn without_a_terminal_there_is_no_colour() {
    assert!(!shown(&agent(), &["show"]).contains('\u{1b}'));
    assert!(!shown(&agent(), &["show", "--log", "search"]).contains('\u{1b}'));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = store((0..20_000).map(|n: i64| log(&n.to_string(), None, n)).collect());
    let mut command = Command::new(env!("CARGO_BIN_EXE_humanloop"));
    let command = command
        .arg("show")
        .current_dir(&folder.0)
        .env_remove("HUMANLOOP_DB")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn an_interrupted_call_is_no_success() {
    let running = Log { output: None, outcome: Some(Outcome::Interrupted), ..log("agent", None, 0) };
    let drawn = shown(&store(vec![running]), &["show"]);
    assert!(drawn.contains("✗ agent") && drawn.contains("interrupted: Who won?"), "{drawn}");
}
