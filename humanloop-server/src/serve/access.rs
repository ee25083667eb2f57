//! Who may use the server: keys for programs, and a cookie for the browser of somebody who knows one.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::{App, Error};
use crate::api::Problem;

/// A key that others may try to guess has at least so many characters.
const SHORTEST: usize = 16;
const VARIABLE: &str = "HUMANLOOP_API_KEY";
const COOKIE: &str = "humanloop";

/// The keys that open the server, as digests: the comparison of two takes the same time whatever they are.
#[derive(Debug)]
pub(crate) struct Access {
    keys: Vec<Key>,
}

#[derive(Debug)]
struct Key {
    digest: blake3::Hash,
    /// What the browser of somebody who knows the key keeps in its place.
    cookie: blake3::Hash,
    length: usize,
}

impl Key {
    fn new(text: &str) -> Self {
        Self { digest: digest(text), cookie: cookie(text), length: text.chars().count() }
    }
}

fn digest(key: &str) -> blake3::Hash {
    blake3::hash(key.as_bytes())
}

fn cookie(key: &str) -> blake3::Hash {
    blake3::derive_key("humanloop serve 2026 cookie of the viewer", key.as_bytes()).into()
}

impl Access {
    /// The keys of the command line, of the file, and of the environment when there are no others.
    pub(crate) fn read(arguments: &[String], file: Option<&Path>) -> Result<Self, Error> {
        let mut keys: Vec<String> = arguments.to_vec();
        if let Some(file) = file {
            let text = fs::read_to_string(file)
                .map_err(|error| Error::Key(format!("--api-key-file {}: {error}", file.display())))?;
            let before = keys.len();
            keys.extend(text.lines().filter(|line| !line.trim_start().starts_with('#')).map(Into::into));
            if keys.iter().skip(before).all(|key| key.trim().is_empty()) {
                let problem = format!("--api-key-file {}: it holds no key; write one a line", file.display());
                return Err(Error::Key(problem));
            }
        } else if keys.is_empty() {
            keys.extend(std::env::var(VARIABLE));
        } else if keys.iter().any(|key| key.trim().is_empty()) {
            return Err(Error::Key("--api-key: it is empty; `openssl rand -hex 16` makes one".into()));
        }
        let keys = keys.iter().map(|key| key.trim()).filter(|key| !key.is_empty()).map(Key::new);
        Ok(Self { keys: keys.collect() })
    }

    /// Whether a server at `address` may start with these keys.
    pub(crate) fn suffices(&self, address: SocketAddr) -> Result<(), Error> {
        if address.ip().is_loopback() {
            return Ok(());
        }
        if self.keys.is_empty() {
            return Err(Error::Key(format!(
                "others can reach {address}: give a key by --api-key-file, {VARIABLE} or --api-key (`openssl rand -hex 16` makes one), or listen at 127.0.0.1"
            )));
        }
        if self.keys.iter().any(|key| key.length < SHORTEST) {
            return Err(Error::Key(format!(
                "others can reach {address}, and a key is short enough to be guessed: take at least {SHORTEST} characters (`openssl rand -hex 16` makes one)"
            )));
        }
        Ok(())
    }

    /// Whether a key is needed at all.
    pub(crate) fn is_restricted(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether this is one of the keys.
    pub(crate) fn is_key(&self, text: &str) -> bool {
        let digest = digest(text.trim());
        self.keys.iter().fold(false, |known, key| known | (key.digest == digest))
    }

    /// The cookie of somebody who knows this key.
    pub(crate) fn cookie_of(&self, key: &str) -> String {
        format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000", cookie(key.trim()).to_hex())
    }

    /// The cookie that takes the browser's one away.
    pub(crate) fn no_cookie() -> String {
        format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
    }

    fn is_cookie(&self, text: &str) -> bool {
        let Ok(given) = blake3::Hash::from_hex(text) else { return false };
        self.keys.iter().fold(false, |known, key| known | (key.cookie == given))
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let key = text("x-api-key").or_else(|| text("authorization")?.strip_prefix("Bearer "));
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut cookies = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        match key {
            Some(key) => self.is_key(key),
            None => cookies.any(|(name, value)| name == COOKIE && self.is_cookie(value)),
        }
    }
}

/// Lets those in who know a key; a browser is shown where to give it.
pub(super) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_open = path == "/health" || path == "/login" || path == "/login.css";
    if is_open || !app.access().is_restricted() || app.access().admits(request.headers()) {
        return next.run(request).await;
    }
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")));
    if wants_page && request.method() == Method::GET {
        return Redirect::to("/login").into_response();
    }
    let message = "the key is missing or wrong: send a key of this server in the header X-API-KEY";
    Problem::new(StatusCode::UNAUTHORIZED, message).into_response()
}
