//! The pages that people look at.

use axum::Router;

use crate::serve::App;

/// Everything that is no part of the API.
pub(crate) fn router() -> Router<App> {
    Router::new()
}
