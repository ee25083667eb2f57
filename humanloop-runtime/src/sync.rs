//! Locks, atomics and threads of the hand-over: the standard library's, or loom's when it is checked exhaustively.

pub(crate) use brief::Brief;
#[cfg(loom)]
pub(crate) use loom::sync::{Arc, Mutex, MutexGuard, atomic};
#[cfg(not(loom))]
pub(crate) use std::{
    sync::{Arc, Mutex, MutexGuard, atomic},
    thread,
};

/// A lock that is held for some ten nanoseconds, and hardly ever wanted by two at once.
///
/// Letting go of it is a plain store. That of a `Mutex` is an exchange, since somebody may sleep, and an exchange waits until
/// all that was written before has left the processor: lines of the cache that were elsewhere.
#[cfg(not(loom))]
mod brief {
    use std::thread::{sleep, yield_now};
    use std::time::Duration;

    use spin::mutex::{SpinMutex, SpinMutexGuard};

    #[derive(Debug)]
    pub(crate) struct Brief<T>(SpinMutex<T>);

    impl<T> Brief<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(SpinMutex::new(value))
        }

        #[inline]
        pub(crate) fn try_lock(&self) -> Option<SpinMutexGuard<'_, T>> {
            self.0.try_lock()
        }

        /// Waits for who has it. That thread may have been put aside by the system; then it gets the processor.
        pub(crate) fn lock(&self) -> SpinMutexGuard<'_, T> {
            const YIELDS: u32 = 64;
            let mut tries = 0_u32;
            loop {
                if let Some(guard) = self.try_lock() {
                    return guard;
                }
                tries += 1;
                // One of another priority gets it by sleep only.
                if tries < YIELDS { yield_now() } else { sleep(Duration::from_micros(50)) }
            }
        }
    }
}

/// Loom's own lock in its place: it excludes others, and hands over what was written, in the same way.
#[cfg(loom)]
mod brief {
    use super::{Mutex, MutexGuard};

    #[derive(Debug)]
    pub(crate) struct Brief<T>(Mutex<T>);

    impl<T> Brief<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(Mutex::new(value))
        }

        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
        }
    }
}

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
