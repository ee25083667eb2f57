//! What people are told as it happens: a line on stderr for a loss, and events for `tracing` with the feature of that name.
//!
//! The events have the target `humanloop`. A subscriber is the user's code, so it is called with no lock held, its panics
//! stay here, and what it calls is not recorded.

use std::io::Write as _;

/// An event, when there is a feature for it.
macro_rules! event {
    ($level:ident, $($field:ident,)* $message:literal) => {
        #[cfg(feature = "tracing")]
        crate::context::while_capturing(|| {
            let tell = || tracing::$level!(target: "humanloop", $($field,)* $message);
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(tell));
        });
    };
}

/// The first records are lost for this reason.
pub(crate) fn lost(records: u64, reason: &str) {
    let noun = if records == 1 { "log is" } else { "logs are" };
    // Were stderr closed, a panic here would be ours.
    let _ = writeln!(
        std::io::stderr(),
        "humanloop: {records} {noun} lost, {reason}; further ones are counted in the closing line"
    );
    event!(warn, records, reason, "logs are lost");
}

/// The first records wait on disk.
#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "only for events"))]
pub(crate) fn spooling(destination: &str) {
    event!(warn, destination, "logs wait on disk until their destination takes them");
}

/// A destination that failed takes logs again.
#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "only for events"))]
pub(crate) fn reconnected(destination: &str) {
    event!(info, destination, "the destination takes logs again");
}
