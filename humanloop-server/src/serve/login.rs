//! Where a browser gives the key, once.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::App;
use super::access::Access;

const PAGE: &str = include_str!("login.html");
const STYLE: &str = include_str!("login.css");

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/login", get(async || page("")).post(log_in))
        .route("/logout", post(log_out))
        .route("/login.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)))
}

#[derive(Deserialize)]
struct Form {
    key: String,
}

async fn log_in(State(app): State<App>, body: String) -> Response {
    // A form of one field: the extractor of forms would bring a parser for one line.
    let form = axum::extract::Query::<Form>::try_from_uri(&format!("/?{body}").parse().unwrap_or_default());
    match form {
        Ok(form) if app.access().is_key(&form.key) => {
            ([(header::SET_COOKIE, app.access().cookie_of(&form.key))], Redirect::to("/")).into_response()
        }
        _ => (StatusCode::UNAUTHORIZED, page("<p class=\"wrong\" role=\"alert\">This is no key of this server.</p>"))
            .into_response(),
    }
}

async fn log_out() -> Response {
    ([(header::SET_COOKIE, Access::no_cookie())], Redirect::to("/login")).into_response()
}

fn page(message: &str) -> Html<String> {
    Html(PAGE.replace("<!--message-->", message))
}
