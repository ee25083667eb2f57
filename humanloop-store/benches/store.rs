//! How fast the store takes logs in and answers: `cargo bench -p humanloop-store`.
//!
//! Ingest takes turns with plain appends of the same logs as JSON to a file, made durable every 20 ms: the ratio within one run
//! means something, single times on a shared machine do not. The questions are asked of a store of 1,000,000 logs
//! (`HUMANLOOP_BENCH_LOGS`), warm: the median of 21, and the least, which is what others on the machine leave.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that cannot run gives no figures")]

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use humanloop_api::{Config, Entry, Log, ModelConfig, Outcome, Timestamp, ToolConfig, id};
use humanloop_store::{Indexer, LogFilter, ProjectFilter, Reader, SearchFilter, SessionFilter, State, Store, Window};

const ROUNDS: usize = 5;
const LOGS: usize = 60_000;
const BATCH: usize = 1_000;
/// Sessions that run at the same time.
const SESSIONS: usize = 64;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("humanloop-bench-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Logs like those of an agent: 20 functions, two in a hundred fail, one in two hundred calls a rare model; about 1 kB of JSON.
struct Source {
    configs: Vec<Arc<Config>>,
    n: usize,
    seed: u64,
    sessions: Vec<(String, usize, String)>,
    made: usize,
    /// Logs of the next sessions.
    sizes: fn(usize) -> usize,
}

impl Source {
    fn new(sizes: fn(usize) -> usize) -> Self {
        let source = "let found = client.get(url).send().await?; ".repeat(5);
        let tool =
            |n: usize| ToolConfig { source_code: Some(format!("{source}{n}")), ..ToolConfig::new(format!("tool {n}")) };
        let model = |name: &str| Config::Model(ModelConfig { temperature: Some(0.0), ..ModelConfig::new(name) });
        let mut configs: Vec<Arc<Config>> = (0..18).map(|n| Arc::new(tool(n).into())).collect();
        configs.extend([model("gpt-5"), model("rare-model")].map(Arc::new));
        Self { configs, n: 0, seed: 1, sessions: Vec::new(), made: 0, sizes }
    }

    fn random(&mut self, below: usize) -> usize {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) as usize % below
    }

    /// Words of which some are common and some are rare.
    fn words(&mut self, count: usize) -> String {
        let mut text = String::new();
        for _ in 0..count {
            let most = 1 << self.random(16);
            let word = self.random(most);
            text.push_str(&format!("word{word} "));
        }
        text
    }

    fn log(&mut self) -> Log {
        self.n += 1;
        if self.sessions.len() < SESSIONS {
            let size = (self.sizes)(self.made);
            self.made += 1;
            self.sessions.push((id::new().to_string(), size, String::new()));
        }
        let at = self.random(self.sessions.len());
        let reference = id::new().to_string();
        let (session, left, root) = &mut self.sessions[at];
        let parent = (!root.is_empty()).then(|| root.clone());
        if root.is_empty() {
            root.clone_from(&reference);
        }
        *left -= 1;
        let session_id = session.clone();
        if *left == 0 {
            self.sessions.swap_remove(at);
        }
        let which = if self.n.is_multiple_of(200) { 19 } else { self.random(19) };
        let failed = self.random(50) == 0;
        Log {
            project: Some(format!("project {}", which % 5)),
            session_reference_id: Some(session_id),
            parent_reference_id: parent,
            reference_id: Some(reference),
            inputs: Some([("question", self.words(18))].into_iter().collect()),
            output: (!failed).then(|| self.words(18)),
            error: failed.then(|| "timed out after 30 s".into()),
            outcome: Some(if failed { Outcome::Failed } else { Outcome::Ok }),
            duration: Some(0.25),
            created_at: Some(Timestamp(1_700_000_000_000_000_000 + self.n as i64 * 1_000_000)),
            prompt_tokens: Some(120),
            output_tokens: Some(30),
            config: Some(self.configs[which].clone()),
            ..Log::default()
        }
    }

    fn batch(&mut self) -> Vec<Entry> {
        (0..BATCH).map(|_| Entry::Log(Box::new(self.log()))).collect()
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return; // `cargo test --benches` has nothing to learn here
    }
    ingest();
    questions();
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

fn ingest() {
    let (mut appends, mut stores, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut source = Source::new(|n| 5 + n * 7 % 90);
        let batches: Vec<Vec<Entry>> = (0..LOGS / BATCH).map(|_| source.batch()).collect();
        let folder = Folder::new();
        let append = LOGS as f64 / append(&folder, &batches).as_secs_f64();
        let mut store = Store::open(&folder.0.join("logs.db")).unwrap();
        let begun = Instant::now();
        for batch in &batches {
            store.ingest(batch).unwrap();
        }
        let ingest = LOGS as f64 / begun.elapsed().as_secs_f64();
        appends.push(append);
        stores.push(ingest);
        ratios.push(ingest / append);
    }
    let spread =
        |values: &[f64]| (values.iter().copied().fold(f64::MAX, f64::min), values.iter().copied().fold(0.0, f64::max));
    let (least, most) = spread(&ratios);
    println!("ingest, {ROUNDS} rounds of {LOGS} logs in batches of {BATCH}, medians");
    println!("  plain appends as JSON  {:>9.0} logs/s", median(appends));
    println!("  store                  {:>9.0} logs/s", median(stores));
    println!("  ratio                  {:>9.3} ({least:.3} to {most:.3}); wanted: 0.25", median(ratios));
}

/// The same logs as lines of JSON, on disk every 20 ms.
fn append(folder: &Folder, batches: &[Vec<Entry>]) -> Duration {
    let mut file = File::create(folder.0.join("logs.jsonl")).unwrap();
    let mut lines = Vec::new();
    let begun = Instant::now();
    let mut synced = Instant::now();
    for entry in batches.iter().flatten() {
        if let Entry::Log(log) = entry {
            serde_json::to_writer(&mut lines, log).unwrap();
            lines.push(b'\n');
        }
        if synced.elapsed() >= Duration::from_millis(20) {
            file.write_all(&lines).unwrap();
            file.sync_data().unwrap();
            lines.clear();
            synced = Instant::now();
        }
    }
    file.write_all(&lines).unwrap();
    file.sync_data().unwrap();
    begun.elapsed()
}

fn questions() {
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
        store.ingest(&source.batch()).unwrap();
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
    println!("{} sessions; one question each, in ms: median and least of 21, and how many were found", all.len());
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
    let times = (0..21).map(|_| {
        let begun = Instant::now();
        question();
        begun.elapsed().as_secs_f64() * 1e3
    });
    let times: Vec<f64> = times.collect();
    let least = times.iter().copied().fold(f64::MAX, f64::min);
    println!("  {what:<36}{:>9.2}{least:>9.2}  ({answer})", median(times));
}
