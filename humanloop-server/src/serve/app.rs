//! What all handlers share: the store, and who may use it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use humanloop_api::{Entry, Process, id};
use humanloop_store::{Alive, Error, Placed, Reader, Store, Writer};
use tokio::sync::oneshot;

use super::access::Access;
use crate::api::Problem;
use crate::viewer::Sources;

/// What all handlers share; clones are the same.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

struct Shared {
    path: PathBuf,
    /// Connections that nobody reads from at the moment.
    readers: Mutex<Vec<Reader>>,
    writer: Writer,
    access: Access,
    /// Where the sources of the programs stand, when that was said.
    sources: Option<Sources>,
    /// This server, in the logs of the calls that it makes itself.
    process: Process,
    /// While it lives, those calls count as running.
    _alive: Alive,
}

/// Connections that are kept for the next reader; more are opened when more read at once.
const KEPT_READERS: usize = 8;

impl App {
    /// Opens the store at `db`, and makes it when there is none.
    pub(crate) fn open(db: &Path, access: Access, sources: Option<Sources>) -> Result<Self, Error> {
        let process = Process { id: id::new(), pid: std::process::id() };
        let alive = Store::open(db)?.register(&process)?;
        let writer = Writer::open(db)?;
        let shared =
            Shared { path: db.into(), readers: Mutex::default(), writer, access, sources, process, _alive: alive };
        Ok(Self(Arc::new(shared)))
    }

    /// Who may use the server.
    pub(crate) fn access(&self) -> &Access {
        &self.0.access
    }

    /// The sources, to compare with.
    pub(crate) fn sources(&self) -> Option<&Sources> {
        self.0.sources.as_ref()
    }

    /// The process that runs what the server calls itself.
    pub(crate) fn process(&self) -> &Process {
        &self.0.process
    }

    /// Asks the store something, on a thread that may wait.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        self.ask(|reader| question(reader).map_err(Problem::from)).await
    }

    /// As [`read`](Self::read), for a question that may have no answer.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let Self(shared) = self.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let kept = lock(&shared.readers).pop();
            let reader = kept.map_or_else(|| Reader::open(&shared.path), Ok)?;
            let answer = question(&reader);
            let mut readers = lock(&shared.readers);
            if readers.len() < KEPT_READERS {
                readers.push(reader);
            }
            answer
        });
        asked.await.map_err(|error| lost(&error))?
    }

    /// Takes entries in; when this is ready, they are on disk.
    pub(crate) async fn ingest(&self, entries: Vec<Entry>) -> Result<Vec<Placed>, Problem> {
        let (sender, placed) = oneshot::channel();
        let Self(shared) = self.clone();
        // What is made of the entries before they are written takes its time, too.
        let prepared = tokio::task::spawn_blocking(move || {
            shared.writer.ingest(entries, move |placed| {
                let _ = sender.send(placed); // nobody waits when the client is gone
            });
        });
        prepared.await.map_err(|error| lost(&error))?;
        Ok(placed.await.map_err(|error| lost(&error))??)
    }

    /// Does anything with the store, between batches.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let (sender, done) = oneshot::channel();
        self.0.writer.run(work, move |result| {
            let _ = sender.send(result);
        });
        Ok(done.await.map_err(|error| lost(&error))??)
    }
}

fn lost(error: &dyn std::error::Error) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the store's thread is gone: {error}"))
}

/// A lock that no panic spoils: what it guards is whole between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
