//! Locks, atomics and threads of the hand-over: the standard library's, or loom's when it is checked exhaustively.

#[cfg(loom)]
pub(crate) use loom::sync::{Arc, Mutex, MutexGuard, atomic};
#[cfg(not(loom))]
pub(crate) use std::{
    sync::{Arc, Mutex, MutexGuard, atomic},
    thread,
};

/// Threads that park. What loom's own `unpark` leaves is gone after the next lock, and it wakes who waits for one, too.
#[cfg(loom)]
pub(crate) mod thread {
    use loom::sync::{Arc, Notify};

    loom::thread_local! {
        static TOKEN: Arc<Notify> = Arc::new(Notify::new());
    }

    #[derive(Debug)]
    pub(crate) struct Thread(Arc<Notify>);

    pub(crate) fn current() -> Thread {
        Thread(TOKEN.with(Arc::clone))
    }

    impl Thread {
        pub(crate) fn unpark(&self) {
            self.0.notify();
        }
    }

    /// When nobody ever unparks it, that is a deadlock, which loom reports.
    pub(crate) fn park() {
        TOKEN.with(Arc::clone).wait();
    }
}
