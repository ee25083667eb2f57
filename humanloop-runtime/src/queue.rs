//! From the callers to the worker: bounded by bytes, never waiting.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::record::Event;

/// The callers' end.
#[derive(Debug)]
pub(crate) struct Queue {
    sender: Sender<Event>,
    /// Bytes in the queue, about.
    bytes: AtomicUsize,
    limit: usize,
    /// Whether the worker shall not go on gathering: the queue fills up, or an order waits in it.
    pressed: AtomicBool,
    worker: OnceLock<Thread>,
}

/// Why the queue takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It holds as much as it may.
    Full,
    /// The worker has ended.
    Stopped,
}

impl Queue {
    /// A queue of `limit` bytes, and the worker's end of it.
    pub(crate) fn new(limit: usize) -> (Self, Receiver<Event>) {
        let (sender, receiver) = channel();
        let (bytes, pressed) = (AtomicUsize::new(0), AtomicBool::new(false));
        (Self { sender, bytes, limit, pressed, worker: OnceLock::new() }, receiver)
    }

    /// The thread to wake when it should not go on gathering.
    pub(crate) fn set_worker(&self, worker: Thread) {
        let _ = self.worker.set(worker);
    }

    /// Takes `event`, or says why not.
    pub(crate) fn push(&self, event: Event) -> Result<(), Refused> {
        let size = event.size();
        let before = self.bytes.fetch_add(size, Ordering::Relaxed);
        let refused = if before + size > self.limit {
            Some(Refused::Full)
        } else {
            self.sender.send(event).is_err().then_some(Refused::Stopped)
        };
        if let Some(refused) = refused {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            return Err(refused);
        }
        if before + size > self.limit / 2 {
            self.press();
        }
        Ok(())
    }

    /// Sends an order to the worker, past the limit, and wakes it; whether there is a worker.
    pub(crate) fn order(&self, event: Event) -> bool {
        let sent = self.sender.send(event).is_ok();
        self.press();
        sent
    }

    /// The worker has taken `bytes` out.
    pub(crate) fn taken(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Lets more gather for `interval`; on the worker's thread only. It ends early when the worker is pressed.
    pub(crate) fn gather(&self, interval: Duration) {
        let until = Instant::now() + interval;
        // A thread's permit to go on is a single one, and the channel uses it too: the flag is what counts.
        while !self.pressed.swap(false, Ordering::AcqRel) {
            let Some(rest) = until.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero()) else {
                return;
            };
            std::thread::park_timeout(rest);
        }
    }

    fn press(&self) {
        if !self.pressed.swap(true, Ordering::AcqRel)
            && let Some(worker) = self.worker.get()
        {
            worker.unpark();
        }
    }
}
