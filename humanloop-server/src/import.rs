//! `humanloop import`: sessions that `humanloop export --json` wrote, and OpenTelemetry spans.

mod otlp;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use humanloop_api::{Entry, Log, Object};
use humanloop_store::Store;

use crate::Failure;
use crate::export::{Exported, VERSION};
use crate::screen::Screen;

/// Arguments of `humanloop import`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Files of `humanloop export --json`, or of OpenTelemetry spans as OTLP's JSON; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) fn run(db: &Path, arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    // All are read before the first is taken in.
    let read = arguments.files.iter().map(|file| Ok((file, read(file)?)));
    let read = read.collect::<Result<Vec<_>, Failure>>()?;
    let mut store = Store::open(db)?;
    for (file, exported) in read {
        let entries: Vec<Entry> = exported.logs.into_iter().map(|log| Entry::Log(Box::new(log))).collect();
        let ingested = store.ingest(&entries)?;
        for losses in &exported.losses {
            store.account(losses)?;
        }
        let mut told = format!("{}: {} logs", file.display(), ingested.logs);
        for (number, what) in [
            (ingested.updated, "completed"),
            (ingested.repeated, "there already"),
            (ingested.conflicts, "left out: other logs with their ids are there"),
        ] {
            if number > 0 {
                told.push_str(&format!(", {number} {what}"));
            }
        }
        screen.line(&told)?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<Exported, Failure> {
    let told = |what: String| Failure::Told(format!("{} {what}", file.display()));
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    let text = text.map_err(|error| told(format!("cannot be read: {error}")))?;
    if let Some(logs) = spans(&text) {
        return Ok(Exported { humanloop_export: VERSION, session: Object::new(), logs, losses: Vec::new() });
    }
    let exported: Exported = serde_json::from_str(&text).map_err(|error| {
        told(format!("is no session that `humanloop export --json` wrote, and no OpenTelemetry spans: {error}"))
    })?;
    match exported.humanloop_export {
        VERSION => Ok(exported),
        other => Err(told(format!(
            "was written by a newer humanloop (form {other}, this one reads {VERSION}): update humanloop"
        ))),
    }
}

/// The logs of a file of spans.
fn spans(text: &str) -> Option<Vec<Log>> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Request {
        #[serde(rename = "resourceSpans")]
        _spans: serde::de::IgnoredAny,
    }
    // Looked at first, so that a long session is not read twice.
    serde_json::Deserializer::from_str(text).into_iter::<Request>().next()?.ok()?;
    let requests = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    requests.collect::<Result<Vec<_>, _>>().ok().map(|requests| otlp::logs(&requests))
}
