//! From the callers to the worker: a lane for each thread, bounded by bytes, never waiting.
//!
//! A thread appends to its own lane, behind a lock that nobody else wants but the worker, which exchanges the lane's
//! chunk for an empty one. So a record costs its caller no allocation of its own and no wake-up but the first of a
//! batch, and what an idle thread has left in its lane is found, too.

use crate::chunk::Chunk;
use crate::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use crate::sync::thread::{Thread, current, park};
use crate::sync::{Arc, Brief, Mutex, MutexGuard};

/// Bytes that a lane takes from the common limit at a time.
const CREDIT: usize = 4 << 10;
/// Bytes at which the worker does not go on gathering.
const PRESSING: usize = 1 << 20;
/// Empty chunks that are kept for the next ones.
const SPARE: usize = 128;
/// Of them, those that the worker sees to: callers come to it for data, not to the system for memory.
const READY: usize = if cfg!(loom) { 0 } else { 24 };

/// Where one thread puts its records.
#[derive(Debug)]
pub(crate) struct Lane<E> {
    filling: Brief<Filling<E>>,
    pub(crate) tally: Tally<Count>,
}

/// What went through.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally<C> {
    pub(crate) opened: C,
    pub(crate) closed: C,
    pub(crate) failed: C,
    /// Logs of the explicit client's, and all its entries.
    pub(crate) explicit: C,
    pub(crate) entries: C,
}

/// A number that one thread changes and others read.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Adds without an atomic exchange: there is only one thread that writes.
    pub(crate) fn add(&self, count: u64) {
        self.0.store(self.get() + count, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Tally<u64> {
    fn add(&mut self, lane: &Tally<Count>) {
        self.opened += lane.opened.get();
        self.closed += lane.closed.get();
        self.failed += lane.failed.get();
        self.explicit += lane.explicit.get();
        self.entries += lane.entries.get();
    }
}

#[derive(Debug)]
struct Filling<E> {
    chunk: Chunk<E>,
    full: Vec<Chunk<E>>,
    /// Bytes that are reserved and not used.
    credit: usize,
    stopped: bool,
}

/// All lanes of a pipeline.
#[derive(Debug)]
pub(crate) struct Queue<E> {
    lanes: Mutex<Lanes<E>>,
    /// Bytes of records on their way, in lanes and behind them.
    bytes: AtomicUsize,
    limit: usize,
    /// Bytes that came into the lanes since they were swept.
    gathered: AtomicUsize,
    /// The worker sleeps until a record comes.
    asleep: AtomicBool,
    /// The worker shall not go on gathering: the queue fills up, or an order waits.
    pressed: AtomicBool,
    worker: Mutex<Option<Thread>>,
    spare: Mutex<Vec<Chunk<E>>>,
    /// Of the next chunk.
    number: AtomicU64,
    /// The process whose worker this is: a copy made by `fork` has none.
    pid: u32,
}

#[derive(Debug)]
struct Lanes<E> {
    all: Vec<Arc<Lane<E>>>,
    /// Of lanes that are gone.
    tally: Tally<u64>,
    stopped: bool,
}

/// Why the queue takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It holds as much as it may.
    Full,
    /// The worker has ended, or belongs to the process that this one was forked from.
    Stopped,
}

impl<E: Default> Queue<E> {
    /// A queue of `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            lanes: Mutex::new(Lanes { all: Vec::new(), tally: Tally::default(), stopped: false }),
            bytes: AtomicUsize::new(0),
            limit,
            gathered: AtomicUsize::new(0),
            asleep: AtomicBool::new(false),
            pressed: AtomicBool::new(false),
            worker: Mutex::new(None),
            spare: Mutex::new(Vec::new()),
            number: AtomicU64::new(1),
            pid: std::process::id(),
        }
    }

    /// A new lane; `None` when the worker has ended.
    pub(crate) fn lane(&self) -> Option<Arc<Lane<E>>> {
        let mut lanes = lock(&self.lanes);
        if lanes.stopped || self.is_a_copy() {
            return None;
        }
        let filling = Filling { chunk: self.empty(), full: Vec::new(), credit: 0, stopped: false };
        let lane = Arc::new(Lane { filling: Brief::new(filling), tally: Tally::default() });
        lanes.all.push(lane.clone());
        Some(lane)
    }

    /// Lets `write` append a record of about `size` bytes to `lane`; a `must` is taken beyond the limit, too.
    #[inline]
    pub(crate) fn push<R>(
        &self,
        lane: &Lane<E>,
        size: usize,
        must: bool,
        write: impl FnOnce(&mut Chunk<E>) -> R,
    ) -> Result<R, Refused> {
        let mut filling = match lane.filling.try_lock() {
            Some(filling) => filling,
            // The worker is exchanging two buffers; in a copy made by `fork` it never ends.
            None if self.is_a_copy() => return Err(Refused::Stopped),
            None => lane.filling.lock(),
        };
        if filling.stopped {
            return Err(Refused::Stopped);
        }
        if filling.credit < size {
            self.reserve(&mut filling, size, must)?;
        }
        filling.credit = filling.credit.saturating_sub(size);
        let written = write(&mut filling.chunk);
        if filling.chunk.is_full() {
            if self.is_a_copy() {
                return Err(Refused::Stopped);
            }
            let mut full = std::mem::replace(&mut filling.chunk, self.empty());
            let unused = filling.credit.min(full.reserved);
            full.reserved -= unused;
            filling.chunk.reserved = unused;
            filling.full.push(full);
        }
        drop(filling);
        // The worker said that it sleeps before it looked into this lane: whoever came later sees it.
        if self.asleep.load(Ordering::Relaxed) && self.asleep.swap(false, Ordering::AcqRel) {
            self.wake();
        }
        Ok(written)
    }

    /// A chunk to be filled.
    #[cold]
    fn empty(&self) -> Chunk<E> {
        let mut chunk = lock(&self.spare).pop().unwrap_or_else(Chunk::new);
        chunk.number = self.number.fetch_add(1, Ordering::Relaxed);
        chunk
    }

    #[cold]
    fn reserve(&self, filling: &mut Filling<E>, size: usize, must: bool) -> Result<(), Refused> {
        let wanted = CREDIT.max(size - filling.credit);
        let before = self.bytes.fetch_add(wanted, Ordering::Relaxed);
        if before + wanted > self.limit {
            self.press();
            if !must && before + size > self.limit {
                self.bytes.fetch_sub(wanted, Ordering::Relaxed);
                return Err(Refused::Full);
            }
        } else if before + wanted > self.limit / 2 {
            self.press();
        }
        let gathered = self.gathered.fetch_add(wanted, Ordering::Relaxed);
        if gathered < PRESSING && gathered + wanted >= PRESSING {
            self.press();
        }
        filling.chunk.reserved += wanted;
        filling.credit += wanted;
        Ok(())
    }

    /// What went through so far.
    pub(crate) fn tally(&self) -> Tally<u64> {
        let lanes = lock(&self.lanes);
        let mut tally = lanes.tally;
        lanes.all.iter().for_each(|lane| tally.add(&lane.tally));
        tally
    }

    /// Whether nothing is taken any more.
    pub(crate) fn is_stopped(&self) -> bool {
        lock(&self.lanes).stopped
    }

    /// Whether this process was forked from the worker's.
    pub(crate) fn is_a_copy(&self) -> bool {
        self.pid != std::process::id()
    }

    fn wake(&self) {
        if let Some(worker) = &*lock(&self.worker) {
            worker.unpark();
        }
    }

    /// Ends the worker's gathering.
    pub(crate) fn press(&self) {
        let was_pressed = self.pressed.swap(true, Ordering::AcqRel);
        if self.asleep.swap(false, Ordering::AcqRel) || !was_pressed {
            self.wake();
        }
    }

    /// Bytes of records that are on their way behind the lanes.
    pub(crate) fn hold(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes of the limit that are in use.
    #[cfg(loom)]
    pub(crate) fn reserved(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// `bytes` have left.
    pub(crate) fn release(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The worker's side. Its flags are exchanged, not set: then each change has a place among those of the callers that
/// loom can tell, too.
impl<E: Default> Queue<E> {
    /// The thread that calls this is the worker.
    pub(crate) fn attend(&self) {
        *lock(&self.worker) = Some(current());
    }

    /// Sees to it that callers find empty chunks.
    pub(crate) fn provide(&self) {
        while lock(&self.spare).len() < READY {
            let chunk = Chunk::ready();
            lock(&self.spare).push(chunk);
        }
    }

    /// What was pressed before will be done now.
    pub(crate) fn begin(&self) {
        self.pressed.swap(false, Ordering::AcqRel);
    }

    /// Takes all that is in the lanes, each lane's in order.
    pub(crate) fn sweep(&self, taken: &mut Vec<Chunk<E>>) {
        self.gathered.store(0, Ordering::Relaxed);
        let lanes = &mut *lock(&self.lanes);
        lanes.all.retain(|lane| {
            let mut filling = lane.filling.lock();
            taken.append(&mut filling.full);
            let unused = std::mem::take(&mut filling.credit).min(filling.chunk.reserved);
            filling.chunk.reserved -= unused;
            self.release(unused);
            if filling.chunk.is_empty() {
                let is_used = Arc::strong_count(lane) > 1;
                if !is_used {
                    lanes.tally.add(&lane.tally); // the thread that had it is gone
                }
                return is_used;
            }
            taken.push(std::mem::replace(&mut filling.chunk, self.empty()));
            true
        });
    }

    /// Nothing is taken any more.
    pub(crate) fn stop(&self) {
        let mut lanes = lock(&self.lanes);
        lanes.stopped = true;
        for lane in &lanes.all {
            lane.filling.lock().stopped = true;
        }
    }

    /// Gives back an emptied chunk and what it had reserved.
    pub(crate) fn recycle(&self, mut chunk: Chunk<E>) {
        self.release(std::mem::take(&mut chunk.reserved));
        let is_ready = chunk.empty();
        let mut spare = lock(&self.spare);
        if is_ready && spare.len() < SPARE {
            spare.push(chunk);
        }
    }

    /// Lets the empty chunks go: nobody takes one any more.
    pub(crate) fn let_go(&self) {
        *lock(&self.spare) = Vec::new();
    }

    /// Sleeps until there is something to do.
    pub(crate) fn sleep(&self) {
        self.asleep.swap(true, Ordering::AcqRel);
        let waits = {
            let lanes = lock(&self.lanes);
            lanes.all.iter().any(|lane| {
                let filling = lane.filling.lock();
                !filling.chunk.is_empty() || !filling.full.is_empty()
            })
        };
        while !waits && self.asleep.load(Ordering::Acquire) && !self.pressed.load(Ordering::Acquire) {
            park();
        }
        self.asleep.swap(false, Ordering::AcqRel);
    }

    /// Lets more gather for `interval`; it ends early when the worker is pressed.
    #[cfg(not(loom))]
    pub(crate) fn gather(&self, interval: std::time::Duration) {
        let until = std::time::Instant::now() + interval;
        while !self.pressed.swap(false, Ordering::AcqRel) {
            let rest = until.checked_duration_since(std::time::Instant::now()).filter(|rest| !rest.is_zero());
            let Some(rest) = rest else { return };
            std::thread::park_timeout(rest);
        }
    }
}

/// The lock, also after a panic elsewhere: what it guards is never half-written.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
