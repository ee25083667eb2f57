//! What a prompt without a body is wanted to return: a question to the compiler, whose answers come with the feature `http`.

use std::marker::PhantomData;

/// The type that a prompt without a body returns, or an item of its stream.
#[derive(Debug)]
pub struct Wanted<R>(pub(crate) PhantomData<fn() -> R>);

impl<R> Wanted<R> {
    /// Of the type that is written down.
    #[expect(clippy::new_without_default, reason = "for expansions only")]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}
