//! What the compiler says of a prompt without a body when the feature `http` is off: in its own words, at the function.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;

use crate::call::Call;
use crate::private::never;
use crate::wanted::Wanted;

/// What no type is, so that the compiler says its words.
#[diagnostic::on_unimplemented(
    message = "a prompt without a body asks a model, for which `humanloop` needs its feature `http`",
    label = "no model can be asked for this",
    note = "switch it on: `cargo add humanloop --features http`; or write a body: `humanloop::current_prompt()` is the rendered prompt"
)]
pub trait Asked {}

impl<R> Wanted<R> {
    #[doc(hidden)]
    pub fn __ask(&self, _: Call, _: Options) -> Ready<R>
    where
        R: Asked,
    {
        ready(never())
    }

    #[doc(hidden)]
    pub fn __stream(&self, _: Call, _: Options) -> Pin<Box<dyn Stream<Item = R> + Send>>
    where
        R: Asked,
    {
        never()
    }
}

/// The options of a prompt without a body.
#[derive(Debug, Default)]
pub struct Options;

impl Options {
    /// `retry(2)`
    pub fn retry(self, _: u32) -> Self {
        self
    }

    /// `timeout = 30`
    pub fn timeout(self, _: Duration) -> Self {
        self
    }

    /// `check = is_plausible`
    pub fn check<T, E>(self, _: impl Fn(&T) -> Result<(), E>) -> Self {
        self
    }

    /// `skip_output`
    pub fn skip_output(self) -> Self {
        self
    }
}

/// The ladder of the types that can be asked for has no rungs.
pub mod nothing {
    pub use super::Asked;
}
