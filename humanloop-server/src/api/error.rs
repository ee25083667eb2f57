//! What a request is answered when it cannot be done: always an object with the one field `detail`.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use humanloop_api::{Object, RawValue, json};

/// Why a request was not done.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: Detail,
}

#[derive(Debug)]
enum Detail {
    /// A request that does not fit the schema: where in it, and what is wrong there.
    Field { place: Vec<Box<RawValue>>, message: String },
    /// Anything else; `origin` is the model provider when it was that which failed.
    Message { message: String, origin: String },
}

impl Problem {
    /// A problem of this server's.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, detail: Detail::Message { message: message.into(), origin: "Humanloop".into() } }
    }

    /// There is no `what` of this id.
    pub(crate) fn unknown(what: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no {what} `{}`", short(id)))
    }

    /// The model's provider failed, or refused.
    pub(crate) fn of_provider(status: StatusCode, message: String, origin: &str) -> Self {
        Self { status, detail: Detail::Message { message, origin: origin.into() } }
    }

    /// Something in the request does not fit: `place` begins with `body`, `query` or `path`.
    pub(crate) fn field(place: &[&str], message: impl Into<String>) -> Self {
        Self::at(place.iter().map(json).collect(), message)
    }

    /// As [`field`](Self::field), of a place that may hold numbers.
    pub(crate) fn at(place: Vec<Box<RawValue>>, message: impl Into<String>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, detail: Detail::Field { place, message: message.into() } }
    }

    /// The same within item `index` of the list in the body.
    pub(crate) fn in_item(mut self, index: usize) -> Self {
        if let Detail::Field { place, .. } = &mut self.detail {
            place.insert(1.min(place.len()), json(&index));
        }
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = Object::new();
        match self.detail {
            Detail::Field { place, message } => {
                let mut detail = Object::new();
                detail.insert("loc", &place);
                detail.insert("msg", &message);
                detail.insert("type", "value_error");
                body.insert("detail", &[detail]);
            }
            Detail::Message { message, origin } => {
                let mut detail = Object::new();
                detail.insert("type", kind(self.status));
                detail.insert("message", &message);
                detail.insert("code", &self.status.as_u16());
                detail.insert("origin", &origin);
                body.insert("detail", &detail);
            }
        }
        (self.status, [(header::CONTENT_TYPE, "application/json")], json(&body).get().to_owned()).into_response()
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

/// The start of a text that a caller sent.
fn short(text: &str) -> String {
    text.chars().take(100).collect()
}

impl From<humanloop_store::Error> for Problem {
    fn from(error: humanloop_store::Error) -> Self {
        use humanloop_store::Error::{Ambiguous, Full, Taken, Unknown};
        match error {
            Unknown { what, text } | Ambiguous { what, text } => Self::unknown(what, &text),
            Taken { .. } => Self::new(StatusCode::CONFLICT, error.to_string()),
            Full { .. } => Self::new(StatusCode::INSUFFICIENT_STORAGE, error.to_string()),
            _ => Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        }
    }
}
