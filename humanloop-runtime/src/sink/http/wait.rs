//! From a thread that waits into a runtime that does not.

use tokio::runtime::{Builder, Handle, Runtime};

/// Waits for what comes of `future` on the runtime, which is made at the first need.
pub(super) fn wait<T>(runtime: &mut Option<Runtime>, future: impl Future<Output = T>) -> Result<T, String> {
    if Handle::try_current().is_ok() {
        return Err(
            "this destination waits, so it cannot deliver inside a tokio runtime; give it to `humanloop::builder()`"
                .into(),
        );
    }
    let runtime = match runtime {
        Some(runtime) => runtime,
        none => {
            let runtime = Builder::new_current_thread().enable_all().build();
            none.insert(runtime.map_err(|error| format!("no runtime for HTTP can be started: {error}"))?)
        }
    };
    Ok(runtime.block_on(future))
}
