//! The guard of a running pipeline: flush, shutdown, and the closing line.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::context::{Around, Context};
use crate::error::Error;
use crate::pipeline::Pipeline;
#[cfg(feature = "http")]
use crate::provider::Chosen;
use crate::stats::{Flushed, Stats};

/// Keeps logging going; delivers what is pending when dropped, and says so in one line on stderr.
#[must_use = "logging ends when the guard is dropped: write `let _humanloop = humanloop::init()?;`"]
#[derive(Debug)]
pub struct Guard {
    pipeline: Option<Arc<Pipeline>>,
    #[cfg(feature = "http")]
    provider: Option<Chosen>,
    end: End,
}

/// How a pipeline is brought to its end.
#[derive(Clone, Debug, Default)]
pub(crate) struct End {
    pub(crate) timeout: Duration,
    /// Where to look, for the closing line; `None`: no closing line.
    pub(crate) look: Option<String>,
}

impl End {
    /// Delivers what is pending and says so; once for all who ask for it.
    pub(crate) fn bring(&self, pipeline: &Arc<Pipeline>) -> Flushed {
        let (end, is_first) = pipeline.stop(self.timeout);
        if let Some(look) = self.look.as_ref().filter(|_| is_first) {
            // Were stderr closed, a panic here would be ours.
            let _ = writeln!(std::io::stderr(), "{}", closing_line(end, look));
        }
        end
    }
}

impl Guard {
    /// The guard of `pipeline`; without one nothing is logged.
    pub(crate) fn new(
        pipeline: Option<Arc<Pipeline>>,
        end: End,
        #[cfg(feature = "http")] provider: Option<Chosen>,
    ) -> Self {
        Self {
            pipeline,
            #[cfg(feature = "http")]
            provider,
            end,
        }
    }

    /// Makes the pipeline the one of the whole process.
    pub(crate) fn install(&mut self) -> Result<(), Error> {
        let Some(pipeline) = &self.pipeline else { return Ok(()) };
        pipeline.install().inspect_err(|_| self.end.look = None) // it has nothing to say of its end
    }

    /// Waits, at most `timeout`, until what was logged before is delivered, and tells what is delivered, on disk, and
    /// lost so far.
    ///
    /// It blocks the calling thread; delivery has threads of its own and goes on meanwhile. A server that does not
    /// answer is tried once more; what it does not take then is on disk.
    pub fn flush(&self, timeout: Duration) -> Flushed {
        match &self.pipeline {
            Some(pipeline) => pipeline.flush(timeout),
            None => Flushed::new(true, Stats::default()),
        }
    }

    /// What was logged so far.
    pub fn stats(&self) -> Stats {
        self.pipeline.as_ref().map_or_else(Stats::default, |pipeline| pipeline.stats())
    }

    /// `future`, with its logs going to this guard's destinations whatever `init` was called with.
    pub fn scope<F: Future>(&self, future: F) -> crate::context::InContext<F> {
        self.context().scope(future)
    }

    /// Runs `body` with its logs going to this guard's destinations whatever `init` was called with.
    pub fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        self.context().run(body)
    }

    /// Delivers what is pending, at most for `timeout`, and ends logging: what dropping the guard does, with an answer.
    pub fn shutdown(mut self, timeout: Duration) -> Flushed {
        self.end.timeout = timeout;
        self.bring_end().unwrap_or_else(|| Flushed::new(true, Stats::default()))
    }

    fn bring_end(&mut self) -> Option<Flushed> {
        Some(self.end.bring(&self.pipeline.take()?))
    }

    fn context(&self) -> Context {
        Context::of(Around {
            pipeline: self.pipeline.clone(),
            #[cfg(feature = "http")]
            provider: self.provider.clone(),
            prompt: None,
        })
    }

    #[cfg(feature = "http")]
    pub(crate) fn pipeline(&self) -> Option<Arc<Pipeline>> {
        self.pipeline.clone()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.bring_end();
    }
}

/// `humanloop: 4 logs, 1 failed, 0 lost · humanloop show`.
fn closing_line(end: Flushed, look: &str) -> String {
    let Stats { logs, failed, running, spooled, lost, .. } = end.stats;
    let mut line = format!("humanloop: {logs} {}, {failed} failed", if logs == 1 { "log" } else { "logs" });
    if running > 0 {
        line.push_str(&format!(", {running} not ended"));
    }
    if spooled > 0 {
        line.push_str(&format!(", {spooled} on disk for the next start"));
    }
    line.push_str(&format!(", {lost} lost"));
    if !end.complete {
        line.push_str(", some still undelivered when the time was up");
    }
    line.push_str(" · ");
    line.push_str(look);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_names_everything_that_went_wrong() {
        let stats = Stats { logs: 4, failed: 1, ..Stats::default() };
        let line = closing_line(Flushed::new(true, stats), "humanloop show");
        assert_eq!(line, "humanloop: 4 logs, 1 failed, 0 lost · humanloop show");
        let stats = Stats { logs: 1, running: 1, spooled: 3, lost: 2, ..Stats::default() };
        let line = closing_line(Flushed::new(false, stats), "in memory");
        assert_eq!(
            line,
            "humanloop: 1 log, 0 failed, 1 not ended, 3 on disk for the next start, 2 lost, some still undelivered when the time was up · in memory"
        );
    }
}
