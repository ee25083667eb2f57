//! From a call to its destinations: lanes, a worker, and outlets.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use humanloop_api::{Entry, Outcome, Process};
use uuid::Uuid;

use crate::clock;
use crate::error::Error;
use crate::outlet::Outlet;
use crate::queue::Queue;
use crate::record::{self, EVENT, Event};
use crate::redact::Redactor;
use crate::route::{Route, cause};
use crate::stats::{Cause, Counts, Flushed, Stats};
use crate::worker::Worker;

pub(crate) use crate::queue::lock;

/// How many pipelines take records; while there is none, an annotated function looks at this number and no further.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
/// How long the end waits for the worker to count what it still holds when the time is up; it waits for nothing then.
const COUNTING: Duration = Duration::from_secs(2);
/// What `init` started, and a number that changes with it so that threads may keep a copy.
pub(crate) static GLOBAL: Mutex<Option<Arc<Pipeline>>> = Mutex::new(None);
pub(crate) static GENERATION: AtomicU64 = AtomicU64::new(0);

/// A queue with its worker and outlets.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) queue: Arc<Queue<Event>>,
    pub(crate) counts: Arc<Counts>,
    pub(crate) process: Process,
    pub(crate) outlets: Vec<Arc<Outlet>>,
    pub(crate) settings: Settings,
    pub(crate) redactor: Redactor,
    pub(crate) orders: Mutex<Vec<Order>>,
    /// When the program's end stops waiting.
    pub(crate) deadline: Mutex<Option<Instant>>,
    /// What came of the end, once it has come.
    pub(crate) ended: Mutex<Option<Flushed>>,
}

/// What a call has to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Bytes of one value, at most.
    pub(crate) value_bytes: usize,
    /// Sessions whose last 62 bits are not above this are taken.
    pub(crate) sample: u64,
}

impl Settings {
    /// Whether a session is recorded: it is whole or absent, in every process.
    #[inline]
    pub(crate) fn takes(&self, session: Uuid) -> bool {
        self.sample >= SAMPLE_ALL || (session.as_u64_pair().1 & SAMPLE_ALL) < self.sample
    }
}

/// The bits of an id that are random in every version.
pub(crate) const SAMPLE_ALL: u64 = (1 << 62) - 1;

/// What the worker shall do once all that was logged before is on its way.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) stop: bool,
    pub(crate) answer: SyncSender<()>,
}

/// Whether the worker has done what it was told, in time.
fn answer(answered: &Receiver<()>, deadline: Instant) -> bool {
    answered.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok()
}

impl Pipeline {
    /// Starts the worker.
    pub(crate) fn start(self, interval: Duration) -> Result<Arc<Self>, Error> {
        let pipeline = Arc::new(self);
        let worker = Worker::new(pipeline.clone(), interval);
        std::thread::Builder::new().name("humanloop".into()).spawn(move || worker.run()).map_err(Error::Worker)?;
        clock::find_counter();
        ALIVE.fetch_add(1, Ordering::Release);
        Ok(pipeline)
    }

    /// Whether any pipeline takes records.
    #[inline]
    pub(crate) fn any() -> bool {
        ALIVE.load(Ordering::Relaxed) > 0
    }

    /// What `init` started.
    pub(crate) fn global() -> Option<Arc<Self>> {
        lock(&GLOBAL).clone()
    }

    /// Makes this the pipeline of the whole process.
    pub(crate) fn install(self: &Arc<Self>) -> Result<(), Error> {
        let mut global = lock(&GLOBAL);
        if global.is_some() {
            return Err(Error::AlreadyInitialized);
        }
        *global = Some(self.clone());
        GENERATION.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// Takes an entry of the explicit client's, or counts it as lost.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "the client comes with the feature"))]
    pub(crate) fn push_entry(self: &Arc<Self>, entry: Entry) {
        let (log, failed) = match &entry {
            Entry::Log(log) => (true, log.outcome().is_bad()),
            Entry::Update(update) => (false, update.error.is_some() || update.outcome.is_some_and(Outcome::is_bad)),
            Entry::Feedback(_) => (false, false),
        };
        let size = EVENT + record::size(&entry);
        let route = Route::to(self.clone());
        let mut event = Event::Entry(Box::new(entry));
        let pushed = route.with_lane(|pipeline, lane| {
            match pipeline.queue.push(lane, size, false, |chunk| std::mem::swap(chunk.next().0, &mut event)) {
                Ok(()) => {
                    lane.tally.entries.add(1);
                    lane.tally.explicit.add(u64::from(log));
                    lane.tally.failed.add(u64::from(failed));
                }
                Err(refused) => pipeline.counts.refuse(cause(refused)),
            }
        });
        if pushed.is_none() {
            self.counts.refuse(Cause::Stopped);
        }
    }

    /// Waits until what was logged before is delivered, on disk or lost, at most `timeout`.
    pub(crate) fn flush(&self, timeout: Duration) -> Flushed {
        let deadline = Instant::now() + timeout;
        if let Some(end) = *lock(&self.ended) {
            return end;
        }
        let swept = answer(&self.order(false), deadline);
        let complete = swept && self.outlets.iter().all(|outlet| outlet.settle(deadline));
        Flushed::new(complete, self.stats())
    }

    /// Delivers what is pending, else puts it on disk, and ends the worker, within `timeout`. A second one waits for the
    /// first and tells the same; whether this was the first.
    pub(crate) fn stop(self: &Arc<Self>, timeout: Duration) -> (Flushed, bool) {
        let deadline = Instant::now() + timeout;
        if self.queue.is_a_copy() {
            self.retire();
            return (Flushed::new(true, self.stats()), true); // the records belong to the process that this was forked from
        }
        let mut ended = lock(&self.ended);
        if let Some(end) = *ended {
            return (end, false);
        }
        self.retire();
        *lock(&self.deadline) = Some(deadline);
        let answered = self.order(true);
        let swept = answer(&answered, deadline);
        for outlet in &self.outlets {
            outlet.stop();
        }
        let mut complete = swept;
        for outlet in &self.outlets {
            complete &= outlet.end(deadline);
        }
        if !swept {
            answer(&answered, Instant::now() + COUNTING);
        }
        let end = Flushed::new(complete, self.stats());
        *ended = Some(end);
        (end, true)
    }

    /// No call finds it any more.
    fn retire(self: &Arc<Self>) {
        let mut global = lock(&GLOBAL);
        if global.as_ref().is_some_and(|global| Arc::ptr_eq(global, self)) {
            *global = None;
            GENERATION.fetch_add(1, Ordering::Release);
        }
        ALIVE.fetch_sub(1, Ordering::Release);
    }

    fn order(&self, stop: bool) -> Receiver<()> {
        let (answer, answered) = sync_channel(1);
        lock(&self.orders).push(Order { stop, answer });
        self.queue.press();
        answered
    }

    /// Whether the time of the program's end is up.
    pub(crate) fn is_late(&self) -> bool {
        lock(&self.deadline).is_some_and(|deadline| deadline <= Instant::now())
    }

    /// The numbers so far.
    pub(crate) fn stats(&self) -> Stats {
        let tally = self.queue.tally();
        let mut stats = Stats {
            logs: tally.opened + tally.explicit,
            failed: tally.failed,
            running: tally.opened.saturating_sub(tally.closed),
            produced: tally.closed + tally.entries,
            ..Stats::default()
        };
        self.counts.fill(&mut stats);
        stats
    }
}
