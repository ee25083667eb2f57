//! Ids as the wire writes them: a prefix that tells what it is, and the store's id.

use humanloop_api::id;
use humanloop_store::{Project, Reader};
use uuid::Uuid;

use super::Problem;

pub(crate) fn log(id: Uuid) -> String {
    format!("data_{id}")
}

pub(crate) fn session(id: Uuid) -> String {
    format!("sesh_{id}")
}

pub(crate) fn project(id: i64) -> String {
    format!("pr_{id}")
}

pub(crate) fn config(digits: &str) -> String {
    format!("config_{digits}")
}

pub(crate) fn environment(id: i64) -> String {
    format!("env_{id}")
}

pub(crate) fn feedback(id: i64) -> String {
    format!("ann_{id}")
}

/// The log that is meant: by its id, or by its reference id.
pub(crate) fn log_of(text: &str) -> Uuid {
    id::of_reference(text.strip_prefix("data_").unwrap_or(text))
}

/// The session that is meant: by its id, or by its reference id.
pub(crate) fn session_of(text: &str) -> Uuid {
    id::of_reference(text.strip_prefix("sesh_").unwrap_or(text))
}

/// The number in an id, such as that of a project.
pub(crate) fn number(text: &str, prefix: &str) -> Option<i64> {
    text.strip_prefix(prefix).unwrap_or(text).parse().ok()
}

/// The project of this id.
pub(crate) fn find_project(reader: &Reader, text: &str) -> Result<Project, Problem> {
    let found = number(text, "pr_").map(|id| reader.project(id)).transpose()?.flatten();
    found.ok_or_else(|| Problem::unknown("project", text))
}
