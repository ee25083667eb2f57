//! `humanloop delete` and `humanloop prune`: what is not to be kept.

use clap::Args;
use humanloop_api::{Timestamp, id};
use humanloop_store::{Prune, Store};

use crate::Failure;
use crate::doctor::bytes;
use crate::screen::Screen;

/// Arguments of `humanloop delete`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Sessions: their ids, the beginnings or ends of their ids, or their reference ids.
    #[arg(required_unless_present = "log", value_name = "SESSION")]
    sessions: Vec<String>,
    /// Delete this log only; may be given several times.
    #[arg(long, value_name = "ID")]
    log: Vec<String>,
}

/// Arguments of `humanloop prune`.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub(crate) struct PruneArguments {
    /// Delete sessions that ended longer ago than this, such as 12h, 30d or 8w.
    #[arg(long, value_name = "TIME", value_parser = nanoseconds)]
    older_than: Option<i64>,
    /// Delete the oldest sessions until the store needs no more than this, such as 500MB or 2GB.
    #[arg(long, value_name = "BYTES", value_parser = number_of_bytes)]
    keep_bytes: Option<u64>,
}

pub(crate) fn run(store: &mut Store, arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    // All are looked up before the first is deleted.
    let find = |text: &String| store.find_session(text);
    let sessions = arguments.sessions.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let find = |text: &String| store.find_log(text);
    let logs = arguments.log.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<_> =
        logs.iter().map(|log| id::of_reference(log.reference_id.as_deref().unwrap_or_default())).collect();
    let mut deleted = store.delete_logs(&ids)? as u64;
    for session in &sessions {
        if store.delete_session(session.id)? {
            deleted += session.logs;
        }
    }
    Ok(screen.line(&format!("deleted {deleted} logs"))?)
}

pub(crate) fn prune(store: &mut Store, arguments: &PruneArguments, screen: &mut Screen) -> Result<(), Failure> {
    let older_than = arguments.older_than.map(|ago| Timestamp(Timestamp::now().as_nanos().saturating_sub(ago)));
    let pruned = store.prune(Prune { older_than, keep_bytes: arguments.keep_bytes })?;
    Ok(screen.line(&format!(
        "deleted {} sessions with {} logs: {} before, {} now",
        pruned.sessions,
        pruned.logs,
        bytes(pruned.bytes_before),
        bytes(pruned.bytes_after)
    ))?)
}

fn nanoseconds(text: &str) -> Result<i64, String> {
    let wrong = || "write a number with s, m, h, d or w, such as 30d".to_owned();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
    let seconds: i64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err(wrong()),
    };
    let number: i64 = number.parse().map_err(|_| wrong())?;
    Ok(number.saturating_mul(seconds).saturating_mul(1_000_000_000))
}

fn number_of_bytes(text: &str) -> Result<u64, String> {
    let wrong = || "write a number with B, KB, MB or GB, such as 500MB".to_owned();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor: u64 = match unit.to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" => 1_000,
        "M" | "MB" => 1_000_000,
        "G" | "GB" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    Ok(number.saturating_mul(factor))
}
