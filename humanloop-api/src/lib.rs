//! The vocabulary of humanloop: what a log, a config, a message, a session and a feedback are.
//!
//! These are the serde types of the Humanloop v4 HTTP API, and at the same time what the crate hands to its own
//! embedded store, so that a log reads the same wherever it went. Fields that v4 does not know are marked as
//! **ours**; v4 log bodies are open, so a v4 server ignores them.
//!
//! ```
//! use humanloop_api::{Config, Log, ToolConfig};
//!
//! let log = Log {
//!     project: Some("google".into()),
//!     config: Some(Config::Tool(ToolConfig::new("Google Search")).into()),
//!     inputs: Some([("q", "Which country won Eurovision 2023?")].into_iter().collect()),
//!     output: Some("Sweden".into()),
//!     ..Log::default()
//! };
//! assert_eq!(
//!     serde_json::to_string(&log)?,
//!     r#"{"project":"google","inputs":{"q":"Which country won Eurovision 2023?"},"output":"Sweden","config":{"type":"tool","name":"Google Search"}}"#
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```

mod config;
mod feedback;
mod generate;
pub mod id;
mod log;
mod losses;
mod message;
mod object;
mod outcome;
mod prompt_file;
mod template;
mod time;

pub use config::{Config, Function, ModelConfig, ReasoningEffort, SourceKind, Stop, ToolConfig};
pub use feedback::{Feedback, FeedbackValue};
pub use generate::{Generated, Sample, Usage};
pub use humanloop_template::Mistakes;
pub use log::{Entry, Log, LogUpdate, Logged, OneOrMany, OutputFormat, Process};
pub use losses::{Loss, Losses, Waiting};
pub use message::{Content, FunctionCall, ImageUrl, Message, Part, Role, ToolCall};
pub use object::{Object, json, raw};
pub use outcome::{Kind, Outcome};
pub use template::{MissingVariable, Path, Step, render, render_message, value_at, value_of};
pub use time::Timestamp;

pub use serde_json::value::RawValue;
