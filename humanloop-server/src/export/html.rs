//! A session as one HTML file: the viewer, and what it would ask the server for.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use humanloop_store::{Error, Reader, SessionSummary};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::viewer;

/// The file's text.
pub(super) fn page(store: &Reader, session: &SessionSummary) -> Result<String, Error> {
    let tree = store.compact_tree(session.id)?;
    let rows: Rows = serde_json::from_str(&tree).unwrap_or_default();
    let mut logs = serde_json::Map::new();
    let mut versions: BTreeMap<i64, Value> = BTreeMap::new();
    for id in rows.rows.iter().filter_map(|row| row.first()?.as_str()?.parse().ok()) {
        let Some(log) = store.log(id)? else { continue };
        if let Entry::Vacant(place) = versions.entry(log.project) {
            let known: Vec<Value> = store.versions(log.project)?.iter().map(viewer::version).collect();
            place.insert(known.into());
        }
        logs.insert(id.to_string(), viewer::full_log(store, log)?);
    }
    let title = session.first_input.clone().unwrap_or_else(|| session.id.to_string());
    let tree = RawValue::from_string(tree).ok();
    let data = json!({ "session": tree, "logs": logs, "versions": versions });
    Ok(viewer::exported(&title, &data.to_string()))
}

#[derive(Default, serde::Deserialize)]
struct Rows {
    rows: Vec<Vec<Value>>,
}
