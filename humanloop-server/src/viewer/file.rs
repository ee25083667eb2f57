//! A session as a file to take along: `humanloop export`, from the page.

use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::api::Problem;
use crate::export::{self, Form};
use crate::serve::App;

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(rename = "as")]
    form: Form,
    /// Whether what went in and came out is left out.
    #[serde(default)]
    without_values: bool,
}

pub(super) async fn session(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(Wanted { form, without_values }): Query<Wanted>,
) -> Result<Response, Problem> {
    let (id, text) = app
        .read(move |store| {
            let session = store.find_session(&id)?;
            Ok((session.id, export::file(store, &session, form, without_values)?))
        })
        .await?;
    let (kind, ending) = match form {
        Form::Html => ("text/html; charset=utf-8", "html"),
        Form::Json => ("application/json", "json"),
        Form::Otlp => ("application/json", "otlp.json"),
    };
    // A download, never a page of this server: its script is none of the server's own.
    let name = format!("attachment; filename=\"session-{id}.{ending}\"");
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)], text).into_response())
}
