//! The hand-over of records between threads (`humanloop-runtime/src/queue.rs`), in all ways in which they can take turns.
//!
//! `.ci/loom` runs it: `RUSTFLAGS="--cfg loom" cargo test -p humanloop-hand-over --release`. It is a crate of its own, since
//! that setting would reach tokio, too, which is no tokio for programs then. A wake-up that gets lost
//! makes the worker wait for ever, which loom notices.
#![cfg(loom)]

#[path = "../../../humanloop-runtime/src/chunk.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is made for another crate")]
mod chunk;
#[path = "../../../humanloop-runtime/src/queue.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is made for another crate")]
mod queue;
#[path = "../../../humanloop-runtime/src/sync.rs"]
#[allow(dead_code, reason = "it is made for another crate")]
mod sync;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use crate::chunk::Chunk;
    use crate::queue::{Queue, Refused, lock};
    use crate::sync::{Arc, Mutex};
    use loom::thread;

    type Numbers = Arc<Queue<u32>>;

    /// A thread that pushes `count` numbers from `first` on; those that were taken.
    fn pushes(queue: &Numbers, first: u32, count: u32) -> thread::JoinHandle<Vec<u32>> {
        let queue = queue.clone();
        thread::spawn(move || {
            let Some(lane) = queue.lane() else { return Vec::new() };
            let push = |number: &u32| {
                let pushed = queue.push(&lane, 1, false, |chunk| *chunk.next().0 = *number);
                assert_ne!(pushed, Err(Refused::Full));
                pushed.is_ok()
            };
            (first..first + count).filter(push).collect()
        })
    }

    /// What the worker has seen, of each thread apart.
    fn seen(queue: &Numbers, chunks: &mut Vec<Chunk<u32>>, seen: &mut [Vec<u32>; 2]) {
        queue.sweep(chunks);
        for chunk in chunks.drain(..) {
            for number in chunk.events() {
                seen[(number / 10) as usize].push(*number);
            }
            queue.recycle(chunk);
        }
    }

    fn check(model: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.max_branches = 20_000;
        builder.check(model);
    }

    #[test]
    fn every_record_wakes_the_worker_and_arrives_in_its_threads_order() {
        check(|| {
            let queue: Numbers = Arc::new(Queue::new(1 << 20));
            queue.attend();
            let threads = [pushes(&queue, 0, 3), pushes(&queue, 10, 1)];
            let (mut all, mut chunks) = ([Vec::new(), Vec::new()], Vec::new());
            while all[0].len() + all[1].len() < 4 {
                queue.sleep(); // it wakes up for what has not been swept
                queue.begin();
                seen(&queue, &mut chunks, &mut all);
            }
            assert_eq!(all, [vec![0, 1, 2], vec![10]]);
            threads.into_iter().for_each(|thread| drop(thread.join().unwrap()));
        });
    }

    #[test]
    fn an_order_wakes_the_worker_whenever_it_comes() {
        check(|| {
            let queue: Numbers = Arc::new(Queue::new(1 << 20));
            queue.attend();
            let orders = Arc::new(Mutex::new(0));
            let (pressing, given) = (queue.clone(), orders.clone());
            let thread = thread::spawn(move || {
                *lock(&given) += 1;
                pressing.press();
            });
            let pushing = pushes(&queue, 0, 1);
            let (mut all, mut chunks) = ([Vec::new(), Vec::new()], Vec::new());
            let mut done = 0;
            while done < 1 || all[0].is_empty() {
                queue.sleep();
                queue.begin();
                done += std::mem::take(&mut *lock(&orders));
                seen(&queue, &mut chunks, &mut all);
            }
            thread.join().unwrap();
            pushing.join().unwrap();
        });
    }

    #[test]
    fn at_the_end_what_was_taken_is_swept_and_the_rest_is_refused() {
        check(|| {
            let queue: Numbers = Arc::new(Queue::new(1 << 20));
            queue.attend();
            let threads = [pushes(&queue, 0, 3), pushes(&queue, 10, 1)];
            let (mut all, mut chunks) = ([Vec::new(), Vec::new()], Vec::new());
            seen(&queue, &mut chunks, &mut all);
            queue.stop();
            seen(&queue, &mut chunks, &mut all);
            let taken = threads.map(|thread| thread.join().unwrap());
            assert_eq!(all, taken);
            assert!(queue.lane().is_none());
        });
    }

    #[test]
    fn an_end_gets_into_its_beginning_or_comes_behind_it() {
        const CLOSED: u32 = 1_000; // added to a number
        const APART: u32 = 2_000; // a record of its own
        check(|| {
            let queue: Numbers = Arc::new(Queue::new(1 << 20));
            queue.attend();
            let pushing = queue.clone();
            let thread = thread::spawn(move || {
                let Some(lane) = pushing.lane() else { return };
                for number in 0..3 {
                    let begun = pushing.push(&lane, 1, false, |chunk| {
                        let of = chunk.number;
                        let (event, place) = chunk.next();
                        *event = number;
                        (of, place)
                    });
                    let (of, place) = begun.unwrap();
                    let ended = pushing.push(&lane, 1, false, |chunk| {
                        if chunk.number == of {
                            *chunk.event(place).unwrap() += CLOSED;
                        } else {
                            *chunk.next().0 = number + APART;
                        }
                    });
                    ended.unwrap();
                }
            });
            let (mut all, mut chunks) = (Vec::new(), Vec::new());
            let mut sweep = || {
                queue.sweep(&mut chunks);
                for chunk in chunks.drain(..) {
                    all.extend_from_slice(chunk.events());
                    queue.recycle(chunk);
                }
            };
            sweep();
            thread.join().unwrap();
            sweep();
            let mut open = Vec::new();
            let mut whole = Vec::new();
            for record in all {
                match record {
                    APART.. => whole.extend(open.pop().filter(|number| number + APART == record)),
                    CLOSED.. => whole.push(record - CLOSED),
                    _ => open.push(record),
                }
            }
            assert_eq!((open, whole), (vec![], vec![0, 1, 2]));
        });
    }

    #[test]
    fn what_was_reserved_is_given_back() {
        check(|| {
            let queue: Numbers = Arc::new(Queue::new(1 << 20));
            queue.attend();
            let threads = [pushes(&queue, 0, 3), pushes(&queue, 10, 2)];
            let (mut all, mut chunks) = ([Vec::new(), Vec::new()], Vec::new());
            seen(&queue, &mut chunks, &mut all);
            threads.into_iter().for_each(|thread| drop(thread.join().unwrap()));
            seen(&queue, &mut chunks, &mut all);
            assert_eq!(all, [vec![0, 1, 2], vec![10, 11]]);
            assert_eq!(queue.reserved(), 0);
        });
    }
}
