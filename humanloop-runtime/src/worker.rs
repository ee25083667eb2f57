//! The worker's thread: makes batches of what is in the lanes, and hands them to the outlets.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use humanloop_api::{Entry, Outcome};
use uuid::Uuid;

use crate::chunk::Chunk;
use crate::function::Function;
use crate::outlet::Batch;
use crate::pipeline::{Order, Pipeline, lock};
use crate::record::{End, Event, Known};
use crate::stats::Cause;

/// Entries of one batch, at most.
const BATCH: usize = 4096;

pub(crate) struct Worker {
    pipeline: Arc<Pipeline>,
    interval: Duration,
    /// Calls that were handed over as running.
    running: HashSet<Uuid>,
    known: Known,
    /// Ends that were found before their beginnings: those are in another thread's lane, and come with the next sweep.
    early: Vec<Early>,
}

/// The end of a call, and its payload.
struct Early {
    id: Uuid,
    function: Option<&'static Function>,
    end: End,
    payload: Vec<u8>,
}

impl Worker {
    pub(crate) fn new(pipeline: Arc<Pipeline>, interval: Duration) -> Self {
        Self { pipeline, interval, running: HashSet::new(), known: Known::default(), early: Vec::new() }
    }

    /// Runs until it is told to stop. With nothing to do it sleeps; a record wakes it, and then it lets more gather for
    /// the flush interval, so that callers do not have to wake it for each.
    pub(crate) fn run(mut self) {
        crate::context::record_nothing_here();
        let pipeline = self.pipeline.clone();
        let queue = &pipeline.queue;
        queue.attend();
        queue.provide();
        let mut chunks = Vec::new();
        let mut is_idle = true;
        loop {
            if is_idle {
                queue.sleep();
            }
            queue.gather(self.interval);
            queue.begin();
            let orders: Vec<Order> = std::mem::take(&mut *lock(&pipeline.orders));
            let stop = orders.iter().any(|order| order.stop);
            if stop {
                queue.stop();
            }
            queue.sweep(&mut chunks);
            queue.provide();
            is_idle = chunks.is_empty() && self.early.is_empty();
            self.hand_over(&mut chunks);
            if !self.early.is_empty() {
                // Their beginnings were pushed before them, so they are in the lanes by now.
                queue.sweep(&mut chunks);
                self.hand_over(&mut chunks);
                let orphans = std::mem::take(&mut self.early).len();
                pipeline.counts.lose(Cause::Stopped, orphans as u64, None);
            }
            for order in orders {
                let _ = order.answer.try_send(());
            }
            if stop {
                queue.let_go();
                return;
            }
        }
    }

    /// Makes batches of `chunks` and gives them to the outlets.
    fn hand_over(&mut self, chunks: &mut Vec<Chunk<Event>>) {
        let mut batch = Draft::default();
        for mut chunk in chunks.drain(..) {
            if self.pipeline.is_late() {
                let records = chunk.events().iter().filter(|event| event.is_produced()).count();
                self.pipeline.counts.lose(Cause::Undelivered, records as u64, None);
                self.pipeline.queue.recycle(chunk);
                continue;
            }
            let (events, bytes) = chunk.parts();
            for event in events {
                self.add(&mut batch, event, bytes);
                if batch.entries.len() >= BATCH {
                    self.send(std::mem::take(&mut batch));
                }
            }
            self.pipeline.queue.recycle(chunk);
            self.pipeline.queue.provide();
        }
        for Early { id, function, end, payload } in std::mem::take(&mut self.early) {
            self.close(&mut batch, id, function, end, &payload);
        }
        self.send(batch);
    }

    /// A record stays in its place, and is only written where it shares something: it will soon be with its lane again.
    fn add(&mut self, batch: &mut Draft, event: &mut Event, bytes: &[u8]) {
        match event {
            Event::Call(record) if record.begins => {
                let log = record.log(bytes, &self.pipeline.process, &mut self.known);
                if record.end.is_none() {
                    batch.places.insert(record.id, batch.entries.len());
                }
                batch.push(Entry::Log(Box::new(log)), record.end.is_some().into());
            }
            Event::Call(record) => {
                if let Some(end) = record.end {
                    self.close(batch, record.id, record.function, end, bytes);
                }
            }
            Event::Entry(_) => {
                if let Event::Entry(entry) = std::mem::take(event) {
                    batch.take(*entry);
                }
            }
        }
    }

    fn close(&mut self, batch: &mut Draft, id: Uuid, function: Option<&'static Function>, end: End, bytes: &[u8]) {
        let place = batch.places.get(&id).copied();
        if place.is_none() && !self.running.remove(&id) {
            let (end, payload) = end.apart(bytes);
            self.early.push(Early { id, function, end, payload });
            return;
        }
        let update = end.update(id, function, bytes);
        match place.and_then(|place| Some((batch.entries.get_mut(place)?, batch.weights.get_mut(place)?))) {
            Some((Entry::Log(log), weight)) => {
                log.apply(update);
                *weight += 1;
            }
            _ => batch.push(Entry::Update(Box::new(update)), 1),
        }
    }

    fn send(&mut self, mut draft: Draft) {
        if draft.entries.is_empty() {
            return;
        }
        self.pipeline.redactor.apply(&mut draft.entries);
        for (id, place) in &draft.places {
            if matches!(draft.entries.get(*place), Some(Entry::Log(log)) if log.outcome() == Outcome::Running) {
                self.running.insert(*id);
            }
        }
        let batch = Batch::new(draft.entries, draft.weights, self.pipeline.queue.clone());
        let batch = Arc::new(batch);
        for outlet in &self.pipeline.outlets {
            while !outlet.has_room() {
                if self.pipeline.is_late() {
                    self.pipeline.counts.lose(Cause::Undelivered, batch.weight(), None);
                    return;
                }
                outlet.wait_for_room();
            }
            outlet.push(batch.clone());
        }
    }
}

/// Entries in order; what is learned about a log of the same batch goes into the log.
#[derive(Default)]
struct Draft {
    entries: Vec<Entry>,
    weights: Vec<u32>,
    /// Place of a log by its id.
    places: HashMap<Uuid, usize>,
    /// Place of an explicit log by its reference id.
    references: HashMap<String, usize>,
}

impl Draft {
    fn push(&mut self, entry: Entry, weight: u32) {
        self.entries.push(entry);
        self.weights.push(weight);
    }

    /// Takes an explicit entry.
    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Update(update) => {
                let place = self.references.get(&update.reference_id).copied();
                match place.and_then(|place| Some((self.entries.get_mut(place)?, self.weights.get_mut(place)?))) {
                    Some((Entry::Log(log), weight)) => {
                        log.apply(*update);
                        *weight += 1;
                    }
                    _ => self.push(Entry::Update(update), 1),
                }
            }
            Entry::Log(log) => {
                if let Some(reference) = &log.reference_id {
                    self.references.insert(reference.clone(), self.entries.len());
                }
                self.push(Entry::Log(log), 1);
            }
            Entry::Feedback(feedback) => self.push(Entry::Feedback(feedback), 1),
        }
    }
}
