//! What was committed is brought to the disk, and its callers are told, by a thread of its own, while the writer takes in what comes next.
//!
//! SQLite's commit leaves this to us: with `synchronous = NORMAL` it writes a commit to the write-ahead log, and waits for the disk only
//! before that log is written into the file or begun anew.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::error::Error;
use crate::ingest::Placed;
use crate::open::Store;
use crate::writer::{Answer, Batch};

/// Commits that wait for the disk at most; then the writer waits, too.
const AHEAD: usize = 4;

/// A job whose transaction is over.
pub(crate) struct Done {
    /// Let go of where nobody waits for it.
    pub(crate) batch: Arc<Batch>,
    pub(crate) answer: Answer,
    pub(crate) placed: Result<Vec<Placed>, Error>,
}

/// The way to the thread that waits for the disk.
pub(crate) struct Acknowledger {
    done: SyncSender<Vec<Done>>,
    /// Whether the store has a write-ahead log; without one, SQLite waits for the disk itself.
    has_log: bool,
    is_ahead: bool,
}

impl Acknowledger {
    pub(crate) fn start(store: &Store) -> Result<Self, Error> {
        let mode: String =
            store.ask(|connection| connection.pragma_query_value(None, "journal_mode", |row| row.get(0)))?;
        let has_log = mode == "wal";
        let (done, waiting) = sync_channel(AHEAD);
        let path = store.path().to_owned();
        let failed = |source| Error::File { path: path.clone(), source };
        let log = has_log.then(|| log_of(&path));
        let run = move || acknowledge(log.as_deref(), &waiting);
        thread::Builder::new().name("humanloop-acknowledger".into()).spawn(run).map_err(failed)?;
        Ok(Self { done, has_log, is_ahead: false })
    }

    /// From now on commits of `store` do not wait for the disk, as they are acknowledged here; or they do, as others are waited for.
    pub(crate) fn set_ahead(&mut self, store: &Store, ahead: bool) -> Result<(), Error> {
        let ahead = ahead && self.has_log;
        if ahead != self.is_ahead {
            let level = if ahead { "NORMAL" } else { "FULL" };
            store.ask(|connection| connection.pragma_update(None, "synchronous", level))?;
            self.is_ahead = ahead;
        }
        Ok(())
    }

    /// Has jobs answered when what they committed is on disk.
    pub(crate) fn acknowledge(&self, done: Vec<Done>) {
        // The other end is there as long as this one is.
        let _ = self.done.send(done);
    }
}

/// The store's write-ahead log.
fn log_of(store: &Path) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

fn acknowledge(log: Option<&Path>, waiting: &Receiver<Vec<Done>>) {
    let mut file = None;
    while let Ok(first) = waiting.recv() {
        let mut all = vec![first];
        all.extend(waiting.try_iter());
        let on_disk = log.map_or(Ok(()), |log| sync(log, &mut file));
        for Done { batch, answer, placed } in all.into_iter().flatten() {
            drop(batch);
            answer(match (&on_disk, log) {
                (Err(error), Some(log)) => placed.and_then(|_| Err(not_on_disk(log, error))),
                _ => placed,
            });
        }
    }
}

/// Waits until what was written to the log is on disk. The file is the same as long as the writer has it open.
fn sync(log: &Path, file: &mut Option<File>) -> io::Result<()> {
    let open = match file {
        Some(open) => open,
        None => file.insert(OpenOptions::new().write(true).open(log)?),
    };
    open.sync_data()
}

fn not_on_disk(log: &Path, error: &io::Error) -> Error {
    let source = error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
    Error::File { path: log.into(), source }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::mpsc::channel;

    use humanloop_api::Entry;
    use uuid::Uuid;

    use super::*;
    use crate::writer::Writer;

    #[test]
    fn what_does_not_reach_the_disk_is_not_acknowledged() {
        let (done, waiting) = sync_channel(1);
        let (sender, answers) = channel();
        let batch = Arc::new(Batch::of(Vec::new()));
        let answer = Box::new(move |placed: Result<Vec<Placed>, Error>| sender.send(placed).unwrap());
        done.send(vec![Done { batch, answer, placed: Ok(Vec::new()) }]).unwrap();
        drop(done);
        let nowhere = std::env::temp_dir().join(format!("humanloop-{}", Uuid::new_v4())).join("logs.db-wal");
        acknowledge(Some(&nowhere), &waiting);
        let error = answers.recv().unwrap().unwrap_err();
        assert!(matches!(&error, Error::File { path, .. } if *path == nowhere), "{error}");
    }

    #[test]
    fn commits_wait_for_the_disk_themselves_when_nobody_acknowledges_them() {
        let folder = std::env::temp_dir().join(format!("humanloop-acknowledge-{}", Uuid::new_v4()));
        let writer = Writer::open(&folder.join("logs.db")).unwrap();
        let level = || {
            let level = |store: &mut Store| {
                store.ask(|connection| connection.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0)))
            };
            writer.run_and_wait(level).unwrap()
        };
        let full = 2;
        assert_eq!(level(), full);
        writer.ingest_and_wait(vec![Entry::Log(Box::default())]).unwrap();
        assert_eq!(level(), full);
        let (sender, answer) = channel();
        // The connection is the writer's own while it takes logs in, and is asked when that is over.
        let mut store = Store::open(&folder.join("other.db")).unwrap();
        let mut acknowledger = Acknowledger::start(&store).unwrap();
        acknowledger.set_ahead(&store, true).unwrap();
        let level = |store: &Store| {
            store
                .ask(|connection| connection.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0)))
                .unwrap()
        };
        assert_eq!(level(&store), 1);
        let placed = store.place(&[Entry::Log(Box::default())]);
        let answer_to = Box::new(move |placed: Result<Vec<Placed>, Error>| sender.send(placed).unwrap());
        acknowledger.acknowledge(vec![Done { batch: Arc::new(Batch::of(Vec::new())), answer: answer_to, placed }]);
        assert_eq!(answer.recv().unwrap().unwrap().len(), 1);
        acknowledger.set_ahead(&store, false).unwrap();
        assert_eq!(level(&store), full);
        drop((writer, store, acknowledger));
        let _ = std::fs::remove_dir_all(folder);
    }
}
