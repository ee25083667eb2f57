#![doc = include_str!("../README.md")]

pub use humanloop_macros::{flow, prompt, tool};
pub use humanloop_runtime::*;

/// The programs of this page run as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/prompts.md")]
pub struct Prompts;

#[doc(hidden)]
pub use humanloop_runtime::private as __private;
