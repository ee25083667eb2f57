//! What a destination knows of the program's losses.

use std::panic::{AssertUnwindSafe, catch_unwind};

use humanloop_api::Losses;

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

    /// Tells the destination what is lost, when it does not know that yet.
    pub(crate) fn tell(&mut self, sink: &mut dyn Sink, counts: &Counts) {
        self.now.lost = counts.lost();
        if self.now != self.told && catch_unwind(AssertUnwindSafe(|| sink.account(&self.now))).unwrap_or(true) {
            self.told = self.now.clone();
        }
    }
}
