//! The Humanloop v4 HTTP API, as the official clients speak it, and what goes beyond it.

use axum::Router;
use axum::http::StatusCode;

use crate::serve::App;

mod error;

pub(crate) use error::Problem;

/// What hangs under `/v4`.
pub(crate) fn router() -> Router<App> {
    Router::new().fallback(async || Problem::new(StatusCode::NOT_FOUND, "the v4 API has no such path"))
}
