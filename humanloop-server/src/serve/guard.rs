//! What every request and every answer has to be like, whoever asks.

use axum::extract::{Request, State};
use axum::http::uri::{Authority, PathAndQuery, Uri};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use crate::api::Problem;

/// Nothing is loaded from elsewhere, nothing runs that is not a file of the viewer's, and no other page frames it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src data:; font-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The headers of all answers.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: with that, browsers do not say from where a form comes, and the one for the key would be refused.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Puts the headers of a careful server on the answer.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses what a page of another site makes a browser send: by a name that was made to point here (DNS rebinding), or
/// by a form or script of its own.
pub(super) async fn same_site(State(app): State<App>, request: Request, next: Next) -> Response {
    let host = host(&request);
    // With a key nobody gets anything by a name alone, and a proxy in front may have any name.
    if !app.access().is_restricted() && !host.as_ref().is_some_and(is_this_machine) {
        let message = "this server answers to 127.0.0.1, [::1] and localhost only: use one of these, or start it with a key (`humanloop serve --help`)";
        return Problem::new(StatusCode::FORBIDDEN, message).into_response();
    }
    if is_of_another_site(&request, host.as_ref()) {
        let message =
            "requests from pages of other sites are refused: this server is for its own pages and for programs";
        return Problem::new(StatusCode::FORBIDDEN, message).into_response();
    }
    next.run(request).await
}

fn host(request: &Request) -> Option<Authority> {
    let text = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    text.or(request.uri().authority().map(Authority::as_str))?.parse().ok()
}

/// Whether a name always means the machine that looks it up.
fn is_this_machine(host: &Authority) -> bool {
    let name = host.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let address = name.parse::<std::net::IpAddr>();
    address.map_or(name == "localhost" || name.ends_with(".localhost"), |address| address.is_loopback())
}

/// Whether a browser says that another site's page is behind the request. A link to the viewer may stand anywhere.
fn is_of_another_site(request: &Request, host: Option<&Authority>) -> bool {
    let headers = request.headers();
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        return origin.as_ref().and_then(Uri::authority) != host;
    }
    let is_link = request.method() == Method::GET && fetch(headers, "sec-fetch-mode") == Some("navigate");
    matches!(fetch(headers, "sec-fetch-site"), Some("cross-site" | "same-site")) && !is_link
}

fn fetch<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// One slash where there are several, and none at the end: a base URL with a slash at its end is the same one.
pub(super) async fn plain_path(mut request: Request) -> Request {
    let path = request.uri().path();
    if !path.contains("//") && (path.len() < 2 || !path.ends_with('/')) {
        return request;
    }
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let mut plain = format!("/{}", segments.join("/"));
    if let Some(query) = request.uri().query() {
        plain = format!("{plain}?{query}");
    }
    if let Ok(path) = PathAndQuery::try_from(plain) {
        *request.uri_mut() = Uri::from(path);
    }
    request
}
