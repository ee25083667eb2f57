//! Ingest over HTTP in posts of 100 logs beside the same store taken directly, both from 8 callers, in turns of one run.
//!
//! `cargo bench -p humanloop-server --bench ingest`; on Linux it also says how long the server takes to start, and how
//! much memory it has when it does nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark ends by panicking")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use humanloop_api::{Config, Entry, Log, Message, ModelConfig, Outcome, id};
use humanloop_store::Writer;

const CALLERS: usize = 8;
const LOGS: usize = 100;
const POSTS: usize = 25;
const TURNS: usize = 4;

fn main() {
    let folder = std::env::temp_dir().join(format!("humanloop-ingest-{}", id::new()));
    std::fs::create_dir_all(&folder).unwrap();
    let begun = Instant::now();
    let (mut server, url) = serve(&folder);
    println!("start to the line that says where: {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
    thread::sleep(Duration::from_secs(2));
    println!("idle memory: {}", memory(server.id()));

    let writer = Writer::open(&folder.join("direct.db")).unwrap();
    let (mut direct, mut served) = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        direct.push(rate(|batch| drop(writer.ingest_and_wait(entries(batch)).unwrap())));
        served.push(rate_of_server(&url));
        let (direct, served) = (direct[turn], served[turn]);
        println!("turn {turn}: direct {direct:.0} logs/s, HTTP {served:.0} logs/s, ratio {:.2}", served / direct);
    }
    let median = |rates: &mut Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        (rates[TURNS / 2 - 1] + rates[TURNS / 2]) / 2.0
    };
    println!(
        "median ratio {:.2}; memory afterwards: {}",
        median(&mut served) / median(&mut direct),
        memory(server.id())
    );
    server.kill().unwrap();
    server.wait().unwrap();
    let _ = std::fs::remove_dir_all(&folder);
}

/// Logs a second of all callers; `send` takes one batch and waits until it is on disk.
fn rate(send: impl Fn(Vec<Log>) + Sync) -> f64 {
    let batches: Vec<Vec<Vec<Log>>> = (0..CALLERS).map(|_| (0..POSTS).map(|_| batch()).collect()).collect();
    let begun = Instant::now();
    thread::scope(|scope| {
        for batches in batches {
            scope.spawn(|| batches.into_iter().for_each(&send));
        }
    });
    (CALLERS * POSTS * LOGS) as f64 / begun.elapsed().as_secs_f64()
}

/// As [`rate`]: the bodies are written before the clock runs, as they are for the other side.
fn rate_of_server(url: &str) -> f64 {
    let bodies: Vec<Vec<String>> =
        (0..CALLERS).map(|_| (0..POSTS).map(|_| serde_json::to_string(&batch()).unwrap()).collect()).collect();
    let client = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
    let begun = Instant::now();
    thread::scope(|scope| {
        for bodies in bodies {
            scope.spawn(|| {
                for body in bodies {
                    let answer = client.post(format!("{url}/v4/logs")).body(body).send().unwrap();
                    assert!(answer.status().is_success(), "{}", answer.text().unwrap());
                    answer.bytes().unwrap();
                }
            });
        }
    });
    (CALLERS * POSTS * LOGS) as f64 / begun.elapsed().as_secs_f64()
}

fn entries(logs: Vec<Log>) -> Vec<Entry> {
    logs.into_iter().map(|log| Entry::Log(Box::new(log))).collect()
}

/// A session of one root and its children, about 1 kB a log.
fn batch() -> Vec<Log> {
    let (session, root) = (id::new().to_string(), id::new().to_string());
    let log = |n: usize| Log {
        project: Some("bench".into()),
        session_reference_id: Some(session.clone()),
        reference_id: Some(if n == 0 { root.clone() } else { id::new().to_string() }),
        parent_reference_id: (n > 0).then(|| root.clone()),
        inputs: Some(
            [("question", format!("Which country won in the year {n}? {}", "word ".repeat(50)))].into_iter().collect(),
        ),
        messages: Some(vec![Message::user(format!("{n} {}", "said ".repeat(60)))]),
        output: Some(format!("{n} {}", "answer ".repeat(30))),
        duration: Some(0.25),
        prompt_tokens: Some(100),
        output_tokens: Some(20),
        outcome: Some(Outcome::Ok),
        created_at: Some(humanloop_api::Timestamp::now()),
        config: Some(Config::Model(ModelConfig::new("gpt-4")).into()),
        ..Log::default()
    };
    (0..LOGS).map(log).collect()
}

fn serve(folder: &Path) -> (Child, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_humanloop"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--db"]).arg(folder.join("served.db"));
    let mut child = command.env_remove("HUMANLOOP_API_KEY").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_owned();
    (child, url)
}

fn memory(process: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    resident.map_or("not known here".into(), |text| text.trim().to_owned())
}
