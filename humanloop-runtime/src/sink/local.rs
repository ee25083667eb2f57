//! Logs into the embedded store.

use std::env;
use std::path::{Path, PathBuf};

use humanloop_api::{Entry, Losses, Process};
use humanloop_store::{Alive, Store};

use crate::error::Error;
use crate::sink::{Delivery, Sink};

/// Where the store is when nobody says otherwise.
pub(crate) const DEFAULT_PATH: &str = ".humanloop/humanloop.db";

/// The store's path: `HUMANLOOP_DB`, else `.humanloop/humanloop.db` in the current directory.
pub fn path_of_environment() -> PathBuf {
    env::var_os("HUMANLOOP_DB").filter(|path| !path.is_empty()).unwrap_or_else(|| DEFAULT_PATH.into()).into()
}

/// The embedded store as a destination.
#[derive(Debug)]
pub(crate) struct LocalSink {
    path: PathBuf,
    store: Store,
    /// As long as this lives, calls of this process that have not ended count as running.
    _alive: Alive,
}

impl LocalSink {
    pub(crate) fn open(path: &Path, process: &Process) -> Result<Self, Error> {
        let store = Store::open(path).map_err(store_error)?;
        let alive = store.register(process).map_err(store_error)?;
        Ok(Self { path: path.into(), store, _alive: alive })
    }
}

impl Sink for LocalSink {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn deliver(&mut self, batch: &[Entry]) -> Delivery {
        deliver(&mut self.store, batch)
    }

    fn account(&mut self, losses: &Losses) -> bool {
        self.store.account(losses).is_ok()
    }
}

/// Puts a batch into `store`. One that it refuses for something in it is halved until the culprit is found, which alone is
/// lost.
pub(crate) fn deliver(store: &mut Store, batch: &[Entry]) -> Delivery {
    let mut delivery = Delivery::default();
    let mut ranges: Vec<_> = std::iter::once(0..batch.len()).collect();
    while let Some(range) = ranges.pop() {
        let Err(error) = store.ingest(&batch[range.clone()]) else { continue };
        match error {
            humanloop_store::Error::Refused { .. } if range.len() > 1 => {
                let middle = range.start + range.len() / 2;
                ranges.push(middle..range.end);
                ranges.push(range.start..middle);
            }
            humanloop_store::Error::Refused { .. } => {
                delivery.lost.push(range.start);
                delivery.reason.get_or_insert(error.to_string());
            }
            error => {
                delivery.later.extend(range.start..batch.len());
                delivery.reason = Some(error.to_string());
                break;
            }
        }
    }
    delivery
}

pub(crate) fn store_error(error: humanloop_store::Error) -> Error {
    Error::Store(Box::new(error))
}
