//! What all handlers share: the store, and who may use it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use humanloop_store::{Reader, Store};

use super::access::Access;
use crate::api::Problem;

/// What all handlers share; clones are the same.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

struct Shared {
    path: PathBuf,
    /// Connections that nobody reads from at the moment.
    readers: Mutex<Vec<Reader>>,
    access: Access,
}

/// Connections that are kept for the next reader; more are opened when more read at once.
const KEPT_READERS: usize = 8;

impl App {
    /// Opens the store at `db`, and makes it when there is none.
    pub(crate) fn open(db: &Path, access: Access) -> Result<Self, humanloop_store::Error> {
        Store::open(db)?;
        Ok(Self(Arc::new(Shared { path: db.into(), readers: Mutex::default(), access })))
    }

    /// Who may use the server.
    pub(crate) fn access(&self) -> &Access {
        &self.0.access
    }

    /// Asks the store something, on a thread that may wait.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, humanloop_store::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let Self(shared) = self.clone();
        blocking(move || {
            let kept = lock(&shared.readers).pop();
            let reader = kept.map_or_else(|| Reader::open(&shared.path), Ok)?;
            let answer = question(&reader);
            let mut readers = lock(&shared.readers);
            if readers.len() < KEPT_READERS {
                readers.push(reader);
            }
            answer
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, humanloop_store::Error> + Send + 'static,
) -> Result<T, Problem> {
    let failed = |text: String| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, text);
    tokio::task::spawn_blocking(work).await.map_err(|error| failed(error.to_string()))?.map_err(Problem::from)
}

/// A lock that no panic spoils: what it guards is whole between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
