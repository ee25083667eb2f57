#![doc = include_str!("../README.md")]

pub use humanloop_macros::{flow, prompt, tool};
pub use humanloop_runtime::*;

#[doc(hidden)]
pub use humanloop_runtime::private as __private;
