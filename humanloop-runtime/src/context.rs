//! The current session and parent: local to the task, and handed over to other tasks and threads.
//!
//! A thread-local holds the context of what runs on this thread right now. A future that has a context swaps it in at
//! each poll and out again after it, so the context follows the task from thread to thread, under any executor.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use pin_project_lite::pin_project;
use uuid::{NonNilUuid, Uuid};

use crate::kept::Kept;
use crate::pipeline::Pipeline;
use crate::prompt::Prompt;
use crate::session::Session;

thread_local! {
    /// `None`: outside of any session. Behind a pointer, as that is what polls exchange. What is put in is taken out again.
    static CURRENT: RefCell<Kept<Option<Box<Context>>>> = const { RefCell::new(Kept::new(None)) };
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
    pub(crate) parent: Option<NonNilUuid>,
    /// What few calls have, behind one pointer: each call copies its context.
    pub(crate) around: Option<Arc<Around>>,
}

/// What is around a call besides its session and its parent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    pub(crate) prompt: Option<Arc<Prompt>>,
    /// Where logs go, when not to what `init` started.
    pub(crate) pipeline: Option<Arc<Pipeline>>,
    /// Who answers prompts without a body, when not the one that their config names.
    #[cfg(feature = "http")]
    pub(crate) provider: Option<crate::provider::Chosen>,
}

impl Context {
    /// Under no session.
    pub(crate) fn of(around: Around) -> Self {
        Self { around: Some(Arc::new(around)), ..Self::default() }
    }

    /// In a session, with nothing else but a parent.
    pub(crate) fn bare(session: Uuid, parent: Option<NonNilUuid>) -> Self {
        Self { session: Some(Session::of(session)), parent, around: None }
    }

    /// The session, if that is all there is beside the parent: one whose name is its id.
    pub(crate) fn bare_session(&self) -> Option<Uuid> {
        let session = self.session.as_ref().filter(|session| session.name().is_none());
        session.filter(|_| self.around.is_none()).map(Session::id)
    }

    pub(crate) fn pipeline(&self) -> Option<&Arc<Pipeline>> {
        self.around.as_ref()?.pipeline.as_ref()
    }

    pub(crate) fn prompt(&self) -> Option<&Arc<Prompt>> {
        self.around.as_ref()?.prompt.as_ref()
    }

    pub(crate) fn set_prompt(&mut self, prompt: Option<Arc<Prompt>>) {
        if prompt.is_some() || self.prompt().is_some() {
            Arc::make_mut(self.around.get_or_insert_default()).prompt = prompt;
        }
    }

    #[cfg(feature = "http")]
    pub(crate) fn provider(&self) -> Option<&crate::provider::Chosen> {
        self.around.as_ref()?.provider.as_ref()
    }

    #[cfg(feature = "http")]
    pub(crate) fn set_provider(&mut self, provider: crate::provider::Chosen) {
        Arc::make_mut(self.around.get_or_insert_default()).provider = Some(provider);
    }

    /// The context of what runs right now; an empty one outside of any session.
    pub fn current() -> Self {
        look(|current| current.clone()).unwrap_or_default()
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
        let mut place = Some(Box::new(self));
        swap(&mut place);
        InForce { outer: place }
    }

    /// `future`, polled in this context.
    pub fn scope<F: Future>(self, future: F) -> InContext<F> {
        InContext { future, context: Some(Box::new(self)), session: None }
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
        context: Option<Box<Context>>,
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
        // Taken only if it is there: else that would be written at each poll.
        if this.session.is_some()
            && let Some(session) = this.session.take()
        {
            *this.context = Some(Box::new(session.context()));
        }
        let _entered = Entered::new(this.context);
        let output = ready!(this.future.poll(cx));
        Poll::Ready(output)
    }
}

/// A context that is in force until this is dropped; meanwhile its place holds the outer one.
pub(crate) struct Entered<'a> {
    place: &'a mut Option<Box<Context>>,
}

impl<'a> Entered<'a> {
    #[inline]
    pub(crate) fn new(place: &'a mut Option<Box<Context>>) -> Self {
        swap(place);
        Self { place }
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        swap(self.place);
    }
}

/// A context that is in force until this is dropped; it holds the outer one, if there was one.
#[derive(Debug)]
pub(crate) struct InForce {
    outer: Option<Box<Context>>,
}

impl Drop for InForce {
    fn drop(&mut self) {
        swap(&mut self.outer);
    }
}

/// Exchanges the thread's context with `place`.
pub(crate) fn swap(place: &mut Option<Box<Context>>) {
    let _ =
        CURRENT.try_with(|current| current.try_borrow_mut().map(|mut current| std::mem::swap(&mut **current, place)));
}

/// Looks at the context of what runs right now, if there is one; `look` runs no code of the user's.
#[inline]
pub(crate) fn look<R>(look: impl FnOnce(&mut Context) -> R) -> Option<R> {
    let looked = CURRENT.try_with(|current| Some(look(current.try_borrow_mut().ok()?.as_deref_mut()?)));
    looked.ok().flatten()
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
