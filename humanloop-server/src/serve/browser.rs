//! Opening the viewer in the browser.

use std::process::{Command, Stdio};

/// Asks the desktop to show `url`; where there is none, people have the address in the line above.
pub(crate) fn open(url: &str) {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let started =
        Command::new(program).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if let Err(error) = started {
        eprintln!("humanloop: no browser can be opened ({program}: {error}); open {url} yourself");
    }
}
