//! One call of an annotated function: opened before its body, closed with what came of it.

mod body;
mod inside;
mod live;
mod prompt;
mod spare;

use std::mem::ManuallyDrop;

use humanloop_api::Outcome;
use uuid::Uuid;

use crate::clock::Start;
use crate::context::{self, Context, is_capturing};
use crate::function::Function;
use crate::json;
use crate::payload::{self, Form, Value};
use crate::pipeline::Pipeline;
use crate::record::End;
use crate::route::{Closing, Route};
use crate::session::Session;

use live::{Live, Recording};

pub use body::{InCall, Within};

/// The live side of a log. Dropped without an end, it is a call that was cancelled.
///
/// It is one word, as it lies in the future of each annotated `async fn` that is under way.
#[derive(Debug)]
pub struct Call {
    /// `None` for a call of which nothing is asked: it is not recorded, and has no prompt to render.
    /// It is empty when the call is dropped, so there is no code to drop it in each function.
    live: ManuallyDrop<Option<Box<Live>>>,
}

/// Opens a call of `function`; nothing is captured when logging is off, or when the call comes from a `Serialize` that
/// is being captured.
#[inline]
pub fn open(function: &'static Function) -> Call {
    let live = if cfg!(feature = "enable") && Pipeline::any() { recorded(function) } else { None };
    if live.is_none() && function.prompt.is_some() {
        return Call { live: ManuallyDrop::new(Some(Live::of(function))) };
    }
    Call { live: ManuallyDrop::new(live) }
}

#[cold] // so that the way of a call that nobody records is short
fn recorded(function: &'static Function) -> Option<Box<Live>> {
    if is_capturing() {
        return None;
    }
    let look = |current: &mut Context| {
        // The parent is all that changes; a prompt changes more, and that of a prompt without a body may be polled elsewhere.
        let is_plain = function.prompt.is_none() && current.prompt().is_none();
        let plain = current.session.as_ref().filter(|_| is_plain);
        (current.pipeline().cloned(), plain.map(Session::id), current.session.is_none())
    };
    let (pipeline, plain, unbound) = context::look(look).unwrap_or((None, None, true));
    let (route, settings) = Route::new(pipeline)?;
    let mut live = Live::of(function);
    let session = plain.unwrap_or_else(|| {
        let mut context = Context::current();
        context.set_prompt(None);
        let session = context.session.get_or_insert_with(Session::new).id();
        live.set_context(context);
        session
    });
    if settings.takes(session) {
        live.recording = Some(Recording {
            route,
            id: Uuid::nil(),
            unbound,
            session: None,
            metadata: None,
            limit: settings.value_bytes,
            started: None,
            mark: None,
            took: None,
            items: None,
        });
    }
    Some(live)
}

impl Call {
    /// Whether inputs and output are to be captured.
    #[inline]
    pub fn on(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.recording.is_some())
    }

    /// The log's side of the call and its buffer, if it is recorded.
    fn recording(&mut self) -> Option<(&mut Recording, &mut Vec<u8>)> {
        let Live { recording, buffer, .. } = &mut **self.live.as_mut()?;
        Some((recording.as_mut()?, buffer))
    }

    /// Captures an argument: `write` appends it, of at most so many bytes.
    pub(crate) fn put(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>, usize) -> Form) {
        if let Some((recording, buffer)) = self.recording() {
            payload::put(buffer, name, |out| write(out, recording.limit));
        }
    }

    /// An argument that `skip` leaves out.
    pub fn skipped(&mut self, name: &'static str) {
        self.hide(name, SKIPPED);
    }

    /// An argument that `redact` hides.
    pub fn redacted(&mut self, name: &'static str) {
        self.hide(name, br#"{"$redacted":true}"#);
    }

    fn hide(&mut self, name: &'static str, mark: &[u8]) {
        self.put(name, |out, _| marked(mark, out));
        if let Some(live) = self.live.as_mut().filter(|live| live.template().is_some()) {
            live.hidden.push(name);
        }
    }

    /// A member of the log's metadata; they come after the arguments.
    pub(crate) fn put_metadata(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>, usize) -> Form) {
        if let Some((recording, buffer)) = self.recording() {
            recording.metadata.get_or_insert(buffer.len());
            payload::put(buffer, name, |out| write(out, recording.limit));
        }
    }

    /// The body returned, and its result is left out.
    pub fn skip_output(&mut self, failed: bool) {
        if failed {
            self.failed("(left out by `skip_output`)");
        } else {
            self.returned(|out, _| marked(SKIPPED, out));
        }
    }

    /// The body returned a value: `write` appends it, of at most so many bytes.
    pub(crate) fn returned(&mut self, write: impl FnOnce(&mut Vec<u8>, usize) -> Form) {
        if let Some((recording, buffer)) = self.recording() {
            buffer.clear();
            let form = write(buffer, recording.limit);
            self.close(Outcome::Ok, Some(form), false);
        }
    }

    /// The body returned an error.
    pub(crate) fn failed(&mut self, error: &str) {
        if self.live.as_ref().is_some_and(|live| live.prepared.is_some()) {
            self.start(); // it failed before there was anything to poll
        }
        self.close_with(Outcome::Failed, error);
    }

    pub(crate) fn panicked(&mut self, payload: &(dyn std::any::Any + Send)) {
        let message = payload
            .downcast_ref::<&'static str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("a value that is no text");
        self.stop();
        self.close_with(Outcome::Panicked, &format!("panicked: {message}"));
    }

    /// The body begins: the log is opened, unless it is.
    #[inline]
    pub(crate) fn start(&mut self) {
        if let Some(live) = &mut *self.live {
            live.start();
        }
    }

    /// The body ended: the clock stops before its result is captured.
    #[inline]
    pub(crate) fn stop(&mut self) {
        if let Some((recording, _)) = self.recording() {
            recording.took = recording.started.map(Start::took);
        }
    }

    fn close_with(&mut self, outcome: Outcome, error: &str) {
        if let Some((recording, buffer)) = self.recording() {
            buffer.clear();
            let kept = error.as_bytes().get(..recording.limit).unwrap_or(error.as_bytes());
            let kept = json::whole_characters(kept);
            buffer.extend_from_slice(kept.as_bytes());
            if kept.len() < error.len() {
                buffer.extend_from_slice(format!("… ({} bytes)", error.len()).as_bytes());
            }
            self.close(outcome, None, true);
        }
    }

    /// Closes the log; the buffer holds the output or the error.
    fn close(&mut self, outcome: Outcome, mut form: Option<Form>, failed: bool) {
        let Some(Live { function: Some(function), recording, buffer, .. }) = self.live.as_deref_mut() else { return };
        let Some(Recording { route, id, mark: Some(mark), started: Some(started), took, items, .. }) = recording else {
            *recording = None;
            return;
        };
        let duration = took.unwrap_or_else(|| started.took());
        if form.is_none() && !failed {
            buffer.clear();
        }
        let mut output = if failed { 0 } else { buffer.len() };
        let error = buffer.len() - output;
        let mut metadata = 0;
        if let Some(items) = items.take() {
            let gathered = items.finish();
            if let (None, Some(items)) = (form, gathered.output) {
                (form, output) = (Some(Form::Json), items.len());
                buffer.splice(0..0, items); // before the error, if there is one
            }
            metadata = gathered.metadata.len();
            buffer.extend_from_slice(&gathered.metadata);
        }
        let length = |length| u32::try_from(length).unwrap_or(u32::MAX);
        let end = End {
            duration,
            outcome,
            at: 0,
            form,
            output: length(output),
            error: length(error),
            metadata: length(metadata),
        };
        route.close(Closing { mark: *mark, id: *id, function }, end, buffer);
        *recording = None;
    }
}

/// What a stream's call has gathered.
impl Call {
    /// One more item: `write` appends it, of at most so many bytes.
    pub(crate) fn item(&mut self, write: impl FnOnce(&mut Vec<u8>, usize) -> Form) {
        let kind = self.function().map(|function| function.kind);
        if let (Some(kind), Some((recording, buffer))) = (kind, self.recording()) {
            buffer.clear();
            let item = Value { form: write(buffer, recording.limit), bytes: buffer };
            recording.items.get_or_insert_default().add(&item.json(), recording.started, kind);
        }
    }

    /// One more item, whose content is left out.
    pub fn skip_item(&mut self, failed: bool) {
        if failed {
            self.skip_output(true);
        } else {
            self.item(|out, _| marked(SKIPPED, out));
        }
    }

    /// The body returned a stream: the call ends with it.
    pub(crate) fn going_on(mut self) -> Self {
        self.settle();
        if let Some((recording, _)) = self.recording() {
            recording.took = None;
        }
        self
    }

    /// Whether its log has begun, and has no end.
    fn is_open(&self) -> bool {
        let recording = self.live.as_ref().and_then(|live| live.recording.as_ref());
        recording.is_some_and(|recording| recording.mark.is_some())
    }

    fn leave(&mut self) {
        if self.is_open() {
            self.close(Outcome::Cancelled, None, false);
        }
        if let Some(live) = self.live.take() {
            live.leave();
        }
    }

    /// The stream came to its end.
    pub(crate) fn ended(&mut self) {
        self.stop();
        self.close(Outcome::Ok, None, false);
    }
}

impl Drop for Call {
    #[inline]
    fn drop(&mut self) {
        if self.live.is_some() {
            self.leave();
        }
    }
}

const SKIPPED: &[u8] = br#"{"$skipped":true}"#;

fn marked(mark: &[u8], out: &mut Vec<u8>) -> Form {
    out.extend_from_slice(mark);
    Form::Json
}
