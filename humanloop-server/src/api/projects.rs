//! `/projects`: where logs are filed, by the caller's names.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use humanloop_api::{Kind, Object};
use humanloop_store::{LogFilter, Project, ProjectFilter, Reader, Sort, Version};
use serde::Deserialize;

use super::answer::Answer;
use super::body::Body;
use super::query::Query;
use super::{Problem, names, view};
use crate::serve::App;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/projects", get(list).post(create))
        .route("/projects/{id}", get(one).patch(change).delete(delete))
        .route("/projects/{id}/export", post(export))
        .route("/projects/{id}/configs", get(configs))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Change {
    name: Option<String>,
    active_config_id: Option<String>,
}

async fn list(State(app): State<App>, query: Query) -> Result<Answer<Object>, Problem> {
    let page = query.page(0, 10)?;
    let sort = match query.text("sort_by") {
        None | Some("created_at") => Sort::Created,
        Some("updated_at") => Sort::Updated,
        Some("name") => Sort::Name,
        Some(_) => {
            return Err(Problem::field(&["query", "sort_by"], "write `created_at`, `updated_at` or `name`"));
        }
    };
    let ascending = match query.text("order") {
        None => sort == Sort::Name,
        Some("desc") => false,
        Some("asc") => true,
        Some(_) => return Err(Problem::field(&["query", "order"], "write `asc` or `desc`")),
    };
    let filter = ProjectFilter { name: query.text("filter").map(ToOwned::to_owned), sort, ascending };
    app.ask(move |reader| {
        let found = reader.projects(&filter, &page.window())?;
        let records = found.iter().map(|project| view(reader, project)).collect::<Result<Vec<_>, _>>()?;
        Ok(Answer(page.of(&records, reader.count_projects(&filter)?)))
    })
    .await
}

async fn create(State(app): State<App>, body: Body) -> Result<(StatusCode, Answer<Object>), Problem> {
    let name = body.read::<Change>()?.name.filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| Problem::field(&["body", "name"], "field required: a name that is not empty"))?;
    let project = app.write(move |store| store.create_project(&name)).await?;
    let answer = app.ask(move |reader| view(reader, &project)).await?;
    Ok((StatusCode::CREATED, Answer(answer)))
}

async fn one(State(app): State<App>, Path(id): Path<String>) -> Result<Answer<Object>, Problem> {
    app.ask(move |reader| Ok(Answer(view(reader, &names::find_project(reader, &id)?)?))).await
}

async fn change(State(app): State<App>, Path(id): Path<String>, body: Body) -> Result<Answer<Object>, Problem> {
    let Change { name, active_config_id } = body.read()?;
    if name.as_deref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Problem::field(&["body", "name"], "it is empty: write a name, or leave it out"));
    }
    let project = find(&app, id.clone()).await?;
    app.write(move |store| {
        if let Some(config) = active_config_id {
            store.deploy(project.id, &config, None)?;
        }
        match name {
            Some(name) if name != project.name => store.rename_project(project.id, &name).map(drop),
            _ => Ok(()),
        }
    })
    .await?;
    one(State(app), Path(id)).await
}

async fn delete(State(app): State<App>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let project = find(&app, id).await?;
    app.write(move |store| store.delete_project(project.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All logs, newest first, page by page.
async fn export(State(app): State<App>, Path(id): Path<String>, query: Query) -> Result<Answer<Object>, Problem> {
    let page = query.page(0, 10)?;
    app.ask(move |reader| {
        let project = Some(names::find_project(reader, &id)?.id);
        let filter = LogFilter { project, ..LogFilter::default() };
        let found = reader.list_full_logs(&filter, &page.window())?;
        let records: Vec<Object> = found.into_iter().map(view::log).collect();
        Ok(Answer(page.of(&records, reader.count_logs(&filter)?)))
    })
    .await
}

async fn configs(State(app): State<App>, Path(id): Path<String>) -> Result<Answer<Vec<Object>>, Problem> {
    app.ask(move |reader| {
        let project = names::find_project(reader, &id)?;
        Ok(Answer(reader.versions(project.id)?.iter().map(|version| of_version(&project, version)).collect()))
    })
    .await
}

/// The project of this id.
pub(super) async fn find(app: &App, id: String) -> Result<Project, Problem> {
    app.ask(move |reader| names::find_project(reader, &id)).await
}

/// A config in the context of its project.
pub(super) fn config_in(reader: &Reader, project: &Project, digits: &str) -> Result<Object, Problem> {
    if let Some(version) = reader.versions(project.id)?.iter().find(|version| version.config == digits) {
        return Ok(of_version(project, version));
    }
    let stored = reader.config(digits)?.ok_or_else(|| Problem::unknown("config", digits))?;
    let mut answer = in_project(project);
    answer.insert("created_at", &stored.created);
    answer.insert("updated_at", &stored.created);
    answer.insert("last_used", &stored.created);
    answer.insert("num_datapoints", &0);
    answer.insert("evaluation_aggregates", &());
    answer.insert("config", &view::config(digits, &stored.config));
    Ok(answer)
}

fn of_version(project: &Project, version: &Version) -> Object {
    let mut answer = in_project(project);
    answer.insert("created_at", &version.first);
    answer.insert("updated_at", &version.last);
    answer.insert("last_used", &version.last);
    answer.insert("num_datapoints", &version.logs);
    answer.insert("evaluation_aggregates", &());
    answer.insert("config", &view::config(&version.config, &version.body));
    answer
}

fn in_project(project: &Project) -> Object {
    [("project_id", names::project(project.id)), ("project_name", project.name.clone())].into_iter().collect()
}

fn view(reader: &Reader, project: &Project) -> Result<Object, Problem> {
    let active = reader.deployed(project.id, None)?;
    let active = active.map(|digits| config_in(reader, project, &digits)).transpose()?;
    let config_type = match project.kind {
        Some(Kind::Prompt) => Some("model"),
        Some(_) => Some("tool"),
        None => None,
    };
    let value =
        |value: &str, sentiment: &str| -> Object { [("value", value), ("sentiment", sentiment)].into_iter().collect() };
    let mut rating = Object::new();
    rating.insert("type", "rating");
    rating.insert("values", &[value("good", "positive"), value("bad", "negative")]);
    let mut answer = Object::new();
    answer.insert("id", &names::project(project.id));
    answer.insert("name", &project.name);
    answer.insert("users", &[(); 0]);
    answer.insert("data_count", &project.logs);
    answer.insert("feedback_types", &[rating]);
    answer.insert("team_id", "tm_local");
    answer.insert("created_at", &project.created);
    answer.insert("updated_at", &project.updated);
    answer.insert("active_config", &active);
    answer.insert("config_type", &config_type);
    answer.insert("active_evaluators", &());
    answer.insert("directory_id", &());
    Ok(answer)
}
