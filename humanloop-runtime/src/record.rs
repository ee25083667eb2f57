//! What is logged, independent of any wire, and how it reads as a log.

use std::collections::HashMap;
use std::sync::Arc;

use humanloop_api::{self as api, Config, Entry, Kind, Log, LogUpdate, Object, Outcome, OutputFormat, Process};
use uuid::Uuid;

use crate::answer;
use crate::clock::Start;
use crate::function::{Function, Template};
use crate::prompt::Prompt;
use crate::session::Session;

/// What goes through a lane to the worker. Payloads stand in the bytes of the chunk, one after the other.
#[derive(Debug)]
pub(crate) enum Event {
    Opened(Opened),
    Closed(Closed),
    /// An explicit call of the client's.
    Entry(Entry),
}

/// A call began.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) function: &'static Function,
    pub(crate) id: Uuid,
    pub(crate) session: Session,
    pub(crate) parent: Option<Uuid>,
    /// It found no session and opened one of its own.
    pub(crate) unbound: bool,
    pub(crate) started: Start,
    /// Lengths of the members of two JSON objects, each followed by a comma.
    pub(crate) inputs: usize,
    pub(crate) metadata: usize,
    pub(crate) prompt: Option<Arc<Prompt>>,
}

/// A call ended.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) function: &'static Function,
    pub(crate) id: Uuid,
    /// Seconds.
    pub(crate) duration: f64,
    pub(crate) outcome: Outcome,
    /// Length of JSON.
    pub(crate) output: Option<usize>,
    /// Length of text.
    pub(crate) error: Option<usize>,
    /// Length of the members of a JSON object, each followed by a comma.
    pub(crate) metadata: usize,
}

/// Bytes that an event takes beside its payload, about.
pub(crate) const EVENT: usize = 192;

/// The payloads of a chunk, taken in order.
pub(crate) struct Payloads<'a>(pub(crate) &'a [u8]);

impl<'a> Payloads<'a> {
    pub(crate) fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at_checked(length).unwrap_or((self.0, &[]));
        self.0 = rest;
        taken
    }
}

impl Opened {
    /// The log of a call that is running.
    pub(crate) fn into_log(self, payloads: &mut Payloads<'_>, process: &Process, known: &mut Known) -> Log {
        let Described { config, place } = known.describe(self.function);
        Log {
            project: Some(self.function.project_name().into()),
            session_reference_id: Some(self.session.reference_id()),
            parent_reference_id: self.parent.map(|id| id.to_string()),
            reference_id: Some(self.id.to_string()),
            inputs: Some(object(payloads.take(self.inputs))),
            messages: self.prompt.map(|prompt| prompt.messages.clone()).filter(|messages| !messages.is_empty()),
            metadata: Some(object(payloads.take(self.metadata))).filter(|metadata| !metadata.is_empty()),
            created_at: Some(self.started.timestamp()),
            config: Some(config),
            kind: Some(self.function.kind),
            outcome: Some(Outcome::Running),
            sequence: Some(self.started.sequence),
            process: Some(process.clone()),
            function: Some(place),
            unbound: self.unbound.then_some(true),
            ..Log::default()
        }
    }
}

impl Closed {
    /// What the end of a call adds to its log.
    pub(crate) fn into_update(self, payloads: &mut Payloads<'_>) -> LogUpdate {
        let mut text = |length| String::from_utf8_lossy(payloads.take(length)).into_owned();
        let json = self.output.map(&mut text);
        let error = self.error.map(&mut text);
        let mut update = LogUpdate {
            reference_id: self.id.to_string(),
            error,
            duration: Some(self.duration),
            outcome: Some(self.outcome),
            metadata: Some(object(payloads.take(self.metadata))).filter(|metadata| !metadata.is_empty()),
            ..LogUpdate::default()
        };
        let model = self.function.prompt.map(Template::model).unwrap_or_default();
        if let Some(json) = json.filter(|json| json != "null") {
            let is_answer = self.function.kind == Kind::Prompt && answer::complete(&mut update, &json, &model);
            if !is_answer {
                // A string is shown as it is, anything else as JSON.
                let text = serde_json::from_str::<String>(&json).ok();
                let format = if text.is_some() { OutputFormat::Text } else { OutputFormat::Json };
                update.output = Some(text.unwrap_or(json));
                update.output_format = Some(format);
            }
        }
        update
    }
}

/// What the logs of a function have in common, made when its first one comes.
#[derive(Default)]
pub(crate) struct Known(HashMap<usize, Described>);

#[derive(Clone)]
struct Described {
    config: Arc<Config>,
    place: Arc<api::Function>,
}

impl Known {
    fn describe(&mut self, function: &'static Function) -> Described {
        let address = std::ptr::from_ref(function).addr();
        let described = self
            .0
            .entry(address)
            .or_insert_with(|| Described { config: Arc::new(function.config()), place: Arc::new(function.place()) });
        described.clone()
    }
}

/// Bytes that an entry takes in memory, about.
pub(crate) fn size(entry: &Entry) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let object = |object: &Option<Object>| {
        object.iter().flat_map(Object::iter).map(|(key, value)| 48 + key.len() + value.get().len()).sum::<usize>()
    };
    match entry {
        Entry::Log(log) => {
            // What it shares with other logs is there once.
            let own = log.config.as_ref().filter(|config| Arc::strong_count(config) == 1);
            let source = own.and_then(|config| config.source_code()).map_or(0, str::len);
            let payloads = object(&log.inputs) + object(&log.metadata) + object(&log.provider_response);
            let messages = log.messages.as_ref().map_or(0, |messages| 256 * messages.len());
            size_of::<Log>() + 512 + source + payloads + messages + text(&log.output) + text(&log.error)
        }
        Entry::Update(update) => {
            size_of::<LogUpdate>() + text(&update.output) + text(&update.error) + object(&update.provider_response)
        }
        Entry::Feedback(_) => 512,
    }
}

/// `"a":1,"b":2,` as an object.
fn object(members: &[u8]) -> Object {
    let Some((_, members)) = members.split_last() else { return Object::new() };
    let text = [b"{", members, b"}"].concat();
    serde_json::from_slice(&text).unwrap_or_default()
}
