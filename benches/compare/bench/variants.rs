//! The variants: each is set up, waits until all that it was given has arrived, and says how much that was.

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fastrace::collector::{Config, Reporter, SpanRecord};
use humanloop::api::Entry;
use humanloop::sink::{Delivery, Sink};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::sessions::{BARE, OURS, SPANS, Sessions, TRACED};

/// In the order of the table.
pub(crate) const NAMES: [&str; 8] = ["bare", "off", "null", "store", "http", "tracing", "fastrace", "opentelemetry"];

const LONG: Duration = Duration::from_secs(120);

pub(crate) struct Variant {
    pub(crate) sessions: Sessions,
    /// Sessions of one measurement: fewer where each of them takes long to arrive.
    pub(crate) count: u32,
    /// Waits until all has arrived.
    pub(crate) drain: Box<dyn Fn()>,
    /// How many calls have arrived; `None`: there is nothing to arrive.
    pub(crate) arrived: Box<dyn FnOnce() -> Option<u64>>,
}

impl Variant {
    /// The variant of that name; `server` is the address of one that takes logs.
    pub(crate) fn new(name: &str, server: &str) -> Self {
        let nothing = |sessions| Self { sessions, count: 256, drain: Box::new(|| ()), arrived: Box::new(|| None) };
        match name {
            "bare" => nothing(BARE),
            "off" => nothing(OURS),
            "tracing" => nothing(SPANS),
            "null" => {
                let null = Null::default();
                let arrived = null.0.clone();
                Self::ours(humanloop::builder().sink(null), 256, move || arrived.load(Ordering::Relaxed))
            }
            "store" => {
                let folder = Folder::new();
                let store = folder.0.join("logs.db");
                Self::ours(humanloop::builder().local(&store), 64, move || {
                    let store = humanloop::store::Store::open_existing(&store).expect("it was written");
                    let sessions = store.sessions(usize::MAX, None).expect("it is read");
                    let logs = sessions.iter().map(|session| session.logs).sum();
                    drop(folder);
                    logs
                })
            }
            "http" => {
                let folder = Folder::new();
                let before = crate::server::logs_taken(server);
                let builder = humanloop::builder().http(server, None).spool(folder.0.join("spool"));
                let server = server.to_owned();
                Self::ours(builder, 64, move || {
                    drop(folder);
                    crate::server::logs_taken(&server) - before
                })
            }
            "fastrace" => {
                let seen = Arc::<AtomicU64>::default();
                fastrace::set_reporter(Counted(seen.clone()), Config::default());
                Self {
                    sessions: TRACED,
                    drain: Box::new(fastrace::flush),
                    arrived: Box::new(move || Some(seen.load(Ordering::Relaxed))),
                    ..nothing(BARE)
                }
            }
            "opentelemetry" => {
                let seen = Arc::<AtomicU64>::default();
                // With its default of 2,048 it would drop most of a tight loop, and look cheaper.
                let config = BatchConfigBuilder::default().with_max_queue_size(1 << 18).build();
                let processor = BatchSpanProcessor::builder(Counted(seen.clone())).with_batch_config(config).build();
                let provider = SdkTracerProvider::builder().with_span_processor(processor).build();
                let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("compare"));
                tracing_subscriber::registry().with(layer).init();
                Self {
                    sessions: SPANS,
                    drain: Box::new(move || provider.force_flush().expect("it flushes")),
                    arrived: Box::new(move || Some(seen.load(Ordering::Relaxed))),
                    ..nothing(BARE)
                }
            }
            _ => panic!("there is no variant `{name}`"),
        }
    }

    fn ours(builder: humanloop::Builder, count: u32, arrived: impl FnOnce() -> u64 + 'static) -> Self {
        let guard = std::rc::Rc::new(builder.quiet().init().expect("it starts"));
        let flushed = guard.clone();
        let drain = move || {
            let flushed = flushed.flush(LONG);
            assert!(flushed.complete && flushed.dropped + flushed.spooled == 0, "{flushed:?}");
        };
        Self {
            sessions: OURS,
            count,
            drain: Box::new(drain),
            arrived: Box::new(move || {
                let stats = guard.stats();
                assert_eq!((stats.produced, stats.lost), (stats.delivered, 0), "{stats:?}");
                let arrived = arrived();
                assert_eq!(arrived, stats.produced, "what arrived is not what was told");
                Some(arrived)
            }),
        }
    }
}

/// Takes logs and counts them.
#[derive(Default)]
struct Null(Arc<AtomicU64>);

impl Sink for Null {
    fn name(&self) -> String {
        "nowhere".into()
    }
    fn deliver(&mut self, batch: &[Entry]) -> Delivery {
        let logs = black_box(batch).iter().filter(|entry| matches!(entry, Entry::Log(_))).count();
        self.0.fetch_add(logs as u64, Ordering::Relaxed);
        Delivery::default()
    }
}

/// Takes spans and counts those of calls.
#[derive(Debug)]
struct Counted(Arc<AtomicU64>);

impl Reporter for Counted {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        let calls = black_box(spans).iter().filter(|span| span.name != "session").count();
        self.0.fetch_add(calls as u64, Ordering::Relaxed);
    }
}

impl SpanExporter for Counted {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        let calls = black_box(spans).iter().filter(|span| span.name != "session").count();
        self.0.fetch_add(calls as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// A folder that goes when it is dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("humanloop-compare-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
