//! Time that never runs backwards within a process, and the order of calls that begin in the same nanosecond.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use humanloop_api::Timestamp;

/// The wall clock read once, and the monotonic clock at that moment: later times are this anchor plus what the
/// monotonic clock says, so that a clock that is set back does not reorder a session.
static ANCHOR: LazyLock<(Timestamp, Instant)> = LazyLock::new(|| (Timestamp::now(), Instant::now()));
static SEQUENCE: AtomicU64 = AtomicU64::new(0);

/// The moment a call began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    instant: Instant,
    pub(crate) sequence: u64,
}

impl Start {
    pub(crate) fn now() -> Self {
        LazyLock::force(&ANCHOR);
        Self { instant: Instant::now(), sequence: SEQUENCE.fetch_add(1, Ordering::Relaxed) }
    }

    /// The moment on the wall clock.
    pub(crate) fn timestamp(self) -> Timestamp {
        let (wall, instant) = *ANCHOR;
        let since = i64::try_from(self.instant.saturating_duration_since(instant).as_nanos()).unwrap_or(i64::MAX);
        Timestamp(wall.as_nanos().saturating_add(since))
    }

    /// Seconds until now.
    pub(crate) fn elapsed(self) -> f64 {
        self.instant.elapsed().as_secs_f64()
    }
}
