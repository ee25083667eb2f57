//! What is logged, independent of any wire, and how it reads as a log.

use std::collections::HashMap;
use std::sync::Arc;

use humanloop_api::{self as api, Config, Entry, Kind, Log, LogUpdate, Object, Outcome, OutputFormat, Process};
use uuid::{NonNilUuid, Uuid};

use crate::answer;
use crate::chunk::CHUNK;
use crate::clock::{Nanoseconds, Start};
use crate::function::{Function, Template};
use crate::payload::{self, Form, Read, Value};
use crate::prompt::Prompt;

/// What goes through a lane to the worker. It stays where it is, to be written anew: a caller writes fields, and moves nothing.
///
/// It is two lines of the processor's cache, since each line that a caller writes was with the worker before.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) enum Event {
    Call(Record),
    /// An explicit call of the client's.
    Entry(Box<Entry>),
}

const _: () = assert!(size_of::<Event>() == 128 && CHUNK <= 1 << u16::BITS); // the place of a payload has 16 bits

impl Default for Event {
    fn default() -> Self {
        Self::Call(Record::default())
    }
}

impl Event {
    /// The record of a call, to be written.
    #[inline]
    pub(crate) fn call(&mut self) -> Option<&mut Record> {
        if matches!(self, Self::Entry(_)) {
            *self = Self::default();
        }
        match self {
            Self::Call(record) => Some(record),
            Self::Entry(_) => None,
        }
    }

    /// Whether a log is whole with it.
    pub(crate) fn is_produced(&self) -> bool {
        match self {
            Self::Call(record) => record.end.is_some(),
            Self::Entry(_) => true,
        }
    }
}

/// A call began, ended, or both. Payloads stand in the bytes of the chunk.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) function: Option<&'static Function>,
    pub(crate) id: Uuid,
    /// Whether it has the beginning; if not, that has left the lane before, or is in another one.
    pub(crate) begins: bool,
    /// The session, and its name when that is not the id.
    pub(crate) session: Uuid,
    pub(crate) name: Option<Arc<Box<str>>>,
    pub(crate) parent: Option<NonNilUuid>,
    /// It found no session and opened one of its own.
    pub(crate) unbound: bool,
    pub(crate) started: Start,
    /// Where the payload of the beginning stands.
    pub(crate) at: u16,
    /// Lengths of the members of two objects.
    pub(crate) inputs: u32,
    pub(crate) metadata: u32,
    pub(crate) prompt: Option<Arc<Prompt>>,
    pub(crate) end: Option<End>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) duration: Nanoseconds,
    pub(crate) outcome: Outcome,
    /// Where its payload stands.
    pub(crate) at: u16,
    /// Form and length of the output, if there is one.
    pub(crate) form: Option<Form>,
    pub(crate) output: u32,
    /// Length of text, which stands behind the output; there is some if the outcome is a bad one.
    pub(crate) error: u32,
    /// Length of an object's members, behind that.
    pub(crate) metadata: u32,
}

/// Bytes that an event takes beside its payload.
pub(crate) const EVENT: usize = size_of::<Event>();

/// A payload, taken piece by piece.
struct Payload<'a>(&'a [u8]);

impl<'a> Payload<'a> {
    /// Of `bytes`, what begins at `at`.
    fn new(bytes: &'a [u8], at: u16) -> Self {
        Self(bytes.get(usize::from(at)..).unwrap_or_default())
    }

    fn take(&mut self, length: u32) -> &'a [u8] {
        let (taken, rest) = self.0.split_at_checked(length as usize).unwrap_or((self.0, &[]));
        self.0 = rest;
        taken
    }
}

impl Record {
    /// The log of a call that began here, and may have ended. What is shared with others is let go.
    pub(crate) fn log(&mut self, bytes: &[u8], process: &Process, known: &mut Known) -> Log {
        let mut payload = Payload::new(bytes, self.at);
        let (name, prompt) = (taken(&mut self.name), taken(&mut self.prompt));
        let session = name.map_or_else(|| self.session.to_string(), |name| name.to_string());
        let mut log = Log {
            session_reference_id: Some(session),
            parent_reference_id: self.parent.map(|id| id.to_string()),
            reference_id: Some(self.id.to_string()),
            inputs: Some(payload::object(payload.take(self.inputs))),
            messages: prompt.map(|prompt| prompt.messages.clone()).filter(|messages| !messages.is_empty()),
            metadata: Some(payload::object(payload.take(self.metadata))).filter(|metadata| !metadata.is_empty()),
            created_at: Some(self.started.timestamp()),
            outcome: Some(Outcome::Running),
            sequence: Some(self.started.sequence),
            process: Some(process.clone()),
            unbound: self.unbound.then_some(true),
            ..Log::default()
        };
        if let Some(function) = self.function {
            let Described { config, place } = known.describe(function);
            log.project = Some(function.project_name().into());
            log.config = Some(config);
            log.kind = Some(function.kind);
            log.function = Some(place);
        }
        if let Some(end) = self.end {
            log.apply(end.update(self.id, self.function, bytes));
        }
        log
    }
}

impl End {
    /// What it adds to the log of its call.
    pub(crate) fn update(self, id: Uuid, function: Option<&'static Function>, bytes: &[u8]) -> LogUpdate {
        let mut payload = Payload::new(bytes, self.at);
        let bytes = payload.take(self.output);
        let output = self.form.map(|form| Value { form, bytes });
        let has_error = matches!(self.outcome, Outcome::Failed | Outcome::Panicked);
        let error = has_error.then(|| String::from_utf8_lossy(payload.take(self.error)).into_owned());
        let mut update = LogUpdate {
            reference_id: id.to_string(),
            error,
            duration: Some(self.duration.as_seconds()),
            outcome: Some(self.outcome),
            metadata: Some(payload::object(payload.take(self.metadata))).filter(|metadata| !metadata.is_empty()),
            ..LogUpdate::default()
        };
        if let (Some(function), Some(output)) = (function, output)
            && let Some((output, format)) = shown(output, function, &mut update)
        {
            update.output = Some(output);
            update.output_format = Some(format);
        }
        update
    }

    /// It, and its payload, apart from the chunk they are in.
    pub(crate) fn apart(self, bytes: &[u8]) -> (Self, Vec<u8>) {
        let length = self.output.saturating_add(self.error).saturating_add(self.metadata);
        (Self { at: 0, ..self }, Payload::new(bytes, self.at).take(length).to_vec())
    }
}

/// An output as it is shown: a text as it is, also if it comes as JSON, anything else as JSON. A model's answer goes into the log itself, and from there.
fn shown(output: Value<'_>, function: &Function, update: &mut LogUpdate) -> Option<(String, OutputFormat)> {
    if let Read::Text(text) = output.read() {
        return Some((text.into_owned(), OutputFormat::Text));
    }
    let json = output.json();
    let model = function.prompt.map(Template::model).unwrap_or_default();
    if json == "null" || (function.kind == Kind::Prompt && answer::complete(update, &json, &model)) {
        return None;
    }
    let text = serde_json::from_str(&json).map(|text| (text, OutputFormat::Text));
    Some(text.unwrap_or_else(|_| (json.into_owned(), OutputFormat::Json)))
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

/// What is in `place`, if there is something; else that is not written either.
fn taken<T>(place: &mut Option<T>) -> Option<T> {
    if place.is_some() { place.take() } else { None }
}
