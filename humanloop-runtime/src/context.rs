//! The current session and parent: local to the task, and handed over to other tasks and threads.
//!
//! A thread-local holds the context of what runs on this thread right now. A future that has a context swaps it in at
//! each poll and out again after it, so the context follows the task from thread to thread, under any executor.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use pin_project_lite::pin_project;
use uuid::Uuid;

use crate::pipeline::Pipeline;
use crate::prompt::Prompt;
use crate::session::Session;

thread_local! {
    static CURRENT: Cell<Option<Context>> = const { Cell::new(None) };
    static CAPTURING: Cell<bool> = const { Cell::new(false) };
}

/// Where a call stands: its session, its parent, and where its logs go.
///
/// ```
/// # async fn work() {}
/// # async fn example() {
/// let context = humanloop_runtime::Context::current();
/// std::thread::spawn(move || context.run(|| { /* nested under the same parent */ }));
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Context {
    pub(crate) session: Option<Session>,
    pub(crate) parent: Option<Uuid>,
    pub(crate) prompt: Option<Arc<Prompt>>,
    /// Where logs go, when not to what `init` started.
    pub(crate) pipeline: Option<Arc<Pipeline>>,
    /// Who answers prompts without a body, when not the one that their config names.
    #[cfg(feature = "http")]
    pub(crate) provider: Option<crate::provider::Chosen>,
}

impl Context {
    /// The context of what runs right now; an empty one outside of any session.
    pub fn current() -> Self {
        CURRENT
            .try_with(|current| {
                let context = current.take();
                let copy = context.clone();
                current.set(context);
                copy
            })
            .ok()
            .flatten()
            .unwrap_or_default()
    }

    /// The current session, if there is one.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The reference id of the log that calls made here are nested under, if there is one.
    pub fn parent_reference_id(&self) -> Option<String> {
        self.parent.map(|id| id.to_string())
    }

    /// Runs `body` in this context.
    pub fn run<R>(self, body: impl FnOnce() -> R) -> R {
        let _in_force = self.enter();
        body()
    }

    /// Puts this context in force until what it gives is dropped.
    pub(crate) fn enter(self) -> InForce {
        let mut place = Some(self);
        swap(&mut place);
        InForce { outer: place }
    }

    /// `future`, polled in this context.
    pub fn scope<F: Future>(self, future: F) -> InContext<F> {
        InContext { future, context: Some(self), session: None }
    }
}

/// `body` bound to the current context, for threads, `spawn_blocking` and rayon.
///
/// ```
/// let answer = std::thread::spawn(humanloop_runtime::in_context(|| 42)).join().unwrap();
/// assert_eq!(answer, 42);
/// ```
pub fn in_context<R>(body: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let context = Context::current();
    move || context.run(body)
}

/// `tokio::spawn` that keeps session and parent.
///
/// # Panics
///
/// Outside of a tokio runtime, as `tokio::spawn` does.
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(Context::current().scope(future))
}

pin_project! {
    /// A future with a context of its own.
    #[derive(Debug)]
    pub struct InContext<F> {
        #[pin]
        future: F,
        context: Option<Context>,
        // A session that begins with the first poll, wherever that is.
        session: Option<Session>,
    }
}

impl<F> InContext<F> {
    /// `future` in `session`, under no parent, with all else as it is where it is first polled.
    pub(crate) fn beginning(session: Session, future: F) -> Self {
        Self { future, context: None, session: Some(session) }
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(session) = this.session.take() {
            *this.context = Some(session.context());
        }
        let _entered = Entered::new(this.context);
        let output = ready!(this.future.poll(cx));
        Poll::Ready(output)
    }
}

/// A context that is in force until this is dropped; meanwhile its place holds the outer one.
pub(crate) struct Entered<'a> {
    place: &'a mut Option<Context>,
}

impl<'a> Entered<'a> {
    pub(crate) fn new(place: &'a mut Option<Context>) -> Self {
        swap(place);
        Self { place }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        swap(self.place);
    }
}

/// A context that is in force until this is dropped; it holds the outer one, if there was one.
#[derive(Debug)]
pub(crate) struct InForce {
    outer: Option<Context>,
}

impl Drop for InForce {
    fn drop(&mut self) {
        swap(&mut self.outer);
    }
}

/// Exchanges the thread's context with `place`; at the end of a thread there is none, and nothing happens.
fn swap(place: &mut Option<Context>) {
    let _ = CURRENT.try_with(|current| *place = current.replace(place.take()));
}

/// Runs `write` so that annotated functions inside it (a `Serialize` of the user's) record nothing.
pub(crate) fn while_capturing<R>(write: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            let _ = CAPTURING.try_with(|capturing| capturing.set(self.0));
        }
    }
    let _restore = Restore(CAPTURING.try_with(|capturing| capturing.replace(true)).unwrap_or(true));
    write()
}

/// On this thread annotated functions record nothing: delivery does not log itself.
pub(crate) fn record_nothing_here() {
    let _ = CAPTURING.try_with(|capturing| capturing.set(true));
}

/// Whether a value is being captured on this thread right now.
pub(crate) fn is_capturing() -> bool {
    CAPTURING.try_with(Cell::get).unwrap_or(true)
}
