//! Ids: made by the client, so that nobody waits for a server.
//!
//! A log is known by its *reference id*, any text the caller chooses; parents are named by it, and they may arrive
//! after their children. So the id of a log is a function of its reference: a UUID stands for itself, any other text
//! gives the version 5 UUID (RFC 9562, section 5.5) of that text. Sessions the same.

use uuid::Uuid;

/// Name space of version 5 ids.
const REFERENCES: Uuid = Uuid::from_u128(0x6875_6d61_6e6c_6f6f_7000_0000_0000_0001);
const IMPLIED: Uuid = Uuid::from_u128(0x6875_6d61_6e6c_6f6f_7000_0000_0000_0002);

/// A new id; ids made later sort later (UUID version 7).
pub fn new() -> Uuid {
    Uuid::now_v7()
}

/// The id that a reference id stands for.
///
/// ```
/// use humanloop_api::id;
///
/// let id = id::new();
/// assert_eq!(id::of_reference(&id.to_string()), id);
/// assert_eq!(id::of_reference("order 4711"), id::of_reference("order 4711"));
/// assert_ne!(id::of_reference("order 4711"), id::of_reference("order 4712"));
/// ```
pub fn of_reference(reference: &str) -> Uuid {
    Uuid::try_parse(reference).unwrap_or_else(|_| Uuid::new_v5(&REFERENCES, reference.as_bytes()))
}

/// The session of a root log that names none, and of children that only name that root.
pub fn implied_session(root_log: Uuid) -> Uuid {
    Uuid::new_v5(&IMPLIED, root_log.as_bytes())
}
