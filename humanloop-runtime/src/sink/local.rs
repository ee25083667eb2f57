//! Logs into the embedded store.

use std::env;
use std::path::{Path, PathBuf};

use humanloop_api::{Entry, Process};
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
        match self.store.ingest(batch) {
            Ok(_) => Delivery::default(),
            Err(error) => Delivery::all_later(batch, error.to_string()),
        }
    }
}

pub(crate) fn store_error(error: humanloop_store::Error) -> Error {
    Error::Store(Box::new(error))
}
