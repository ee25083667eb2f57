//! A session's tree, and a log of it: its data, and one of its texts in full.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use humanloop_store::{FullLog, Reader};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::cut::cut;
use crate::api::Problem;
use crate::serve::App;

pub(super) async fn tree(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let tree = app.read(move |store| store.compact_tree(store.find_session(&id)?.id)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], tree).into_response())
}

#[derive(Deserialize)]
pub(super) struct Words {
    #[serde(default)]
    q: String,
}

pub(super) async fn search(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(words): Query<Words>,
) -> Result<Json<Value>, Problem> {
    let ids = app.read(move |store| store.search_session(id, &words.q)).await?;
    Ok(Json(json!({ "ids": ids })))
}

#[derive(Deserialize)]
pub(super) struct Before {
    before: Option<Uuid>,
}

pub(super) async fn log(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<Before>,
) -> Result<Json<Value>, Problem> {
    let has_sources = app.sources().is_some();
    let answer = app.read(move |store| {
        let Some(log) = store.log(id)? else { return Ok(None) };
        let before = query.before.map(|before| store.log(before)).transpose()?.flatten();
        let mine = log.log.messages.iter().flatten();
        let theirs = before.iter().flat_map(|before| before.log.messages.iter().flatten());
        let repeated = mine.zip(theirs).take_while(|(mine, theirs)| mine == theirs).count();
        let mut answer = full(store, log)?;
        cut(&mut answer["log"], "");
        answer["repeated"] = repeated.into();
        answer["sources"] = has_sources.into();
        Ok(Some(answer))
    });
    answer.await?.map(Json).ok_or_else(|| none(id))
}

#[derive(Deserialize)]
pub(super) struct Place {
    /// Without it, the whole log.
    #[serde(default)]
    path: String,
}

pub(super) async fn value(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(place): Query<Place>,
) -> Result<Response, Problem> {
    let answer =
        app.read(move |store| store.log(id)?.map(|log| full(store, log)).transpose()).await?.ok_or_else(|| none(id))?;
    let found = answer["log"].pointer(&place.path);
    let text = match found {
        None => return Err(Problem::new(StatusCode::NOT_FOUND, format!("the log holds nothing at `{}`", place.path))),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// A log as the page wants it; an output that is JSON is a value, not text.
pub(crate) fn full(store: &Reader, full: FullLog) -> Result<Value, humanloop_store::Error> {
    let project = store.project(full.project)?.map(|project| project.name);
    let mut log = serde_json::to_value(&full.log).unwrap_or_default();
    if log["output_format"] == "json"
        && let Some(output) = log["output"].as_str().and_then(|text| serde_json::from_str(text).ok())
    {
        log["output"] = output;
    }
    let feedback: Vec<Value> = full.feedback.iter().map(|(_, feedback)| json!(feedback)).collect();
    Ok(json!({
        "id": full.id, "session": full.session, "parent": full.parent, "project_id": full.project, "project": project,
        "config": full.config, "updated_at": full.updated_at, "log": log, "feedback": feedback,
    }))
}

fn none(id: Uuid) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("there is no log {id}: it may have been deleted"))
}
