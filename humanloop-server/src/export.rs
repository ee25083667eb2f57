//! `humanloop export`: a session for somebody else, or for another store.

mod html;
mod otlp;

use std::fs;
use std::path::PathBuf;

use clap::Args;
use humanloop_api::{Entry, Log, Losses, Object, OutputFormat};
use humanloop_store::{Error, Reader, SessionSummary, Store};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Failure;
use crate::screen::Screen;

/// Arguments of `humanloop export`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The session: its id, the beginning or end of its id, or its reference id; without it, the latest.
    session: Option<String>,
    /// As JSON, which `humanloop import` reads.
    #[arg(long, required_unless_present_any = ["html", "otlp"])]
    json: bool,
    /// As one HTML file: the viewer and the session, which opens without a server.
    #[arg(long, conflicts_with = "json")]
    html: bool,
    /// As OpenTelemetry spans: JSON that a collector takes at /v1/traces.
    #[arg(long, conflicts_with_all = ["json", "html"])]
    otlp: bool,
    /// Without what went in and came out: names, code, templates, times, tokens and outcomes stay.
    #[arg(long)]
    without_values: bool,
    /// Where to write it; without it, to standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A session with all its logs, as it is written to a file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Exported {
    /// The version of this form.
    pub(crate) humanloop_export: u32,
    /// The session's sums, for who reads it without a store.
    pub(crate) session: Object,
    /// Its logs in full, in the order they began.
    pub(crate) logs: Vec<Log>,
    /// What its programs lost.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) losses: Vec<Losses>,
}

/// The version that is written.
pub(crate) const VERSION: u32 = 1;

pub(crate) fn run(store: &Reader, arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    let session = match &arguments.session {
        Some(text) => store.find_session(text)?,
        None => {
            let none = || Error::Unknown { what: "session", text: "(the latest)".into() };
            store.latest_session()?.ok_or_else(none)?
        }
    };
    let text = file(store, &session, arguments.form(), arguments.without_values)?;
    match &arguments.output {
        None => Ok(screen.line(&text)?),
        Some(path) => fs::write(path, &text)
            .map_err(|error| Failure::Told(format!("{} cannot be written: {error}", path.display()))),
    }
}

impl Arguments {
    fn form(&self) -> Form {
        match (self.html, self.otlp) {
            (true, _) => Form::Html,
            (_, true) => Form::Otlp,
            _ => Form::Json,
        }
    }
}

/// What a session can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Form {
    Json,
    Html,
    Otlp,
}

/// The text of a session's file.
pub(crate) fn file(store: &Reader, session: &SessionSummary, form: Form, without: bool) -> Result<String, Error> {
    if without {
        let copy = without_values(store, session)?;
        return file(&copy, &copy.find_session(&session.id.to_string())?, form, false);
    }
    match form {
        Form::Json => of_json(store, session),
        Form::Html => html::page(store, session),
        Form::Otlp => otlp::of(store, session),
    }
}

/// The session in a store of its own, with marks where its values were.
fn without_values(store: &Reader, session: &SessionSummary) -> Result<Store, Error> {
    const REDACTED: &str = r#"{"$redacted":true}"#;
    let stripped = |log: Log| Log {
        outcome: Some(log.outcome()),
        inputs: log.inputs.map(|inputs| {
            let mut marks = Object::new();
            inputs.iter().for_each(|(name, _)| marks.insert(name, &json!({ "$redacted": true })));
            marks
        }),
        output: log.output.map(|_| REDACTED.into()),
        output_format: log.output_format.map(|_| OutputFormat::Json),
        error: log.error.map(|_| "left out of this export".into()),
        messages: None,
        output_message: None,
        stdout: None,
        metadata: None,
        user: None,
        provider_request: None,
        provider_response: None,
        feedback: None,
        judgment: None,
        ..log
    };
    let entries: Vec<Entry> =
        store.logs(session.id)?.into_iter().map(|log| Entry::Log(Box::new(stripped(log)))).collect();
    let mut copy = Store::in_memory()?;
    copy.ingest(&entries)?;
    for losses in store.losses(session.id)? {
        copy.account(&losses)?;
    }
    Ok(copy)
}

fn of_json(store: &Reader, session: &SessionSummary) -> Result<String, Error> {
    let exported = Exported {
        humanloop_export: VERSION,
        session: session.to_object(),
        logs: store.logs(session.id)?,
        losses: store.losses(session.id)?,
    };
    Ok(humanloop_api::json(&exported).get().to_owned())
}
