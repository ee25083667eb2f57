//! `/model-configs`: configs without logs.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use humanloop_api::{Config, ModelConfig, Object};
use serde::Deserialize;

use super::answer::Answer;
use super::body::Body;
use super::{Problem, projects, view};
use crate::serve::App;

pub(super) fn router() -> Router<App> {
    Router::new().route("/model-configs", post(register)).route("/model-configs/{id}", get(one))
}

/// Where the config of the same body goes.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    project: Option<String>,
    #[serde(default)]
    project_id: Option<String>,
}

async fn register(State(app): State<App>, body: Body) -> Result<Answer<Object>, Problem> {
    // A flattened struct cannot hold JSON as it is written, so the body is read twice.
    let config: ModelConfig = body.read()?;
    let Named { project: name, project_id } = body.read()?;
    let project = match (name, project_id) {
        (Some(name), _) if name.trim().is_empty() => {
            return Err(Problem::field(&["body", "project"], "it is empty: write the project's name"));
        }
        (Some(name), _) => {
            app.write(move |store| store.project_named(&name)?.map_or_else(|| store.create_project(&name), Ok)).await?
        }
        (None, Some(id)) => projects::find(&app, id).await?,
        (None, None) => {
            return Err(Problem::field(&["body", "project"], "field required: the project's name, or `project_id`"));
        }
    };
    let id = project.id;
    let digits = app.write(move |store| store.register_config(id, &Config::Model(config))).await?;
    app.ask(move |reader| Ok(Answer(projects::config_in(reader, &project, &digits)?))).await
}

async fn one(State(app): State<App>, Path(id): Path<String>) -> Result<Answer<Object>, Problem> {
    app.ask(move |reader| {
        let stored = reader.config(&id)?.ok_or_else(|| Problem::unknown("config", &id))?;
        Ok(Answer(view::config(&stored.id, &stored.config)))
    })
    .await
}
