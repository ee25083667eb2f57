//! One call of an annotated function: opened before its body, closed with what came of it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

#[cfg(feature = "http")]
use humanloop_api::MissingVariable;
use humanloop_api::{Outcome, id};
use pin_project_lite::pin_project;
use uuid::Uuid;

use crate::clock::Start;
use crate::context::{Context, Entered, is_capturing};
use crate::function::Function;
use crate::pipeline::Pipeline;
use crate::prompt::{Prompt, Variables};
use crate::record::{Closed, Event, Opened};
use crate::session::Session;
use crate::stream::Items;

/// The live side of a log. Dropped without an end, it is a call that was cancelled.
#[derive(Debug)]
pub struct Call {
    function: &'static Function,
    recording: Option<Recording>,
    variables: Variables,
    /// Arguments that are left out of the log, and so of its messages.
    hidden: Vec<&'static str>,
    /// The body's context; while the body runs, the outer one. `None`: the body runs in the outer context.
    context: Option<Context>,
    /// The body has made a future or a stream; the call begins where that is first polled.
    prepared: bool,
}

/// What a call that is recorded knows of itself.
#[derive(Debug)]
struct Recording {
    pipeline: Arc<Pipeline>,
    id: Uuid,
    session: Session,
    parent: Option<Uuid>,
    /// It found no session and opened one of its own.
    unbound: bool,
    /// The members of two JSON objects, each `"name":value,`.
    inputs: Vec<u8>,
    metadata: Vec<u8>,
    started: Option<Start>,
    /// What the clock said when the body ended.
    seconds: Option<f64>,
    items: Items,
}

/// Opens a call of `function`; nothing is captured when logging is off, or when the call comes from a `Serialize` that
/// is being captured.
pub fn open(function: &'static Function) -> Call {
    let recording = if Pipeline::any() && !is_capturing() { Recording::new() } else { None };
    let context = recording.as_ref().map(|recording| Context {
        session: Some(recording.session.clone()),
        parent: Some(recording.id),
        prompt: None,
        ..Context::current()
    });
    Call { function, recording, variables: Variables::default(), hidden: Vec::new(), context, prepared: false }
}

impl Recording {
    fn new() -> Option<Self> {
        let current = Context::current();
        let pipeline = current.pipeline.clone().or_else(Pipeline::global)?;
        Some(Self {
            pipeline,
            id: id::new(),
            unbound: current.session.is_none(),
            session: current.session.unwrap_or_else(Session::new),
            parent: current.parent,
            inputs: Vec::new(),
            metadata: Vec::new(),
            started: None,
            seconds: None,
            items: Items::default(),
        })
    }
}

impl Call {
    /// Whether inputs and output are to be captured.
    pub fn on(&self) -> bool {
        self.recording.is_some()
    }

    /// Captures an argument as JSON.
    pub(crate) fn put(&mut self, name: &str, value: Vec<u8>) {
        if let Some(recording) = &mut self.recording {
            member(&mut recording.inputs, name, &value);
        }
    }

    /// An argument that `skip` leaves out.
    pub fn skipped(&mut self, name: &'static str) {
        self.put(name, SKIPPED.into());
        self.hidden.push(name);
    }

    /// An argument that `redact` hides.
    pub fn redacted(&mut self, name: &'static str) {
        self.put(name, br#"{"$redacted":true}"#.into());
        self.hidden.push(name);
    }

    /// A member of the log's metadata as JSON.
    pub(crate) fn put_metadata(&mut self, name: &str, value: &[u8]) {
        if let Some(recording) = &mut self.recording {
            member(&mut recording.metadata, name, value);
        }
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
        let value = self.body(body);
        self.prepared = true;
        value
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
    fn rejoin(&mut self) {
        let current = Context::current();
        let Some(session) = current.session else { return };
        if let (Some(recording), Some(context)) = (&mut self.recording, &mut self.context) {
            recording.unbound = false;
            recording.session = session.clone();
            recording.parent = current.parent;
            context.session = Some(session);
        }
    }

    /// The body of an `async fn`, polled in the call's context.
    pub fn future<F: Future>(&mut self, body: F) -> InCall<'_, F> {
        InCall { body, call: self, begun: false }
    }

    /// The body returned, and its result is left out.
    pub fn skip_output(&mut self, failed: bool) {
        if failed {
            self.failed("(left out by `skip_output`)".into());
        } else {
            self.returned(SKIPPED.into());
        }
    }

    /// The body returned a value, as JSON.
    pub(crate) fn returned(&mut self, output: Vec<u8>) {
        self.close(Outcome::Ok, Some(output), None);
    }

    /// The body returned an error.
    pub(crate) fn failed(&mut self, error: String) {
        if self.prepared {
            self.start(); // it failed before there was anything to poll
        }
        self.close(Outcome::Failed, None, Some(error));
    }

    pub(crate) fn panicked(&mut self, payload: &(dyn std::any::Any + Send)) {
        let message = payload
            .downcast_ref::<&'static str>()
            .map(ToString::to_string)
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a value that is no text".into());
        self.stop();
        self.close(Outcome::Panicked, None, Some(format!("panicked: {message}")));
    }

    /// The variable of the prompt's template that has no value.
    #[cfg(feature = "http")]
    pub(crate) fn missing_variable(&self) -> Option<MissingVariable> {
        Prompt::render(self.function.prompt.as_ref()?, &self.variables).err()
    }

    /// A call that is never recorded.
    #[cfg(feature = "http")]
    pub(crate) fn unrecorded(function: &'static Function) -> Self {
        let (variables, hidden) = (Variables::default(), Vec::new());
        Self { function, recording: None, variables, hidden, context: None, prepared: false }
    }

    /// The prompt that it would send.
    #[cfg(feature = "http")]
    pub(crate) fn rendered(&self) -> Result<Prompt, MissingVariable> {
        self.function
            .prompt
            .as_ref()
            .map_or_else(|| Ok(Prompt::default()), |template| Prompt::render(template, &self.variables))
    }

    #[cfg(feature = "http")]
    pub(crate) fn function(&self) -> &'static Function {
        self.function
    }

    /// The whole of what came in pieces, in their place.
    #[cfg(feature = "http")]
    pub(crate) fn whole(&mut self, json: Vec<u8>) {
        if let Some(recording) = &mut self.recording {
            recording.items.whole(json);
        }
    }

    /// Renders the prompt, and puts it into the body's context; gives the one for the log.
    fn render(&mut self) -> Option<Arc<Prompt>> {
        let mut prompt = None;
        if let Some(template) = &self.function.prompt {
            let context = self.context.get_or_insert_with(Context::current);
            prompt =
                Some(context.prompt.get_or_insert_with(|| Arc::new(Prompt::new(template, &self.variables))).clone());
            if !self.hidden.is_empty() {
                prompt = Some(Arc::new(Prompt::new(template, &self.variables.shown(&self.hidden))));
            }
        }
        prompt
    }

    /// The body begins: the log is opened, unless it is.
    pub(crate) fn start(&mut self) {
        let prompt = self.render();
        if std::mem::take(&mut self.prepared) {
            self.rejoin();
        }
        let Some(recording) = self.recording.as_mut().filter(|recording| recording.started.is_none()) else { return };
        let started = Start::now();
        recording.started = Some(started);
        let opened = Opened {
            function: self.function,
            id: recording.id,
            session: recording.session.clone(),
            parent: recording.parent,
            unbound: recording.unbound,
            started,
            inputs: std::mem::take(&mut recording.inputs),
            metadata: std::mem::take(&mut recording.metadata),
            prompt,
        };
        if !recording.pipeline.push(Event::Opened(Box::new(opened))) {
            self.recording = None; // counted as lost; its end would belong to no log
        }
    }

    /// The body ended: the clock stops before its result is captured.
    pub(crate) fn stop(&mut self) {
        if let Some(recording) = &mut self.recording {
            recording.seconds = recording.started.map(Start::elapsed);
        }
    }

    fn close(&mut self, outcome: Outcome, output: Option<Vec<u8>>, error: Option<String>) {
        let Some(mut recording) = self.recording.take() else { return };
        let Some(started) = recording.started else { return };
        let duration = recording.seconds.unwrap_or_else(|| started.elapsed());
        let items = recording.items.finish();
        let closed = Closed {
            function: self.function,
            id: recording.id,
            duration,
            outcome,
            output: output.or(items.output),
            error,
            metadata: items.metadata,
        };
        recording.pipeline.push(Event::Closed(Box::new(closed)));
    }
}

/// What a stream's call has gathered.
impl Call {
    /// One more item, as JSON.
    pub(crate) fn item(&mut self, json: &[u8]) {
        if let Some(recording) = &mut self.recording {
            recording.items.add(json, recording.started, self.function.kind);
        }
    }

    /// One more item, whose content is left out.
    pub fn skip_item(&mut self, failed: bool) {
        if failed {
            self.skip_output(true);
        } else {
            self.item(SKIPPED);
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

/// Appends `"name":value,`.
pub(crate) fn member(object: &mut Vec<u8>, name: &str, value: &[u8]) {
    if serde_json::to_writer(&mut *object, name).is_ok() {
        object.push(b':');
        object.extend_from_slice(value);
        object.push(b',');
    }
}

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
