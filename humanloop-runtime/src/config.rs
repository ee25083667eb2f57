//! From the environment and the builder to a running pipeline and its guard.

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use humanloop_api::{Process, id};

use crate::context::Context;
use crate::error::Error;
use crate::outlet::Outlet;
use crate::pipeline::{Pipeline, SAMPLE_ALL, Settings};
use crate::prices::{self, Prices};
#[cfg(feature = "http")]
use crate::provider::{self, Chosen, Provider};
use crate::queue::Queue;
use crate::redact::Redactor;
use crate::sink::Sink;
use crate::spool::Spool;
use crate::stats::{Counts, Flushed, Stats};

/// Starts logging as the environment says; keep the guard until the end of `main`.
///
/// | variable | meaning |
/// | --- | --- |
/// | none of them | logs go to the embedded store, `.humanloop/humanloop.db` in the current directory |
/// | `HUMANLOOP_DB` | another place for that store |
/// | `HUMANLOOP_BASE_URL`, `HUMANLOOP_API_KEY` | logs go to a Humanloop API instead |
/// | `HUMANLOOP_SPOOL` | where logs wait on disk for an API that does not answer; default `.humanloop/spool` |
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
    value_bytes: usize,
    spool: Option<PathBuf>,
    spool_bytes: u64,
    sample: f64,
    redactor: Redactor,
    quiet: bool,
    disabled: bool,
}

/// A destination that is opened at the start.
type MakeSink = Box<dyn FnOnce(&Process) -> Result<Opened, Error> + Send>;

/// A destination that is open.
struct Opened {
    sink: Box<dyn Sink>,
    /// What to say of it in the closing line.
    look: String,
    /// Whether what it does not take waits on disk.
    spooled: bool,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("destinations", &self.sinks.len()).finish_non_exhaustive()
    }
}

impl Builder {
    fn new() -> Self {
        Self {
            sinks: Vec::new(),
            flush_interval: Duration::from_secs(1),
            shutdown_timeout: Duration::from_secs(10),
            queue_bytes: 64 << 20,
            prices: None,
            #[cfg(feature = "http")]
            provider: None,
            value_bytes: 1 << 20,
            spool: Some(path_of_spool()),
            spool_bytes: 512 << 20,
            sample: 1.0,
            redactor: Redactor::default(),
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
            Ok(Opened { sink: Box::new(LocalSink::open(&path, process)?), look, spooled: false })
        }));
        self
    }

    /// Logs go to the Humanloop API at `base_url`; a key is needed unless it runs on this machine.
    #[cfg(feature = "http")]
    pub fn http(self, base_url: impl Into<String>, api_key: Option<String>) -> Self {
        let base_url = base_url.into();
        self.with(move |_| {
            let sink = crate::sink::http::HttpSink::new(&base_url, api_key)?;
            let look = sink.name();
            Ok(Opened { sink: Box::new(sink), look, spooled: true })
        })
    }

    /// Logs go to memory, for tests.
    #[cfg(feature = "local")]
    pub fn memory(self, memory: &crate::sink::memory::Memory) -> Self {
        let memory = memory.clone();
        self.with(move |_| Ok(Opened { sink: Box::new(memory), look: "in memory".into(), spooled: false }))
    }

    /// Logs go to a destination of your own.
    pub fn sink(self, sink: impl Sink + 'static) -> Self {
        self.with(move |_| {
            let look = sink.name();
            Ok(Opened { sink: Box::new(sink), look, spooled: false })
        })
    }

    fn with(mut self, make: impl FnOnce(&Process) -> Result<Opened, Error> + Send + 'static) -> Self {
        self.sinks.push(Box::new(make));
        self
    }

    /// How long records gather before they are delivered; default 1 s. What a killed process loses is no older.
    pub fn flush_interval(mut self, interval: Duration) -> Self {
        self.flush_interval = interval;
        self
    }

    /// How long the end of the program waits for pending records; default 10 s.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// The most bytes that wait for delivery in memory; default 64 MiB. What comes on top is lost, and counted.
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

    /// The most bytes of one argument, output or error; default 1 MiB. A longer one becomes
    /// `{"$truncated": {"bytes": <its size>, "start": "<its beginning>"}}`.
    pub fn value_bytes(mut self, bytes: usize) -> Self {
        self.value_bytes = bytes;
        self
    }

    /// The folder where logs wait for a server that does not answer, until it does or for the next start; default
    /// `HUMANLOOP_SPOOL`, else `.humanloop/spool` in the current directory.
    pub fn spool(mut self, folder: impl Into<PathBuf>) -> Self {
        self.spool = Some(folder.into());
        self
    }

    /// Nothing goes to disk: what a server does not take waits in memory.
    pub fn no_spool(mut self) -> Self {
        self.spool = None;
        self
    }

    /// The most bytes of the spool; default 512 MiB. What comes on top is lost, and counted.
    pub fn spool_bytes(mut self, bytes: u64) -> Self {
        self.spool_bytes = bytes;
        self
    }

    /// The part of the sessions that is recorded, from 0 to 1; default all. A session is whole or absent: its id
    /// decides, in every process that takes part in it. What the explicit client logs outside of any session is taken.
    pub fn sample(mut self, part: f64) -> Self {
        self.sample = part;
        self
    }

    /// Hides what stands at `path`, such as `inputs.headers.authorization`: it becomes `{"$redacted": true}`. Capitals do
    /// not matter, `*` stands for any one key, and the items of a list are at the path of the list.
    pub fn redact(mut self, path: &str) -> Self {
        self.redactor.paths.push(path.split('.').map(String::from).collect());
        self
    }

    /// Asks `rewrite` for each string of inputs, outputs, errors, messages and metadata: `None` leaves it as it is. It
    /// runs on the worker's thread, before anything is sent or written to disk.
    pub fn redact_with(mut self, rewrite: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        self.redactor.rewrite = Some(Arc::new(rewrite));
        self
    }

    /// Leaves strings in the shape of API keys as they are; by default they become `[redacted]`.
    pub fn keep_keys(mut self) -> Self {
        self.redactor.keep_keys = true;
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
        let settings = Settings { value_bytes: self.value_bytes, sample: threshold(self.sample)? };
        let process = Process { id: id::new(), pid: std::process::id() };
        let opened = self.sinks.into_iter().map(|make| make(&process)).collect::<Result<Vec<_>, _>>()?;
        let (queue, counts) = (Arc::new(Queue::new(self.queue_bytes)), Arc::<Counts>::default());
        let mut outlets = Vec::new();
        let mut looks = Vec::new();
        for Opened { sink, look, spooled } in opened {
            let folder = self.spool.as_deref().filter(|_| spooled);
            let spool = folder.map(|folder| Spool::open(folder, &look, self.spool_bytes));
            looks.push(look);
            outlets.push(Outlet::start(sink, spool, counts.clone(), queue.clone()).map_err(Error::Worker)?);
        }
        let (orders, deadline) = (Mutex::default(), Mutex::default());
        let pipeline =
            Pipeline { queue, counts, process, outlets, settings, redactor: self.redactor, orders, deadline };
        Ok(Guard {
            #[cfg(feature = "http")]
            provider: self.provider,
            pipeline: Some(pipeline.start(self.flush_interval)?),
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
        self.timeout = timeout;
        self.end().unwrap_or_else(|| Flushed::new(true, Stats::default()))
    }

    fn end(&mut self) -> Option<Flushed> {
        let end = self.pipeline.take()?.stop(self.timeout);
        if let Some(look) = &self.closing {
            // Were stderr closed, a panic here would be ours.
            let _ = writeln!(std::io::stderr(), "{}", closing_line(end, look));
        }
        Some(end)
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
        let _ = self.end();
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

/// The ids below which a session is taken.
fn threshold(part: f64) -> Result<u64, Error> {
    if !(0.0..=1.0).contains(&part) {
        return Err(Error::Setting {
            name: "sample",
            problem: format!("{part} is no part: write one from 0.0 to 1.0"),
        });
    }
    Ok(if part >= 1.0 { SAMPLE_ALL } else { (part * SAMPLE_ALL as f64) as u64 })
}

fn path_of_spool() -> PathBuf {
    let path = env::var_os("HUMANLOOP_SPOOL").filter(|path| !path.is_empty());
    path.map_or_else(|| Path::new(".humanloop").join("spool"), PathBuf::from)
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
