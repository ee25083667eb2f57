//! Logs to a Humanloop API (v4 document, sections 2, 5.4, 5.5 and 5.8).

use std::ops::Range;
use std::time::Duration;

use humanloop_api::{Entry, Log, LogUpdate, Logged, Losses};
use reqwest::header::HeaderName;
use reqwest::{Method, Url};
use serde::Serialize;
use serde::de::IgnoredAny;
use tokio::runtime::Runtime;

use crate::error::Error;
use crate::http::{Answer, Http, Retry, base_url, excerpt, is_loopback, join};
use crate::sink::{Delivery, Sink};

mod configs;
mod layers;
mod losses;
mod wait;

use configs::{Configs, Logs};
use wait::wait;

const BASE_URL: &str = "HUMANLOOP_BASE_URL";
const KEY: &str = "HUMANLOOP_API_KEY";

/// Logs of one request, at most.
const LOGS: usize = 200;
/// Bytes of one request, at most; a log that is bigger goes alone.
const BYTES: usize = 4 << 20;

const CONNECT: Duration = Duration::from_secs(5);
const REQUEST: Duration = Duration::from_secs(20);
const RETRY: Retry = Retry {
    // Whoever hands the batches over comes again.
    attempts: 1,
    pause: Duration::from_millis(500),
    longest: Duration::from_secs(5),
    deadline: Duration::from_secs(60),
    // The same log twice is the same log.
    repeatable: true,
};

/// A Humanloop API as a destination.
///
/// It waits for its answers on a runtime of its own, so it is of no use inside another one: give it to
/// [`builder().sink(…)`](crate::Builder::sink), or wrap it in a sink of your own.
///
/// ```
/// use humanloop_runtime::HttpSink;
/// use humanloop_runtime::sink::Sink;
///
/// let sink = HttpSink::new("http://127.0.0.1:8000/", None)?;
/// assert_eq!(sink.name(), "http://127.0.0.1:8000/v4");
/// assert!(HttpSink::new("https://humanloop.example", None).is_err(), "only a server on this machine needs no key");
/// # Ok::<(), humanloop_runtime::Error>(())
/// ```
#[derive(Debug)]
pub struct HttpSink {
    api: Api,
    /// Made at the first delivery, on the thread that delivers.
    runtime: Option<Runtime>,
}

impl HttpSink {
    /// The API at `url`, with or without `/v4` at its end.
    ///
    /// # Errors
    ///
    /// When the address is no `http` or `https` address or holds a password, when the server is on another machine and
    /// there is no key, and when the key cannot stand in a header.
    pub fn new(url: &str, api_key: Option<String>) -> Result<Self, Error> {
        let mut url = base_url(BASE_URL, KEY, url)?;
        if url.path_segments().and_then(|mut path| path.next_back()) != Some("v4") {
            url = join(&url, &["v4"]);
        }
        let key = api_key.as_deref().map(str::trim).filter(|key| !key.is_empty());
        if key.is_none() && !is_loopback(&url) {
            return Err(Error::MissingKey { variable: KEY, needed_for: format!("the Humanloop API at {url}") });
        }
        let header = HeaderName::from_static("x-api-key");
        let http = Http::new(&url, (header, ""), (KEY, key), (CONNECT, REQUEST), RETRY)?;
        Ok(Self { api: Api { url, http, configs: Configs::default() }, runtime: None })
    }
}

impl Sink for HttpSink {
    fn name(&self) -> String {
        self.api.url.to_string()
    }

    fn deliver(&mut self, batch: &[Entry]) -> Delivery {
        let Self { api, runtime } = self;
        wait(runtime, api.deliver(batch)).unwrap_or_else(|reason| Delivery::all_later(batch, reason))
    }

    fn account(&mut self, losses: &Losses) -> bool {
        let Self { api, runtime } = self;
        wait(runtime, api.account(losses)).unwrap_or(false)
    }
}

/// A runtime may not be waited for inside another one.
impl Drop for HttpSink {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[derive(Debug)]
struct Api {
    url: Url,
    http: Http,
    configs: Configs,
}

/// Why something did not arrive.
enum Refusal {
    /// The server cannot be used now: nothing else will arrive either, and all of it may come again.
    Server { reason: String, after: Option<Duration> },
    /// Something in it; the rest of a list may arrive without it.
    Item(String),
}

/// What did not arrive so far.
#[derive(Default)]
struct Rest {
    delivery: Delivery,
    /// The server cannot be used.
    hopeless: bool,
}

impl Rest {
    fn add(&mut self, places: &[usize], refusal: Refusal) {
        let reason = match refusal {
            Refusal::Server { reason, after } => {
                self.hopeless = true;
                self.delivery.later.extend(places);
                self.delivery.after = after;
                reason
            }
            Refusal::Item(reason) => {
                self.delivery.lost.extend(places);
                reason
            }
        };
        self.delivery.reason.get_or_insert(reason);
    }
}

/// What goes to the server of one entry.
struct Item<'a> {
    /// The entry's place in the batch.
    place: usize,
    json: Vec<u8>,
    /// The whole log, when `json` names its config by the server's id of it.
    whole: Option<&'a Log>,
}

impl<'a> Item<'a> {
    fn new((place, value): (usize, &impl Serialize)) -> Self {
        // No type of the wire fails to serialize; were it so, `null` would be refused and counted.
        Self { place, json: serde_json::to_vec(value).unwrap_or_else(|_| b"null".into()), whole: None }
    }

    fn of_log(configs: &Configs, (place, log): (usize, &'a Log)) -> Self {
        match configs.short(log) {
            Some(short) => Self { whole: Some(log), ..Self::new((place, &short)) },
            None => Self::new((place, log)),
        }
    }

    /// Tells the config, too.
    fn complete(&mut self) {
        if let Some(log) = self.whole {
            *self = Self::new((self.place, log));
        }
    }
}

impl Api {
    /// Logs go first, parents before their children, then what was learned about logs, then feedback.
    async fn deliver(&mut self, batch: &[Entry]) -> Delivery {
        let mut rest = Rest::default();
        let logs = batch.iter().enumerate().filter_map(|(place, entry)| match entry {
            Entry::Log(log) => Some((place, &**log)),
            _ => None,
        });
        for layer in layers::by_parent(logs.collect()) {
            self.send_logs(layer, &mut rest).await;
        }
        for (place, entry) in batch.iter().enumerate() {
            let Entry::Update(update) = entry else { continue };
            if rest.hopeless {
                rest.delivery.later.push(place);
            } else if let Err(refusal) = self.update(update).await {
                rest.add(&[place], refusal);
            }
        }
        let feedback = batch.iter().enumerate().filter_map(|(place, entry)| match entry {
            Entry::Feedback(feedback) => Some((place, &**feedback)),
            _ => None,
        });
        let mut feedback: Vec<Item<'_>> = feedback.map(Item::new).collect();
        self.send_lists("feedback", &mut feedback, &mut rest).await;
        rest.delivery.lost.sort_unstable();
        rest.delivery.later.sort_unstable();
        rest.delivery
    }

    /// A config that the server does not have goes ahead, with one log.
    async fn send_logs(&mut self, logs: Logs<'_>, rest: &mut Rest) {
        let (first, others) = self.configs.first_of_each(logs);
        let mut items: Vec<Item<'_>> = first.iter().copied().map(Item::new).collect();
        let taken = self.send_lists("logs", &mut items, rest).await;
        for (place, logged) in taken {
            let log = first.iter().find(|(there, _)| *there == place);
            log.into_iter().for_each(|(_, log)| self.configs.learn(log, logged.config_id.clone()));
        }
        let mut items: Vec<Item<'_>> = others.into_iter().map(|log| Item::of_log(&self.configs, log)).collect();
        self.send_lists("logs", &mut items, rest).await;
    }

    /// Sends `items` as lists, and gives what the server said of each log. A list that is refused for its size or for something
    /// in it is halved until the culprit is found, which alone is lost; but first, the server is told all configs again.
    async fn send_lists(&mut self, path: &str, items: &mut [Item<'_>], rest: &mut Rest) -> Vec<(usize, Logged)> {
        let mut taken = Vec::new();
        let mut ranges = chunks(items);
        while let Some(range) = ranges.pop() {
            let list = &items[range.clone()];
            let places: Vec<usize> = list.iter().map(|item| item.place).collect();
            if rest.hopeless {
                rest.delivery.later.extend(places);
                continue;
            }
            match self.send_list(path, list).await {
                Err(Refusal::Item(_)) if list.iter().any(|item| item.whole.is_some()) => {
                    self.configs.forget();
                    items.iter_mut().for_each(Item::complete);
                    ranges.push(range);
                }
                Err(Refusal::Item(_)) if range.len() > 1 => {
                    let middle = range.start + range.len() / 2;
                    ranges.push(middle..range.end);
                    ranges.push(range.start..middle);
                }
                Err(refusal) => rest.add(&places, refusal),
                Ok(logged) => taken.extend(places.into_iter().zip(logged)),
            }
        }
        taken
    }

    async fn send_list(&self, path: &str, items: &[Item<'_>]) -> Result<Vec<Logged>, Refusal> {
        let items: Vec<&[u8]> = items.iter().map(|item| &*item.json).collect();
        let body = [b"[", &*items.join(&b","[..]), b"]"].concat();
        let answer = match self.send(Method::POST, join(&self.url, &[path]), body).await {
            // What has this reference id arrived before, and its answer did not.
            Err((409, _)) if items.len() == 1 => return Ok(Vec::new()),
            other => other.map_err(|(_, refusal)| refusal)?,
        };
        let logged = match path {
            "logs" => serde_json::from_str(&answer.body).ok().filter(|logged: &Vec<_>| logged.len() == items.len()),
            _ => serde_json::from_str::<Vec<IgnoredAny>>(&answer.body).ok().map(|_| Vec::new()),
        };
        logged.ok_or_else(|| self.no_api(&answer))
    }

    async fn update(&self, update: &LogUpdate) -> Result<(), Refusal> {
        let mut url = join(&self.url, &["logs"]);
        url.query_pairs_mut().append_pair("reference_id", &update.reference_id);
        let body = LogUpdate { reference_id: String::new(), ..update.clone() };
        let body = serde_json::to_vec(&body).map_err(|error| Refusal::Item(error.to_string()))?;
        let answer = self.send(Method::PATCH, url, body).await.map_err(|(_, refusal)| refusal)?;
        match serde_json::from_str::<IgnoredAny>(&answer.body) {
            Ok(_) => Ok(()),
            Err(_) => Err(self.no_api(&answer)),
        }
    }

    /// Sends a request; the error has the status, 0 when there was no answer.
    async fn send(&self, method: Method, url: Url, body: Vec<u8>) -> Result<Answer, (u16, Refusal)> {
        let sent = self.http.send(method, url, body).await;
        let answer = sent.map_err(|reason| {
            let text = format!("{} does not answer ({reason}): start the server, or correct {BASE_URL}", self.url);
            (0, Refusal::Server { reason: text, after: None })
        })?;
        match answer.status {
            200..300 => Ok(answer),
            status => Err((status, self.refusal(&answer))),
        }
    }

    fn refusal(&self, answer: &Answer) -> Refusal {
        let Self { url, .. } = self;
        let server = |reason| Refusal::Server { reason, after: answer.retry_after };
        let detail = detail(&answer.body).map(|text| self.http.without_key(&text));
        match (answer.status, detail) {
            (status @ (401 | 403), _) => {
                server(format!("{url} answered {status}, it does not know the key: set {KEY} to a key of that server"))
            }
            (413, _) => Refusal::Item(format!(
                "{url} answered 413, the log is too big for it: log less, or raise that server's limit"
            )),
            (404 | 405, None) => self.no_api(answer),
            (status @ (400 | 404 | 409 | 422), detail) => {
                let detail = detail.unwrap_or_else(|| "it gave no reason".into());
                Refusal::Item(format!("{url} answered {status}, it does not take this: {detail}"))
            }
            (status @ 300..400, _) => {
                server(format!("{url} answered {status}, the API is at another address: set {BASE_URL} to that one"))
            }
            (status @ (408 | 425 | 429 | 500..), _) => {
                server(format!("{url} answered {status}: look at the log of that server"))
            }
            (status, _) => Refusal::Item(format!("{url} answered {status}, it does not take this")),
        }
    }

    fn no_api(&self, answer: &Answer) -> Refusal {
        let (url, status) = (&self.url, answer.status);
        let start = match excerpt(&answer.body) {
            text if text.is_empty() => "nothing".into(),
            text => format!("`{}`", self.http.without_key(&text)),
        };
        let reason = format!("{url} is no Humanloop API, it answered {status} and {start}: check {BASE_URL}");
        Refusal::Server { reason, after: None }
    }
}

/// What goes into one request each, the last ones first.
fn chunks(items: &[Item<'_>]) -> Vec<Range<usize>> {
    let mut chunks: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (index, Item { json, .. }) in items.iter().enumerate() {
        match chunks.last_mut() {
            Some(chunk) if chunk.len() < LOGS && bytes + json.len() <= BYTES => {
                chunk.end = index + 1;
                bytes += json.len();
            }
            _ => {
                chunks.push(index..index + 1);
                bytes = json.len();
            }
        }
    }
    chunks.reverse();
    chunks
}

/// The reason in an error of v4: `{"detail": {"message": …}}` or `{"detail": [{"loc": […], "msg": …}]}`.
fn detail(body: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Body {
        detail: Detail,
    }
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Detail {
        One { message: String },
        Many(Vec<Problem>),
    }
    #[derive(serde::Deserialize)]
    struct Problem {
        #[serde(default)]
        loc: Vec<serde_json::Value>,
        msg: String,
    }
    let text = match serde_json::from_str::<Body>(body).ok()?.detail {
        Detail::One { message } => message,
        Detail::Many(problems) => {
            let place = |problem: &Problem| {
                problem.loc.iter().map(|part| part.to_string().replace('"', "")).collect::<Vec<_>>()
            };
            problems
                .iter()
                .map(|problem| format!("{}: {}", place(problem).join("."), problem.msg))
                .collect::<Vec<_>>()
                .join("; ")
        }
    };
    Some(excerpt(&text))
}
