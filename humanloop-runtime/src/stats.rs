//! What became of the records, in numbers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::notice;
use crate::pipeline::Pipeline;

/// What was logged so far, in numbers.
///
/// A *record* is a call that ended, a log of the explicit client's, an update or feedback. Per destination, each one
/// is delivered, on disk, lost, or on its way: `produced + recovered = delivered + spooled + lost + waiting`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Calls that were logged, by annotated functions and by the explicit client.
    pub logs: u64,
    /// Those that failed, panicked or were cancelled.
    pub failed: u64,
    /// Annotated calls that have not ended.
    pub running: u64,
    /// Records that were made, those that were lost at once among them.
    pub produced: u64,
    /// Records of earlier runs that were found on disk.
    pub recovered: u64,
    /// Records that arrived.
    pub delivered: u64,
    /// Records that wait on disk until the server answers, or for the next start.
    pub spooled: u64,
    /// Records that are lost: the sum of [`dropped`](Self::dropped).
    pub lost: u64,
    /// Records that are lost, by cause.
    pub dropped: Dropped,
}

impl Stats {
    /// Records that are on their way in memory.
    pub fn waiting(&self) -> u64 {
        (self.produced + self.recovered).saturating_sub(self.delivered + self.spooled + self.lost)
    }
}

/// Records that are lost, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// The queue held as much as it may.
    pub queue_full: u64,
    /// Made after logging had stopped.
    pub stopped: u64,
    /// The destination will never take them.
    pub refused: u64,
    /// The destination panicked.
    pub panicked: u64,
    /// The spool held as much as it may.
    pub spool_full: u64,
    /// The spool's disk failed, or what was on it was damaged.
    pub spool_failed: u64,
    /// Time was up, and there was no spool.
    pub undelivered: u64,
}

/// What [`flush`](crate::Guard::flush) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flushed {
    /// Whether everything that was logged before is delivered, safe on disk, or counted as lost.
    pub complete: bool,
    /// Records that arrived so far.
    pub delivered: u64,
    /// Records that wait on disk.
    pub spooled: u64,
    /// Records that are lost.
    pub dropped: u64,
    /// All numbers.
    pub stats: Stats,
}

impl Flushed {
    pub(crate) fn new(complete: bool, stats: Stats) -> Self {
        Self { complete, delivered: stats.delivered, spooled: stats.spooled, dropped: stats.lost, stats }
    }
}

/// The numbers of what [`init`](crate::init) started; all zero when nothing is running.
///
/// ```
/// assert_eq!(humanloop_runtime::stats().lost, 0);
/// ```
pub fn stats() -> Stats {
    Pipeline::global().map(|pipeline| pipeline.stats()).unwrap_or_default()
}

pub(crate) use humanloop_api::Loss as Cause;

/// What happened, and what to do about it.
fn advice(cause: Cause) -> &'static str {
    match cause {
        Cause::QueueFull => "the queue is full: raise `queue_bytes`, or log less",
        Cause::Stopped => "logging has stopped: keep the guard until the end of `main`",
        Cause::Refused => "the destination does not take it",
        Cause::Panicked => "the destination panicked",
        Cause::SpoolFull => "the spool is full: raise `spool_bytes`, or bring the server back",
        Cause::SpoolFailed => "the spool's disk failed",
        Cause::Undelivered => "the time was up",
    }
}

/// The counters behind the numbers.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) delivered: AtomicU64,
    pub(crate) spooled: AtomicU64,
    pub(crate) recovered: AtomicU64,
    /// Lost before they were counted as ended calls.
    refused_at_once: AtomicU64,
    dropped: [AtomicU64; 7],
    told: [AtomicBool; 7],
}

impl Counts {
    /// Counts `records` as lost, and says so the first time.
    pub(crate) fn lose(&self, cause: Cause, records: u64, reason: Option<&str>) {
        if records == 0 {
            return;
        }
        let place = cause as usize;
        self.dropped[place].fetch_add(records, Ordering::Relaxed);
        if !self.told[place].swap(true, Ordering::Relaxed) {
            notice::lost(records, reason.unwrap_or(advice(cause)));
        }
    }

    /// Counts a record that never got into the queue.
    pub(crate) fn refuse(&self, cause: Cause) {
        self.refused_at_once.fetch_add(1, Ordering::Relaxed);
        self.lose(cause, 1, None);
    }

    /// What is lost so far, by cause.
    pub(crate) fn lost(&self) -> BTreeMap<Cause, u64> {
        let counted = Cause::ALL.into_iter().zip(self.dropped.iter().map(|count| count.load(Ordering::Relaxed)));
        counted.filter(|(_, records)| *records > 0).collect()
    }

    pub(crate) fn fill(&self, stats: &mut Stats) {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        stats.produced += count(&self.refused_at_once);
        stats.delivered = count(&self.delivered);
        stats.spooled = count(&self.spooled);
        stats.recovered = count(&self.recovered);
        let [queue_full, stopped, refused, panicked, spool_full, spool_failed, undelivered] =
            std::array::from_fn(|place| count(&self.dropped[place]));
        stats.dropped = Dropped { queue_full, stopped, refused, panicked, spool_full, spool_failed, undelivered };
        stats.lost = self.dropped.iter().map(count).sum();
    }
}
