//! `humanloop doctor`: is the store whole, what is in it, how big is it.

use humanloop_store::Reader;

use crate::Failure;
use crate::screen::Screen;

pub(crate) fn run(store: &Reader, screen: &mut Screen) -> Result<(), Failure> {
    let report = store.doctor()?;
    screen.line(&format!("{} (tables of version {})", store.path().display(), report.version))?;
    for (what, number) in [
        ("sessions", report.sessions),
        ("logs", report.logs),
        ("running", report.running),
        ("projects", report.projects),
        ("versions", report.configs),
        ("long texts", report.payloads),
        ("feedback", report.feedback),
        ("early", report.waiting),
    ] {
        screen.line(&format!("{what:<11}{number:>12}"))?;
    }
    for (what, size) in [
        ("file", report.file_bytes),
        ("of it free", report.free_bytes),
        ("latest", report.log_bytes),
        ("search", report.search_bytes),
    ] {
        screen.line(&format!("{what:<11}{:>12}", bytes(size)))?;
    }
    if report.problems.is_empty() {
        return Ok(screen.line("the store is whole")?);
    }
    for problem in &report.problems {
        screen.line(&format!("wrong: {problem}"))?;
    }
    Err(Failure::Told(format!("{} is damaged: export what you need, and begin a new one", store.path().display())))
}

/// A size as people write it.
pub(crate) fn bytes(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => format!("{bytes} B"),
    }
}
