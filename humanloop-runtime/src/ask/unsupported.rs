//! What a prompt without a body cannot return, and what the compiler says of it.

use super::Options;
use crate::call::Call;
use crate::wanted::Wanted;

/// What no prompt returns: it has no implementation, so that the compiler says its words.
#[diagnostic::on_unimplemented(
    message = "a prompt without a body cannot return `{Self}`",
    label = "the model's answer cannot become this",
    note = "it returns `Result<T, E>`, where `E` implements `From<humanloop::Error>`, and `T` is `String`, `humanloop::Response`, or a type that implements `serde::Deserialize` (with the feature `schemars` and `schemars::JsonSchema` on the type, its schema goes to the model)",
    note = "to return anything else, write a body: `humanloop::current_prompt()` is the rendered prompt"
)]
pub trait FromAnswer {}

/// What no prompt streams.
#[diagnostic::on_unimplemented(
    message = "a prompt without a body cannot return a stream of `{Self}`",
    label = "the pieces of the model's answer cannot become this",
    note = "its items are `Result<String, E>` or `Result<humanloop::Partial<T>, E>`, where `E` implements `From<humanloop::Error>` and `T` implements `serde::Deserialize`"
)]
pub trait FromPieces {}

impl<R> Clone for Wanted<R> {
    fn clone(&self) -> Self {
        *self
    }
}

/// The last step of the ladder takes it by value, out of all its references.
impl<R> Copy for Wanted<R> {}

/// Every other type, refused.
pub trait Refused<R> {
    #[doc(hidden)]
    fn __ask(self, call: Call, options: Options<()>) -> std::future::Ready<R>
    where
        R: FromAnswer;
    #[doc(hidden)]
    fn __stream(self, call: Call, options: Options<()>) -> crate::ask::streamed::Boxed<R>
    where
        R: FromPieces;
}

impl<R> Refused<R> for Wanted<R> {
    fn __ask(self, _: Call, _: Options<()>) -> std::future::Ready<R>
    where
        R: FromAnswer,
    {
        crate::private::never()
    }

    fn __stream(self, _: Call, _: Options<()>) -> crate::ask::streamed::Boxed<R>
    where
        R: FromPieces,
    {
        crate::private::never()
    }
}
