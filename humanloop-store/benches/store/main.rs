//! How fast the store takes logs in and answers: `cargo bench -p humanloop-store`, or with `-- ingest` or `-- questions` one of
//! the two.
//!
//! Ingest takes turns with plain appends of the same logs as JSON to a file: the ratio within one run means something, single
//! times on a shared machine do not. The questions are asked of a store of 1,000,000 logs (`HUMANLOOP_BENCH_LOGS`), warm: the
//! median of the clock, and the mean of the processor's time, which others on the machine do not change much.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that cannot run gives no figures")]

use std::path::PathBuf;
use std::time::Duration;

mod ingest;
mod questions;
mod source;

fn main() {
    let asked = |what: &str| std::env::args().any(|argument| argument == what);
    if asked("--test") {
        return; // `cargo test --benches` has nothing to learn here
    }
    if !asked("questions") {
        ingest::ingest();
    }
    if !asked("ingest") {
        questions::questions();
    }
}

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

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Time on processors of all threads of this process, where Linux says it.
fn on_processor() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let times = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse().ok()
    });
    times.map(Duration::from_nanos).sum()
}
