#![doc = include_str!("../README.md")]

pub use humanloop_macros::{flow, prompt, tool};

#[cfg(any(feature = "enable", feature = "local", feature = "http"))]
pub use humanloop_runtime::*;

#[cfg(not(any(feature = "enable", feature = "local", feature = "http")))]
mod off;
#[cfg(not(any(feature = "enable", feature = "local", feature = "http")))]
pub use off::*;

/// The programs of this page run as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/prompts.md")]
pub struct Prompts;

#[cfg(any(feature = "enable", feature = "local", feature = "http"))]
#[doc(hidden)]
pub use humanloop_runtime::private as __private;
