//! Taking logs in beside plain appends of the same logs as JSON, both on disk every 20 ms.
//!
//! Each way is handed the same batches of logs, makes what it writes of them and lets go of them, all of which counts; and each is
//! over when the last log is on disk.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use humanloop_api::Entry;
use humanloop_store::{Store, Writer};

use crate::source::Source;
use crate::{Folder, median, on_processor};

const ROUNDS: usize = 9;
const LOGS: usize = 60_000;
/// Logs that come at a time: one thread takes about 20 ms for them, and then commits.
const BATCH: usize = 2_000;

/// One way to keep batches of logs, in a folder of its own.
type Way = fn(&Folder, Vec<Vec<Entry>>) -> Took;

/// What a way of keeping the logs took.
struct Took {
    clock: Duration,
    /// Of all processors.
    processor: Duration,
}

impl Took {
    fn by(work: impl FnOnce()) -> Self {
        let (begun, processor) = (Instant::now(), on_processor());
        work();
        Self { clock: begun.elapsed(), processor: on_processor().saturating_sub(processor) }
    }
}

pub(crate) fn ingest() {
    let ways: [(&str, Way); 3] =
        [("plain appends as JSON", append), ("store, one thread", directly), ("store, writer's thread", by_writer)];
    let mut rates = [const { Vec::new() }; 3];
    let mut ratios = [const { Vec::new() }; 3];
    let mut processor = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (at, (_, way)) in ways.iter().enumerate() {
            let mut source = Source::new(|n| 5 + n * 7 % 90);
            let batches: Vec<Vec<Entry>> = (0..LOGS / BATCH).map(|_| source.batch(BATCH)).collect();
            let took = way(&Folder::new(), batches);
            rates[at].push(LOGS as f64 / took.clock.as_secs_f64());
            processor[at].push(took.processor.as_secs_f64() * 1e6 / LOGS as f64);
            ratios[at].push(rates[at].last().unwrap() / rates[0].last().unwrap());
        }
    }
    println!("ingest, {ROUNDS} rounds of {LOGS} logs, on disk every 20 ms; medians; wanted: a ratio of 0.25");
    println!("  {:<24}{:>10}{:>14}{:>9}", "", "logs/s", "processor µs", "ratio");
    for (at, (name, _)) in ways.iter().enumerate() {
        let (least, most) = ratios[at].iter().fold((f64::MAX, 0.0_f64), |(a, b), r| (a.min(*r), b.max(*r)));
        let [rate, processor, ratio] = [&rates, &processor, &ratios].map(|values| median(values[at].clone()));
        println!("  {name:<24}{rate:>10.0}{processor:>14.1}{ratio:>9.3}  ({least:.3} to {most:.3})");
    }
}

/// The same logs as lines of JSON.
fn append(folder: &Folder, batches: Vec<Vec<Entry>>) -> Took {
    let mut file = File::create(folder.0.join("logs.jsonl")).unwrap();
    Took::by(|| {
        let mut lines = Vec::new();
        let mut synced = Instant::now();
        for entry in batches.into_iter().flatten() {
            if let Entry::Log(log) = entry {
                serde_json::to_writer(&mut lines, &*log).unwrap();
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
    })
}

/// A commit for each batch, about one in 20 ms, on the caller's thread.
fn directly(folder: &Folder, batches: Vec<Vec<Entry>>) -> Took {
    let mut store = Store::open(&folder.0.join("logs.db")).unwrap();
    Took::by(|| {
        for batch in batches {
            store.ingest(&batch).unwrap();
        }
    })
}

/// As programs and the server do it: the caller hands over, the writer's thread commits what has come, every 20 ms at least.
fn by_writer(folder: &Folder, batches: Vec<Vec<Entry>>) -> Took {
    let writer = Writer::open(&folder.0.join("logs.db")).unwrap();
    let (sender, on_disk) = std::sync::mpsc::sync_channel(batches.len());
    let count = batches.len();
    Took::by(move || {
        for batch in batches {
            let sender = sender.clone();
            writer.ingest(batch, move |placed| sender.send(placed.unwrap().len()).unwrap());
        }
        assert_eq!(on_disk.iter().take(count).sum::<usize>(), LOGS);
    })
}
