//! `/sessions`: what belongs together.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use humanloop_api::Object;
use humanloop_store::{Reader, SessionFilter, SessionSummary};
use serde::Deserialize;

use super::answer::Answer;
use super::body::Body;
use super::query::Query;
use super::{Problem, names};
use crate::serve::App;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/sessions", post(create).get(list))
        .route("/sessions/{id}", get(one))
        .route("/sessions/{id}/tree", get(tree))
}

/// **Ours**: a session may be made by a name of the caller's.
#[derive(Default, Deserialize)]
#[serde(default)]
struct New {
    reference_id: Option<String>,
}

async fn create(State(app): State<App>, body: Body) -> Result<(StatusCode, Answer<Object>), Problem> {
    let New { reference_id } = body.read_or_default()?;
    let id = app.write(move |store| store.create_session(reference_id.as_deref())).await?;
    Ok((StatusCode::CREATED, Answer([("id", names::session(id))].into_iter().collect())))
}

async fn list(State(app): State<App>, query: Query) -> Result<Answer<Object>, Problem> {
    let page = query.page(1, 10)?;
    let project = query.text("project_id").map(ToOwned::to_owned);
    app.ask(move |reader| {
        let project = project.map(|id| names::find_project(reader, &id)).transpose()?.map(|project| project.id);
        let filter = SessionFilter { project, ..SessionFilter::default() };
        let found = reader.list_sessions(&filter, &page.window())?;
        let records = found.iter().map(|session| view(reader, session)).collect::<Result<Vec<_>, _>>()?;
        Ok(Answer(page.of(&records, reader.count_sessions(&filter)?)))
    })
    .await
}

async fn one(State(app): State<App>, Path(id): Path<String>) -> Result<Answer<Object>, Problem> {
    app.ask(move |reader| {
        let found = reader.session(names::session_of(&id))?.ok_or_else(|| Problem::unknown("session", &id))?;
        Ok(Answer(view(reader, &found)?))
    })
    .await
}

/// **Ours**: all logs of a session as a tree, a row each, without their contents.
async fn tree(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    app.ask(move |reader| {
        let uuid = names::session_of(&id);
        reader.session(uuid)?.ok_or_else(|| Problem::unknown("session", &id))?;
        let text = reader.compact_tree(uuid)?;
        Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
    })
    .await
}

fn view(reader: &Reader, session: &SessionSummary) -> Result<Object, Problem> {
    let projects = reader.session_projects(session.id)?.into_iter().map(|(project, kind)| {
        let fields = [("id", names::project(project.id)), ("name", project.name), ("type", kind.word().into())];
        fields.into_iter().collect::<Object>()
    });
    let mut answer = Object::new();
    answer.insert("id", &names::session(session.id));
    answer.insert("reference_id", &session.reference.clone().unwrap_or_else(|| session.id.to_string()));
    answer.insert("projects", &projects.collect::<Vec<_>>());
    answer.insert("datapoints_count", &session.logs);
    answer.insert("first_inputs", &reader.session_first_inputs(session.id)?);
    answer.insert("last_output", &reader.session_last_output(session.id)?);
    answer.insert("created_at", &session.first);
    answer.insert("updated_at", &session.last);
    Ok(answer)
}
