//! `/logs`: what programs log, and what they ask of it.

use std::collections::HashSet;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use humanloop_api::{Entry, Log, LogUpdate, Logged, Object, OneOrMany};
use humanloop_store::{FullLog, LogFilter, Placed, Reader, What};
use uuid::Uuid;

use super::answer::Answer;
use super::body::Body;
use super::query::Query;
use super::{Problem, names, view};
use crate::serve::App;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/logs", post(add).get(list).patch(update_by_reference).delete(delete))
        .route("/logs/{id}", get(one).patch(update))
}

/// Logs one datapoint, or a list of them.
async fn add(State(app): State<App>, body: Body) -> Result<Answer<OneOrMany<Logged>>, Problem> {
    match body.read_one_or_many::<Log>()? {
        OneOrMany::One(mut log) => {
            check(&mut log)?;
            let mut logged = ingest(&app, vec![log]).await?;
            let lost = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the log was not kept");
            Ok(Answer(OneOrMany::One(logged.pop().ok_or_else(lost)?)))
        }
        OneOrMany::Many(mut logs) => {
            for (index, log) in logs.iter_mut().enumerate() {
                check(log).map_err(|problem| problem.in_item(index))?;
            }
            Ok(Answer(OneOrMany::Many(ingest(&app, logs).await?)))
        }
    }
}

/// What can be said of a log without asking the store.
fn check(log: &mut Log) -> Result<(), Problem> {
    let empty = |text: &Option<String>| text.as_deref().is_some_and(|text| text.trim().is_empty());
    let Log { project, project_id, session_id, session_reference_id, parent_id, parent_reference_id, .. } = log;
    if project.is_none() && project_id.is_none() {
        return Err(Problem::field(&["body", "project"], "field required: the project's name, or `project_id`"));
    }
    for (name, text) in [("project", &*project), ("reference_id", &log.reference_id)] {
        if empty(text) {
            return Err(Problem::field(&["body", name], "it is empty: write a text, or leave it out"));
        }
    }
    at_most_one(["session_id", "session_reference_id"], session_id, session_reference_id)?;
    at_most_one(["parent_id", "parent_reference_id"], parent_id, parent_reference_id)?;
    log.forget_unsaved();
    Ok(())
}

/// Of two ways to say the same, one.
pub(super) fn at_most_one(names: [&str; 2], a: &Option<String>, b: &Option<String>) -> Result<(), Problem> {
    if a.is_none() || b.is_none() {
        return Ok(());
    }
    let [first, second] = names;
    Err(Problem::field(&["body", second], format!("give at most one of `{first}` and `{second}`")))
}

async fn ingest(app: &App, logs: Vec<Log>) -> Result<Vec<Logged>, Problem> {
    let names_ids = |log: &Log| log.project_id.is_some() || log.session_id.is_some() || log.config_id.is_some();
    let logs = if logs.iter().any(names_ids) {
        let check = move |reader: &Reader| {
            // Of many logs of one function, which name its config, one tells.
            let mut configs = HashSet::new();
            for log in &logs {
                known(reader, log)?;
                if log.config.is_none() && log.config_id.as_ref().is_some_and(|id| configs.insert(id)) {
                    known_config(reader, log)?;
                }
            }
            Ok(logs)
        };
        app.ask(check).await?
    } else {
        logs
    };
    let entries: Vec<Entry> = logs.into_iter().map(|log| Entry::Log(Box::new(log))).collect();
    let placed = app.ingest(entries).await?;
    let conflicts = placed.iter().filter(|placed| placed.what == What::Conflict);
    let conflicts: Vec<String> = conflicts.map(|placed| names::log(placed.log)).collect();
    match conflicts.first() {
        None => Ok(placed.iter().map(logged).collect()),
        Some(first) => Err(Problem::new(
            StatusCode::CONFLICT,
            format!(
                "{} of these logs have a reference_id that another log has, the first one that of {first}: give each log its own; the others are kept",
                conflicts.len()
            ),
        )),
    }
}

/// Whether what a log names by the store's own ids is there. A parent may come later.
pub(super) fn known(reader: &Reader, log: &Log) -> Result<(), Problem> {
    if let (None, Some(id)) = (&log.project, &log.project_id) {
        names::find_project(reader, id)?;
    }
    if let Some(id) = &log.session_id
        && reader.session(names::session_of(id))?.is_none()
    {
        return Err(Problem::unknown("session", id));
    }
    Ok(())
}

/// Whether the config that a log names is there.
fn known_config(reader: &Reader, log: &Log) -> Result<(), Problem> {
    match &log.config_id {
        Some(id) if reader.config(id)?.is_none() => Err(Problem::unknown("config", id)),
        _ => Ok(()),
    }
}

fn logged(placed: &Placed) -> Logged {
    Logged {
        id: names::log(placed.log),
        project_id: Some(names::project(placed.project)),
        session_id: Some(names::session(placed.session)),
        config_id: placed.config.as_deref().map(names::config),
    }
}

async fn update_by_reference(State(app): State<App>, query: Query, body: Body) -> Result<Answer<Object>, Problem> {
    let reference = query.needed("reference_id")?.to_owned();
    change(&app, &reference, body).await
}

async fn update(State(app): State<App>, Path(id): Path<String>, body: Body) -> Result<Answer<Object>, Problem> {
    change(&app, &id, body).await
}

async fn change(app: &App, name: &str, body: Body) -> Result<Answer<Object>, Problem> {
    let update: LogUpdate = body.read_or_default()?;
    let id = names::log_of(name);
    let there = app.read(move |reader| Ok(reader.log(id)?.is_some())).await?;
    if !there {
        return Err(Problem::unknown("log", name));
    }
    app.ingest(vec![Entry::Update(Box::new(LogUpdate { reference_id: id.to_string(), ..update }))]).await?;
    find(app, id, name.to_owned()).await
}

async fn one(State(app): State<App>, Path(id): Path<String>) -> Result<Answer<Object>, Problem> {
    find(&app, names::log_of(&id), id).await
}

async fn find(app: &App, id: Uuid, name: String) -> Result<Answer<Object>, Problem> {
    app.ask(move |reader| {
        let found = reader.log(id)?.ok_or_else(|| Problem::unknown("log", &name))?;
        Ok(Answer(view::log(found)))
    })
    .await
}

/// A page of logs: of a project, as v4 has it, or of a session, or the one of a reference id.
async fn list(State(app): State<App>, query: Query) -> Result<Answer<Object>, Problem> {
    let page = query.page(0, 50)?;
    let session = query.text("session_id").or(query.text("session_reference_id")).map(names::session_of);
    let reference = query.text("reference_id").map(names::log_of);
    if session.is_none() && reference.is_none() {
        query.needed("project_id")?;
    }
    let owned = |name| query.text(name).map(ToOwned::to_owned);
    let project = owned("project_id");
    let filter = LogFilter {
        session,
        text: owned("search"),
        metadata: owned("metadata_search"),
        from: query.time("start_date", false)?,
        until: query.time("end_date", true)?,
        ..LogFilter::default()
    };
    app.ask(move |reader| {
        let project = project.map(|id| names::find_project(reader, &id)).transpose()?.map(|project| project.id);
        let (found, total) = match reference {
            Some(id) => {
                let fits = |found: &FullLog| {
                    project.is_none_or(|project| project == found.project)
                        && session.is_none_or(|session| session == found.session)
                };
                let found: Vec<FullLog> = reader.log(id)?.into_iter().filter(fits).collect();
                let total = found.len() as u64;
                (found, total)
            }
            None => {
                let filter = LogFilter { project, ..filter };
                (reader.list_full_logs(&filter, &page.window())?, reader.count_logs(&filter)?)
            }
        };
        let records: Vec<Object> = found.into_iter().map(view::log).collect();
        Ok(Answer(page.of(&records, total)))
    })
    .await
}

async fn delete(State(app): State<App>, query: Query) -> Result<StatusCode, Problem> {
    let ids: Vec<Uuid> = query.all("id").map(names::log_of).collect();
    query.needed("id")?;
    app.write(move |store| store.delete_logs(&ids)).await?;
    Ok(StatusCode::NO_CONTENT)
}
