//! The Humanloop v4 HTTP API, as the official clients speak it, and what goes beyond it.

use axum::Router;
use axum::http::StatusCode;

use crate::serve::App;

mod answer;
mod body;
mod deploy;
mod error;
mod feedback;
mod generate;
mod logs;
mod losses;
mod model_configs;
mod names;
mod projects;
mod query;
mod sessions;
mod view;

pub(crate) use error::Problem;

/// What hangs under `/v4`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .merge(logs::router())
        .merge(losses::router())
        .merge(sessions::router())
        .merge(feedback::router())
        .merge(projects::router())
        .merge(deploy::router())
        .merge(model_configs::router())
        .merge(generate::router())
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "the v4 API has no such path"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "the v4 API has this path, but not with this method")
        })
}
