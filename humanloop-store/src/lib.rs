//! Logs at rest: the embedded store of humanloop.
//!
//! A [`Store`] takes in batches of [`Entry`](humanloop_api::Entry) and answers with sessions, trees and logs. Behind it
//! stands one SQLite file in WAL mode: readers do not wait for the writer, and writers of several processes take turns.
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

mod error;
mod ingest;
mod open;
mod preview;
mod process;
mod query;
mod row;
mod schema;
pub mod text;
mod tree;

pub use error::Error;
pub use ingest::Ingested;
pub use open::Store;
pub use process::Alive;
pub use query::SessionSummary;
pub use row::LogRow;
pub use tree::{Node, Tree};
