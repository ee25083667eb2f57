//! Short texts are kept once, though their first words stand in the log's row: whatever they are, they are given back as they came.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use humanloop_api::{Entry, Log, LogUpdate, Object, Outcome, OutputFormat, Timestamp, id, raw};
use humanloop_store::Store;

const WORDS: &str = "thirty-one words that say little";

fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        WORDS.to_owned(),
        format!("  {WORDS}\n"),
        format!("\u{a0}{WORDS} "),
        format!("{WORDS}  {WORDS}"),
        format!("{WORDS}\n{WORDS}"),
        format!("\"{WORDS}\""),
        format!("\"{WORDS} \\\" \""),
        format!("{{\"a\":\"{WORDS}\"}}"),
        format!("{{\"a\":\" {WORDS}\",\"b\":\"{WORDS}\"}}"),
        format!("äöü «{WORDS}» 日本語 🙂"),
        format!("\u{85}\u{2028}{WORDS}\u{85}"),
        "x".repeat(300),
        "x".repeat(301),
        "日".repeat(100),
        "short".into(),
        " ".into(),
        String::new(),
    ]
    .into();
    texts.extend((190..210).map(|length| "a word ".chars().cycle().take(length).collect()));
    texts
}

fn inputs(text: &str) -> Vec<Object> {
    let one = |key: &str| [(key, text)].into_iter().collect();
    let value = |json: &str| raw(json).unwrap();
    let mut two: Object = [("first", text)].into_iter().collect();
    two.insert("second", &value(r#""\u00e4 \":\"""#));
    let mut left_out = Object::default();
    left_out.insert("secret", &value(r#"{"$skipped":true}"#));
    left_out.insert("q", text);
    vec![one("question"), one("a\":\"b"), one(WORDS), two, left_out]
}

#[test]
fn short_texts_are_given_back_as_they_came() {
    let mut store = Store::in_memory().unwrap();
    let mut logs = Vec::new();
    for text in texts() {
        for format in [None, Some(OutputFormat::Text), Some(OutputFormat::Json)] {
            for inputs in inputs(&text) {
                logs.push(Log {
                    reference_id: Some(format!("r{}", logs.len())),
                    session_reference_id: Some("s".into()),
                    inputs: Some(inputs),
                    output: Some(text.clone()),
                    output_format: format,
                    error: Some(text.clone()),
                    created_at: Some(Timestamp(logs.len() as i64)),
                    ..Log::default()
                });
            }
        }
    }
    let entries: Vec<Entry> = logs.iter().map(|log| Entry::Log(Box::new(log.clone()))).collect();
    assert_eq!(store.ingest(&entries).unwrap().logs, logs.len());
    for log in &logs {
        let kept = store.log(id::of_reference(log.reference_id.as_deref().unwrap())).unwrap().unwrap().log;
        assert_eq!((&kept.inputs, &kept.output, &kept.error), (&log.inputs, &log.output, &log.error));
    }
    let session = store.latest_session().unwrap().unwrap().id;
    assert_eq!(store.session_first_inputs(session).unwrap(), logs[0].inputs);
    assert_eq!(store.session_last_output(session).unwrap(), logs.last().unwrap().output);
    assert_eq!(store.ingest(&entries).unwrap().repeated, logs.len());
    assert_eq!(store.doctor().unwrap().problems, [""; 0]);
}

#[test]
fn an_update_changes_the_first_words_and_keeps_the_text_whole() {
    let mut store = Store::in_memory().unwrap();
    let json = format!("\"{WORDS} and more\"");
    let log = Log {
        reference_id: Some("a".into()),
        output: Some(json.clone()),
        outcome: Some(Outcome::Ok),
        ..Log::default()
    };
    store.ingest(&[Entry::Log(Box::new(log))]).unwrap();
    let output = |store: &Store| {
        let log = store.log(id::of_reference("a")).unwrap().unwrap().log;
        assert_eq!(store.doctor().unwrap().problems, [""; 0]);
        log.output.unwrap()
    };
    let mut update = |update: LogUpdate| {
        let update = LogUpdate { reference_id: "a".into(), ..update };
        let ingested = store.ingest(&[Entry::Update(Box::new(update))]).unwrap();
        (ingested.updated, ingested.repeated, output(&store))
    };
    let said = |text: &str| LogUpdate { output: Some(text.into()), ..LogUpdate::default() };
    assert_eq!(update(said(&json)), (0, 1, json.clone()));
    // The same text, of which the first words are others now.
    let as_json = LogUpdate { output_format: Some(OutputFormat::Json), ..said(&json) };
    assert_eq!(update(as_json.clone()), (1, 0, json.clone()));
    assert_eq!(update(as_json), (0, 1, json.clone()));
    for text in [" ", "", &format!("{WORDS} at last"), WORDS] {
        assert_eq!(update(said(text)), (1, 0, text.to_owned()));
    }
    assert_eq!(update(LogUpdate { error: Some("e".into()), ..LogUpdate::default() }), (1, 0, WORDS.to_owned()));
}
