//! How long the store takes to answer.

use std::time::Instant;

use humanloop_store::{Indexer, LogFilter, ProjectFilter, Reader, SearchFilter, SessionFilter, State, Store, Window};

use crate::source::Source;
use crate::{Folder, median, on_processor};

/// Logs in a commit while the store is filled.
const BATCH: usize = 1_000;
/// How often each question is asked.
const ASKED: usize = 101;

pub(crate) fn questions() {
    let logs: usize =
        std::env::var("HUMANLOOP_BENCH_LOGS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let folder = Folder::new();
    let path = folder.0.join("logs.db");
    let mut store = Store::open(&path).unwrap();
    // One session of 50,000 that spreads over all of it, some of 1,000, the others about 45.
    let mut source = Source::new(|n| match n {
        0 => 50_000,
        n if n % 1_000 == 7 => 1_000,
        n => 5 + n * 7 % 85,
    });
    let begun = Instant::now();
    for _ in 0..logs / BATCH {
        store.ingest(&source.batch(BATCH)).unwrap();
    }
    println!("\n{logs} logs taken in, {:.0} logs/s with making them up", logs as f64 / begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let mut indexer = Indexer::open(&path).unwrap();
    while indexer.step(10_000).unwrap() > 0 {}
    println!("search index filled, {:.0} logs/s", logs as f64 / begun.elapsed().as_secs_f64());
    drop((store, indexer));

    let reader = Reader::open(&path).unwrap();
    let all = reader.list_sessions(&SessionFilter::default(), &Window::first(usize::MAX)).unwrap();
    let biggest = all.iter().max_by_key(|session| session.logs).unwrap();
    let thousand = all.iter().min_by_key(|session| session.logs.abs_diff(1_000)).unwrap();
    let page = Window::default();
    let project = reader.projects(&ProjectFilter::default(), &Window::first(1)).unwrap()[0].id;
    let version = reader.versions(project).unwrap()[0].config.clone();
    let some = reader.list_logs(&LogFilter::default(), &Window::first(1)).unwrap()[0].id;
    println!(
        "{} sessions; one question each, in ms of the clock and of the processor: median and mean of {ASKED}, and how many were found",
        all.len()
    );
    let sessions = |filter: SessionFilter| {
        let (reader, page) = (&reader, &page);
        move || reader.list_sessions(&filter, page).unwrap().len()
    };
    let listed = |filter: LogFilter| {
        let (reader, page) = (&reader, &page);
        move || reader.list_logs(&filter, page).unwrap().len()
    };
    let search = |text: &'static str| {
        let reader = &reader;
        move || reader.search(text, &SearchFilter::default(), 50).unwrap().rows.len()
    };
    let any = SessionFilter::default;
    let every = LogFilter::default;
    let of = LogFilter { project: Some(project), ..every() };
    let rare = || Some("rare-model".to_owned());
    ask("sessions", sessions(any()));
    ask("sessions of a project", sessions(SessionFilter { project: Some(project), ..any() }));
    ask("sessions with errors", sessions(SessionFilter { state: Some(State::Bad), ..any() }));
    ask("sessions that run (none)", sessions(SessionFilter { state: Some(State::Running), ..any() }));
    ask("sessions of a rare model", sessions(SessionFilter { model: rare(), ..any() }));
    ask("sessions with a rare word", sessions(SessionFilter { text: Some("word31999".into()), ..any() }));
    ask("sessions with a common word", sessions(SessionFilter { text: Some("word1".into()), ..any() }));
    ask("count of a project's sessions", || {
        reader.count_sessions(&SessionFilter { project: Some(project), ..any() }).unwrap() as usize
    });
    ask("logs of a project", listed(of.clone()));
    ask("… that failed", listed(LogFilter { state: Some(State::Bad), ..of.clone() }));
    ask("… of a rare model", listed(LogFilter { model: rare(), ..every() }));
    ask("… of a rare model that failed", listed(LogFilter { model: rare(), state: Some(State::Bad), ..every() }));
    ask("… of a model that never occurs", listed(LogFilter { model: Some("none".into()), ..every() }));
    ask("… of a version", listed(LogFilter { config: Some(version), ..every() }));
    ask("… of a project with a rare word", listed(LogFilter { text: Some("word31999".into()), ..of.clone() }));
    ask("… of a project with a common word", listed(LogFilter { text: Some("word1".into()), ..of.clone() }));
    ask("logs of a project in full", || reader.list_full_logs(&of, &page).unwrap().len());
    ask("count of a project's logs", || reader.count_logs(&of).unwrap() as usize);
    ask("versions of a project", || reader.versions(project).unwrap().len());
    ask("projects", || reader.projects(&ProjectFilter::default(), &page).unwrap().len());
    ask("one log in full", || usize::from(reader.log(some).unwrap().is_some()));
    ask("changes of the last log", || reader.changes_since(reader.mark().unwrap() - 1).unwrap().sessions.len());
    ask("search, a rare word", search("word31999 "));
    ask("search, a common word", search("word1"));
    ask("search, two words", search("word1 word2"));
    ask("search in 1,000", || reader.search_session(thousand.id, "word77").unwrap().len());
    ask(&format!("tree of {}, as JSON", thousand.logs), || reader.compact_tree(thousand.id).unwrap().len());
    ask(&format!("tree of {}, as JSON", biggest.logs), || reader.compact_tree(biggest.id).unwrap().len());
}

fn ask(what: &str, question: impl Fn() -> usize) {
    let answer = question();
    let (mut clock, before) = (Vec::new(), on_processor());
    for _ in 0..ASKED {
        let begun = Instant::now();
        question();
        clock.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    // Known to some milliseconds, so of all together.
    let processor = on_processor().saturating_sub(before).as_secs_f64() * 1e3 / ASKED as f64;
    println!("  {what:<36}{:>9.2}{processor:>9.2}  ({answer})", median(clock));
}
