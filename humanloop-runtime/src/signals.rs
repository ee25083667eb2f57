//! Delivery before a signal ends the program.

use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, Weak};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use crate::guard::End;
use crate::pipeline::{Pipeline, lock};

const ENDING: [i32; 2] = [SIGINT, SIGTERM];

/// What is to be brought to its end.
type Watched = Vec<(Weak<Pipeline>, End)>;

/// `None` before the first.
static WATCHED: Mutex<Option<Watched>> = Mutex::new(None);

/// Ends `pipeline` when a signal comes, and then the program as if there were no handler.
pub(crate) fn watch(pipeline: &Arc<Pipeline>, end: End) -> io::Result<()> {
    let mut watched = lock(&WATCHED);
    if watched.is_none() {
        start()?;
    }
    let watched = watched.get_or_insert_default();
    watched.retain(|(pipeline, _)| pipeline.strong_count() > 0);
    watched.push((Arc::downgrade(pipeline), end));
    Ok(())
}

/// Starts the thread that waits for signals. It stays for good: a handler that is taken away leaves the signal ignored.
fn start() -> io::Result<()> {
    // The first signal raises the flag for the second, which does not wait for the delivery.
    let again = Arc::new(AtomicBool::new(false));
    for signal in ENDING {
        flag::register_conditional_default(signal, again.clone())?;
        flag::register(signal, again.clone())?;
    }
    let mut signals = Signals::new(ENDING)?;
    let deliver = move || {
        for signal in signals.forever() {
            let watched = lock(&WATCHED).as_mut().map(std::mem::take).unwrap_or_default();
            for (pipeline, end) in watched {
                if let Some(pipeline) = pipeline.upgrade() {
                    end.bring(&pipeline);
                }
            }
            let _ = low_level::emulate_default_handler(signal);
        }
    };
    std::thread::Builder::new().name("humanloop-signals".into()).spawn(deliver)?;
    Ok(())
}
