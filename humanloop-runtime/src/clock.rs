//! Time that never runs backwards within a process, and the order of calls that begin in the same nanosecond.

mod counter;

pub(crate) use counter::find as find_counter;

use std::cell::Cell;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use humanloop_api::Timestamp;

/// The wall clock read once, and the monotonic clock at that moment: later times are this anchor plus what the
/// monotonic clock says, or the processor's counter, so that a clock that is set back does not reorder a session.
static ANCHOR: LazyLock<(Timestamp, Instant)> = LazyLock::new(|| (Timestamp::now(), Instant::now()));

thread_local! {
    /// Calls of this thread so far, which may begin in the same nanosecond. The clocks of two threads differ by up to 200: which
    /// of two calls in different threads was first is not known any better than that.
    static SEQUENCE: Cell<u64> = const { Cell::new(0) };
}

/// The moment a call began.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Start {
    tick: u64,
    pub(crate) sequence: u64,
}

impl Start {
    #[inline]
    pub(crate) fn now() -> Self {
        let sequence = SEQUENCE.try_with(|sequence| sequence.replace(sequence.get() + 1)).unwrap_or_default();
        Self { tick: tick(), sequence }
    }

    /// The moment on the wall clock.
    #[inline]
    pub(crate) fn timestamp(self) -> Timestamp {
        Timestamp(ANCHOR.0.as_nanos().saturating_add_unsigned(self.tick))
    }

    /// Nanoseconds since the first look at the clock.
    pub(crate) fn tick(self) -> u64 {
        self.tick
    }

    /// Seconds until now.
    pub(crate) fn elapsed(self) -> f64 {
        self.took().as_seconds()
    }

    /// The time until now.
    #[inline]
    pub(crate) fn took(self) -> Nanoseconds {
        Nanoseconds(tick().saturating_sub(self.tick))
    }
}

/// How long something took; in seconds where people see it, which a caller need not reckon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nanoseconds(u64);

impl Nanoseconds {
    pub(crate) fn as_seconds(self) -> f64 {
        Duration::from_nanos(self.0).as_secs_f64()
    }
}

/// Nanoseconds since the first look at the clock.
#[inline]
fn tick() -> u64 {
    counter::read(by_the_system)
}

#[cold]
fn by_the_system() -> u64 {
    let since = ANCHOR.1.elapsed();
    since.as_secs().wrapping_mul(1_000_000_000).wrapping_add(u64::from(since.subsec_nanos()))
}
