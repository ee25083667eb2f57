//! The run-time side of the `humanloop` crate: context, capture, delivery, the explicit client and model providers.
//!
//! Users name the crate `humanloop`, which re-exports what is public here.

mod account;
mod answer;
mod aside;
#[cfg(feature = "http")]
mod ask;
mod call;
mod capture;
mod chunk;
#[cfg(feature = "http")]
mod client;
mod clock;
mod config;
mod context;
mod definition;
mod environment;
mod error;
mod function;
mod guard;
#[cfg(feature = "http")]
mod http;
mod ids;
mod json;
mod kept;
mod look;
mod notice;
mod outlet;
mod payload;
mod pipeline;
pub mod prices;
#[doc(hidden)]
pub mod private;
mod probe;
#[cfg(feature = "http")]
mod produce;
mod prompt;
#[cfg(feature = "http")]
pub mod provider;
mod queue;
mod record;
mod redact;
mod response;
mod route;
mod serial;
mod session;
#[cfg(all(unix, feature = "signals"))]
mod signals;
pub mod sink;
mod spool;
mod stats;
mod stream;
mod sync;
mod template_message;
#[cfg(feature = "local")]
pub mod testing;
#[cfg(not(feature = "http"))]
mod unasked;
mod wanted;
mod worker;

#[cfg(feature = "http")]
pub use ask::{Attempt, Ledger, Partial, Partials, Texts};
#[cfg(feature = "http")]
pub use client::{Chat, Complete, Humanloop, Log, Logs, Samples, ServerSamples, UpdateByRef};
pub use config::{Builder, builder, init};
pub use context::{Context, InContext, in_context, spawn};
pub use definition::Definition;
pub use error::Error;
pub use guard::Guard;
pub use look::prompt_of;
pub use prompt::{Prompt, current_prompt};
pub use redact::Secret;
pub use response::{Answer, Piece, Response};
pub use session::{Session, session};
#[cfg(feature = "http")]
pub use sink::http::HttpSink;
#[cfg(feature = "local")]
pub use sink::{local::path_of_environment as store_path, memory::Memory};
pub use stats::{Dropped, Flushed, Stats, stats};
pub use template_message::{TemplateCall, TemplateMessage};

#[cfg(feature = "local")]
pub use humanloop_store as store;

pub use humanloop_api as api;
pub use humanloop_api::{Feedback, Message, ModelConfig, ToolConfig};
