//! What a program did not log, by its own account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Process, Timestamp};

/// **Ours**: what a program lost of its records so far, and what it does not record: the body of `POST /losses`. A later account
/// takes the place of an earlier one.
///
/// ```
/// use humanloop_api::{Losses, Loss};
///
/// let text = r#"{"process":{"id":"00000000-0000-0000-0000-000000000001","pid":7},"lost":{"queue_full":12}}"#;
/// let losses: Losses = serde_json::from_str(text)?;
/// assert_eq!(losses.lost[&Loss::QueueFull], 12);
/// assert_eq!(serde_json::to_string(&losses)?, text);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    /// The program.
    pub process: Process,
    /// Records that are lost, by cause.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub lost: BTreeMap<Loss, u64>,
    /// The part of its sessions that it records, when it is not all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sample: Option<f64>,
    /// What waits on its disk for this destination, when something does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub waiting: Option<Waiting>,
}

/// Records that have not arrived yet: the destination did not answer when they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// How many.
    pub records: u64,
    /// When that was so.
    pub at: Timestamp,
}

/// Why a record is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The queue held as much as it may.
    QueueFull,
    /// Made after logging had stopped.
    Stopped,
    /// The destination will never take it.
    Refused,
    /// The destination panicked.
    Panicked,
    /// The spool held as much as it may.
    SpoolFull,
    /// The spool's disk failed, or what was on it was damaged.
    SpoolFailed,
    /// Time was up, and there was no spool.
    Undelivered,
}

impl Loss {
    /// All causes, each at its number.
    pub const ALL: [Self; 7] = [
        Self::QueueFull,
        Self::Stopped,
        Self::Refused,
        Self::Panicked,
        Self::SpoolFull,
        Self::SpoolFailed,
        Self::Undelivered,
    ];

    /// What happened, in words that follow "lost:".
    pub fn words(self) -> &'static str {
        match self {
            Self::QueueFull => "the queue was full",
            Self::Stopped => "logging had stopped",
            Self::Refused => "the destination did not take it",
            Self::Panicked => "the destination panicked",
            Self::SpoolFull => "the spool was full",
            Self::SpoolFailed => "the spool's disk failed",
            Self::Undelivered => "the time was up",
        }
    }
}

impl Losses {
    /// Nothing, so far.
    pub fn none(process: Process) -> Self {
        Self { process, lost: BTreeMap::new(), sample: None, waiting: None }
    }

    /// Records that are lost, of all causes.
    pub fn records(&self) -> u64 {
        self.lost.values().fold(0, |sum, records| sum.saturating_add(*records))
    }

    /// A sentence about each thing that is missing.
    ///
    /// ```
    /// use humanloop_api::{Losses, Loss, Process, id};
    ///
    /// let process = Process { id: id::new(), pid: 7 };
    /// let lost = [(Loss::QueueFull, 9), (Loss::Refused, 1)].into();
    /// assert_eq!(
    ///     Losses { lost, sample: Some(0.25), ..Losses::none(process) }.sentences(),
    ///     [
    ///         "10 records of program 7 were lost: 9, the queue was full; 1, the destination did not take it",
    ///         "program 7 records 25 % of its sessions",
    ///     ]
    /// );
    /// ```
    pub fn sentences(&self) -> Vec<String> {
        let pid = self.process.pid;
        let mut sentences = Vec::new();
        if self.records() > 0 {
            let causes = self.lost.iter().filter(|(_, records)| **records > 0);
            let causes: Vec<String> = causes.map(|(loss, records)| format!("{records}, {}", loss.words())).collect();
            let (records, were) = match self.records() {
                1 => ("1 record".to_owned(), "was"),
                records => (format!("{records} records"), "were"),
            };
            sentences.push(format!("{records} of program {pid} {were} lost: {}", causes.join("; ")));
        }
        if let Some(Waiting { records, at }) = self.waiting {
            let at = at.to_string();
            let second = at.get(..19).unwrap_or(&at).replace('T', " ");
            sentences.push(format!("{records} more of program {pid} waited on its disk at {second} UTC"));
        }
        if let Some(part) = self.sample {
            sentences.push(format!("program {pid} records {} % of its sessions", (part * 1000.0).round() / 10.0));
        }
        sentences
    }
}
