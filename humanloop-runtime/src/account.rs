//! What a destination knows of the program's losses.

use std::panic::{AssertUnwindSafe, catch_unwind};

use humanloop_api::{Losses, Timestamp, Waiting};

use crate::sink::Sink;
use crate::stats::Counts;

/// The program's account, and what the destination was told of it.
#[derive(Debug)]
pub(crate) struct Account {
    now: Losses,
    told: Losses,
}

impl Account {
    /// `losses` are those of a program that has begun.
    pub(crate) fn new(losses: Losses) -> Self {
        let told = Losses::none(losses.process.clone());
        Self { now: losses, told }
    }

    /// Tells the destination what is lost, and whether records wait on disk for it, when it does not know that yet. How many
    /// wait is told when it begins, when it ends, and at the end of the program: it changes with each batch.
    pub(crate) fn tell(&mut self, sink: &mut dyn Sink, counts: &Counts, waiting: u64, is_end: bool) {
        self.now.lost = counts.lost();
        let known = self.told.waiting.map_or(0, |waiting| waiting.records);
        if (waiting > 0) != (known > 0) || (is_end && waiting != known) {
            self.now.waiting = (waiting > 0).then(|| Waiting { records: waiting, at: Timestamp::now() });
        }
        if self.now != self.told && catch_unwind(AssertUnwindSafe(|| sink.account(&self.now))).unwrap_or(true) {
            self.told = self.now.clone();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::{Arc, Mutex};

    use humanloop_api::{Entry, Loss, Process, id};

    use super::*;
    use crate::sink::Delivery;

    #[derive(Default)]
    struct Told(Arc<Mutex<Vec<Losses>>>, bool);

    impl Sink for Told {
        fn name(&self) -> String {
            "told".into()
        }

        fn deliver(&mut self, _: &[Entry]) -> Delivery {
            Delivery::default()
        }

        fn account(&mut self, losses: &Losses) -> bool {
            self.0.lock().unwrap().push(losses.clone());
            self.1
        }
    }

    #[test]
    fn a_destination_is_told_what_is_new_and_of_what_waits_when_it_begins_and_ends() {
        let all = Arc::default();
        let (mut sink, counts) = (Told(Arc::clone(&all), true), Counts::default());
        let mut account = Account::new(Losses::none(Process { id: id::new(), pid: 1 }));
        let mut tell = |waiting, is_end| {
            account.tell(&mut sink, &counts, waiting, is_end);
            let told = std::mem::take(&mut *all.lock().unwrap());
            told.iter().map(|one| (one.records(), one.waiting.map(|waiting| waiting.records))).collect::<Vec<_>>()
        };
        assert_eq!(tell(0, false), []); // a program that loses nothing says nothing
        assert_eq!(tell(900, false), [(0, Some(900))]);
        assert_eq!(tell(700, false), []);
        counts.lose(Loss::Refused, 2, Some("a test"));
        assert_eq!(tell(500, false), [(2, Some(900))]);
        assert_eq!(tell(300, true), [(2, Some(300))]);
        assert_eq!(tell(0, false), [(2, None)]);
        assert_eq!(tell(0, true), []);
    }

    #[test]
    fn what_did_not_arrive_is_told_again() {
        let all = Arc::default();
        let (mut sink, counts) = (Told(Arc::clone(&all), false), Counts::default());
        let sampled = Losses { sample: Some(0.5), ..Losses::none(Process { id: id::new(), pid: 1 }) };
        let mut account = Account::new(sampled);
        account.tell(&mut sink, &counts, 0, false);
        account.tell(&mut sink, &counts, 0, false);
        sink.1 = true;
        account.tell(&mut sink, &counts, 0, false);
        account.tell(&mut sink, &counts, 0, true);
        assert_eq!(all.lock().unwrap().len(), 3);
    }
}
