//! From a call to its destinations: a queue, a worker, and what they count.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use humanloop_api::{Entry, Process};

use crate::error::Error;
use crate::queue::{Queue, Refused};
use crate::record::Event;
use crate::sink::Sink;
use crate::worker::Worker;

/// How many pipelines take records; while there is none, an annotated function looks at this number and no further.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
/// What `init` started, and a number that changes with it so that threads may keep a copy.
static GLOBAL: Mutex<Option<Arc<Pipeline>>> = Mutex::new(None);
static GENERATION: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static COPY: RefCell<(u64, Option<Arc<Pipeline>>)> = const { RefCell::new((0, None)) };
}

/// A queue with its worker.
#[derive(Debug)]
pub(crate) struct Pipeline {
    queue: Queue,
    counts: Counts,
    process: Process,
}

/// What happened so far.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) opened: AtomicU64,
    pub(crate) closed: AtomicU64,
    pub(crate) explicit: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) undelivered: AtomicU64,
}

/// What was logged so far, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Calls that were logged, by annotated functions and by the explicit client.
    pub logs: u64,
    /// Those that failed, panicked or were cancelled.
    pub failed: u64,
    /// Annotated calls that have not ended.
    pub running: u64,
    /// Records that are lost: refused by a full queue, or not delivered.
    pub lost: u64,
}

/// What [`flush`](crate::Guard::flush) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flushed {
    /// Whether everything that was logged before has left the queue within the time.
    pub complete: bool,
    /// The numbers afterwards.
    pub stats: Stats,
}

impl Pipeline {
    /// Starts a worker that delivers to `sinks`.
    pub(crate) fn start(
        sinks: Vec<Box<dyn Sink>>,
        process: Process,
        bytes: usize,
        interval: Duration,
    ) -> Result<Arc<Self>, Error> {
        let (queue, receiver) = Queue::new(bytes);
        let pipeline = Arc::new(Self { queue, counts: Counts::default(), process });
        let worker = Worker::new(receiver, sinks, pipeline.clone(), interval);
        let thread = std::thread::Builder::new().name("humanloop".into()).spawn(move || worker.run());
        pipeline.queue.set_worker(thread.map_err(Error::Worker)?.thread().clone());
        ALIVE.fetch_add(1, Ordering::Release);
        Ok(pipeline)
    }

    /// Whether any pipeline takes records.
    pub(crate) fn any() -> bool {
        ALIVE.load(Ordering::Relaxed) > 0
    }

    /// What `init` started.
    pub(crate) fn global() -> Option<Arc<Self>> {
        let generation = GENERATION.load(Ordering::Acquire);
        let copy = COPY.try_with(|copy| {
            let mut copy = copy.try_borrow_mut().ok()?;
            if copy.0 != generation {
                *copy = (generation, lock(&GLOBAL).clone());
            }
            copy.1.clone()
        });
        copy.ok().flatten()
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

    /// Takes a record, or counts it as lost.
    pub(crate) fn push(&self, event: Event) -> bool {
        let counts = &self.counts;
        let (counter, failed) = match &event {
            Event::Opened(_) => (Some(&counts.opened), false),
            Event::Closed(closed) => (Some(&counts.closed), closed.outcome.is_bad()),
            Event::Entry(Entry::Log(log)) => (Some(&counts.explicit), log.outcome().is_bad()),
            Event::Entry(Entry::Update(update)) => (None, update.error.is_some()),
            _ => (None, false),
        };
        let taken = self.queue.push(event);
        match taken {
            Ok(()) => {
                if let Some(counter) = counter {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
                if failed {
                    counts.failed.fetch_add(1, Ordering::Relaxed);
                }
            }
            Err(refused) => {
                let first = counts.refused.fetch_add(1, Ordering::Relaxed) == 0;
                if first && refused == Refused::Full {
                    eprintln!(
                        "humanloop: a log is lost, the queue is full; further ones are counted in the closing line"
                    );
                }
            }
        }
        taken.is_ok()
    }

    /// Waits until what was logged before is delivered, at most `timeout`.
    pub(crate) fn flush(&self, timeout: Duration) -> Flushed {
        let complete = self.order(Event::Flush, timeout);
        Flushed { complete, stats: self.stats() }
    }

    /// Delivers what is pending and ends the worker, within `timeout`; nothing is taken any more.
    pub(crate) fn stop(self: &Arc<Self>, timeout: Duration) -> Flushed {
        let mut global = lock(&GLOBAL);
        if global.as_ref().is_some_and(|global| Arc::ptr_eq(global, self)) {
            *global = None;
            GENERATION.fetch_add(1, Ordering::Release);
        }
        drop(global);
        ALIVE.fetch_sub(1, Ordering::Release);
        let complete = self.order(Event::Stop, timeout);
        Flushed { complete, stats: self.stats() }
    }

    fn order(&self, order: fn(std::sync::mpsc::SyncSender<()>) -> Event, timeout: Duration) -> bool {
        let (answer, answered) = sync_channel(1);
        self.queue.order(order(answer)) && answered.recv_timeout(timeout).is_ok()
    }

    /// The numbers so far.
    pub(crate) fn stats(&self) -> Stats {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = &self.counts;
        Stats {
            logs: count(&counts.opened) + count(&counts.explicit),
            failed: count(&counts.failed),
            running: count(&counts.opened).saturating_sub(count(&counts.closed)),
            lost: count(&counts.refused) + count(&counts.undelivered),
        }
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }
}

/// The lock, also after a panic elsewhere: what it guards is replaced whole, so it is never half-written.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
