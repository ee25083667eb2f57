//! Runs a function, and gives what it recorded; nothing without the feature `enable`.

/// One log, in words.
#[derive(Clone, Debug, Default)]
pub struct Log {
    pub name: String,
    /// `tool`, `prompt`, `flow`.
    pub kind: &'static str,
    /// The arguments, as JSON.
    pub inputs: String,
    pub output: Option<String>,
    pub error: Option<String>,
    /// `ok`, `failed`, `panicked`, `cancelled`.
    pub outcome: &'static str,
    pub id: String,
    pub parent: Option<String>,
    pub session: String,
    /// It found no session and opened one of its own.
    pub unbound: bool,
    pub source: Option<String>,
    /// How far the source can be trusted: `Exact`, `Written`, `Expanded`, `Hidden`.
    pub source_kind: String,
    pub version: String,
    pub description: Option<String>,
    pub metadata: String,
}

/// What a run recorded.
#[derive(Debug)]
pub struct Recorded {
    #[cfg_attr(not(feature = "enable"), expect(dead_code, reason = "nothing is recorded"))]
    logs: Vec<Log>,
}

impl Recorded {
    /// Checks the logs, in the order in which they began; without the feature `enable` there are none to check.
    #[cfg(feature = "enable")]
    pub fn check(&self, check: impl FnOnce(&[Log])) {
        check(&self.logs);
    }

    #[cfg(not(feature = "enable"))]
    pub fn check(&self, _: impl FnOnce(&[Log])) {}

    /// Checks the only log.
    pub fn only(&self, check: impl FnOnce(&Log)) {
        self.check(|logs| match logs {
            [log] => check(log),
            _ => panic!("not one log: {logs:#?}"),
        });
    }

    /// Checks the only log's arguments and its output, both as JSON text.
    #[track_caller]
    pub fn is(&self, inputs: &str, output: &str) {
        self.only(|log| {
            assert_eq!(
                (log.inputs.as_str(), log.output.as_deref(), log.outcome),
                (inputs, Some(output), "ok"),
                "{log:#?}"
            );
        });
    }
}

/// Runs a future.
#[cfg(feature = "enable")]
pub async fn run<F: Future>(future: F) -> (F::Output, Recorded) {
    use humanloop::api::Config;

    let trace = humanloop::testing::record(future).await.unwrap();
    let json = |object: &Option<humanloop::api::Object>| {
        object.as_ref().map_or_else(String::new, |object| humanloop::api::json(object).get().to_owned())
    };
    let mut logs = trace.logs().unwrap();
    logs.sort_by_key(|log| (log.created_at, log.sequence));
    let logs = logs.into_iter().map(|log| Log {
        name: log.config.as_deref().map_or("", Config::name).into(),
        kind: log.kind().word(),
        inputs: json(&log.inputs),
        outcome: log.outcome().word(),
        id: log.reference_id.clone().unwrap_or_default(),
        session: log.session_reference_id.clone().unwrap_or_default(),
        unbound: log.unbound == Some(true),
        source: log.config.as_deref().and_then(Config::source_code).map(String::from),
        source_kind: log.function.as_ref().map_or_else(String::new, |function| format!("{:?}", function.source_kind)),
        version: log.function.as_ref().map_or_else(String::new, |function| function.version.clone()),
        description: log.config.as_deref().and_then(Config::description).map(String::from),
        metadata: json(&log.metadata),
        parent: log.parent_reference_id.clone(),
        output: log.output.clone(),
        error: log.error,
    });
    (trace.output, Recorded { logs: logs.collect() })
}

#[cfg(not(feature = "enable"))]
pub async fn run<F: Future>(future: F) -> (F::Output, Recorded) {
    (future.await, Recorded { logs: Vec::new() })
}

/// Runs a closure.
pub fn run_sync<R>(body: impl FnOnce() -> R) -> (R, Recorded) {
    futures_util::FutureExt::now_or_never(run(async { body() })).unwrap()
}

/// A task that keeps session and parent; with everything compiled out, a task.
#[cfg(feature = "enable")]
pub use humanloop::spawn;
#[cfg(not(feature = "enable"))]
pub use tokio::spawn;
