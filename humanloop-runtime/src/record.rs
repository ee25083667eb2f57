//! What is logged, independent of any wire, and how it reads as a log.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use humanloop_api::{Entry, Kind, Log, LogUpdate, Object, Outcome, OutputFormat, Process};
use uuid::Uuid;

use crate::answer;
use crate::clock::Start;
use crate::function::{Function, Template};
use crate::prompt::Prompt;
use crate::session::Session;

/// What goes through the queue to the worker.
#[derive(Debug)]
pub(crate) enum Event {
    Opened(Box<Opened>),
    Closed(Box<Closed>),
    /// An explicit call of the client's.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "the client comes with the feature"))]
    Entry(Entry),
    /// Deliver what came before, then answer.
    Flush(SyncSender<()>),
    /// Deliver what came before, answer, and end.
    Stop(SyncSender<()>),
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
    /// The members of a JSON object, each followed by a comma.
    pub(crate) inputs: Vec<u8>,
    pub(crate) metadata: Vec<u8>,
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
    /// JSON.
    pub(crate) output: Option<Vec<u8>>,
    pub(crate) error: Option<String>,
    /// The members of a JSON object, each followed by a comma.
    pub(crate) metadata: Vec<u8>,
}

impl Event {
    /// Bytes it holds, about; an order holds none, so that it passes a full queue.
    pub(crate) fn size(&self) -> usize {
        const FIXED: usize = 256;
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let variable = match self {
            Self::Opened(opened) => opened.inputs.len() + opened.metadata.len(),
            Self::Closed(closed) => closed.output.as_ref().map_or(0, Vec::len) + length(&closed.error),
            Self::Entry(Entry::Log(log)) => {
                let inputs = log.inputs.iter().flat_map(Object::iter);
                length(&log.output) + inputs.map(|(key, value)| key.len() + value.get().len()).sum::<usize>()
            }
            Self::Entry(Entry::Update(update)) => length(&update.output),
            Self::Entry(Entry::Feedback(_)) => 0,
            Self::Flush(_) | Self::Stop(_) => return 0,
        };
        FIXED + variable
    }
}

impl Opened {
    /// The log of a call that is running.
    pub(crate) fn into_log(self, process: &Process) -> Log {
        Log {
            project: Some(self.function.project_name().into()),
            session_reference_id: Some(self.session.reference_id()),
            parent_reference_id: self.parent.map(|id| id.to_string()),
            reference_id: Some(self.id.to_string()),
            inputs: Some(object(self.inputs)),
            messages: self.prompt.map(|prompt| prompt.messages.clone()).filter(|messages| !messages.is_empty()),
            metadata: Some(object(self.metadata)).filter(|metadata| !metadata.is_empty()),
            created_at: Some(self.started.timestamp()),
            config: Some(self.function.config()),
            kind: Some(self.function.kind),
            outcome: Some(Outcome::Running),
            sequence: Some(self.started.sequence),
            process: Some(process.clone()),
            function: Some(self.function.place()),
            unbound: self.unbound.then_some(true),
            ..Log::default()
        }
    }
}

impl Closed {
    /// What the end of a call adds to its log.
    pub(crate) fn into_update(self) -> LogUpdate {
        let mut update = LogUpdate {
            reference_id: self.id.to_string(),
            error: self.error,
            duration: Some(self.duration),
            outcome: Some(self.outcome),
            metadata: Some(object(self.metadata)).filter(|metadata| !metadata.is_empty()),
            ..LogUpdate::default()
        };
        let model = self.function.prompt.as_ref().map(Template::model).unwrap_or_default();
        let json = self.output.and_then(|output| String::from_utf8(output).ok());
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

/// `"a":1,"b":2,` as an object.
fn object(mut members: Vec<u8>) -> Object {
    members.pop();
    let text = [b"{", &*members, b"}"].concat();
    serde_json::from_slice(&text).unwrap_or_default()
}
