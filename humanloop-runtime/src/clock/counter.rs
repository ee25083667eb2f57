//! The processor's time-stamp counter, which takes less than half as long to read as the system's clock.
//!
//! The system's clock is the truth, and the counter only tells how long ago a thread has asked for it: at most a moment, so
//! whatever the counter's rate is off by comes to nothing, and whatever happens to it (the machine slept, or was moved) ends with
//! the moment.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The counter, once it is known that there is one to rely on, and how fast it is.
static COUNTER: OnceLock<Counter> = OnceLock::new();

thread_local! {
    static LATELY: Lately = const { Lately::new() };
}

/// Nanoseconds after which a thread asks the system again: with a rate that is off by 0.01 %, time is off by 10.
const MOMENT: f64 = 100_000.0;
/// Nanoseconds that asking may take; longer, and the thread was put aside within.
const BRIEF: f64 = 200.0;
/// A nanosecond, for a rate in whole numbers.
const FIXED: f64 = (1_u64 << 32) as f64;

#[derive(Debug)]
struct Counter {
    clock: quanta::Clock,
    /// Nanoseconds of a step, times 2^32.
    rate: u64,
    /// Steps of a moment.
    moment: u64,
    /// Steps that asking the system may take.
    brief: u64,
}

/// What a thread was told lately.
#[derive(Debug)]
struct Lately {
    /// The counter, and what the system said then.
    raw: Cell<u64>,
    nanos: Cell<u64>,
    /// What this clock has said last.
    last: Cell<u64>,
}

/// Nanoseconds by the counter, or by the `system` if there is none to rely on.
#[inline]
pub(super) fn read(system: impl Fn() -> u64) -> u64 {
    let Some(counter) = COUNTER.get() else { return system() };
    let read = LATELY.try_with(|lately| lately.read(counter, || counter.clock.raw(), &system));
    read.unwrap_or_else(|_| system())
}

impl Lately {
    const fn new() -> Self {
        Self { raw: Cell::new(0), nanos: Cell::new(0), last: Cell::new(0) }
    }

    /// It never runs backwards.
    #[inline]
    fn read(&self, counter: &Counter, raw: impl Fn() -> u64, system: impl Fn() -> u64) -> u64 {
        let now = raw();
        // One that has begun anew is far away, too.
        let steps = now.wrapping_sub(self.raw.get());
        let nanos = if steps < counter.moment {
            // Neither number has more than half of the bits.
            self.nanos.get() + ((steps * counter.rate) >> 32)
        } else {
            self.ask(counter, now, raw, system)
        };
        let last = self.last.get().max(nanos);
        self.last.set(last);
        last
    }

    #[cold]
    #[inline(never)]
    fn ask(&self, counter: &Counter, now: u64, raw: impl Fn() -> u64, system: impl Fn() -> u64) -> u64 {
        let nanos = system();
        if raw().wrapping_sub(now) < counter.brief {
            self.raw.set(now);
            self.nanos.set(nanos);
        }
        nanos
    }
}

impl Counter {
    /// `rate` in nanoseconds of a step.
    fn new(clock: quanta::Clock, rate: f64) -> Option<Self> {
        let of = |nanos: f64| (nanos / rate) as u64;
        let counter = Self { clock, rate: (rate * FIXED) as u64, moment: of(MOMENT), brief: of(BRIEF) };
        // Of a counter that is too slow or too quick to be one, the numbers would not fit.
        (0.01..10.0).contains(&rate).then_some(counter)
    }
}

/// Finds out, once in a process and in a thread of its own, whether there is a counter to rely on, and how fast it is.
pub(crate) fn find() {
    static BEGUN: AtomicBool = AtomicBool::new(false);
    if BEGUN.swap(true, Ordering::Relaxed) || !is_reliable() {
        return;
    }
    let find = || {
        let clock = quanta::Clock::new(); // it compares the two clocks for a millisecond, at most 200
        let rate = clock.delta_as_nanos(0, 1 << 32) as f64 / FIXED;
        if let Some(counter) = Counter::new(clock, rate) {
            let _ = COUNTER.set(counter);
        }
    };
    // Without a thread the system's clock will do.
    let _ = std::thread::Builder::new().name("humanloop-clock".into()).spawn(find);
}

/// Whether the system itself tells the time by the counter: it watches whether all processors agree on it.
fn is_reliable() -> bool {
    const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    cfg!(all(target_os = "linux", target_arch = "x86_64"))
        && std::fs::read_to_string(SOURCE).is_ok_and(|name| name.trim() == "tsc")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A counter of 2.3 steps a nanosecond, of which it is believed that it is so much slower.
    fn counter(wrong: f64) -> Counter {
        Counter::new(quanta::Clock::new(), wrong / 2.3).unwrap()
    }

    fn raw(nanos: u64) -> u64 {
        1_000_000_000 + (nanos as f64 * 2.3) as u64
    }

    #[test]
    fn a_wrong_rate_comes_to_a_few_nanoseconds_and_never_to_more() {
        for wrong in [0.9999, 1.0, 1.0001] {
            let counter = counter(wrong);
            let lately = Lately::new();
            for step in 0..100_000 {
                let now = step * 1_237 + step % 5 * 70_001;
                let last = lately.last.get();
                let read = lately.read(&counter, || raw(now), || now);
                assert!(read >= last, "{last}, then {read}");
                assert!(read.abs_diff(now.max(last)) <= 11, "{now} reads as {read}");
            }
        }
    }

    #[test]
    fn a_counter_that_jumps_or_begins_anew_does_not_matter() {
        let counter = counter(1.0);
        let lately = Lately::new();
        let read = |raw: u64, now: u64| lately.read(&counter, || raw, || now);
        assert_eq!(read(raw(1_000), 1_000), 1_000);
        assert_eq!(read(raw(50_000_000_000), 2_000), 2_000, "it went on while the machine slept");
        assert_eq!(read(5, 3_000), 3_000, "it began anew");
        assert_eq!(read(5 + 2_301, 5_000), 4_000);
        assert_eq!(read(raw(9_000), 3_500), 4_000, "never backwards");
    }

    #[test]
    fn a_thread_that_is_put_aside_while_it_asks_asks_again() {
        let counter = counter(1.0);
        let lately = Lately::new();
        let times = Cell::new(0);
        let slow = || {
            times.set(times.get() + 1);
            raw(times.get() * 50_000)
        };
        assert_eq!(lately.read(&counter, slow, || 100_000), 100_000);
        assert_eq!(lately.raw.get(), 0, "what the system said belongs to no reading of the counter");
    }

    #[test]
    fn it_reads_as_the_system_does() {
        find();
        let start = std::time::Instant::now();
        let system = || start.elapsed().as_nanos() as u64;
        while is_reliable() && COUNTER.get().is_none() {
            assert!(system() < 5_000_000_000, "it is not found");
        }
        for _ in 0..1_000 {
            let (before, read, after) = (system(), read(system), system());
            assert!(before.saturating_sub(200_000) < read && read < after + 200_000, "{before}, {read}, {after}");
        }
    }
}
