//! A call of a model under way: its log is open, and is closed whatever happens.

use std::sync::Arc;

use humanloop_api::{Entry, Log, LogUpdate, Outcome};

use crate::clock::Start;
use crate::pipeline::Pipeline;

/// An open log. Dropped without an end, its call was cancelled.
#[derive(Debug)]
pub(super) struct Running {
    pipeline: Option<Arc<Pipeline>>,
    reference_id: String,
    start: Start,
    /// Whether what was said is logged.
    saves: bool,
}

impl Running {
    /// Opens `log`.
    pub(super) fn open(pipeline: Option<Arc<Pipeline>>, log: &Log, start: Start) -> Self {
        if let Some(pipeline) = &pipeline {
            let log = Log { outcome: Some(Outcome::Running), ..log.clone() };
            super::push(pipeline, Entry::Log(Box::new(log)));
        }
        let reference_id = log.reference_id.clone().unwrap_or_default();
        Self { pipeline, reference_id, start, saves: log.save != Some(false) }
    }

    /// Seconds since it began.
    pub(super) fn duration(&self) -> f64 {
        self.start.elapsed()
    }

    /// Another log of the same call, which is whole already.
    pub(super) fn also(&self, log: Log) {
        if let Some(pipeline) = &self.pipeline {
            super::push(pipeline, Entry::Log(Box::new(log)));
        }
    }

    /// Closes the log with what came of the call.
    pub(super) fn end(mut self, update: LogUpdate) {
        self.close(update);
    }

    fn close(&mut self, update: LogUpdate) {
        let Some(pipeline) = self.pipeline.take() else { return };
        let reference_id = std::mem::take(&mut self.reference_id);
        let mut update = LogUpdate { reference_id, duration: Some(self.start.elapsed()), ..update };
        if !self.saves {
            update.output = None;
            update.output_message = None;
            update.messages = None;
            update.provider_response = None;
        }
        super::push(&pipeline, Entry::Update(Box::new(update)));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let outcome = if std::thread::panicking() { Outcome::Panicked } else { Outcome::Cancelled };
        self.close(LogUpdate { outcome: Some(outcome), ..LogUpdate::default() });
    }
}
