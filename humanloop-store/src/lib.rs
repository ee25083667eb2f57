//! Logs at rest: the embedded store of humanloop.
//!
//! A [`Store`] takes in batches of [`Entry`](humanloop_api::Entry) and answers with sessions, trees and logs. Behind it
//! stands one SQLite file in WAL mode: readers do not wait for the writer, and writers of several processes take turns.
//! A [`Reader`] only answers; a [`Writer`] takes in what many callers bring, and shares its commits among them.
//!
//! ```
//! use humanloop_api::{Entry, Log};
//! use humanloop_store::Store;
//!
//! let mut store = Store::in_memory()?;
//! let log = Log { project: Some("google".into()), output: Some("Sweden".into()), ..Log::default() };
//! store.ingest(&[Entry::Log(Box::new(log))])?;
//! let session = store.latest_session()?.expect("there is one now");
//! assert_eq!(store.tree(session.id)?.outline(), "google");
//! # Ok::<(), humanloop_store::Error>(())
//! ```

mod acknowledge;
mod changes;
mod compact;
mod conflict;
mod content;
mod delete;
mod deploy;
mod doctor;
mod error;
mod find;
mod full;
mod home;
mod index;
mod ingest;
mod logs;
mod losses;
mod names;
mod newest;
mod open;
mod prepared;
mod preview;
mod process;
mod projects;
mod row;
mod schema;
mod search;
mod sessions;
mod sums;
pub mod text;
mod together;
mod tree;
mod versions;
mod window;
mod writer;

pub use changes::Changes;
pub use delete::{Prune, Pruned};
pub use deploy::{Deployment, Environment};
pub use doctor::Report;
pub use error::Error;
pub use full::FullLog;
pub use index::Indexer;
pub use ingest::{Ingested, Placed, What};
pub use logs::LogFilter;
pub use open::{Reader, Store};
pub use process::Alive;
pub use projects::{Project, ProjectFilter, Sort};
pub use row::LogRow;
pub use search::{Found, SearchFilter};
pub use sessions::{SessionFilter, SessionSummary};
pub use tree::{Node, Tree};
pub use versions::{StoredConfig, Version};
pub use window::{Cursor, State, Window};
pub use writer::Writer;
