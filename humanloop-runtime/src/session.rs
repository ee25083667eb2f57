//! Sessions: the calls that belong to one request of one user.

use std::sync::Arc;

use humanloop_api::id;
use uuid::Uuid;

use crate::context::{Context, InContext};

/// A session: what the logs of one request are gathered in.
///
/// ```
/// use humanloop_runtime::Session;
///
/// let session = Session::with_reference_id("order 4711");
/// assert_eq!(session.reference_id(), "order 4711");
/// session.run(|| { /* annotated calls made here belong to it */ });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    id: Uuid,
    /// The caller's name of it, when it is not the id; behind a thin pointer, as it goes along with each call.
    reference: Option<Arc<Box<str>>>,
}

impl Session {
    /// A new session.
    #[expect(clippy::new_without_default, reason = "each session is another one")]
    pub fn new() -> Self {
        Self { id: crate::ids::new(), reference: None }
    }

    /// The session whose name is its id.
    pub(crate) fn of(id: Uuid) -> Self {
        Self { id, reference: None }
    }

    /// The session of this name; the same name goes on with the same session, also in another process.
    pub fn with_reference_id(reference: impl AsRef<str>) -> Self {
        let reference = reference.as_ref();
        let id = id::of_reference(reference);
        let reference = (id.to_string() != reference).then(|| Arc::new(reference.into()));
        Self { id, reference }
    }

    /// The session that the current call belongs to, if any.
    pub fn current() -> Option<Self> {
        Context::current().session
    }

    /// The session's id.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The session's name for the API and for other processes.
    pub fn reference_id(&self) -> String {
        self.reference.as_ref().map_or_else(|| self.id.to_string(), ToString::to_string)
    }

    /// `future`, in this session and under no parent.
    pub fn scope<F: Future>(&self, future: F) -> InContext<F> {
        InContext::beginning(self.clone(), future)
    }

    /// Runs `body` in this session and under no parent.
    pub fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        self.context().run(body)
    }

    pub(crate) fn name(&self) -> Option<&Arc<Box<str>>> {
        self.reference.as_ref()
    }

    pub(crate) fn context(&self) -> Context {
        Context { session: Some(self.clone()), parent: None, ..Context::current() }
    }
}

/// `future` in a new session.
///
/// ```
/// # async fn example() {
/// humanloop_runtime::session(async { /* annotated calls made here belong to one session */ }).await;
/// # }
/// ```
pub fn session<F: Future>(future: F) -> InContext<F> {
    Session::new().scope(future)
}
