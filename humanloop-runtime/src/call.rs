//! One call of an annotated function: opened before its body, closed with what came of it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use humanloop_api::MissingVariable;
use humanloop_api::Outcome;
use pin_project_lite::pin_project;
use uuid::Uuid;

use crate::clock::Start;
use crate::context::{Context, Entered, is_capturing};
use crate::function::Function;
use crate::pipeline::{Pipeline, Route};
use crate::prompt::{Prompt, Variables};
use crate::record::{Closed, EVENT, Event, Opened};
use crate::session::Session;
use crate::stream::Items;
use crate::{ids, json};

/// The live side of a log. Dropped without an end, it is a call that was cancelled.
#[derive(Debug)]
pub struct Call {
    function: &'static Function,
    /// The body's context; while the body runs, the outer one. `None`: the body runs in the outer context.
    context: Option<Context>,
    recording: Option<Recording>,
    variables: Variables,
    /// Arguments that are left out of the log, and so of its messages.
    hidden: Vec<&'static str>,
    /// The body has made a future or a stream; the call begins where that is first polled, else under this parent.
    prepared: Option<Option<Uuid>>,
}

impl Call {
    fn of(function: &'static Function) -> Self {
        let (context, recording) = (None, None);
        Self { function, context, recording, variables: Variables::default(), hidden: Vec::new(), prepared: None }
    }
}

/// What a call that is recorded knows of itself.
#[derive(Debug)]
struct Recording {
    route: Route,
    id: Uuid,
    /// It found no session and opened one of its own.
    unbound: bool,
    /// The members of a JSON object, each `"name":value,`: first the inputs, then the metadata.
    buffer: Vec<u8>,
    /// Where the metadata begins.
    metadata: Option<usize>,
    /// Bytes of one value, at most.
    limit: usize,
    started: Option<Start>,
    /// What the clock said when the body ended.
    seconds: Option<f64>,
    items: Option<Box<Items>>,
}

thread_local! {
    /// The buffer that the thread's last call has left.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Opens a call of `function`; nothing is captured when logging is off, or when the call comes from a `Serialize` that
/// is being captured.
#[inline]
pub fn open(function: &'static Function) -> Call {
    if Pipeline::any() {
        return recorded(function);
    }
    Call::of(function)
}

fn recorded(function: &'static Function) -> Call {
    let mut call = Call::of(function);
    if is_capturing() {
        return call;
    }
    let mut context = Context::current();
    let Some((route, settings)) = Route::new(context.pipeline.as_ref()) else { return call };
    let unbound = context.session.is_none();
    let session = context.session.get_or_insert_with(Session::new);
    if settings.takes(session.id()) {
        call.recording = Some(Recording {
            route,
            id: Uuid::nil(),
            unbound,
            buffer: BUFFER.try_with(Cell::take).unwrap_or_default(),
            metadata: None,
            limit: settings.value_bytes,
            started: None,
            seconds: None,
            items: None,
        });
    }
    context.prompt = None;
    call.context = Some(context);
    call
}

impl Call {
    /// Whether inputs and output are to be captured.
    pub fn on(&self) -> bool {
        self.recording.is_some()
    }

    /// Captures an argument: `write` appends its JSON, of at most so many bytes.
    pub(crate) fn put(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>, usize)) {
        if let Some(Recording { buffer, limit, .. }) = &mut self.recording {
            json::key(buffer, name);
            write(buffer, *limit);
            buffer.push(b',');
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
        self.put(name, |out, _| out.extend_from_slice(mark));
        if self.function.prompt.is_some() {
            self.hidden.push(name);
        }
    }

    /// A member of the log's metadata; they come after the arguments.
    pub(crate) fn put_metadata(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>, usize)) {
        if let Some(recording) = &mut self.recording {
            recording.metadata.get_or_insert(recording.buffer.len());
        }
        self.put(name, write);
    }

    /// The value of a template variable.
    pub fn variable(&mut self, name: &'static str, text: String) {
        self.variables.text(name, text);
    }

    /// The value of a template variable that the template reaches into, as JSON.
    pub(crate) fn value(&mut self, name: &'static str, json: Vec<u8>) {
        self.variables.json(name, json);
    }

    /// Runs the body in the call's context. A panic is recorded and goes on.
    pub fn run<R>(&mut self, body: impl FnOnce() -> R) -> R {
        self.start();
        let value = self.body(body);
        self.stop();
        value
    }

    /// Runs the body of a function that returns a future or a stream. The call begins with the first poll of that, in the
    /// session and under the parent of whoever polls, as if it were an `async fn`; if there is no poll, there is no call.
    pub fn prepare<R>(&mut self, body: impl FnOnce() -> R) -> R {
        self.render();
        if let (Some(recording), Some(context)) = (&mut self.recording, &mut self.context) {
            // What the body calls now is nested under it already.
            let now = Start::now();
            recording.id = ids::at(now.timestamp(), now.tick());
            self.prepared = Some(context.parent.replace(recording.id));
        }
        self.body(body)
    }

    fn body<R>(&mut self, body: impl FnOnce() -> R) -> R {
        let entered = self.enter();
        let result = catch_unwind(AssertUnwindSafe(body));
        drop(entered);
        result.unwrap_or_else(|payload| {
            self.start(); // if it had not begun, it has now
            self.panicked(&*payload);
            resume_unwind(payload)
        })
    }

    /// Moves a prepared call to the context it is polled in, unless that is none at all.
    fn rejoin(&mut self, parent: Option<Uuid>) {
        let (Some(recording), Some(context)) = (&mut self.recording, &mut self.context) else { return };
        let current = Context::current();
        context.parent = parent;
        if current.session.is_some() {
            recording.unbound = false;
            context.session = current.session;
            context.parent = current.parent;
        }
    }

    /// The body of an `async fn`, polled in the call's context.
    pub fn future<F: Future>(&mut self, body: F) -> InCall<'_, F> {
        InCall { body, call: self, begun: false }
    }

    /// The body returned, and its result is left out.
    pub fn skip_output(&mut self, failed: bool) {
        if failed {
            self.failed("(left out by `skip_output`)");
        } else {
            self.returned(|out, _| out.extend_from_slice(SKIPPED));
        }
    }

    /// The body returned a value: `write` appends its JSON, of at most so many bytes.
    pub(crate) fn returned(&mut self, write: impl FnOnce(&mut Vec<u8>, usize)) {
        if let Some(Recording { buffer, limit, .. }) = &mut self.recording {
            buffer.clear();
            write(buffer, *limit);
            let length = buffer.len();
            self.close(Outcome::Ok, Some(length), None);
        }
    }

    /// The body returned an error.
    pub(crate) fn failed(&mut self, error: &str) {
        if self.prepared.is_some() {
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

    /// The variable of the prompt's template that has no value.
    #[cfg(feature = "http")]
    pub(crate) fn missing_variable(&self) -> Option<MissingVariable> {
        Prompt::render(self.function.prompt.as_ref()?, &self.variables).err()
    }

    /// The prompt that it would send.
    pub(crate) fn rendered(&self) -> Result<Prompt, MissingVariable> {
        self.function
            .prompt
            .as_ref()
            .map_or_else(|| Ok(Prompt::default()), |template| Prompt::render(template, &self.variables))
    }

    pub(crate) fn function(&self) -> &'static Function {
        self.function
    }

    /// The whole of what came in pieces, in their place.
    #[cfg(feature = "http")]
    pub(crate) fn whole(&mut self, json: Vec<u8>) {
        if let Some(recording) = &mut self.recording {
            recording.items.get_or_insert_default().whole(json);
        }
    }

    /// Renders the prompt, and puts it into the body's context; gives the one for the log.
    fn render(&mut self) -> Option<Arc<Prompt>> {
        let template = self.function.prompt.as_ref()?;
        let context = self.context.get_or_insert_with(Context::current);
        let prompt = context.prompt.get_or_insert_with(|| Arc::new(Prompt::new(template, &self.variables))).clone();
        if self.hidden.is_empty() {
            return Some(prompt);
        }
        Some(Arc::new(Prompt::new(template, &self.variables.shown(&self.hidden))))
    }

    /// The body begins: the log is opened, unless it is.
    #[inline]
    pub(crate) fn start(&mut self) {
        let prompt = if self.function.prompt.is_some() { self.render() } else { None };
        if let Some(parent) = self.prepared.take() {
            self.rejoin(parent);
        }
        self.open_log(prompt);
    }

    fn open_log(&mut self, prompt: Option<Arc<Prompt>>) {
        let Some(recording) = &mut self.recording else { return };
        if recording.started.is_some() {
            return;
        }
        let started = Start::now();
        recording.started = Some(started);
        if recording.id.is_nil() {
            recording.id = ids::at(started.timestamp(), started.tick());
        }
        let Some(context) = &mut self.context else { return };
        let parent = context.parent.replace(recording.id);
        let Some(session) = context.session.clone() else { return };
        let inputs = recording.metadata.unwrap_or(recording.buffer.len());
        let metadata = recording.buffer.len() - inputs;
        let (function, id, unbound, buffer) = (self.function, recording.id, recording.unbound, &recording.buffer);
        let taken = recording.route.push(EVENT + buffer.len(), false, |chunk| {
            chunk.bytes.extend_from_slice(buffer);
            chunk.events.push(Event::Opened(Opened {
                function,
                id,
                session,
                parent,
                unbound,
                started,
                inputs,
                metadata,
                prompt,
            }));
        });
        if !taken {
            context.parent = parent;
            self.recording = None; // counted as lost; its end would belong to no log
        }
    }

    /// The body ended: the clock stops before its result is captured.
    #[inline]
    pub(crate) fn stop(&mut self) {
        if let Some(recording) = &mut self.recording {
            recording.seconds = recording.started.map(Start::elapsed);
        }
    }

    fn close_with(&mut self, outcome: Outcome, error: &str) {
        if let Some(Recording { buffer, limit, .. }) = &mut self.recording {
            buffer.clear();
            let kept = json::whole_characters(error.as_bytes().get(..*limit).unwrap_or(error.as_bytes()));
            buffer.extend_from_slice(kept.as_bytes());
            if kept.len() < error.len() {
                buffer.extend_from_slice(format!("… ({} bytes)", error.len()).as_bytes());
            }
            let length = buffer.len();
            self.close(outcome, None, Some(length));
        }
    }

    /// Closes the log; the buffer holds the output or the error.
    fn close(&mut self, outcome: Outcome, output: Option<usize>, error: Option<usize>) {
        let Some(mut recording) = self.recording.take() else { return };
        let Some(started) = recording.started else { return };
        let duration = recording.seconds.unwrap_or_else(|| started.elapsed());
        let mut buffer = std::mem::take(&mut recording.buffer);
        if output.is_none() && error.is_none() {
            buffer.clear();
        }
        let (mut output, mut metadata) = (output, 0);
        if let Some(items) = recording.items.take() {
            let gathered = items.finish();
            if let (None, Some(items)) = (output, gathered.output) {
                output = Some(items.len());
                buffer.splice(0..0, items); // before the error, if there is one
            }
            metadata = gathered.metadata.len();
            buffer.extend_from_slice(&gathered.metadata);
        }
        let (function, id) = (self.function, recording.id);
        let closed = Closed { function, id, duration, outcome, output, error, metadata };
        recording.route.close(closed, &buffer);
        const KEPT: usize = 64 << 10;
        if buffer.capacity() <= KEPT {
            buffer.clear();
            let _ = BUFFER.try_with(|place| place.set(buffer));
        }
    }
}

/// What a stream's call has gathered.
impl Call {
    /// One more item: `write` appends its JSON, of at most so many bytes.
    pub(crate) fn item(&mut self, write: impl FnOnce(&mut Vec<u8>, usize)) {
        if let Some(Recording { buffer, limit, items, started, .. }) = &mut self.recording {
            buffer.clear();
            write(buffer, *limit);
            items.get_or_insert_default().add(buffer, *started, self.function.kind);
        }
    }

    /// One more item, whose content is left out.
    pub fn skip_item(&mut self, failed: bool) {
        if failed {
            self.skip_output(true);
        } else {
            self.item(|out, _| out.extend_from_slice(SKIPPED));
        }
    }

    /// The body returned a stream: the call ends with it.
    pub(crate) fn going_on(mut self) -> Self {
        if let Some(recording) = &mut self.recording {
            recording.seconds = None;
        }
        self
    }

    /// The stream came to its end.
    pub(crate) fn ended(&mut self) {
        self.stop();
        self.close(Outcome::Ok, None, None);
    }

    /// Enters the call's context, if it has one.
    pub(crate) fn enter(&mut self) -> Option<Entered<'_>> {
        self.context.is_some().then(|| Entered::new(&mut self.context))
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.close(Outcome::Cancelled, None, None);
    }
}

const SKIPPED: &[u8] = br#"{"$skipped":true}"#;

pin_project! {
    /// The future of an annotated `async fn`.
    #[derive(Debug)]
    pub struct InCall<'a, F> {
        #[pin]
        body: F,
        call: &'a mut Call,
        begun: bool,
    }
}

impl<F: Future> Future for InCall<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let call = &mut **this.call;
        if !*this.begun {
            if call.is_looked_at(None) {
                return Poll::Pending;
            }
            *this.begun = true;
            call.start();
        }
        let entered = call.enter();
        let result = catch_unwind(AssertUnwindSafe(|| this.body.poll(cx)));
        drop(entered);
        match result {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => {
                call.stop();
                Poll::Ready(value)
            }
            Err(payload) => {
                call.panicked(&*payload);
                resume_unwind(payload)
            }
        }
    }
}
