//! The worker's thread: gathers records into batches and hands them to the sinks.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

use humanloop_api::{Entry, Process};

use crate::pipeline::Pipeline;
use crate::record::Event;
use crate::sink::{Delivery, Sink};

/// Entries of one batch, at most.
const BATCH: usize = 4096;

pub(crate) struct Worker {
    receiver: Receiver<Event>,
    sinks: Vec<Destination>,
    pipeline: Arc<Pipeline>,
    interval: Duration,
}

/// A sink, and whether its first loss was told.
struct Destination {
    sink: Box<dyn Sink>,
    told: bool,
}

/// An order that ends a batch.
enum Order {
    Flush(SyncSender<()>),
    Stop(SyncSender<()>),
}

impl Worker {
    pub(crate) fn new(
        receiver: Receiver<Event>,
        sinks: Vec<Box<dyn Sink>>,
        pipeline: Arc<Pipeline>,
        interval: Duration,
    ) -> Self {
        let sinks = sinks.into_iter().map(|sink| Destination { sink, told: false }).collect();
        Self { receiver, sinks, pipeline, interval }
    }

    /// Runs until it is told to stop. With nothing to do it sleeps; a record wakes it, and then it lets more gather for
    /// the flush interval, so that callers do not have to wake it for each.
    pub(crate) fn run(mut self) {
        let mut full = false;
        while let Ok(first) = self.receiver.recv() {
            let mut batch = Batch::default();
            let mut bytes = first.size();
            let mut order = batch.add(first, self.pipeline.process());
            if order.is_none() && !full {
                self.pipeline.queue().gather(self.interval);
            }
            while order.is_none() && batch.entries.len() < BATCH {
                let Ok(event) = self.receiver.try_recv() else { break };
                bytes += event.size();
                order = batch.add(event, self.pipeline.process());
            }
            full = batch.entries.len() >= BATCH;
            self.pipeline.queue().taken(bytes);
            self.deliver(&batch.entries);
            match order {
                None => {}
                Some(Order::Flush(answer)) => {
                    let _ = answer.try_send(());
                }
                Some(Order::Stop(answer)) => {
                    drop(self.sinks); // a store is closed before the answer
                    let _ = answer.try_send(());
                    return;
                }
            }
        }
    }

    fn deliver(&mut self, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        for Destination { sink, told } in &mut self.sinks {
            let delivery = catch_unwind(AssertUnwindSafe(|| sink.deliver(entries)))
                .unwrap_or_else(|_| Delivery { lost: entries.len(), reason: Some("the destination panicked".into()) });
            self.pipeline.counts().undelivered.fetch_add(delivery.lost as u64, Ordering::Relaxed);
            if let Some(reason) = delivery.reason.filter(|_| delivery.lost > 0 && !*told) {
                *told = true;
                eprintln!(
                    "humanloop: {} logs are lost, {reason}; further ones are counted in the closing line",
                    delivery.lost
                );
            }
        }
    }
}

/// Entries in order; what is learned about a log of the same batch goes into the log.
#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    /// Place of a log by its reference id.
    places: HashMap<String, usize>,
}

impl Batch {
    fn add(&mut self, event: Event, process: &Process) -> Option<Order> {
        let entry = match event {
            Event::Opened(opened) => Entry::Log(Box::new(opened.into_log(process))),
            Event::Closed(closed) => Entry::Update(Box::new(closed.into_update())),
            Event::Entry(entry) => entry,
            Event::Flush(answer) => return Some(Order::Flush(answer)),
            Event::Stop(answer) => return Some(Order::Stop(answer)),
        };
        match &entry {
            Entry::Log(log) => {
                if let Some(reference) = &log.reference_id {
                    self.places.insert(reference.clone(), self.entries.len());
                }
            }
            Entry::Update(update) => {
                let place = self.places.get(&update.reference_id);
                if let Some(Entry::Log(log)) = place.and_then(|place| self.entries.get_mut(*place)) {
                    log.apply(update);
                    return None;
                }
            }
            Entry::Feedback(_) => {}
        }
        self.entries.push(entry);
        None
    }
}
