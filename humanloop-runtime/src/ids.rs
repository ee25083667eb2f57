//! Ids of logs and sessions: version 7, so that they sort by time, with random bits of the thread's own.

use std::cell::Cell;

use humanloop_api::Timestamp;
use uuid::Uuid;

thread_local! {
    static STATE: State = const { State { words: Cell::new([0; 4]), pid: Cell::new(0) } };
}

/// The state of the generator xoshiro256++ and the process it was seeded in; 0 before that.
struct State {
    words: Cell<[u64; 4]>,
    pid: Cell<u32>,
}

/// A new id of a call that began at `time`, a moment of the clock named by `tick`.
///
/// A copy of the process made by `fork` has the same generator; the tick keeps its ids apart until it is seeded anew.
#[inline]
pub(crate) fn at(time: Timestamp, tick: u64) -> Uuid {
    let random = STATE.try_with(|state| {
        if state.pid.get() == 0 {
            state.seed();
        }
        let mut words = state.words.get();
        let random = next(&mut words);
        state.words.set(words);
        random
    });
    let Ok(random) = random else { return Uuid::now_v7() };
    let nanos = u64::try_from(time.as_nanos()).unwrap_or_default();
    let (millis, rest) = (nanos / 1_000_000, nanos % 1_000_000);
    // RFC 9562, section 6.2, method 3: the rest of the millisecond in the twelve bits behind it.
    let fraction = (rest << 12) / 1_000_000;
    let high = (millis << 16) | 0x7000 | fraction;
    let low = (random ^ tick.wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 2 | 0x8000_0000_0000_0000;
    Uuid::from_u64_pair(high, low)
}

/// A new id, made now.
pub(crate) fn new() -> Uuid {
    let _ = STATE.try_with(|state| {
        if state.pid.get() != std::process::id() {
            state.seed();
        }
    });
    let start = crate::clock::Start::now();
    at(start.timestamp(), start.tick())
}

impl State {
    /// 256 bits of the operating system's.
    #[cold]
    fn seed(&self) {
        let word = || {
            let (high, low) = Uuid::new_v4().as_u64_pair();
            high.rotate_left(32) ^ low
        };
        self.words.set([word(), word(), word(), word()]);
        self.pid.set(std::process::id());
    }
}

/// xoshiro256++ 1.0 by Blackman and Vigna.
fn next(s: &mut [u64; 4]) -> u64 {
    let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
    let t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3].rotate_left(45);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_7_and_sort_by_time() {
        let (early, late) = (at(Timestamp(1_700_000_000_000_000_000), 1), at(Timestamp(1_700_000_000_000_300_000), 2));
        assert_eq!((early.get_version_num(), early.get_variant()), (7, uuid::Variant::RFC4122));
        assert!(early < late);
        assert_eq!(early.as_u64_pair().0 >> 16, 1_700_000_000_000);
    }

    #[test]
    fn ids_of_the_same_moment_and_of_other_threads_differ() {
        let many = || (0..1000).map(|_| at(Timestamp(7), 7)).collect::<Vec<_>>();
        let mut all = many();
        all.extend(std::thread::spawn(many).join().unwrap());
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 2000);
    }
}
