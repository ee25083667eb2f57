//! Calls of models whose config is at a server of the v4 API, deployed or stored: the server asks the model.

use std::time::Duration;

use humanloop_api::{Generated, Object};
use reqwest::header::HeaderName;
use reqwest::{Method, Url};
use serde::Deserialize;

use super::complete_log;
use super::generate::{Chat, Complete};
use super::served::ServerSamples;
use crate::clock::Start;
use crate::error::Error;
use crate::http::{Answer, Http, Retry, base_url, excerpt, is_loopback, join};
use crate::provider::variable;

const BASE_URL: &str = "HUMANLOOP_BASE_URL";
const KEY: &str = "HUMANLOOP_API_KEY";
const RETRY: Retry = Retry {
    attempts: 3,
    pause: Duration::from_millis(500),
    longest: Duration::from_secs(30),
    deadline: Duration::from_secs(300),
    // An answer costs money: it is not asked for twice.
    repeatable: false,
};

/// The body of a chat without its config.
pub(super) fn of_chat(chat: Chat, which: (&str, Option<&str>)) -> Result<Object, Error> {
    let Chat { log, messages, samples, tool_choice, .. } = chat;
    let mut body = common(log, samples, which)?;
    body.insert("messages", &messages);
    if let Some(choice) = &tool_choice {
        body.insert("tool_choice", choice);
    }
    Ok(body)
}

/// The body of a completion without its config.
pub(super) fn of_complete(complete: Complete, which: (&str, Option<&str>)) -> Result<Object, Error> {
    common(complete.log, complete.samples, which)
}

fn common(mut log: humanloop_api::Log, samples: u32, (name, value): (&str, Option<&str>)) -> Result<Object, Error> {
    complete_log(&mut log, Start::now());
    if log.project.is_none() && log.project_id.is_none() {
        return Err(Error::Setting {
            name: "project",
            problem: "a deployed or stored config belongs to a project; write `.project(\"…\")`".into(),
        });
    }
    // The server makes the log, and its name and time with it; `/chat` takes no reference.
    let log = humanloop_api::Log { reference_id: None, created_at: None, sequence: None, ..log };
    let mut body: Object = serde_json::from_str(humanloop_api::json(&log).get()).unwrap_or_default();
    if samples > 1 {
        body.insert("num_samples", &samples);
    }
    if let Some(value) = value {
        body.insert(name, value);
    }
    Ok(body)
}

/// Asks the server.
pub(super) async fn ask(path: &[&str], body: Object) -> Result<Generated, Error> {
    let server = Server::of_environment()?;
    let answer = server.http.send(Method::POST, join(&server.url, path), bytes(&body)?).await;
    server.whole(answer.map_err(|reason| server.no_answer(&reason))?)
}

/// Asks the server for an answer that comes in pieces.
pub(super) async fn stream(path: &[&str], mut body: Object) -> Result<ServerSamples, Error> {
    body.insert("stream", &true);
    let server = Server::of_environment()?;
    let opened = server.http.open(Method::POST, join(&server.url, path), bytes(&body)?).await;
    let incoming = opened.map_err(|reason| server.no_answer(&reason))?;
    if !(200..300).contains(&incoming.status()) || !incoming.is_stream() {
        let answer = incoming.text().await.map_err(|reason| server.no_answer(&reason))?;
        return server.whole(answer).map(ServerSamples::of);
    }
    Ok(ServerSamples::new(server, incoming))
}

fn bytes(body: &Object) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(body).map_err(|error| failed(None, error.to_string()))
}

/// The server that has the configs.
#[derive(Debug)]
pub(super) struct Server {
    http: Http,
    url: Url,
}

impl Server {
    fn of_environment() -> Result<Self, Error> {
        let Some(address) = variable(BASE_URL) else {
            return Err(Error::Setting {
                name: BASE_URL,
                problem: "it is not set, and deployed and stored configs are at a server; set it to the address of one, such as that of `humanloop serve`".into(),
            });
        };
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::NoRuntime { call: "chat_deployed" });
        }
        let mut url = base_url(BASE_URL, KEY, &address)?;
        if url.path_segments().and_then(|mut path| path.next_back()) != Some("v4") {
            url = join(&url, &["v4"]);
        }
        let key = variable(KEY);
        if key.is_none() && !is_loopback(&url) {
            return Err(Error::MissingKey { variable: KEY, needed_for: format!("the Humanloop API at {url}") });
        }
        let header = HeaderName::from_static("x-api-key");
        let timeouts = (Duration::from_secs(10), Duration::from_secs(120));
        let http = Http::new(&url, (header, ""), (KEY, key.as_deref()), timeouts, RETRY)?;
        Ok(Self { http, url })
    }

    fn whole(&self, Answer { status, body, .. }: Answer) -> Result<Generated, Error> {
        if !(200..300).contains(&status) {
            return Err(refused(status, &self.http.without_key(&body)));
        }
        self.read(&body).map_err(|message| failed(Some(status), message))
    }

    /// A whole answer, or an event of a stream; else what is wrong with it.
    pub(super) fn read(&self, text: &str) -> Result<Generated, String> {
        serde_json::from_str(text).map_err(|_| {
            let start = self.http.without_key(&excerpt(text));
            format!("the answer of {} is no generation; it begins `{start}`; check {BASE_URL}", self.url)
        })
    }

    pub(super) fn no_answer(&self, reason: &str) -> Error {
        failed(None, format!("{reason} ({})", self.url))
    }
}

pub(super) fn failed(status: Option<u16>, message: String) -> Error {
    Error::Provider { provider: "humanloop".into(), status, message }
}

/// The error of the server, or of the provider behind it.
fn refused(status: u16, body: &str) -> Error {
    #[derive(Deserialize)]
    struct Body {
        detail: Detail,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Detail {
        Said { message: String, origin: Option<String> },
        Wrong(Vec<Wrong>),
        Text(String),
    }
    #[derive(Deserialize)]
    struct Wrong {
        msg: String,
    }
    match serde_json::from_str(body) {
        Ok(Body { detail: Detail::Said { message, origin } }) => {
            let provider = origin.filter(|origin| origin != "Humanloop").map(|origin| origin.to_lowercase());
            Error::Provider { provider: provider.unwrap_or_else(|| "humanloop".into()), status: Some(status), message }
        }
        Ok(Body { detail: Detail::Wrong(wrong) }) => {
            let all: Vec<String> = wrong.into_iter().map(|wrong| wrong.msg).collect();
            failed(Some(status), all.join("; "))
        }
        Ok(Body { detail: Detail::Text(message) }) => failed(Some(status), message),
        Err(_) => failed(Some(status), excerpt(body)),
    }
}
