//! Time that never runs backwards within a process, and the order of calls that begin in the same nanosecond.

use std::cell::Cell;
use std::sync::LazyLock;
use std::time::Instant;

use humanloop_api::Timestamp;

/// The wall clock read once, and the monotonic clock at that moment: later times are this anchor plus what the
/// monotonic clock says, so that a clock that is set back does not reorder a session.
static ANCHOR: LazyLock<(Timestamp, Instant)> = LazyLock::new(|| (Timestamp::now(), Instant::now()));

thread_local! {
    /// Calls of this thread so far. One that goes on in another thread takes longer than a nanosecond to get there, so
    /// only calls of the same thread can begin in the same one.
    static SEQUENCE: Cell<u64> = const { Cell::new(0) };
}

/// The moment a call began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    instant: Instant,
    pub(crate) sequence: u64,
}

impl Start {
    pub(crate) fn now() -> Self {
        LazyLock::force(&ANCHOR);
        let sequence = SEQUENCE.try_with(|sequence| sequence.replace(sequence.get() + 1)).unwrap_or_default();
        Self { instant: Instant::now(), sequence }
    }

    /// The moment on the wall clock.
    pub(crate) fn timestamp(self) -> Timestamp {
        Timestamp(ANCHOR.0.as_nanos().saturating_add_unsigned(self.tick()))
    }

    /// Nanoseconds since the first look at the clock.
    pub(crate) fn tick(self) -> u64 {
        let since = self.instant.saturating_duration_since(ANCHOR.1);
        since.as_secs().wrapping_mul(1_000_000_000).wrapping_add(u64::from(since.subsec_nanos()))
    }

    /// Seconds until now.
    pub(crate) fn elapsed(self) -> f64 {
        self.instant.elapsed().as_secs_f64()
    }
}
