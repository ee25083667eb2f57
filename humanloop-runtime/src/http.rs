//! HTTP as the destination and the providers need it: checked addresses, keys that do not show, a second try.

use std::error::Error as _;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Url, redirect};
use tokio::time::timeout;

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

/// What no model takes for one answer.
const LONGEST_STREAM: Duration = Duration::from_secs(24 * 3600);

/// When a request is sent again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    /// Tries in all.
    pub(crate) attempts: u32,
    /// The first pause, about; each further one is twice as long.
    pub(crate) pause: Duration,
    /// The longest pause, also when the server asks for a longer one.
    pub(crate) longest: Duration,
    /// No try begins later than this after the first one.
    pub(crate) deadline: Duration,
    /// Whether to send again when the connection broke and nobody knows whether the request arrived.
    pub(crate) repeatable: bool,
}

/// A client of one server.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
    retry: Retry,
    timeout: Duration,
    /// Headers beside the key's.
    headers: HeaderMap,
    /// The key as it would stand in a text, to be taken out of it.
    key: Option<HeaderValue>,
}

/// What a server answered, whatever the status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// How long the server asks to wait.
    pub(crate) retry_after: Option<Duration>,
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
        (connect, within): (Duration, Duration),
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
            .timeout(within)
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
        Ok(Self { client, retry, timeout: within, headers: HeaderMap::new(), key: key.map(header).transpose()? })
    }

    /// The same client with one more header.
    pub(crate) fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// Sends a request, again where that may help; the error says why there was no answer.
    pub(crate) async fn send(&self, method: Method, url: Url, body: Vec<u8>) -> Result<Answer, String> {
        let response = self.tries(method, url, body, None).await?;
        self.read(response).await
    }

    /// Sends a request whose answer comes in pieces; the time limit of a try is then one of each wait.
    pub(crate) async fn open(&self, method: Method, url: Url, body: Vec<u8>) -> Result<Incoming, String> {
        let response = self.tries(method, url, body, Some(LONGEST_STREAM)).await?;
        Ok(Incoming { response, http: self.clone() })
    }

    async fn tries(
        &self,
        method: Method,
        url: Url,
        body: Vec<u8>,
        in_all: Option<Duration>,
    ) -> Result<reqwest::Response, String> {
        let first = Instant::now();
        let mut pause = self.retry.pause;
        let mut attempt = 1;
        loop {
            let mut request =
                self.client.request(method.clone(), url.clone()).headers(self.headers.clone()).body(body.clone());
            if let Some(in_all) = in_all {
                request = request.timeout(in_all);
            }
            let Ok(sent) = timeout(self.timeout, request.send()).await else { return Err(self.too_late()) };
            let (retry, wait) = match &sent {
                Ok(response) => {
                    let status = response.status();
                    let again = matches!(status.as_u16(), 408 | 429) || status.is_server_error();
                    (again, retry_after(response.headers()))
                }
                Err(error) => (error.is_connect() || (self.retry.repeatable && !error.is_timeout()), None),
            };
            let wait = wait.unwrap_or_else(|| about(pause)).min(self.retry.longest);
            if !retry || attempt >= self.retry.attempts || first.elapsed() + wait > self.retry.deadline {
                return sent.map_err(|error| self.no_answer(error));
            }
            drop(sent);
            tokio::time::sleep(wait).await;
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
        let retry_after = retry_after(response.headers());
        let body = response.bytes().await.map_err(|error| self.no_answer(error))?;
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned(), retry_after })
    }

    fn too_late(&self) -> String {
        format!("no answer within {} s", self.timeout.as_secs_f64())
    }

    fn no_answer(&self, error: reqwest::Error) -> String {
        match (error.is_timeout(), error.is_connect()) {
            (true, true) => "no connection in time".into(),
            (true, false) => self.too_late(),
            (false, true) => format!("no connection: {}", reason(error)),
            (false, false) => format!("the connection broke: {}", reason(error)),
        }
    }
}

/// An answer that comes in pieces.
#[derive(Debug)]
pub(crate) struct Incoming {
    response: reqwest::Response,
    http: Http,
}

impl Incoming {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// Whether the server says that these are events, not one answer.
    pub(crate) fn is_stream(&self) -> bool {
        let kind = self.response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        kind.is_some_and(|kind| kind.trim_start().starts_with("text/event-stream"))
    }

    /// The next bytes; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        match timeout(self.http.timeout, self.response.chunk()).await {
            Ok(Ok(bytes)) => Ok(bytes.map(|bytes| bytes.to_vec())),
            Ok(Err(error)) => Err(self.http.no_answer(error)),
            Err(_) => Err(format!("nothing more came within {} s", self.http.timeout.as_secs_f64())),
        }
    }

    /// All of it, as text.
    pub(crate) async fn text(self) -> Result<Answer, String> {
        self.http.read(self.response).await
    }
}

/// How long a server asks to wait: seconds, or a date; OpenAI and Azure say it in milliseconds, too.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let millis = || text("retry-after-ms")?.parse::<f64>().ok().map(|millis| millis / 1000.0);
    let seconds = || text(RETRY_AFTER.as_str())?.parse::<f64>().ok();
    let date = || {
        let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text(RETRY_AFTER.as_str())?).ok()?;
        Some(at.duration_since(jiff::Timestamp::now()).as_secs_f64().max(0.0))
    };
    let seconds: f64 = millis().or_else(seconds).or_else(date)?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// `pause`, a quarter shorter or longer, so that many callers do not come again at the same moment.
fn about(pause: Duration) -> Duration {
    let chance = f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0;
    pause.mul_f64(0.75 + chance / 2.0)
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
