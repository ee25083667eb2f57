//! Where records go. Only the worker's thread touches a sink, so a sink may wait; nobody waits for it.

use std::time::Duration;

use humanloop_api::{Entry, Losses};

#[cfg(feature = "http")]
pub(crate) mod http;
#[cfg(feature = "local")]
pub(crate) mod local;
#[cfg(feature = "local")]
pub(crate) mod memory;

/// One destination of logs.
///
/// Batches arrive in order, one at a time. An [`Entry::Update`] or a child may name a log of an earlier batch, and a
/// batch may come again after a failure, so a sink (or what stands behind it) takes the same entry twice without harm.
pub trait Sink: Send {
    /// Where the logs go, for people: a path, or an address without credentials.
    fn name(&self) -> String;

    /// Takes a batch, and says what became of it.
    fn deliver(&mut self, batch: &[Entry]) -> Delivery;

    /// Takes what the program lost so far, whenever that has changed; whether it arrived, or shall come again. A destination
    /// that cannot tell anybody has nothing to do.
    fn account(&mut self, losses: &Losses) -> bool {
        let _ = losses;
        true
    }
}

/// What became of a batch: what is neither lost nor to come again has arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Places in the batch, in order, of entries that did not arrive and never will.
    pub lost: Vec<usize>,
    /// Places in the batch, in order, of entries that did not arrive and shall come again.
    pub later: Vec<usize>,
    /// How long to wait before they come again, if the destination says so.
    pub after: Option<Duration>,
    /// Why, and what to do about it; shown to people at the first loss.
    pub reason: Option<String>,
}

impl Delivery {
    /// Nothing arrived, and all of `batch` shall come again.
    pub fn all_later(batch: &[Entry], reason: impl Into<String>) -> Self {
        Self { later: (0..batch.len()).collect(), reason: Some(reason.into()), ..Self::default() }
    }
}
