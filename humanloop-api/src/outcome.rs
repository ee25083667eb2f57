//! What kind of call it was, and how it ended.

use serde::{Deserialize, Serialize};

/// What was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A function of the program: a search, a database look-up, any step.
    #[default]
    Tool,
    /// A call of a model.
    Prompt,
    /// An agent or chain: the parent of what it calls.
    Flow,
}

/// How a call ended, from mild to grave; a parent is shown with the gravest of itself and its descendants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It returned, and did not return an `Err`.
    #[default]
    Ok,
    /// It has not ended yet.
    Running,
    /// Its future was dropped before it was ready: a timeout, a `select!`, an abort.
    Cancelled,
    /// Its process is gone, and it never ended.
    Interrupted,
    /// It returned an `Err`.
    Failed,
    /// It panicked.
    Panicked,
}

impl Outcome {
    /// Whether something went wrong: everything but [`Ok`](Self::Ok) and [`Running`](Self::Running).
    pub fn is_bad(self) -> bool {
        !matches!(self, Self::Ok | Self::Running)
    }

    /// The word for it: `ok`, `running`, `cancelled`, `interrupted`, `failed`, `panicked`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Running => "running",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
        }
    }
}

impl Kind {
    /// The word for it: `tool`, `prompt`, `flow`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Flow => "flow",
        }
    }
}
