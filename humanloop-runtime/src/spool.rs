//! Records on disk that the server has not taken yet: in order, bounded, and safe against what was half-written.
//!
//! Each process has a folder of its own, locked as long as it lives; the files of a process that is gone are taken over
//! at the next start. A file holds a batch: a line an entry, with a checksum. It appears whole under its name, by
//! renaming, so a killed process leaves none half-written; what a disk has damaged is left out and counted.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use humanloop_api::Entry;

/// Numbers go down from here for what goes before, and up for what goes behind.
const MIDDLE: u64 = 1 << 52;

/// A folder of batches.
#[derive(Debug)]
pub(crate) struct Spool {
    root: PathBuf,
    own: PathBuf,
    files: VecDeque<Batch>,
    bytes: u64,
    limit: u64,
    front: u64,
    back: u64,
    /// Held as long as the process lives; of this process and those whose files were taken over.
    locks: Vec<File>,
}

#[derive(Debug)]
struct Batch {
    path: PathBuf,
    bytes: u64,
    weight: u64,
}

/// Why something is not on disk.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The spool holds as much as it may.
    Full,
    /// The disk failed.
    Disk(String),
    /// It need not be there.
    NotNeeded,
}

impl Spool {
    /// The part of the folder `all` for the destination of this name, of at most `limit` bytes, with what earlier
    /// processes have left. Nothing is made before it is needed.
    pub(crate) fn open(all: &Path, destination: &str, limit: u64) -> Self {
        let root = all.join(format!("{:08x}", crc32fast::hash(destination.as_bytes())));
        let own = root.join(humanloop_api::id::new().to_string());
        let (files, locks) = (VecDeque::new(), Vec::new());
        let mut spool = Self { root, own, files, bytes: 0, limit, front: MIDDLE, back: MIDDLE, locks };
        spool.take_over();
        spool
    }

    /// The files of processes that are gone, the oldest first.
    fn take_over(&mut self) {
        let mut folders: Vec<PathBuf> =
            fs::read_dir(&self.root).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        folders.sort(); // named by ids that sort by time
        for folder in folders.into_iter().filter(|folder| folder.is_dir()) {
            let Ok(lock) = File::create(folder.join("lock")) else { continue };
            if lock.try_lock().is_err() {
                continue;
            }
            let mut names: Vec<PathBuf> =
                fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
            names.sort();
            let before = self.files.len();
            for path in names {
                if let (Some(weight), Ok(about)) = (weight_of(&path), fs::metadata(&path)) {
                    self.bytes += about.len();
                    self.files.push_back(Batch { path, bytes: about.len(), weight });
                }
            }
            if self.files.len() == before {
                let _ = fs::remove_dir_all(&folder);
            } else {
                self.locks.push(lock);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Records in it.
    pub(crate) fn weight(&self) -> u64 {
        self.files.iter().map(|file| file.weight).sum()
    }

    /// Puts a batch behind all others.
    pub(crate) fn append(&mut self, entries: &[Entry], weights: &[u32]) -> Result<(), Problem> {
        let file = self.write(self.back, entries, weights)?;
        self.back += 1;
        self.files.push_back(file);
        Ok(())
    }

    /// Puts a batch before all others.
    pub(crate) fn prepend(&mut self, entries: &[Entry], weights: &[u32]) -> Result<(), Problem> {
        let file = self.write(self.front - 1, entries, weights)?;
        self.front -= 1;
        self.files.push_front(file);
        Ok(())
    }

    fn write(&mut self, number: u64, entries: &[Entry], weights: &[u32]) -> Result<Batch, Problem> {
        let text = lines(entries, weights);
        let bytes = text.len() as u64;
        if self.bytes + bytes > self.limit {
            return Err(Problem::Full);
        }
        let weight = weights.iter().copied().map(u64::from).sum();
        let path = self.own.join(format!("{number:020}-{weight}.jsonl"));
        self.claim()
            .and_then(|()| write_whole(&path, &text))
            .map_err(|error| Problem::Disk(format!("{} cannot be written: {error}", path.display())))?;
        self.bytes += bytes;
        Ok(Batch { path, bytes, weight })
    }

    /// Makes the process's own folder, at the first need.
    fn claim(&mut self) -> std::io::Result<()> {
        if self.own.exists() {
            return Ok(());
        }
        make_folder(&self.root)?;
        fs::create_dir_all(&self.own)?;
        let lock = File::create(self.own.join("lock"))?;
        lock.lock()?;
        self.locks.push(lock);
        Ok(())
    }

    /// The first batch, and how many of its records are damaged; those are told once.
    pub(crate) fn first(&mut self) -> (Vec<Entry>, Vec<u32>, u64) {
        let Some(file) = self.files.front_mut() else { return Default::default() };
        let text = fs::read(&file.path).unwrap_or_default();
        let (entries, weights): (Vec<Entry>, Vec<u32>) = text.split(|byte| *byte == b'\n').filter_map(entry_of).unzip();
        let whole: u64 = weights.iter().copied().map(u64::from).sum();
        let damaged = file.weight.saturating_sub(whole);
        file.weight = whole;
        (entries, weights, damaged)
    }

    /// The first batch has arrived.
    pub(crate) fn remove_first(&mut self) {
        let Some(file) = self.files.pop_front() else { return };
        let _ = fs::remove_file(&file.path);
        self.bytes = self.bytes.saturating_sub(file.bytes);
        let folder = file.path.parent();
        if self.files.front().and_then(|next| next.path.parent()) != folder
            && let Some(folder) = folder.filter(|folder| *folder != self.own)
        {
            let _ = fs::remove_dir_all(folder);
        }
    }

    /// Of the first batch only this is left.
    pub(crate) fn replace_first(&mut self, entries: &[Entry], weights: &[u32]) {
        let Some(first) = self.files.front_mut() else { return };
        let text = lines(entries, weights);
        let weight: u64 = weights.iter().copied().map(u64::from).sum();
        let name = first.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = name.split('-').next().unwrap_or_default();
        let path = first.path.with_file_name(format!("{number}-{weight}.jsonl"));
        // Were it not written, the old one would come again, which harms nobody.
        if write_whole(&path, &text).is_ok() {
            if path != first.path {
                let _ = fs::remove_file(&first.path);
            }
            self.bytes = self.bytes.saturating_sub(first.bytes) + text.len() as u64;
            *first = Batch { path, bytes: text.len() as u64, weight };
        }
    }

    /// Where to keep what the server will never take.
    pub(crate) fn refused(&self) -> PathBuf {
        self.root.join("refused.jsonl")
    }
}

/// The folder goes when nothing is left in it.
impl Drop for Spool {
    fn drop(&mut self) {
        if !self.files.iter().any(|file| file.path.parent() == Some(&self.own)) {
            let _ = fs::remove_dir_all(&self.own);
        }
    }
}

/// Makes the folder of one destination. A spool that is made here keeps itself out of git.
pub(crate) fn make_folder(root: &Path) -> std::io::Result<()> {
    let Some(all) = root.parent().filter(|all| !all.exists()) else { return fs::create_dir_all(root) };
    fs::create_dir_all(root)?;
    fs::write(all.join(".gitignore"), "*\n")
}

/// Writes a file that is there whole or not at all.
fn write_whole(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let part = path.with_extension("part");
    let written = fs::write(&part, text).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

/// The records in a file, by its name: `<number>-<records>.jsonl`.
fn weight_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?.strip_suffix(".jsonl")?;
    name.split_once('-')?.1.parse().ok()
}

/// Its kind, in a letter, and its JSON.
pub(crate) fn json_of(entry: &Entry) -> (char, String) {
    match entry {
        Entry::Log(log) => ('L', humanloop_api::json(log).get().to_owned()),
        Entry::Update(update) => ('U', humanloop_api::json(update).get().to_owned()),
        Entry::Feedback(feedback) => ('F', humanloop_api::json(feedback).get().to_owned()),
    }
}

/// A line an entry: checksum, records, kind, JSON.
fn lines(entries: &[Entry], weights: &[u32]) -> Vec<u8> {
    let mut text = Vec::new();
    for (entry, weight) in entries.iter().zip(weights) {
        let (kind, json) = json_of(entry);
        let line = format!("{weight} {kind} {json}");
        text.extend_from_slice(format!("{:08x} {line}\n", crc32fast::hash(line.as_bytes())).as_bytes());
    }
    text
}

fn entry_of(line: &[u8]) -> Option<(Entry, u32)> {
    let (sum, line) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    if u32::from_str_radix(sum, 16).ok()? != crc32fast::hash(line.as_bytes()) {
        return None;
    }
    let (weight, line) = line.split_once(' ')?;
    let (kind, json) = line.split_once(' ')?;
    let entry = match kind {
        "L" => Entry::Log(serde_json::from_str(json).ok()?),
        "U" => Entry::Update(serde_json::from_str(json).ok()?),
        "F" => Entry::Feedback(serde_json::from_str(json).ok()?),
        _ => return None,
    };
    Some((entry, weight.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use humanloop_api::Log;

    fn root() -> PathBuf {
        std::env::temp_dir().join(format!("humanloop-spool-{}", humanloop_api::id::new()))
    }

    fn log(name: &str) -> Entry {
        Entry::Log(Box::new(Log { reference_id: Some(name.into()), output: Some("a\nb".into()), ..Log::default() }))
    }

    #[test]
    fn what_goes_in_comes_out_in_order_and_the_front_comes_first() {
        let root = root();
        let mut spool = Spool::open(&root, "a", 1 << 20);
        spool.append(&[log("b")], &[1]).unwrap();
        spool.append(&[log("c")], &[2]).unwrap();
        spool.prepend(&[log("a")], &[0]).unwrap();
        assert_eq!(spool.weight(), 3);
        for name in ["a", "b", "c"] {
            assert_eq!(spool.first().0, [log(name)]);
            spool.remove_first();
        }
        assert!(spool.is_empty());
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn the_next_process_takes_over_what_is_left_and_leaves_alone_what_lives() {
        let root = root();
        let mut dead = Spool::open(&root, "a", 1 << 20);
        dead.append(&[log("a"), log("b")], &[1, 1]).unwrap();
        drop(dead);
        let mut alive = Spool::open(&root, "a", 1 << 20);
        assert_eq!(alive.weight(), 2);
        assert_eq!(Spool::open(&root, "a", 1 << 20).weight(), 0, "they are the other's now");
        alive.remove_first();
        drop(alive);
        assert_eq!(fs::read_dir(root.join("e8b7be43")).unwrap().count(), 0);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn damage_costs_the_damaged_lines_only() {
        let root = root();
        let mut spool = Spool::open(&root, "a", 1 << 20);
        spool.append(&[log("a"), log("b"), log("c")], &[1, 1, 1]).unwrap();
        let path = spool.files[0].path.clone();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("\"b\"", "\"x\"", 1)).unwrap();
        assert_eq!(spool.first(), (vec![log("a"), log("c")], vec![1, 1], 1));
        fs::write(&path, &text.as_bytes()[..text.len() / 2]).unwrap();
        assert_eq!(spool.first(), (vec![log("a")], vec![1], 1));
        fs::write(&path, [0xff; 100]).unwrap();
        assert_eq!(spool.first().2, 1);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_full_spool_refuses() {
        let root = root();
        let mut spool = Spool::open(&root, "a", 300);
        spool.append(&[log("a")], &[1]).unwrap();
        let refused = (0..10).find_map(|_| spool.append(&[log("b")], &[1]).err());
        assert!(matches!(refused, Some(Problem::Full)));
        fs::remove_dir_all(root).unwrap();
    }
}
