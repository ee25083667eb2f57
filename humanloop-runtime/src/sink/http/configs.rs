//! Configs that a server has: each is told once, and named by the server's id of it from then on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use humanloop_api::{Config, Log};

/// By the address of the config, which is kept so that nothing else gets that address.
#[derive(Debug, Default)]
pub(super) struct Configs(HashMap<usize, (Arc<Config>, String)>);

/// Logs, each with its place in the batch.
pub(super) type Logs<'a> = Vec<(usize, &'a Log)>;

/// The config of a log that shares it with others to come: those of an annotated function. One that was read from disk is the
/// only one of its kind.
fn shared(log: &Log) -> Option<&Arc<Config>> {
    log.config.as_ref().filter(|config| log.function.is_some() && Arc::strong_count(config) > 1)
}

fn address(config: &Arc<Config>) -> usize {
    Arc::as_ptr(config).addr()
}

impl Configs {
    /// Those of `logs` that are the first to tell of their config, and the others.
    pub(super) fn first_of_each<'a>(&self, logs: Logs<'a>) -> (Logs<'a>, Logs<'a>) {
        let mut told = HashSet::new();
        logs.into_iter().partition(|(_, log)| {
            shared(log).map(address).is_some_and(|address| !self.0.contains_key(&address) && told.insert(address))
        })
    }

    /// `log` with the server's id in place of its config, if the server has that.
    pub(super) fn short(&self, log: &Log) -> Option<Log> {
        let (_, id) = self.0.get(&address(shared(log)?))?;
        Some(Log { config: None, config_id: Some(id.clone()), ..log.clone() })
    }

    /// The server has the config of `log`, and calls it `id`. One that gives no id is told each time.
    pub(super) fn learn(&mut self, log: &Log, id: Option<String>) {
        if let (Some(config), Some(id)) = (shared(log), id) {
            self.0.insert(address(config), (config.clone(), id));
        }
    }

    /// The server may not be what it was.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}
