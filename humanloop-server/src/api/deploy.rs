//! Which config of a project is deployed to which environment.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, patch};
use humanloop_api::{Object, OneOrMany};
use humanloop_store::{Deployment, Environment, Reader};
use serde::Deserialize;

use super::answer::Answer;
use super::body::Body;
use super::query::Query;
use super::{Problem, names, projects, view};
use crate::serve::App;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/projects/{id}/active-config", get(active).delete(deactivate))
        .route("/projects/{id}/deployed-configs", get(list))
        .route("/projects/{id}/deploy-config", patch(deploy))
        .route("/projects/{id}/deployed-config/{environment}", delete(undeploy))
}

#[derive(Deserialize)]
struct Order {
    config_id: String,
    #[serde(default)]
    environments: Option<OneOrMany<Target>>,
}

#[derive(Deserialize)]
struct Target {
    id: String,
}

/// The environment of this name or id; the standard one without a name.
pub(super) fn environment(reader: &Reader, name: Option<&str>) -> Result<Environment, Problem> {
    let id = name.and_then(|name| names::number(name, "env_"));
    let found = reader.environments()?.into_iter().find(|known| match name {
        Some(name) => known.name == name || id == Some(known.id),
        None => known.default,
    });
    found.ok_or_else(|| Problem::unknown("environment", name.unwrap_or("default")))
}

async fn active(State(app): State<App>, Path(id): Path<String>, query: Query) -> Result<Answer<Object>, Problem> {
    let name = query.text("environment").map(ToOwned::to_owned);
    app.ask(move |reader| {
        let project = names::find_project(reader, &id)?;
        let environment = environment(reader, name.as_deref())?;
        let config = reader.deployed(project.id, Some(environment.id))?;
        let config = config.ok_or_else(|| Problem::unknown("deployed config of the project", &project.name))?;
        let mut answer = projects::config_in(reader, &project, &config)?;
        answer.insert("environment_id", &names::environment(environment.id));
        Ok(Answer(answer))
    })
    .await
}

async fn deactivate(State(app): State<App>, Path(id): Path<String>, query: Query) -> Result<Answer<Object>, Problem> {
    let name = query.text("environment").map(ToOwned::to_owned);
    remove(app, id, name).await
}

async fn undeploy(
    State(app): State<App>,
    Path((id, environment)): Path<(String, String)>,
) -> Result<Answer<Object>, Problem> {
    remove(app, id, Some(environment)).await
}

async fn remove(app: App, id: String, name: Option<String>) -> Result<Answer<Object>, Problem> {
    let (project, environment) = app
        .ask(move |reader| Ok((names::find_project(reader, &id)?.id, environment(reader, name.as_deref())?)))
        .await?;
    let environment_id = environment.id;
    if !app.write(move |store| store.undeploy(project, Some(environment_id))).await? {
        return Err(Problem::unknown("deployed config in the environment", &environment.name));
    }
    let fields = [("project_id", names::project(project)), ("environment_id", names::environment(environment_id))];
    Ok(Answer(fields.into_iter().collect()))
}

async fn list(State(app): State<App>, Path(id): Path<String>) -> Result<Answer<Vec<Object>>, Problem> {
    app.ask(move |reader| {
        let project = names::find_project(reader, &id)?;
        let deployments = reader.deployments(project.id)?;
        let rows = reader.environments()?.into_iter().map(|environment| {
            let there = deployments.iter().find(|deployment| deployment.environment.id == environment.id);
            row(reader, project.id, &project.name, &environment, there.map(|deployment| deployment.config.as_str()))
        });
        rows.collect::<Result<_, _>>().map(Answer)
    })
    .await
}

async fn deploy(State(app): State<App>, Path(id): Path<String>, body: Body) -> Result<Answer<Vec<Object>>, Problem> {
    let Order { config_id, environments } = body.read()?;
    let targets: Vec<String> =
        environments.map(OneOrMany::into_vec).unwrap_or_default().into_iter().map(|target| target.id).collect();
    let config = config_id.clone();
    let (project, targets) = app
        .ask(move |reader| {
            let project = names::find_project(reader, &id)?;
            reader.config(&config)?.ok_or_else(|| Problem::unknown("config", &config))?;
            let named = targets.iter().map(|name| environment(reader, Some(name)));
            let mut targets = named.collect::<Result<Vec<_>, _>>()?;
            if targets.is_empty() {
                targets.push(environment(reader, None)?);
            }
            Ok((project, targets))
        })
        .await?;
    let id = project.id;
    let work = move |store: &mut humanloop_store::Store| {
        targets.iter().map(|target| store.deploy(id, &config_id, Some(target.id))).collect::<Result<Vec<_>, _>>()
    };
    let deployed = app.write(work).await?;
    app.ask(move |reader| {
        let rows = deployed.iter().map(|Deployment { environment, config, .. }| {
            row(reader, project.id, &project.name, environment, Some(config))
        });
        rows.collect::<Result<_, _>>().map(Answer)
    })
    .await
}

fn row(
    reader: &Reader,
    project: i64,
    name: &str,
    environment: &Environment,
    config: Option<&str>,
) -> Result<Object, Problem> {
    let stored = config.map(|config| reader.config(config)).transpose()?.flatten();
    let mut row = Object::new();
    row.insert("project_id", &names::project(project));
    row.insert("project_name", name);
    row.insert("model_config_id", &config.map(names::config));
    row.insert(
        "model_config_name",
        &stored.map(|stored| match &stored.config {
            humanloop_api::Config::Model(model) if model.name.is_none() => {
                view::generated_name(&model.model, &stored.id)
            }
            config => config.name().into(),
        }),
    );
    row.insert("environment_id", &names::environment(environment.id));
    row.insert("environment_name", &environment.name);
    row.insert("environment_tag", if environment.default { "default" } else { "other" });
    Ok(row)
}
