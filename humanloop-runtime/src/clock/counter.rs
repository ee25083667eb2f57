//! The processor's time-stamp counter as a clock: to read it takes less than half of what asking the system takes.
//!
//! Its rate is only about known, and changes a little. So a pipeline's worker compares it with the system's monotonic clock while
//! it has something to do, and corrects the scale by which it is read: what it is behind at once, what it is ahead by and by, so
//! that time never runs backwards. Each thread keeps a copy of the scale.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use crate::pipeline::lock;

/// The counter, once a worker has found that there is one to rely on.
static COUNTER: OnceLock<quanta::Clock> = OnceLock::new();
static SCALE: Mutex<Option<Compared>> = Mutex::new(None);
/// Changes with the scale.
static GENERATION: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static COPY: Cell<(u64, Scale)> = const { Cell::new((0, Scale { raw: 0, nanos: 0, rate: 0, back: 0, until: 0 })) };
}

/// Nanoseconds from one comparison to the next, at least.
const INTERVAL: f64 = 0.5e9;
/// Nanoseconds that a comparison may take: when the thread is put aside within it, it says nothing.
const BRIEF: f64 = 500.0;
/// By how much the rate may seem to change; more is not the counter's doing, but that of a machine that slept or was moved.
const ODD: f64 = 0.001;
/// What part of the rate is given back at most.
const GIVEN_BACK: f64 = 0.002;

/// What a reading of the counter means.
#[derive(Clone, Copy, Debug)]
struct Scale {
    /// At this reading it was so many nanoseconds.
    raw: u64,
    nanos: u64,
    /// 2^-32 nanoseconds of a step.
    rate: u64,
    /// Of them, what each of the next steps gives back, until so many were made.
    back: u64,
    until: u64,
}

/// Into 2^-32 nanoseconds.
const FIXED: f64 = (1_u64 << 32) as f64;

impl Scale {
    #[inline]
    fn nanos(self, raw: u64) -> u64 {
        let steps = raw.saturating_sub(self.raw);
        let times = |steps: u64, rate: u64| u128::from(steps) * u128::from(rate);
        let since = times(steps, self.rate).saturating_sub(times(steps.min(self.until), self.back));
        self.nanos.wrapping_add((since >> 32) as u64)
    }
}

/// A scale, and what the system's clock said when it was made.
#[derive(Clone, Copy, Debug)]
struct Compared {
    scale: Scale,
    system: u64,
}

impl Compared {
    fn new(raw: u64, system: u64, rate: f64) -> Self {
        Self { scale: Scale { raw, nanos: system, rate: (rate * FIXED) as u64, back: 0, until: 0 }, system }
    }

    /// Whether it is time to compare again.
    fn is_due(&self, system: u64) -> bool {
        system.saturating_sub(self.system) as f64 >= INTERVAL
    }

    fn adjust(&mut self, raw: u64, system: u64) {
        let Scale { raw: before, rate, .. } = self.scale;
        let rate = rate as f64 / FIXED;
        let measured = system.saturating_sub(self.system) as f64 / raw.saturating_sub(before) as f64;
        let rate = if (measured / rate - 1.0).abs() < ODD { measured } else { rate };
        let nanos = self.scale.nanos(raw);
        let ahead = nanos.saturating_sub(system) as f64;
        let until = INTERVAL / rate;
        let back = (ahead / until).min(GIVEN_BACK * rate);
        let fixed = |number: f64| (number * FIXED) as u64;
        self.scale = Scale { raw, nanos: nanos.max(system), rate: fixed(rate), back: fixed(back), until: until as u64 };
        self.system = system;
    }
}

/// Nanoseconds by the counter; `None` as long as there is none to rely on.
#[inline]
pub(super) fn read() -> Option<u64> {
    let counter = COUNTER.get()?;
    let generation = GENERATION.load(Ordering::Acquire);
    let scale = COPY.try_with(|copy| {
        let (of, scale) = copy.get();
        if of == generation { Some(scale) } else { renewed(copy) }
    });
    Some(scale.ok()??.nanos(counter.raw()))
}

#[cold]
fn renewed(copy: &Cell<(u64, Scale)>) -> Option<Scale> {
    let compared = lock(&SCALE);
    let scale = compared.as_ref()?.scale;
    copy.set((GENERATION.load(Ordering::Acquire), scale));
    Some(scale)
}

/// Compares the counter with the system's clock, which `system` reads in nanoseconds; for workers. The first finds out whether
/// there is one to rely on, which takes it less than a millisecond.
pub(super) fn compare(system: impl Fn() -> u64) {
    let mut place = lock(&SCALE);
    let counter = match COUNTER.get() {
        Some(counter) => counter,
        None if is_reliable() => COUNTER.get_or_init(quanta::Clock::new),
        None => return,
    };
    if place.is_some_and(|compared| !compared.is_due(system())) {
        return;
    }
    let (raw, now, after) = (counter.raw(), system(), counter.raw());
    let rate = counter.delta_as_nanos(0, 1 << 32) as f64 / (1_u64 << 32) as f64;
    if after.saturating_sub(raw) as f64 * rate > BRIEF && place.is_some() {
        return; // the next time
    }
    match &mut *place {
        Some(compared) => compared.adjust(raw, now),
        None => *place = Some(Compared::new(raw, now, rate)),
    }
    GENERATION.fetch_add(1, Ordering::Release);
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

    /// A counter of 2.3 steps a nanosecond, which says `error` too little of it for each of them.
    const RATE: f64 = 1.0 / 2.3;
    const SECOND: u64 = 1_000_000_000;

    fn raw(nanos: u64) -> u64 {
        (nanos as f64 * 2.3) as u64
    }

    fn off(compared: &Compared, now: u64) -> u64 {
        compared.scale.nanos(raw(now)).abs_diff(now)
    }

    #[test]
    fn a_wrong_rate_is_found_and_what_it_was_off_goes_away() {
        for wrong in [0.9995, 0.99996, 1.00004, 1.0005] {
            let mut compared = Compared::new(0, 0, RATE * wrong);
            for second in 1..5 {
                compared.adjust(raw(second * SECOND), second * SECOND);
            }
            assert!(off(&compared, 5 * SECOND) < 100, "{compared:?}");
            assert!(off(&compared, 3_600 * SECOND) < 10_000, "an hour later: {compared:?}");
        }
    }

    #[test]
    fn time_never_runs_backwards() {
        let mut compared = Compared::new(0, 0, RATE * 1.0004);
        let mut last = 0;
        for step in 1..200_u64 {
            let now = step * SECOND / 7;
            // What comparing gets wrong, now in this direction and now in that.
            let system = now + step * 7_919 % 400;
            let mut is_later = |nanos: u64| {
                assert!(nanos >= last, "{last} and then {nanos}");
                last = nanos;
            };
            is_later(compared.scale.nanos(raw(now)));
            compared.adjust(raw(now), system);
            is_later(compared.scale.nanos(raw(now)));
            (1..50).for_each(|more| is_later(compared.scale.nanos(raw(now) + more)));
        }
    }

    #[test]
    fn a_counter_that_jumps_keeps_its_rate() {
        let mut compared = Compared::new(0, 0, RATE);
        compared.adjust(raw(SECOND), SECOND);
        // The machine slept for an hour, in which the counter went on and the system's clock did not.
        let later = raw(3_600 * SECOND);
        let before = compared.scale.nanos(later);
        compared.adjust(later, 2 * SECOND);
        let (now, second_later) = (compared.scale.nanos(later), compared.scale.nanos(later + raw(SECOND)));
        assert_eq!(now, before);
        assert!((second_later - now).abs_diff(SECOND) < SECOND / 400);
        // It began anew.
        compared.adjust(raw(5), 3 * SECOND);
        let (now, second_later) = (compared.scale.nanos(raw(5)), compared.scale.nanos(raw(5) + raw(SECOND)));
        assert!(now >= before && (second_later - now).abs_diff(SECOND) < SECOND / 400);
    }

    #[test]
    fn what_it_reads_is_what_the_system_says() {
        let start = std::time::Instant::now();
        let system = || start.elapsed().as_nanos() as u64;
        compare(system);
        let Some(first) = read() else { return assert!(!is_reliable()) };
        std::thread::sleep(std::time::Duration::from_millis(20));
        let (before, read, after) = (system(), read().unwrap_or_default(), system());
        assert!(first < read && read + 1_000_000 > before && read < after + 1_000_000, "{before} {read} {after}");
    }
}
