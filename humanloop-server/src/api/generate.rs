//! `/chat`, `/completion` and their variants: a model is asked by its provider, and the call is logged.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use humanloop_api::{Config, ModelConfig};
use humanloop_runtime::provider::{Keys, Provider, for_config};
use humanloop_store::Reader;

use super::answer::Answer;
use super::body::Body;
use super::{Problem, deploy, names};
use crate::serve::App;

mod call;
mod prompt;
mod record;
mod reply;
mod stream;

use call::{Call, Endpoint};
use record::Record;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/chat", post(async |State(app): State<App>, body: Body| given(app, body, Endpoint::Chat).await))
        .route(
            "/completion",
            post(async |State(app): State<App>, body: Body| given(app, body, Endpoint::Complete).await),
        )
        .route(
            "/chat-deployed",
            post(async |State(app): State<App>, body: Body| deployed(app, body, Endpoint::Chat).await),
        )
        .route(
            "/completion-deployed",
            post(async |State(app): State<App>, body: Body| deployed(app, body, Endpoint::Complete).await),
        )
        .route(
            "/chat-model-config",
            post(async |State(app): State<App>, body: Body| stored(app, body, Endpoint::Chat).await),
        )
        .route(
            "/completion-model-config",
            post(async |State(app): State<App>, body: Body| stored(app, body, Endpoint::Complete).await),
        )
}

/// With the config of the request.
async fn given(app: App, body: Body, endpoint: Endpoint) -> Result<Response, Problem> {
    let mut call = call::read(&body, endpoint)?;
    let config = call.model_config.take();
    let mut config = config.ok_or_else(|| Problem::field(&["body", "model_config"], "field required"))?;
    if config.endpoint.is_none() && endpoint == Endpoint::Chat {
        config.endpoint = Some("chat".into());
    }
    generate(app, call, config, endpoint).await
}

/// With the config that is deployed in the project.
async fn deployed(app: App, body: Body, endpoint: Endpoint) -> Result<Response, Problem> {
    let call = call::read(&body, endpoint)?;
    let (name, id, environment) = (call.project.clone(), call.project_id.clone(), call.environment.clone());
    let find = move |reader: &Reader| {
        let project = match (name, id) {
            (Some(name), _) => reader.project_named(&name)?.ok_or_else(|| Problem::unknown("project", &name))?,
            (None, id) => names::find_project(reader, &id.unwrap_or_default())?,
        };
        let environment = deploy::environment(reader, environment.as_deref())?;
        let digits = reader.deployed(project.id, Some(environment.id))?;
        let digits = digits.ok_or_else(|| Problem::unknown("deployed config of the project", &project.name))?;
        model_of(reader, &digits)
    };
    let config = app.ask(find).await?;
    generate(app, call, config, endpoint).await
}

/// With a config that is kept.
async fn stored(app: App, body: Body, endpoint: Endpoint) -> Result<Response, Problem> {
    let call = call::read(&body, endpoint)?;
    let id = call.model_config_id.clone();
    let id = id.ok_or_else(|| Problem::field(&["body", "model_config_id"], "field required"))?;
    let config = app.ask(move |reader| model_of(reader, &id)).await?;
    generate(app, call, config, endpoint).await
}

fn model_of(reader: &Reader, id: &str) -> Result<ModelConfig, Problem> {
    match reader.config(id)?.map(|stored| stored.config) {
        Some(Config::Model(config)) => Ok(config),
        _ => Err(Problem::unknown("model config", id)),
    }
}

async fn generate(app: App, mut call: Call, config: ModelConfig, endpoint: Endpoint) -> Result<Response, Problem> {
    let config = call.completed(config);
    let keys: Keys =
        std::mem::take(&mut call.provider_api_keys).into_iter().filter_map(|(name, key)| Some((name, key?))).collect();
    let provider = for_config(&config, &keys).map_err(|error| refused(&error))?;
    let request = prompt::request(&call, config, endpoint);
    let record = Record::open(&app, &call, &request, provider.body(&request)).await?;
    if call.stream {
        return stream::answer(app, provider, request, call, record, endpoint).await;
    }
    // On its own, so that the log is ended also when the client goes away.
    let asked = tokio::spawn(async move {
        match provider.generate(request.clone()).await {
            Ok(response) => {
                record.end(&app, &response, None).await?;
                let samples = record.samples(&response.answers);
                Ok(Answer(reply::whole(&call, &request, &record, samples, &response, endpoint)))
            }
            Err(error) => {
                record.fail(&app, &error.to_string()).await?;
                Err(refused(&error))
            }
        }
    });
    let answer = asked.await.map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    answer.map(IntoResponse::into_response)
}

/// What the caller is told of a provider that did not answer; its own status is passed on.
fn refused(error: &humanloop_runtime::Error) -> Problem {
    use humanloop_runtime::Error;
    match error {
        Error::Provider { provider, status, message } => {
            let status = status.and_then(|status| StatusCode::from_u16(status).ok());
            let status = status.filter(|status| status.is_client_error() || status.is_server_error());
            Problem::of_provider(status.unwrap_or(StatusCode::BAD_GATEWAY), message.clone(), shown(provider))
        }
        other => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, other.to_string()),
    }
}

/// A provider's name as it writes it itself.
fn shown(provider: &str) -> &str {
    match provider {
        "openai" => "OpenAI",
        "anthropic" => "Anthropic",
        "google" => "Google",
        other => other,
    }
}
