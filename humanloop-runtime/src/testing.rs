//! Tests of a chain: run it, then look at the calls it made.

use std::time::Duration;

use humanloop_api::Log;

use crate::config::builder;
use crate::error::Error;
use crate::sink::memory::Memory;

/// What a future recorded.
#[derive(Debug)]
pub struct Trace<T> {
    /// What the future returned.
    pub output: T,
    memory: Memory,
}

/// Runs `future` with its logs going to a store of its own, so that tests may run side by side.
///
/// # Errors
///
/// When SQLite cannot make a store in memory.
///
/// ```
/// # async fn example() -> Result<(), humanloop_runtime::Error> {
/// let trace = humanloop_runtime::testing::record(async { 42 }).await?;
/// assert_eq!(trace.output, 42);
/// assert_eq!(trace.tree()?, "");
/// # Ok(())
/// # }
/// ```
pub async fn record<F: Future>(future: F) -> Result<Trace<F::Output>, Error> {
    let memory = Memory::new()?;
    let guard = builder().memory(&memory).quiet().flush_interval(Duration::ZERO).start()?;
    let output = guard.scope(future).await;
    drop(guard);
    Ok(Trace { output, memory })
}

impl<T> Trace<T> {
    /// The names of the calls, a line each, children two spaces further in.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn tree(&self) -> Result<String, Error> {
        let outlines: Vec<String> = self.memory.trees()?.iter().map(humanloop_store::Tree::outline).collect();
        Ok(outlines.join("\n"))
    }

    /// The logs in full, in order.
    ///
    /// # Errors
    ///
    /// When SQLite fails.
    pub fn logs(&self) -> Result<Vec<Log>, Error> {
        self.memory.logs()
    }
}
