//! What a program names of this crate, when everything is compiled out: it does nothing, and needs nothing.
//!
//! The names are those of `humanloop_runtime`, as far as they need no other crate.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

/// Nothing can go wrong.
pub type Error = Infallible;

/// What [`init`] gives. Nothing waits for its end.
#[derive(Debug)]
#[must_use = "logging ends when the guard is dropped: write `let _humanloop = humanloop::init()?;`"]
pub struct Guard(());

/// Starts nothing.
///
/// # Errors
///
/// None.
pub fn init() -> Result<Guard, Error> {
    Ok(Guard(()))
}

/// A session, of which nothing is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session(Option<Arc<str>>);

impl Session {
    /// A new session.
    #[expect(clippy::new_without_default, reason = "each session is another one")]
    pub fn new() -> Self {
        Self(None)
    }

    /// The session of this name.
    pub fn with_reference_id(reference: impl AsRef<str>) -> Self {
        Self(Some(reference.as_ref().into()))
    }

    /// There is none.
    pub fn current() -> Option<Self> {
        None
    }

    /// The session's name; empty when it was given none.
    pub fn reference_id(&self) -> String {
        self.0.as_deref().unwrap_or_default().to_owned()
    }

    /// `future`, as it is.
    pub fn scope<F: Future>(&self, future: F) -> F {
        future
    }

    /// Runs `body`.
    pub fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        body()
    }
}

/// `future`, as it is.
pub fn session<F: Future>(future: F) -> F {
    future
}

/// `body`, as it is.
pub fn in_context<R>(body: impl FnOnce() -> R) -> impl FnOnce() -> R {
    body
}

/// Where a call stands, which nobody asks.
#[derive(Clone, Debug, Default)]
pub struct Context(());

impl Context {
    /// The context of what runs right now.
    pub fn current() -> Self {
        Self(())
    }

    /// There is none.
    pub fn session(&self) -> Option<&Session> {
        None
    }

    /// There is none.
    pub fn parent_reference_id(&self) -> Option<String> {
        None
    }

    /// Runs `body`.
    pub fn run<R>(self, body: impl FnOnce() -> R) -> R {
        body()
    }

    /// `future`, as it is.
    pub fn scope<F: Future>(self, future: F) -> F {
        future
    }
}

/// A value that cannot be captured; in `Debug` it is `[redacted]`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
