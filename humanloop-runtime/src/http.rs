//! HTTP as the destination and the providers need it: checked addresses, keys that do not show, a second try.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Url, redirect};

use crate::error::Error;

/// The address in `text`, without slashes at its end; `setting` is where it came from.
///
/// # Errors
///
/// When it is no plain `http` or `https` address. The text is not repeated where it may hold a password or a key.
pub(crate) fn base_url(setting: &'static str, key: &'static str, text: &str) -> Result<Url, Error> {
    let wrong = |problem: String| Error::Setting { name: setting, problem };
    let text = text.trim();
    if text.contains('@') {
        return Err(wrong(format!("it holds a user name or a password; leave them out, and set {key}")));
    }
    if text.contains(['?', '#']) {
        return Err(wrong("it goes on after a `?` or `#`; write the address up to there".into()));
    }
    if text.is_empty() {
        return Err(wrong("it is empty; write it as http://127.0.0.1:8000".into()));
    }
    if !text.starts_with("http://") && !text.starts_with("https://") {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        return Err(wrong(format!("`{text}` is no web address; write `http://{rest}` or `https://{rest}`")));
    }
    let mut url = Url::parse(text).map_err(|error| {
        wrong(format!("`{text}` is no address ({error}); write it as http://127.0.0.1:8000 or https://host.example"))
    })?;
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Whether the address is this machine's own.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    address.map_or(host == "localhost" || host.ends_with(".localhost"), |address| address.is_loopback())
}

/// `url` with more segments behind its path.
pub(crate) fn join(url: &Url, segments: &[&str]) -> Url {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// When a request is sent again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    /// Tries in all.
    pub(crate) attempts: u32,
    /// The first pause; each further one is twice as long.
    pub(crate) pause: Duration,
    /// The longest pause, also when the server asks for a longer one.
    pub(crate) longest: Duration,
    /// Whether to send again when the connection broke and nobody knows whether the request arrived.
    pub(crate) repeatable: bool,
}

/// A client of one server.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
    retry: Retry,
    timeout: Duration,
    /// The key as it would stand in a text, to be taken out of it.
    key: Option<HeaderValue>,
}

/// What a server answered, whatever the status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Http {
    /// A client of the server at `url`, with the key in the header `name`, behind `prefix`.
    ///
    /// # Errors
    ///
    /// When the key, which came from `variable`, cannot stand in a header, and when TLS cannot be set up.
    pub(crate) fn new(
        url: &Url,
        (name, prefix): (HeaderName, &str),
        (variable, key): (&'static str, Option<&str>),
        (connect, timeout): (Duration, Duration),
        retry: Retry,
    ) -> Result<Self, Error> {
        let header = |text: &str| {
            let mut value = HeaderValue::from_str(text).map_err(|_| Error::Setting {
                name: variable,
                problem: "it holds characters that cannot stand in an HTTP header; copy it again".into(),
            })?;
            value.set_sensitive(true);
            Ok::<HeaderValue, Error>(value)
        };
        let key = key.map(str::trim).filter(|key| !key.is_empty());
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        if let Some(key) = key {
            headers.insert(name, header(&format!("{prefix}{key}"))?);
        }
        let mut client = Client::builder()
            .user_agent(concat!("humanloop-rust/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(connect)
            .timeout(timeout)
            // A redirect would carry the key to another server, and turn a POST into a GET.
            .redirect(redirect::Policy::none());
        if url.scheme() == "http" {
            // No TLS: a machine without certificates will do.
            client = client.tls_certs_only([]);
        }
        if is_loopback(url) {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|error| Error::Setting {
            name: "TLS",
            problem: format!("{}; install the system's CA certificates (package `ca-certificates`)", reason(error)),
        })?;
        Ok(Self { client, retry, timeout, key: key.map(header).transpose()? })
    }

    /// Sends a request, again where that may help; the error says why there was no answer.
    pub(crate) async fn send(&self, method: Method, url: Url, body: Vec<u8>) -> Result<Answer, String> {
        let mut pause = self.retry.pause;
        let mut attempt = 1;
        loop {
            let sent = self.client.request(method.clone(), url.clone()).body(body.clone()).send().await;
            let (retry, wait) = match &sent {
                Ok(response) => {
                    let status = response.status();
                    (status.as_u16() == 429 || status.is_server_error(), retry_after(response.headers()))
                }
                Err(error) => (error.is_connect() || (self.retry.repeatable && !error.is_timeout()), None),
            };
            if !retry || attempt >= self.retry.attempts {
                return match sent {
                    Ok(response) => self.read(response).await,
                    Err(error) => Err(self.no_answer(error)),
                };
            }
            drop(sent);
            tokio::time::sleep(wait.unwrap_or(pause).min(self.retry.longest)).await;
            pause *= 2;
            attempt += 1;
        }
    }

    /// `text` without the key, which some servers repeat in their errors.
    pub(crate) fn without_key(&self, text: &str) -> String {
        match self.key.as_ref().and_then(|key| key.to_str().ok()) {
            Some(key) => text.replace(key, "<key>"),
            None => text.into(),
        }
    }

    async fn read(&self, response: reqwest::Response) -> Result<Answer, String> {
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(|error| self.no_answer(error))?;
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
    }

    fn no_answer(&self, error: reqwest::Error) -> String {
        match (error.is_timeout(), error.is_connect()) {
            (true, true) => "no connection in time".into(),
            (true, false) => format!("no answer within {} s", self.timeout.as_secs_f64()),
            (false, true) => format!("no connection: {}", reason(error)),
            (false, false) => format!("the connection broke: {}", reason(error)),
        }
    }
}

/// The seconds that a server asks to wait for.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The innermost cause: the outer ones only say that something happened while sending a request.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}

/// The beginning of a text that was not expected, for an error.
pub(crate) fn excerpt(text: &str) -> String {
    const CHARS: usize = 200;
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    match text.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
