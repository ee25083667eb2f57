//! One thread that writes for many callers: each waits only until its own entries are on disk.
//!
//! The first job opens a batch; the batch takes all that waits and is committed as soon as nobody does, or after 20 ms. So one caller
//! has its answer at once, and many share a commit. For the disk another thread waits, which then answers: see `acknowledge.rs`.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use humanloop_api::Entry;

use crate::acknowledge::{Acknowledger, Done};
use crate::error::Error;
use crate::index::Indexer;
use crate::ingest::{Placed, Taken};
use crate::open::Store;
use crate::prepared::Prepared;
use crate::schema::CHECKPOINT;

/// How long a batch gathers at most.
const GATHER: Duration = Duration::from_millis(20);
/// How often it is looked for programs that are gone.
const SETTLE: Duration = Duration::from_secs(2);
/// How long the indexer lets logs gather.
const INDEX: Duration = Duration::from_millis(500);
/// Logs that the indexer takes in at a time.
const INDEX_AT_ONCE: usize = 2_000;
/// So many times as long as it worked the indexer rests while logs pour in: who writes them waits, who searches does not yet.
const REST: u32 = 3;

/// How often it is looked whether enough was committed to be brought into the file.
const TICK: Duration = Duration::from_millis(50);

/// A handle on the thread that writes. Clones write to the same store; the thread ends after the last of them.
#[derive(Clone, Debug)]
pub struct Writer {
    jobs: Sender<Job>,
    path: Arc<PathBuf>,
}

pub(crate) type Answer = Box<dyn FnOnce(Result<Vec<Placed>, Error>) + Send>;

enum Job {
    Ingest { batch: Arc<Batch>, answer: Answer },
    Run(Box<dyn FnOnce(&mut Store) + Send>),
}

/// Entries with what was made of them on the caller's thread.
pub(crate) struct Batch {
    entries: Vec<Entry>,
    prepared: Vec<Prepared>,
}

impl Batch {
    pub(crate) fn of(entries: Vec<Entry>) -> Self {
        let prepared = entries.iter().map(Prepared::of).collect();
        Self { entries, prepared }
    }
}

struct Entries(Arc<Batch>);
struct Ready(Arc<Batch>);

impl AsRef<[Entry]> for Entries {
    fn as_ref(&self) -> &[Entry] {
        &self.0.entries
    }
}

impl AsRef<[Prepared]> for Ready {
    fn as_ref(&self) -> &[Prepared] {
        &self.0.prepared
    }
}

impl Writer {
    /// Opens the store at `path`, makes it when there is none, and starts the thread; another one keeps the search index.
    ///
    /// # Errors
    ///
    /// As [`Store::open`]; when no thread can be started.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let store = Store::open(path)?;
        let acknowledger = Acknowledger::start(&store)?;
        store.leave_checkpoints()?;
        let (jobs, waiting) = mpsc::channel();
        let no_thread = |source| Error::File { path: path.into(), source };
        let bell = Arc::new(Bell::default());
        let ring = Arc::clone(&bell);
        thread::Builder::new()
            .name("humanloop-writer".into())
            .spawn(move || {
                write(store, acknowledger, &waiting, &ring);
                ring.close();
            })
            .map_err(no_thread)?;
        let indexed = path.to_owned();
        thread::Builder::new()
            .name("humanloop-indexer".into())
            .spawn(move || index(&indexed, &bell))
            .map_err(no_thread)?;
        Ok(Self { jobs, path: Arc::new(path.into()) })
    }

    /// Takes entries in, all or none; `answer` is called on a thread of the writer's when they are on disk. Does not wait.
    pub fn ingest(&self, entries: Vec<Entry>, answer: impl FnOnce(Result<Vec<Placed>, Error>) + Send + 'static) {
        let job = Job::Ingest { batch: Arc::new(Batch::of(entries)), answer: Box::new(answer) };
        if let Err(mpsc::SendError(Job::Ingest { answer, .. })) = self.jobs.send(job) {
            answer(Err(self.gone()));
        }
    }

    /// Takes entries in, all or none, and waits until they are on disk.
    ///
    /// # Errors
    ///
    /// As [`Store::ingest`].
    pub fn ingest_and_wait(&self, entries: Vec<Entry>) -> Result<Vec<Placed>, Error> {
        let (sender, answer) = mpsc::sync_channel(1);
        self.ingest(entries, move |placed| {
            let _ = sender.send(placed);
        });
        answer.recv().unwrap_or_else(|_| Err(self.gone()))
    }

    /// Does anything with the store, between batches; `answer` is called with the result on the writer's thread. Does not wait.
    pub fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, Error> + Send + 'static,
        answer: impl FnOnce(Result<T, Error>) + Send + 'static,
    ) {
        // When the thread is gone the answer is dropped, which its receiver notices.
        let _ = self.jobs.send(Job::Run(Box::new(move |store| answer(work(store)))));
    }

    /// Does anything with the store, between batches, and waits for the result.
    ///
    /// # Errors
    ///
    /// Those of `work`.
    pub fn run_and_wait<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, answer) = mpsc::sync_channel(1);
        self.run(work, move |result| {
            let _ = sender.send(result);
        });
        answer.recv().unwrap_or_else(|_| Err(self.gone()))
    }

    fn gone(&self) -> Error {
        Error::Sqlite { path: (*self.path).clone(), message: "its writer has ended".into() }
    }
}

fn write(mut store: Store, mut acknowledger: Acknowledger, waiting: &Receiver<Job>, bell: &Bell) {
    let mut settled = Instant::now();
    loop {
        let first = match waiting.recv_timeout(SETTLE) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if settled.elapsed() >= SETTLE {
            let _ = store.settle(); // it is tried again
            settled = Instant::now();
        }
        let Some(first) = first else { continue };
        let mut after = Some(first);
        while let Some(job) = after.take() {
            match job {
                Job::Run(work) => {
                    // When this fails, SQLite cannot be asked for anything.
                    let _ = acknowledger.set_ahead(&store, false);
                    work(&mut store);
                }
                ingest @ Job::Ingest { .. } => {
                    let _ = acknowledger.set_ahead(&store, true);
                    after = take(&mut store, &acknowledger, ingest, waiting);
                }
            }
        }
        bell.ring();
    }
}

/// Takes in what is there and what comes until nobody waits, with one commit. Gives back a job of another kind that came between.
fn take(store: &mut Store, acknowledger: &Acknowledger, first: Job, waiting: &Receiver<Job>) -> Option<Job> {
    let opened = Instant::now();
    let mut next = Some(first);
    let mut after = None;
    let mut jobs: Vec<(Arc<Batch>, Answer)> = Vec::new();
    let taken = store.take_while(|| {
        let gathers = opened.elapsed() < GATHER;
        match next.take().or_else(|| gathers.then(|| waiting.try_recv().ok()).flatten())? {
            Job::Ingest { batch, answer } => {
                jobs.push((Arc::clone(&batch), answer));
                Some((Entries(Arc::clone(&batch)), Ready(batch)))
            }
            other => {
                after = Some(other);
                None
            }
        }
    });
    let placed: Vec<Result<Vec<Placed>, Error>> = match taken {
        Ok(taken) => match store.placed(&taken) {
            Ok(placed) => placed.into_iter().map(Ok).collect(),
            Err(_) => taken.iter().map(|taken| place(store, taken)).collect(),
        },
        // One of them does not fit in, or none does: each on its own.
        Err(_) => {
            let alone = jobs.iter().map(|(batch, _)| {
                let taken = store.take(&batch.entries, &batch.prepared)?;
                place(store, &taken)
            });
            alone.collect()
        }
    };
    let done = jobs.into_iter().zip(placed).map(|((batch, answer), placed)| Done { batch, answer, placed });
    acknowledger.acknowledge(done.collect());
    after
}

/// Looks up where the logs of one job stand.
fn place(store: &Store, taken: &[Taken]) -> Result<Vec<Placed>, Error> {
    store.placed(&[taken]).map(|mut placed| placed.pop().unwrap_or_default())
}

/// Tells the indexer that there is something, or that it is over.
#[derive(Default)]
struct Bell {
    state: Mutex<(bool, bool)>,
    rung: Condvar,
}

impl Bell {
    fn ring(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 = true;
        self.rung.notify_one();
    }

    fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.rung.notify_one();
    }

    /// Waits for the next ring, `most` at most; whether to go on.
    fn wait(&self, most: Duration) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.rung.wait_timeout_while(state, most, |(rung, closed)| !*rung && !*closed);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.0 = false;
        !state.1
    }

    /// Whether it rang since it was last asked.
    fn was_rung(&self) -> bool {
        std::mem::take(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Waits, but no longer than until it is over; whether to go on.
    fn sleep(&self, most: Duration) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.rung.wait_timeout_while(state, most, |(_, closed)| !*closed);
        !waited.unwrap_or_else(PoisonError::into_inner).0.1
    }

    fn closed(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

/// Keeps the index behind the store by a second or so. Without an index, search knows the first words only.
fn index(path: &Path, bell: &Bell) {
    let Ok(mut indexer) = Indexer::open(path) else { return };
    loop {
        while !bell.closed() {
            let begun = Instant::now();
            if !indexer.step(INDEX_AT_ONCE).is_ok_and(|taken| taken > 0) {
                break;
            }
            if bell.was_rung() {
                pause(&indexer, bell, begun.elapsed() * REST);
            }
        }
        // Programs with the store embedded ring no bell.
        if !bell.wait(SETTLE) {
            return;
        }
        pause(&indexer, bell, INDEX);
    }
}

/// Lets logs gather for so long, and brings what was committed into the file meanwhile, so that the writer need not.
fn pause(indexer: &Indexer, bell: &Bell, most: Duration) {
    let begun = Instant::now();
    loop {
        let _ = indexer.checkpoint(CHECKPOINT); // it is tried again; in the end the writer does it
        let left = most.saturating_sub(begun.elapsed());
        if left.is_zero() || !bell.sleep(left.min(TICK)) {
            return;
        }
    }
}
