//! `humanloop show`: a session as a tree, one log in full, or both for machines.

use std::collections::HashMap;

use clap::Args;
use humanloop_api::{Log, Losses, id, json};
use humanloop_store::{Error, SessionSummary, Store, Tree, text};

use crate::Failure;
use crate::detail;
use crate::screen::Screen;
use crate::sessions::as_json;

/// Arguments of `humanloop show`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The session: its id, the beginning or end of its id, or its reference id; without it, the latest.
    session: Option<String>,
    /// Show this log in full: its id, the beginning or end of its id, or its reference id.
    #[arg(long, value_name = "ID")]
    log: Option<String>,
    /// Print JSON: the session with its `logs`, each with its `children`.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(store: &Store, arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    if let Some(log) = &arguments.log {
        let log = store.find_log(log)?;
        let text = if arguments.json { json(&log).get().to_owned() } else { detail::of(&log, screen.style) };
        return Ok(screen.line(text.trim_end())?);
    }
    let session = match &arguments.session {
        Some(text) => store.find_session(text)?,
        None => {
            let none = || Error::Unknown { what: "session", text: "(the latest)".into() };
            store.latest_session()?.ok_or_else(none)?
        }
    };
    let tree = store.tree(session.id)?;
    if !arguments.json {
        screen.line(text::tree(&tree, screen.style).trim_end())?;
        for sentence in store.losses(session.id)?.iter().flat_map(Losses::sentences) {
            screen.line(&format!("note: {sentence}"))?;
        }
        return Ok(());
    }

    Ok(screen.line(&nested(&session, &tree, &store.logs(session.id)?))?)
}

/// The session with its `logs`, each with its `children`. Written depth first and by hand, so that a deep tree is no danger
/// to the stack.
fn nested(session: &SessionSummary, tree: &Tree, logs: &[Log]) -> String {
    let id_of = |log: &Log| id::of_reference(log.reference_id.as_deref().unwrap_or_default());
    let by_id: HashMap<_, _> = logs.iter().map(|log| (id_of(log), log)).collect();
    let mut out = opened(&as_json(session));
    out.push_str("\"logs\":[");
    let mut open = 0;
    for node in &tree.nodes {
        let Some(log) = by_id.get(&node.log.id) else { continue };
        for _ in node.depth..open {
            out.push_str("]}");
        }
        if out.ends_with('}') {
            out.push(','); // behind a sibling
        }
        out.push_str(&opened(json(log).get()));
        out.push_str("\"children\":[");
        open = node.depth + 1;
    }
    out.push_str(&"]}".repeat(open + 1));
    out
}

/// A JSON object with room for one more member.
fn opened(object: &str) -> String {
    let mut object = object.to_owned();
    object.pop();
    object.push(',');
    object
}
