//! From the environment and the builder to a running pipeline and its guard.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use humanloop_api::{Losses, Process, id};

use crate::aside::Aside;
#[cfg(feature = "http")]
use crate::environment::text;
use crate::environment::{is_set, path_of_spool};
use crate::error::Error;
use crate::guard::{End, Guard};
use crate::outlet::Outlet;
use crate::pipeline::{Pipeline, SAMPLE_ALL, Settings};
use crate::prices::{self, Prices};
#[cfg(feature = "http")]
use crate::provider::{self, Chosen, Provider};
use crate::queue::Queue;
use crate::redact::Redactor;
use crate::sink::Sink;
use crate::spool::Spool;
use crate::stats::Counts;

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
    #[cfg(all(unix, feature = "signals"))]
    on_signals: bool,
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
    /// Where to keep what it will never take, if not in the spool.
    refused: Option<PathBuf>,
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
            #[cfg(all(unix, feature = "signals"))]
            on_signals: false,
        }
    }

    /// Logs go to the embedded store at `path`.
    #[cfg(feature = "local")]
    pub fn local(mut self, path: impl Into<PathBuf>) -> Self {
        use crate::sink::local::{DEFAULT_PATH, LocalSink};
        let path = path.into();
        self.sinks.push(Box::new(move |process| {
            let named_elsewhere =
                path.as_os_str() == DEFAULT_PATH || std::env::var_os("HUMANLOOP_DB").is_some_and(|db| db == *path);
            let look = if named_elsewhere {
                "humanloop show".into()
            } else {
                format!("humanloop show --db {}", path.display())
            };
            let mut refused = path.clone().into_os_string();
            refused.push("-refused.jsonl");
            let sink = Box::new(LocalSink::open(&path, process)?);
            Ok(Opened { sink, look, spooled: false, refused: Some(refused.into()) })
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
            Ok(Opened { sink: Box::new(sink), look, spooled: true, refused: None })
        })
    }

    /// Logs go to memory, for tests.
    #[cfg(feature = "local")]
    pub fn memory(self, memory: &crate::sink::memory::Memory) -> Self {
        let memory = memory.clone();
        self.with(move |_| {
            Ok(Opened { sink: Box::new(memory), look: "in memory".into(), spooled: false, refused: None })
        })
    }

    /// Logs go to a destination of your own.
    pub fn sink(self, sink: impl Sink + 'static) -> Self {
        self.with(move |_| {
            let look = sink.name();
            Ok(Opened { sink: Box::new(sink), look, spooled: false, refused: None })
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

    /// At SIGINT (Ctrl-C) and SIGTERM, what is pending is delivered as by [`Guard::shutdown`], and then the signal ends the
    /// program as ever, with the status of that signal; a second one ends it at once. Elsewhere than on Unix nothing changes.
    ///
    /// A program that has a graceful shutdown of its own needs it not: the guard is dropped on that way.
    #[cfg(feature = "signals")]
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no signals"))]
    pub fn shutdown_on_signals(mut self) -> Self {
        #[cfg(unix)]
        {
            self.on_signals = true;
        }
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
        guard.install()?;
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
            return Ok(Guard::new(
                None,
                End::default(),
                #[cfg(feature = "http")]
                self.provider,
            ));
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
        let sample = (self.sample < 1.0).then_some(self.sample);
        let losses = Losses { sample, ..Losses::none(process.clone()) };
        let mut outlets = Vec::new();
        let mut looks = Vec::new();
        for Opened { sink, look, spooled, refused } in opened {
            let folder = self.spool.as_deref().filter(|_| spooled);
            let spool = folder.map(|folder| Spool::open(folder, &look, self.spool_bytes));
            let aside = refused.or_else(|| spool.as_ref().map(Spool::refused)).map(Aside::new);
            let outlet = Outlet::start(sink, look.clone(), spool, aside, counts.clone(), queue.clone(), losses.clone());
            outlets.push(outlet.map_err(Error::Worker)?);
            looks.push(look);
        }
        let pipeline = Pipeline {
            queue,
            counts,
            process,
            outlets,
            settings,
            redactor: self.redactor,
            orders: Mutex::default(),
            deadline: Mutex::default(),
            ended: Mutex::default(),
        };
        let pipeline = pipeline.start(self.flush_interval)?;
        let end = End { timeout: self.shutdown_timeout, look: (!self.quiet).then(|| looks.join(", ")) };
        #[cfg(all(unix, feature = "signals"))]
        if self.on_signals {
            crate::signals::watch(&pipeline, end.clone()).map_err(Error::Worker)?;
        }
        Ok(Guard::new(
            Some(pipeline),
            end,
            #[cfg(feature = "http")]
            self.provider,
        ))
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
