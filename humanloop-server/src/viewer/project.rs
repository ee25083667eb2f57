//! Projects, and the versions of what runs in them.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use humanloop_store::{Project, ProjectFilter, Sort, Version, Window};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::Problem;
use crate::serve::App;

#[derive(Deserialize)]
pub(super) struct Named {
    q: Option<String>,
}

pub(super) async fn projects(State(app): State<App>, Query(named): Query<Named>) -> Result<Json<Value>, Problem> {
    let filter = ProjectFilter { name: named.q, sort: Sort::Updated, ascending: false };
    let found = app.read(move |store| store.projects(&filter, &Window::first(1000))).await?;
    Ok(Json(json!({ "projects": found.iter().map(brief).collect::<Vec<_>>() })))
}

pub(super) async fn project(State(app): State<App>, Path(id): Path<i64>) -> Result<Json<Value>, Problem> {
    let found = app.read(move |store| Ok(store.project(id)?.zip(Some(store.versions(id)?)))).await?;
    let missing = || Problem::new(StatusCode::NOT_FOUND, format!("there is no project {id}"));
    let (project, versions) = found.ok_or_else(missing)?;
    Ok(Json(json!({ "project": brief(&project), "versions": versions.iter().map(version).collect::<Vec<_>>() })))
}

/// A project in a list.
pub(super) fn brief(project: &Project) -> Value {
    json!({
        "id": project.id, "name": project.name, "created": project.created, "updated": project.updated,
        "logs": project.logs, "kind": project.kind,
    })
}

/// A version with what its logs add up to; times in nanoseconds, cost in dollars.
pub(crate) fn version(version: &Version) -> Value {
    json!({
        "config": version.config, "name": version.name, "model": version.model, "kind": version.kind,
        "body": version.body, "function": version.function, "first": version.first, "last": version.last,
        "logs": version.logs, "failed": version.failed, "running": version.running, "input": version.input_tokens,
        "output": version.output_tokens, "cost": version.cost as f64 / 1e9, "duration": version.mean_duration(),
    })
}
