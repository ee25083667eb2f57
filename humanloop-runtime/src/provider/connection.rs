//! What the providers over HTTP share: settings, sending, and the errors of both.

use std::fmt;
use std::time::Duration;

use humanloop_api::Object;
use reqwest::header::HeaderName;
use reqwest::{Method, Url};
use serde::Deserialize;

use super::pieces::Pieces;
use super::sse::Events;
use crate::error::Error;
use crate::http::{Answer, Http, Incoming, Retry, base_url, excerpt, join};
use crate::produce::{Out, produce};
use crate::response::{Delta, Response, Wire};

/// What there is to know of a provider's HTTP API.
pub(super) struct Service {
    /// The provider's name.
    pub(super) name: &'static str,
    pub(super) wire: Wire,
    /// The host of the provider itself, where a key is needed.
    pub(super) host: &'static str,
    /// The path of its API there.
    pub(super) path: &'static str,
    /// The variable that holds the key.
    pub(super) key: &'static str,
    /// The variable that holds another address.
    pub(super) base_url: &'static str,
    /// The key's header, and what stands before the key in it.
    pub(super) header: (HeaderName, &'static str),
}

/// Settings of a provider, as its builder takes them.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) api_key: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) connect_timeout: Duration,
    pub(super) timeout: Duration,
    pub(super) deadline: Duration,
    pub(super) retries: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_key: None,
            base_url: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(120),
            deadline: Duration::from_secs(300),
            retries: 2,
        }
    }
}

/// Without the key, and without the address, which may hold a password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("has_key", &self.api_key.is_some())
            .field("timeout", &self.timeout)
            .field("deadline", &self.deadline)
            .field("retries", &self.retries)
            .finish_non_exhaustive()
    }
}

/// The methods that every builder of a provider has; its `settings` are [`Settings`].
macro_rules! settings {
    ($builder:ident, $address:literal) => {
        impl $builder {
            /// The key; needed at the provider itself.
            pub fn api_key(mut self, key: impl Into<String>) -> Self {
                self.settings.api_key = Some(key.into());
                self
            }

            #[doc = concat!("The address up to and with its version; default `", $address, "`.")]
            pub fn base_url(mut self, url: impl Into<String>) -> Self {
                self.settings.base_url = Some(url.into());
                self
            }

            /// How long the connection may take; default 10 s.
            pub fn connect_timeout(mut self, timeout: std::time::Duration) -> Self {
                self.settings.connect_timeout = timeout;
                self
            }

            /// How long one try may take in all, and each wait for the next piece of a stream; default 120 s.
            pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
                self.settings.timeout = timeout;
                self
            }

            /// How long after the first try another one may begin; default 300 s.
            pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
                self.settings.deadline = deadline;
                self
            }

            /// How often a request is sent again after 408, 429, 5xx or a connection that did not come about; default 2.
            /// It waits for as long as the provider asks, at most 30 s; else half a second, then a second, and so on.
            pub fn retries(mut self, retries: u32) -> Self {
                self.settings.retries = retries;
                self
            }
        }
    };
}
pub(super) use settings;

/// A provider's server. Clones share its connections.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) service: &'static Service,
    pub(super) url: Url,
    http: Http,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Connection {
    /// A client of the provider's server, or of the one that the settings name.
    ///
    /// # Errors
    ///
    /// When the key is missing and the address is the provider's own, and when address or key cannot be used.
    pub(super) fn new(service: &'static Service, settings: &Settings) -> Result<Self, Error> {
        let default = format!("https://{}{}", service.host, service.path);
        let url = base_url(service.base_url, service.key, settings.base_url.as_deref().unwrap_or(&default))?;
        let key = settings.api_key.as_deref().map(str::trim).filter(|key| !key.is_empty());
        if key.is_none() && url.host_str() == Some(service.host) {
            let needed_for =
                format!("{}, which is asked unless {} names another server,", service.host, service.base_url);
            return Err(Error::MissingKey { variable: service.key, needed_for });
        }
        let retry = Retry {
            attempts: settings.retries.saturating_add(1),
            pause: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            deadline: settings.deadline,
            // An answer costs money: it is not asked for twice.
            repeatable: false,
        };
        let timeouts = (settings.connect_timeout, settings.timeout);
        let http = Http::new(&url, service.header.clone(), (service.key, key), timeouts, retry)?;
        Ok(Self { service, url, http })
    }

    /// The same connection with one more header.
    pub(super) fn with_header(self, name: &'static str, value: &'static str) -> Self {
        Self { http: self.http.with_header(name, value), ..self }
    }

    /// Whether the server is the provider's own.
    pub(super) fn is_home(&self) -> bool {
        self.url.host_str() == Some(self.service.host)
    }

    /// Posts `body` below the address, and reads the answer.
    pub(super) async fn ask(&self, path: &[&str], body: &Object) -> Result<Response, Error> {
        let bytes = self.prepared("generate", body)?;
        let sent = self.http.send(Method::POST, join(&self.url, path), bytes).await;
        self.whole(sent.map_err(|reason| self.no_answer(&reason))?)
    }

    /// Posts `body` below `url`, and reads the answer as it comes.
    pub(super) async fn stream(&self, url: Url, body: &Object) -> Result<Pieces, Error> {
        let bytes = self.prepared("stream", body)?;
        let opened = self.http.open(Method::POST, url, bytes).await;
        let incoming = opened.map_err(|reason| self.no_answer(&reason))?;
        // Errors are no streams, and some servers do not stream at all.
        if !(200..300).contains(&incoming.status()) || !incoming.is_stream() {
            let answer = incoming.text().await.map_err(|reason| self.no_answer(&reason))?;
            return self.whole(answer).map(Pieces::of);
        }
        let connection = self.clone();
        let events = produce(|out| async move { connection.read(incoming, out).await });
        Ok(Pieces::new(self.service.name, events))
    }

    fn prepared(&self, call: &'static str, body: &Object) -> Result<Vec<u8>, Error> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::NoRuntime { call });
        }
        serde_json::to_vec(body).map_err(|error| self.failed(None, error.to_string()))
    }

    fn whole(&self, Answer { status, body, .. }: Answer) -> Result<Response, Error> {
        if !(200..300).contains(&status) {
            return Err(self.failed(Some(status), self.http.without_key(&message_of(&body))));
        }
        self.service.wire.read(&body).ok_or_else(|| {
            let start = self.http.without_key(&excerpt(&body));
            let (url, variable) = (&self.url, self.service.base_url);
            self.failed(
                Some(status),
                format!("the answer of {url} is no completion; it begins `{start}`; check {variable}"),
            )
        })
    }

    /// The events of a stream, to its end.
    async fn read(&self, mut incoming: Incoming, mut out: Out<Result<Vec<Delta>, Error>>) {
        let mut events = Events::default();
        loop {
            let (datas, ended) = match incoming.next().await {
                Ok(Some(bytes)) => (events.add(&bytes), false),
                Ok(None) => (events.end().into_iter().collect(), true),
                Err(reason) => return out.send(Err(self.no_answer(&reason))).await,
            };
            for data in datas {
                if data.trim() == "[DONE]" {
                    return;
                }
                let deltas = self.service.wire.deltas(&data).ok_or_else(|| {
                    let start = self.http.without_key(&excerpt(&data));
                    self.failed(None, format!("an event of its stream cannot be read; it begins `{start}`"))
                });
                let failed = deltas.is_err();
                out.send(deltas.map(|deltas| self.without_key(deltas))).await;
                if failed {
                    return;
                }
            }
            if ended {
                return;
            }
        }
    }

    /// A failure's text may repeat the key, as those of whole answers may.
    fn without_key(&self, mut deltas: Vec<Delta>) -> Vec<Delta> {
        for delta in &mut deltas {
            if let Delta::Failed(text) = delta {
                *text = self.http.without_key(text);
            }
        }
        deltas
    }

    fn no_answer(&self, reason: &str) -> Error {
        self.failed(None, format!("{reason} ({})", self.url))
    }

    pub(super) fn failed(&self, status: Option<u16>, message: String) -> Error {
        Error::Provider { provider: self.service.name.into(), status, message }
    }
}

/// The provider's own message; where there is none, the beginning of what it answered.
fn message_of(body: &str) -> String {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Body {
        Nested {
            error: Message,
        },
        Text {
            error: String,
        },
        Flat {
            message: String,
        },
        /// Some of Google's come in a list.
        Listed((Inner,)),
    }
    #[derive(Deserialize)]
    struct Message {
        message: String,
    }
    #[derive(Deserialize)]
    struct Inner {
        error: Message,
    }
    match serde_json::from_str(body) {
        Ok(
            Body::Nested { error: Message { message } }
            | Body::Text { error: message }
            | Body::Flat { message }
            | Body::Listed((Inner { error: Message { message } },)),
        ) => message,
        Err(_) if body.trim().is_empty() => "(no text)".into(),
        Err(_) => excerpt(body),
    }
}
