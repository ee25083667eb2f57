//! Logs into memory, for tests.

use std::sync::{Arc, Mutex};

use humanloop_api::{Entry, Log};
use humanloop_store::{Store, Tree};

use crate::error::Error;
use crate::pipeline::lock;
use crate::sink::local::store_error;
use crate::sink::{Delivery, Sink};

/// An embedded store that lives in memory: the same tables and queries as in a file. Clones share it.
///
/// ```
/// use std::time::Duration;
/// use humanloop_runtime::Memory;
///
/// let memory = Memory::new()?;
/// let humanloop = humanloop_runtime::builder().memory(&memory).quiet().start()?;
/// humanloop.run(|| { /* annotated calls */ });
/// humanloop.flush(Duration::from_secs(5));
/// assert!(memory.logs()?.is_empty());
/// # Ok::<(), humanloop_runtime::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Memory(Arc<Mutex<Store>>);

impl Memory {
    /// An empty store.
    ///
    /// # Errors
    ///
    /// When SQLite cannot make one.
    pub fn new() -> Result<Self, Error> {
        Ok(Self(Arc::new(Mutex::new(Store::in_memory().map_err(store_error)?))))
    }

    /// The logs of all sessions, the latest session first, in order within each.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn logs(&self) -> Result<Vec<Log>, Error> {
        let store = lock(&self.0);
        let mut logs = Vec::new();
        for session in store.sessions(usize::MAX, None).map_err(store_error)? {
            logs.extend(store.logs(session.id).map_err(store_error)?);
        }
        Ok(logs)
    }

    /// The trees of all sessions, the latest first.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn trees(&self) -> Result<Vec<Tree>, Error> {
        let store = lock(&self.0);
        let sessions = store.sessions(usize::MAX, None).map_err(store_error)?;
        sessions.iter().map(|session| store.tree(session.id).map_err(store_error)).collect()
    }
}

impl Sink for Memory {
    fn name(&self) -> String {
        "memory".into()
    }

    fn deliver(&mut self, batch: &[Entry]) -> Delivery {
        super::local::deliver(&mut lock(&self.0), batch)
    }
}
