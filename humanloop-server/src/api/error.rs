//! What a request is answered when it cannot be done: always an object with the one field `detail`.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use humanloop_api::Object;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: Detail,
}

#[derive(Debug)]
enum Detail {
    /// Anything else; `origin` is the model provider when it was that which failed.
    Message { message: String, origin: String },
}

impl Problem {
    /// A problem of this server's.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, detail: Detail::Message { message: message.into(), origin: "Humanloop".into() } }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = Object::new();
        match self.detail {
            Detail::Message { message, origin } => {
                let mut detail = Object::new();
                detail.insert("type", kind(self.status));
                detail.insert("message", &message);
                detail.insert("code", &self.status.as_u16());
                detail.insert("origin", &origin);
                body.insert("detail", &detail);
            }
        }
        (self.status, [(header::CONTENT_TYPE, "application/json")], humanloop_api::json(&body).get().to_owned())
            .into_response()
    }
}

/// v4 documents but one of these words; the others are ours.
fn kind(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 => "authentication_error",
        404 => "not_found_error",
        409 => "conflict_error",
        422 => "unprocessable_entity_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "bad_request_error",
    }
}

impl From<humanloop_store::Error> for Problem {
    fn from(error: humanloop_store::Error) -> Self {
        use humanloop_store::Error::{Ambiguous, Unknown};
        let status = match error {
            Unknown { .. } | Ambiguous { .. } => StatusCode::NOT_FOUND,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}
