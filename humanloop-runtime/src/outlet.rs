//! One destination with what waits for it: in memory, then on disk, tried again until it is taken.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use humanloop_api::{Entry, Losses};
use uuid::Uuid;

use crate::account::Account;
use crate::aside::Aside;
use crate::notice;
use crate::pipeline::lock;
use crate::queue::Queue;
use crate::record::{self, Event};
use crate::sink::{Delivery, Sink};
use crate::spool::{Problem, Spool};
use crate::stats::{Cause, Counts};

/// Bytes of batches that wait in memory; more go to disk, or back to the callers' limit.
const MEMORY: usize = 8 << 20;
/// Pauses between tries: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));
/// The longest pause that a server may ask for.
const LONGEST: Duration = Duration::from_secs(600);

/// Entries in order, and how many records each stands for.
#[derive(Debug)]
pub(crate) struct Batch {
    entries: Vec<Entry>,
    weights: Vec<u32>,
    bytes: usize,
    queue: Arc<Queue<Event>>,
}

impl Batch {
    pub(crate) fn new(entries: Vec<Entry>, weights: Vec<u32>, queue: Arc<Queue<Event>>) -> Self {
        let bytes = entries.iter().map(record::size).sum();
        queue.hold(bytes);
        Self { entries, weights, bytes, queue }
    }

    pub(crate) fn weight(&self) -> u64 {
        self.weights.iter().copied().map(u64::from).sum()
    }

    /// The entries at `places`, which are in order.
    fn only(&self, places: &[usize]) -> Self {
        let entries = places.iter().filter_map(|place| self.entries.get(*place).cloned());
        let weights = places.iter().filter_map(|place| self.weights.get(*place).copied());
        Self::new(entries.collect(), weights.collect(), self.queue.clone())
    }

    fn weight_of(&self, places: &[usize]) -> u64 {
        places.iter().filter_map(|place| self.weights.get(*place)).copied().map(u64::from).sum()
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.queue.release(self.bytes);
    }
}

/// A destination as the worker sees it.
#[derive(Debug)]
pub(crate) struct Outlet {
    /// Of the destination, for people.
    name: String,
    state: Mutex<State>,
    /// Where to keep what the destination will never take.
    aside: Option<Aside>,
    /// Whether people know that something waits on disk.
    told: AtomicBool,
    changed: Condvar,
    counts: Arc<Counts>,
    queue: Arc<Queue<Event>>,
}

#[derive(Debug, Default)]
struct State {
    memory: VecDeque<Arc<Batch>>,
    /// What the destination has in hand.
    flying: Option<Arc<Batch>>,
    spool: Option<Spool>,
    /// The last try failed.
    failing: bool,
    /// Somebody waits: try now.
    hurry: bool,
    stop: bool,
    /// Time is up: what the destination still does counts no more.
    abandoned: bool,
    done: bool,
}

impl State {
    fn bytes(&self) -> usize {
        self.memory.iter().chain(&self.flying).map(|batch| batch.bytes).sum()
    }

    fn is_settled(&self) -> bool {
        let spooled = self.spool.as_ref().is_none_or(Spool::is_empty);
        self.done || (self.memory.is_empty() && self.flying.is_none() && !self.hurry && (spooled || self.failing))
    }
}

impl Outlet {
    /// Starts the thread that delivers to `sink`.
    pub(crate) fn start(
        sink: Box<dyn Sink>,
        name: String,
        spool: Option<Spool>,
        aside: Option<Aside>,
        counts: Arc<Counts>,
        queue: Arc<Queue<Event>>,
        losses: Losses,
    ) -> std::io::Result<Arc<Self>> {
        if let Some(spool) = &spool {
            counts.recovered.fetch_add(spool.weight(), Ordering::Relaxed);
            counts.spooled.fetch_add(spool.weight(), Ordering::Relaxed);
        }
        let state = Mutex::new(State { spool, ..State::default() });
        let outlet = Arc::new(Self { name, state, aside, told: false.into(), changed: Condvar::new(), counts, queue });
        let courier = outlet.clone();
        std::thread::Builder::new().name("humanloop-out".into()).spawn(move || courier.run(sink, losses))?;
        Ok(outlet)
    }

    /// Takes a batch; it goes to disk when the destination fails or is too slow.
    pub(crate) fn push(&self, batch: Arc<Batch>) {
        let mut state = lock(&self.state);
        if state.abandoned || state.done {
            self.counts.lose(Cause::Undelivered, batch.weight(), None);
            return;
        }
        let full = state.bytes() + batch.bytes > MEMORY && state.bytes() > 0;
        let on_disk = match &mut state.spool {
            Some(spool) if full || !spool.is_empty() => spool.append(&batch.entries, &batch.weights),
            _ => Err(Problem::NotNeeded),
        };
        let waits = on_disk.is_ok();
        match on_disk {
            Ok(()) => self.spooled(batch.weight()),
            Err(Problem::Full) => self.counts.lose(Cause::SpoolFull, batch.weight(), None),
            Err(Problem::Disk(reason)) if full => self.counts.lose(Cause::SpoolFailed, batch.weight(), Some(&reason)),
            Err(_) => state.memory.push_back(batch),
        }
        drop(state);
        self.changed.notify_all();
        if waits {
            self.tell(true);
        }
    }

    /// Tells people, once each time, that something waits on disk.
    fn tell(&self, waits: bool) {
        if waits && !self.told.swap(true, Ordering::Relaxed) {
            notice::spooling(&self.name);
        } else if !waits {
            self.told.store(false, Ordering::Relaxed);
        }
    }

    fn spooled(&self, weight: u64) {
        self.counts.spooled.fetch_add(weight, Ordering::Relaxed);
    }

    fn unspooled(&self, weight: u64) {
        self.counts.spooled.fetch_sub(weight, Ordering::Relaxed);
    }

    /// Whether a batch may come; with a spool it always may.
    pub(crate) fn has_room(&self) -> bool {
        let state = lock(&self.state);
        state.spool.is_some() || state.abandoned || state.done || state.bytes() < MEMORY
    }

    /// Waits for room, or a moment.
    pub(crate) fn wait_for_room(&self) {
        drop(self.wait(lock(&self.state), Duration::from_millis(100)));
    }

    /// Waits until nothing is on its way in memory; whether that came before `deadline`.
    pub(crate) fn settle(&self, deadline: Instant) -> bool {
        let mut state = lock(&self.state);
        state.hurry = state.failing;
        self.changed.notify_all();
        while !state.is_settled() {
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return false;
            }
            state = self.wait(state, rest);
        }
        true
    }

    /// No batch comes any more.
    pub(crate) fn stop(&self) {
        lock(&self.state).stop = true;
        self.changed.notify_all();
    }

    /// Waits for the end; at `deadline` what is left goes to disk, or is lost. Whether all was settled in time.
    pub(crate) fn end(&self, deadline: Instant) -> bool {
        let mut state = lock(&self.state);
        while !state.done {
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                let State { memory, flying, spool, abandoned, .. } = &mut *state;
                *abandoned = true;
                let left: Vec<Arc<Batch>> = flying.iter().cloned().chain(memory.drain(..)).collect();
                let on_disk = spool.is_some();
                self.to_disk(spool, &left);
                return on_disk;
            }
            state = self.wait(state, rest);
        }
        true
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Puts batches before all that is on disk.
    fn to_disk(&self, spool: &mut Option<Spool>, batches: &[Arc<Batch>]) {
        for batch in batches.iter().rev() {
            let weight = batch.weight();
            match spool.as_mut().map(|spool| spool.prepend(&batch.entries, &batch.weights)) {
                None => self.counts.lose(Cause::Undelivered, weight, None),
                Some(Ok(())) => self.spooled(weight),
                Some(Err(Problem::Disk(reason))) => self.counts.lose(Cause::SpoolFailed, weight, Some(&reason)),
                Some(Err(_)) => self.counts.lose(Cause::SpoolFull, weight, None),
            }
        }
    }
}

/// What the destination's thread takes in hand.
struct Job {
    batch: Arc<Batch>,
    on_disk: bool,
}

/// The destination's thread.
impl Outlet {
    fn run(&self, mut sink: Box<dyn Sink>, losses: Losses) {
        crate::context::record_nothing_here();
        let mut failures = 0;
        let mut account = Account::new(losses);
        while let Some(job) = self.next() {
            let delivery = catch_unwind(AssertUnwindSafe(|| sink.deliver(&job.batch.entries)));
            let pause = match delivery {
                Ok(delivery) => self.settle_job(&job, &delivery, Cause::Refused),
                Err(_) => {
                    let places = (0..job.batch.entries.len()).collect();
                    self.settle_job(&job, &Delivery { lost: places, ..Delivery::default() }, Cause::Panicked)
                }
            };
            match pause {
                None => {
                    failures = 0;
                    account.tell(&mut *sink, &self.counts, self.waiting(), false);
                }
                Some(asked) => {
                    failures += 1;
                    if !self.pause(asked, failures) {
                        break;
                    }
                }
            }
        }
        if failures == 0 && !lock(&self.state).abandoned {
            account.tell(&mut *sink, &self.counts, self.waiting(), true);
        }
        drop(sink); // a store is closed before the end is told
        let mut state = lock(&self.state);
        let State { memory, spool, .. } = &mut *state;
        let left: Vec<Arc<Batch>> = memory.drain(..).collect(); // what came while it paused
        self.to_disk(spool, &left);
        state.done = true;
        state.spool = None; // its lock is let go
        drop(state);
        self.changed.notify_all();
    }

    fn waiting(&self) -> u64 {
        lock(&self.state).spool.as_ref().map_or(0, Spool::weight)
    }

    /// Waits for something to deliver; `None` at the end.
    fn next(&self) -> Option<Job> {
        let mut state = lock(&self.state);
        loop {
            if state.abandoned {
                return None;
            }
            if let Some(batch) = state.memory.pop_front() {
                state.flying = Some(batch.clone());
                return Some(Job { batch, on_disk: false });
            }
            if let Some(spool) = state.spool.as_mut().filter(|spool| !spool.is_empty()) {
                let (entries, weights, damaged) = spool.first();
                self.unspooled(damaged);
                self.counts.lose(Cause::SpoolFailed, damaged, Some("a file of the spool was damaged"));
                if entries.is_empty() {
                    spool.remove_first();
                    continue;
                }
                let batch = Arc::new(Batch::new(entries, weights, self.queue.clone()));
                return Some(Job { batch, on_disk: true });
            }
            state.hurry = false;
            state.failing = false;
            self.changed.notify_all();
            if state.stop {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Counts what became of a job; the pause that it asks for, if it has to come again.
    fn settle_job(&self, job: &Job, delivery: &Delivery, cause: Cause) -> Option<Option<Duration>> {
        let Job { batch, on_disk } = job;
        let lost = batch.weight_of(&delivery.lost);
        let later = batch.weight_of(&delivery.later);
        if let Some(aside) = self.aside.as_ref().filter(|_| !delivery.lost.is_empty()) {
            let refused = delivery.lost.iter().filter_map(|place| batch.entries.get(*place));
            aside.keep(refused, delivery.reason.as_deref().unwrap_or("the destination panicked"));
        }
        let mut state = lock(&self.state);
        if state.abandoned {
            return None; // counted when it was given up
        }
        let arrived = batch.weight().saturating_sub(lost + later);
        self.counts.delivered.fetch_add(arrived, Ordering::Relaxed);
        self.counts.lose(cause, lost, delivery.reason.as_deref());
        let State { memory, flying, spool, failing, hurry, .. } = &mut *state;
        *flying = None;
        let recovers = std::mem::replace(failing, !delivery.later.is_empty()) && !*failing;
        let rest = if arrived + lost == 0 { batch.clone() } else { Arc::new(batch.only(&delivery.later)) };
        match (spool, on_disk) {
            (Some(spool), true) => {
                self.unspooled(arrived + lost);
                if delivery.later.is_empty() {
                    spool.remove_first();
                } else if arrived + lost > 0 {
                    spool.replace_first(&rest.entries, &rest.weights);
                }
            }
            (spool, _) if !delivery.later.is_empty() => {
                memory.push_front(rest);
                if spool.is_some() {
                    let waiting: Vec<Arc<Batch>> = memory.drain(..).collect();
                    self.to_disk(spool, &waiting);
                }
            }
            _ => {}
        }
        if *failing {
            *hurry = false;
        }
        let waits = state.spool.as_ref().is_some_and(|spool| !spool.is_empty());
        drop(state);
        self.changed.notify_all();
        self.tell(waits);
        if recovers {
            notice::reconnected(&self.name);
        }
        (!delivery.later.is_empty()).then_some(delivery.after)
    }

    /// Waits before the next try, shorter when somebody hurries; whether there shall be one.
    fn pause(&self, asked: Option<Duration>, failures: u32) -> bool {
        let (first, longest) = PAUSES;
        let pause = first.saturating_mul(1 << (failures - 1).min(10)).min(longest);
        // Many programs that wait for one server shall not come back in the same moment.
        let jitter = f64::from(Uuid::new_v4().as_fields().0) / f64::from(u32::MAX);
        let until = Instant::now() + asked.map_or(pause.mul_f64(0.75 + jitter / 2.0), |asked| asked.min(LONGEST));
        let mut state = lock(&self.state);
        loop {
            if state.abandoned || (state.stop && state.spool.is_some()) {
                return false;
            }
            let rest = until.saturating_duration_since(Instant::now());
            if rest.is_zero() || (state.hurry && asked.is_none()) {
                return true;
            }
            if std::mem::take(&mut state.hurry) {
                self.changed.notify_all(); // the server said when to come; nobody waits for that
            }
            state = self.wait(state, rest);
        }
    }
}
