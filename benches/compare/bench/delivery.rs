//! The worker's side: how many records arrive a second, what memory that takes, and that nothing wakes up for nothing.

use std::fs;
use std::time::{Duration, Instant};

use crate::functions::{Data, ours};
use crate::variants::Folder;

/// Where it goes to.
pub(crate) const NAMES: [&str; 2] = ["delivery store", "delivery http"];

const RECORDS: u32 = 100_000;
/// Records under way, at most: a program that is faster than its disk.
const AHEAD: u64 = 20_000;
const IDLE: Duration = Duration::from_secs(2);

/// Prints the figures.
pub(crate) fn measure(name: &str, server: &str) {
    let folder = Folder::new();
    let builder = match name {
        "delivery store" => humanloop::builder().local(folder.0.join("logs.db")),
        _ => humanloop::builder().http(server, None).spool(folder.0.join("spool")),
    };
    let before = kilobytes("VmRSS");
    let guard = builder.quiet().init().expect("it starts");
    let data = Data::new();
    let start = Instant::now();
    for _ in 0..RECORDS / 64 {
        humanloop::Session::new().run(|| {
            for n in 0..64 {
                ours::text(&data.text, n);
            }
        });
        while guard.stats().waiting() > AHEAD {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let flushed = guard.flush(Duration::from_secs(120));
    let seconds = start.elapsed().as_secs_f64();
    assert!(flushed.complete && flushed.delivered == flushed.stats.produced && flushed.dropped == 0, "{flushed:?}");
    println!("records a second = {}", flushed.delivered as f64 / seconds);
    println!("resident before, MiB = {}", before / 1024.0);
    println!("resident at most, MiB = {}", kilobytes("VmHWM") / 1024.0);

    std::thread::sleep(IDLE); // the last gathering ends
    let then = wake_ups();
    std::thread::sleep(IDLE);
    println!("wake-ups of idle threads a second = {}", (wake_ups() - then) / IDLE.as_secs_f64());
}

/// A line of `/proc/self/status`.
fn kilobytes(name: &str) -> f64 {
    number(&fs::read_to_string("/proc/self/status").unwrap_or_default(), name)
}

/// How often threads other than this one have gone to sleep, and so were awake.
fn wake_ups() -> f64 {
    let this = std::process::id().to_string();
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let others = threads.filter(|thread| thread.file_name().to_string_lossy() != this);
    let texts = others.map(|thread| fs::read_to_string(thread.path().join("status")).unwrap_or_default());
    texts.map(|text| number(&text, "voluntary_ctxt_switches")).sum()
}

fn number(status: &str, name: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(f64::NAN)
}
