//! From the environment and the builder to a running pipeline and its guard.

use std::env;
#[cfg(feature = "local")]
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use humanloop_api::{Process, id};

use crate::context::Context;
use crate::error::Error;
use crate::pipeline::{Flushed, Pipeline, Stats};
use crate::prices::{self, Prices};
#[cfg(feature = "http")]
use crate::provider::{self, Chosen, Provider};
use crate::sink::Sink;

/// Starts logging as the environment says; keep the guard until the end of `main`.
///
/// | variable | meaning |
/// | --- | --- |
/// | none of them | logs go to the embedded store, `.humanloop/humanloop.db` in the current directory |
/// | `HUMANLOOP_DB` | another place for that store |
/// | `HUMANLOOP_BASE_URL`, `HUMANLOOP_API_KEY` | logs go to a Humanloop API instead |
/// | `HUMANLOOP_DISABLED=1` | nothing is captured |
/// | `HUMANLOOP_QUIET=1` | no closing line |
/// | `HUMANLOOP_PRICES` | a file of prices, see [`Prices`] |
///
/// # Errors
///
/// When it runs already, when a setting is wrong, when the store cannot be opened.
pub fn init() -> Result<Guard, Error> {
    Builder::new().init()
}

/// Starts logging as the code says; what the builder is not told, the environment says.
///
/// ```no_run
/// let _humanloop = humanloop_runtime::builder().local("target/trace.db").quiet().init()?;
/// # Ok::<(), humanloop_runtime::Error>(())
/// ```
pub fn builder() -> Builder {
    Builder::new()
}

/// Settings of the pipeline.
pub struct Builder {
    sinks: Vec<MakeSink>,
    flush_interval: Duration,
    shutdown_timeout: Duration,
    queue_bytes: usize,
    prices: Option<Prices>,
    #[cfg(feature = "http")]
    provider: Option<Chosen>,
    quiet: bool,
    disabled: bool,
}

/// A destination that is opened at the start; with it, what to say of it in the closing line.
type MakeSink = Box<dyn FnOnce(&Process) -> Result<(Box<dyn Sink>, String), Error> + Send>;

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("destinations", &self.sinks.len()).finish_non_exhaustive()
    }
}

impl Builder {
    fn new() -> Self {
        Self {
            sinks: Vec::new(),
            flush_interval: Duration::from_millis(200),
            shutdown_timeout: Duration::from_secs(10),
            queue_bytes: 64 << 20,
            prices: None,
            #[cfg(feature = "http")]
            provider: None,
            quiet: is_set("HUMANLOOP_QUIET"),
            disabled: is_set("HUMANLOOP_DISABLED"),
        }
    }

    /// Logs go to the embedded store at `path`.
    #[cfg(feature = "local")]
    pub fn local(mut self, path: impl Into<PathBuf>) -> Self {
        use crate::sink::local::{DEFAULT_PATH, LocalSink};
        let path = path.into();
        self.sinks.push(Box::new(move |process| {
            let named_elsewhere =
                path.as_os_str() == DEFAULT_PATH || env::var_os("HUMANLOOP_DB").is_some_and(|db| db == *path);
            let look = if named_elsewhere {
                "humanloop show".into()
            } else {
                format!("humanloop show --db {}", path.display())
            };
            Ok((Box::new(LocalSink::open(&path, process)?), look))
        }));
        self
    }

    /// Logs go to the Humanloop API at `base_url`; a key is needed unless it runs on this machine.
    #[cfg(feature = "http")]
    pub fn http(self, base_url: impl Into<String>, api_key: Option<String>) -> Self {
        let base_url = base_url.into();
        self.with(move |_| {
            let sink = crate::sink::http::HttpSink::new(&base_url, api_key)?;
            let name = sink.name();
            Ok((Box::new(sink), name))
        })
    }

    /// Logs go to memory, for tests.
    #[cfg(feature = "local")]
    pub fn memory(self, memory: &crate::sink::memory::Memory) -> Self {
        let memory = memory.clone();
        self.with(move |_| Ok((Box::new(memory), "in memory".into())))
    }

    /// Logs go to a destination of your own.
    pub fn sink(self, sink: impl Sink + 'static) -> Self {
        self.with(move |_| {
            let name = sink.name();
            Ok((Box::new(sink), name))
        })
    }

    fn with(mut self, make: impl FnOnce(&Process) -> Result<(Box<dyn Sink>, String), Error> + Send + 'static) -> Self {
        self.sinks.push(Box::new(make));
        self
    }

    /// How long records gather before they are delivered; default 200 ms. What a killed process loses is no older.
    pub fn flush_interval(mut self, interval: Duration) -> Self {
        self.flush_interval = interval;
        self
    }

    /// How long the end of the program waits for pending records; default 10 s.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// The most bytes that wait for delivery; default 64 MiB. What comes on top is lost, and counted.
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.queue_bytes = bytes;
        self
    }

    /// Who answers prompts without a body, and the explicit calls, whatever their configs name; default the provider that
    /// a config names.
    #[cfg(feature = "http")]
    pub fn provider(mut self, provider: impl Provider + 'static) -> Self {
        self.provider = Some(Chosen(Arc::new(provider)));
        self
    }

    /// What tokens cost, from now on and for the whole process; default the built-in table, and above it the file that
    /// `HUMANLOOP_PRICES` names.
    pub fn prices(mut self, prices: Prices) -> Self {
        self.prices = Some(prices);
        self
    }

    /// No closing line on stderr.
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// Starts logging for the whole process.
    ///
    /// # Errors
    ///
    /// As [`init`].
    pub fn init(self) -> Result<Guard, Error> {
        #[cfg(feature = "http")]
        let provider = self.provider.clone();
        let mut guard = self.start()?;
        if let Some(Err(error)) = guard.pipeline.as_ref().map(Pipeline::install) {
            guard.closing = None; // it has nothing to say of its end
            return Err(error);
        }
        // Also with logging off: such a prompt still asks its model.
        #[cfg(feature = "http")]
        if provider.is_some() {
            provider::set_default(provider);
        }
        Ok(guard)
    }

    /// Starts logging for what runs inside [`Guard::scope`] or [`Guard::run`] only, such as one test.
    ///
    /// # Errors
    ///
    /// As [`init`], but it may be called any number of times.
    pub fn start(mut self) -> Result<Guard, Error> {
        if self.disabled {
            #[cfg_attr(not(feature = "http"), expect(unused_mut, reason = "the providers come with the feature"))]
            let mut guard = Guard::inert();
            #[cfg(feature = "http")]
            guard.provider.clone_from(&self.provider);
            return Ok(guard);
        }
        match self.prices.take() {
            Some(prices) => prices::set(prices),
            // A file that cannot be read is told now, not at the first cost.
            None => drop(Prices::from_env()?),
        }
        if self.sinks.is_empty() {
            self = self.destination_of_environment()?;
        }
        let process = Process { id: id::new(), pid: std::process::id() };
        let mut sinks = Vec::new();
        let mut looks = Vec::new();
        for make in self.sinks {
            let (sink, look) = make(&process)?;
            sinks.push(sink);
            looks.push(look);
        }
        let pipeline = Pipeline::start(sinks, process, self.queue_bytes, self.flush_interval)?;
        Ok(Guard {
            #[cfg(feature = "http")]
            provider: self.provider,
            pipeline: Some(pipeline),
            timeout: self.shutdown_timeout,
            closing: (!self.quiet).then(|| looks.join(", ")),
        })
    }

    fn destination_of_environment(self) -> Result<Self, Error> {
        #[cfg(feature = "http")]
        if let Some(url) = text("HUMANLOOP_BASE_URL")? {
            let key = text("HUMANLOOP_API_KEY")?;
            return Ok(self.http(url, key));
        }
        #[cfg(feature = "local")]
        return Ok(self.local(crate::sink::local::path_of_environment()));
        #[cfg(not(feature = "local"))]
        Err(Error::Setting {
            name: "HUMANLOOP_BASE_URL",
            problem: "there is no destination for logs: set it, or build humanloop with the feature `local`".into(),
        })
    }
}

/// Keeps logging going; delivers what is pending when dropped, and says so in one line on stderr.
#[must_use = "logging ends when the guard is dropped: write `let _humanloop = humanloop::init()?;`"]
#[derive(Debug)]
pub struct Guard {
    pipeline: Option<Arc<Pipeline>>,
    #[cfg(feature = "http")]
    provider: Option<Chosen>,
    timeout: Duration,
    /// Where to look, for the closing line; `None`: no closing line.
    closing: Option<String>,
}

impl Guard {
    fn inert() -> Self {
        Self {
            pipeline: None,
            #[cfg(feature = "http")]
            provider: None,
            timeout: Duration::ZERO,
            closing: None,
        }
    }

    /// Waits, at most `timeout`, until what was logged before is delivered.
    ///
    /// It blocks the calling thread; delivery has a thread of its own and goes on meanwhile.
    pub fn flush(&self, timeout: Duration) -> Flushed {
        match &self.pipeline {
            Some(pipeline) => pipeline.flush(timeout),
            None => Flushed { complete: true, stats: Stats::default() },
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

    fn context(&self) -> Context {
        Context {
            pipeline: self.pipeline.clone(),
            #[cfg(feature = "http")]
            provider: self.provider.clone(),
            ..Context::default()
        }
    }

    #[cfg(feature = "http")]
    pub(crate) fn pipeline(&self) -> Option<Arc<Pipeline>> {
        self.pipeline.clone()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(pipeline) = self.pipeline.take() else { return };
        let end = pipeline.stop(self.timeout);
        if let Some(look) = &self.closing {
            eprintln!("{}", closing_line(end, look));
        }
    }
}

/// `humanloop: 4 logs, 1 failed, 0 lost · humanloop show`.
fn closing_line(end: Flushed, look: &str) -> String {
    let Stats { logs, failed, running, lost } = end.stats;
    let mut line = format!("humanloop: {logs} {}, {failed} failed", if logs == 1 { "log" } else { "logs" });
    if running > 0 {
        line.push_str(&format!(", {running} not ended"));
    }
    line.push_str(&format!(", {lost} lost"));
    if !end.complete {
        line.push_str(", some still undelivered when the time was up");
    }
    line.push_str(" · ");
    line.push_str(look);
    line
}

/// Whether a variable says yes.
fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0" && value != "false")
}

/// A variable's text; one that is empty counts as not set.
#[cfg(feature = "http")]
fn text(name: &'static str) -> Result<Option<String>, Error> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Error::Setting { name, problem: "it is not UTF-8 text".into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_names_everything_that_went_wrong() {
        let stats = Stats { logs: 4, failed: 1, running: 0, lost: 0 };
        let line = closing_line(Flushed { complete: true, stats }, "humanloop show");
        assert_eq!(line, "humanloop: 4 logs, 1 failed, 0 lost · humanloop show");
        let stats = Stats { logs: 1, failed: 0, running: 1, lost: 2 };
        let line = closing_line(Flushed { complete: false, stats }, "in memory");
        assert_eq!(
            line,
            "humanloop: 1 log, 0 failed, 1 not ended, 2 lost, some still undelivered when the time was up · in memory"
        );
    }
}
