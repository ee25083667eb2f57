//! Sessions and logs by what a person types: an id, a reference id, or a part of an id.

use humanloop_api::Log;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::error::Error;
use crate::ingest::place::id_of;
use crate::open::Reader;
use crate::row;
use crate::sessions::SessionSummary;

impl Reader {
    /// The session of this id, reference id, or beginning or end of an id.
    ///
    /// # Errors
    ///
    /// When there is none, or more than one; when SQLite fails.
    pub fn find_session(&self, text: &str) -> Result<SessionSummary, Error> {
        let id = self.find("session", text, "sesh_")?;
        self.session(id)?.ok_or_else(|| Error::Unknown { what: "session", text: text.into() })
    }

    /// The log of this id, reference id, or beginning or end of an id, in full.
    ///
    /// # Errors
    ///
    /// When there is none, or more than one; when SQLite fails.
    pub fn find_log(&self, text: &str) -> Result<Log, Error> {
        let id = self.find("log", text, "data_")?;
        Ok(self.log(id)?.ok_or_else(|| Error::Unknown { what: "log", text: text.into() })?.log)
    }

    fn find(&self, what: &'static str, text: &str, prefix: &str) -> Result<Uuid, Error> {
        let found = self.ask(|connection| {
            let mut select = connection.prepare_cached(&format!("SELECT uuid FROM {what} WHERE uuid = ?1"))?;
            let exact = select.query_row([id_of(text, prefix).as_bytes()], |row| row::uuid(row, 0)).optional()?;
            match exact.flatten() {
                Some(uuid) => Ok(vec![uuid]),
                None => by_digits(connection, what, text.strip_prefix(prefix).unwrap_or(text)),
            }
        })?;
        match found[..] {
            [uuid] => Ok(uuid),
            [] => Err(Error::Unknown { what, text: text.into() }),
            _ => Err(Error::Ambiguous { what, text: text.into() }),
        }
    }
}

/// Ids that begin or end with these digits, two at most.
fn by_digits(connection: &Connection, what: &str, text: &str) -> rusqlite::Result<Vec<Uuid>> {
    let digits = text.replace('-', "").to_uppercase();
    if digits.is_empty() || digits.len() > 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Vec::new());
    }
    // What begins so lies between the digits filled up with zeros and filled up with Fs.
    let bound = |fill: char| {
        let digits = format!("{digits}{}", fill.to_string().repeat(32 - digits.len()));
        u128::from_str_radix(&digits, 16).unwrap_or_default().to_be_bytes()
    };
    let mut select = connection.prepare_cached(&format!(
        "SELECT uuid FROM (SELECT uuid FROM {what} WHERE uuid BETWEEN ?1 AND ?2 LIMIT 2)
         UNION SELECT uuid FROM (SELECT uuid FROM {what} WHERE hex(uuid) LIKE '%' || ?3 LIMIT 2) LIMIT 2"
    ))?;
    let found = select.query_map(params![bound('0'), bound('F'), digits], |row| row::uuid(row, 0))?;
    Ok(found.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
}
