//! An answer in JSON.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Something that is answered as JSON.
#[derive(Debug)]
pub(crate) struct Answer<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let text = String::from(Box::<str>::from(humanloop_api::json(&self.0)));
        ([(header::CONTENT_TYPE, "application/json")], text).into_response()
    }
}
