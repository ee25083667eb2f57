//! From a call to its destinations: lanes, a worker, and outlets.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use humanloop_api::{Entry, Outcome, Process};
use uuid::Uuid;

use crate::error::Error;
use crate::outlet::Outlet;
use crate::queue::{Chunk, Lane, Queue, Refused};
use crate::record::{self, Closed, EVENT, Event};
use crate::redact::Redactor;
use crate::stats::{Cause, Counts, Flushed, Stats};
use crate::worker::Worker;

pub(crate) use crate::queue::lock;

/// How many pipelines take records; while there is none, an annotated function looks at this number and no further.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
/// How long the end waits for the worker to count what it still holds when the time is up; it waits for nothing then.
const COUNTING: Duration = Duration::from_secs(2);
/// What `init` started, and a number that changes with it so that threads may keep a copy.
static GLOBAL: Mutex<Option<Arc<Pipeline>>> = Mutex::new(None);
static GENERATION: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static LOCAL: RefCell<Local> = const { RefCell::new(Local { generation: 0, global: None, scoped: Vec::new() }) };
}

/// This thread's lanes.
struct Local {
    generation: u64,
    global: Option<Place>,
    scoped: Vec<Place>,
}

struct Place {
    pipeline: Arc<Pipeline>,
    lane: Arc<Lane<Event>>,
}

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

/// Where the records of a call go.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// `None`: to what `init` started.
    scoped: Option<Arc<Pipeline>>,
    generation: u64,
}

impl Route {
    /// The way to `scoped`, else to what `init` started.
    pub(crate) fn new(scoped: Option<&Arc<Pipeline>>) -> Option<(Self, Settings)> {
        if let Some(pipeline) = scoped {
            return Some((Self { scoped: Some(pipeline.clone()), generation: 0 }, pipeline.settings));
        }
        let generation = GENERATION.load(Ordering::Acquire);
        let settings = LOCAL.try_with(|local| {
            let mut local = local.try_borrow_mut().ok()?;
            local.refresh(generation);
            local.global.as_ref().map(|place| place.pipeline.settings)
        });
        // At the end of a thread its lanes are gone already.
        let settings = settings.unwrap_or_else(|_| lock(&GLOBAL).as_ref().map(|pipeline| pipeline.settings))?;
        Some((Self { scoped: None, generation }, settings))
    }

    /// Hands over what a call was called with; whether it was taken, else it is counted as lost.
    pub(crate) fn push(&self, size: usize, must: bool, write: impl FnOnce(&mut Chunk<Event>)) -> bool {
        let pushed = self.with_lane(|pipeline, lane| {
            let pushed = pipeline.queue.push(lane, size, must, write);
            match pushed {
                Ok(()) => lane.tally.opened.add(1),
                Err(refused) => pipeline.counts.refuse(cause(refused)),
            }
            pushed.is_ok()
        });
        pushed.unwrap_or(false)
    }

    /// Hands over the end of a call. It gets in also when the queue is full, without its output.
    pub(crate) fn close(&self, closed: Closed, payload: &[u8]) {
        self.with_lane(|pipeline, lane| {
            let failed = closed.outcome.is_bad();
            let mut left = Some(closed);
            let mut pushed = pipeline.queue.push(lane, EVENT + payload.len(), false, |chunk| {
                chunk.bytes.extend_from_slice(payload);
                chunk.events.extend(left.take().map(Event::Closed));
            });
            if pushed == Err(Refused::Full)
                && let Some(mut closed) = left.take()
            {
                let mut mark = Vec::new();
                crate::json::truncated(&mut mark, closed.output.unwrap_or(0), b"");
                closed.output = closed.output.map(|_| mark.len());
                closed.error = closed.error.map(|_| 0);
                closed.metadata = 0;
                pushed = pipeline.queue.push(lane, EVENT + mark.len(), true, |chunk| {
                    if closed.output.is_some() {
                        chunk.bytes.extend_from_slice(&mark);
                    }
                    chunk.events.push(Event::Closed(closed));
                });
            }
            lane.tally.closed.add(1);
            if failed {
                lane.tally.failed.add(1);
            }
            if let Err(refused) = pushed {
                pipeline.counts.lose(cause(refused), 1, None);
            }
        });
    }

    fn with_lane<R>(&self, run: impl FnOnce(&Pipeline, &Lane<Event>) -> R) -> Option<R> {
        let mut run = Some(run);
        let ran = LOCAL.try_with(|local| {
            let mut local = local.try_borrow_mut().ok()?;
            let place = match &self.scoped {
                Some(pipeline) => local.scoped(pipeline)?,
                None => {
                    local.refresh(self.generation);
                    if local.generation != self.generation {
                        return None; // it began under an earlier `init`
                    }
                    local.global.as_ref()?
                }
            };
            Some(run.take()?(&place.pipeline, &place.lane))
        });
        match ran {
            Ok(ran) => ran,
            // At the end of a thread its lanes are gone already; a lane for this record alone will do.
            Err(_) => {
                let pipeline = self.scoped.clone().or_else(|| lock(&GLOBAL).clone())?;
                let lane = pipeline.queue.lane()?;
                Some(run.take()?(&pipeline, &lane))
            }
        }
    }
}

impl Local {
    #[inline]
    fn refresh(&mut self, generation: u64) {
        if self.generation != generation {
            self.look_again();
        }
    }

    #[cold]
    fn look_again(&mut self) {
        let global = lock(&GLOBAL);
        self.generation = GENERATION.load(Ordering::Acquire);
        self.global = global.as_ref().and_then(Place::new);
    }

    fn scoped(&mut self, pipeline: &Arc<Pipeline>) -> Option<&Place> {
        let found = self.scoped.iter().position(|place| Arc::ptr_eq(&place.pipeline, pipeline));
        let at = match found {
            Some(at) => at,
            None => {
                self.scoped.retain(|place| !place.pipeline.queue.is_stopped());
                self.scoped.push(Place::new(pipeline)?);
                self.scoped.len() - 1
            }
        };
        self.scoped.get(at)
    }
}

impl Place {
    fn new(pipeline: &Arc<Pipeline>) -> Option<Self> {
        Some(Self { pipeline: pipeline.clone(), lane: pipeline.queue.lane()? })
    }
}

/// Whether the worker has done what it was told, in time.
fn answer(answered: &Receiver<()>, deadline: Instant) -> bool {
    answered.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok()
}

fn cause(refused: Refused) -> Cause {
    match refused {
        Refused::Full => Cause::QueueFull,
        Refused::Stopped => Cause::Stopped,
    }
}

impl Pipeline {
    /// Starts the worker.
    pub(crate) fn start(self, interval: Duration) -> Result<Arc<Self>, Error> {
        let pipeline = Arc::new(self);
        let worker = Worker::new(pipeline.clone(), interval);
        std::thread::Builder::new().name("humanloop".into()).spawn(move || worker.run()).map_err(Error::Worker)?;
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
        let route = Route { scoped: Some(self.clone()), generation: 0 };
        let pushed = route.with_lane(|pipeline, lane| {
            match pipeline.queue.push(lane, size, false, |chunk| chunk.events.push(Event::Entry(entry))) {
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
