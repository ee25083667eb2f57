//! What logs hold: short texts as they are, long ones compressed and kept once, lists of messages message by message.

use std::cell::RefCell;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use serde::{Deserialize, Serialize};

/// Bytes up to which a text stands in its log's own content row.
const SHORT: usize = 300;
/// Bytes from which an item of a list is kept once for all lists that hold it.
const ITEM: usize = 128;
/// A text is decompressed up to this size; more was never written.
const LARGEST: usize = 1 << 30;

/// Bytes of first words from which they are not kept twice.
const FIRST_WORDS: usize = 24;
/// Stands for the first words between what comes before and after them; no text has this byte.
const HERE: u8 = 0xFF;

const RAW: i64 = 0;
const ZSTD: i64 = 1;
const PIECES: i64 = 2;

/// A content, ready to be written: hashed and compressed, so that the writer has little left to do.
#[derive(Debug)]
pub(crate) enum Content {
    Short(String),
    Big(Big),
}

/// A content that is kept once.
#[derive(Debug)]
pub(crate) struct Big {
    hash: [u8; 16],
    codec: i64,
    data: Vec<u8>,
    /// For [`PIECES`]: what `data` is made of once the items have their numbers.
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Item(Big),
}

/// A piece as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Item(i64),
    Text(String),
}

impl Content {
    /// Any text.
    pub(crate) fn text(text: &str) -> Self {
        if text.len() <= SHORT { Self::Short(text.into()) } else { Self::Big(Big::whole(text)) }
    }

    /// JSON text: the objects in its lists are kept once each, as a chat history grows with every call.
    pub(crate) fn json(text: String) -> Self {
        if text.len() <= SHORT {
            return Self::Short(text);
        }
        let items = items(&text);
        if items.is_empty() {
            return Self::Big(Big::whole(&text));
        }
        let mut pieces = Vec::with_capacity(2 * items.len() + 1);
        let mut end = 0;
        for (from, to) in items {
            pieces.push(Piece::Text(text[end..from].into()));
            pieces.push(Piece::Item(Big::whole(&text[from..to])));
            end = to;
        }
        pieces.push(Piece::Text(text[end..].into()));
        Self::Big(Big { hash: hash(&text), codec: PIECES, data: Vec::new(), pieces })
    }

    /// Keeps it, and says what stands in the content row.
    pub(crate) fn keep(&self, connection: &Connection) -> rusqlite::Result<Kept<'_>> {
        match self {
            Self::Short(text) => Ok(Kept::Text(text)),
            Self::Big(big) => big.keep(connection).map(Kept::Payload),
        }
    }

    /// As [`keep`](Self::keep), beside a row that has the first words: those of a short text are not kept twice.
    pub(crate) fn keep_beside(&self, connection: &Connection, first_words: Option<&str>) -> rusqlite::Result<Kept<'_>> {
        match (self, first_words) {
            (Self::Short(text), Some(first_words)) => {
                Ok(around(text, first_words).map_or(Kept::Text(text), |(before, after)| Kept::Around(before, after)))
            }
            _ => self.keep(connection),
        }
    }
}

/// What comes before and after the first words of a text: it begins with them, or is an object that begins with a string of them.
fn around<'t>(text: &'t str, first_words: &str) -> Option<(&'t str, &'t str)> {
    if first_words.len() < FIRST_WORDS {
        return None;
    }
    let begun = text.len() - text.trim_start().len();
    let from = if text[begun..].starts_with(first_words) { begun } else { text.find("\":\"")? + 3 };
    let after = text[from..].strip_prefix(first_words)?;
    Some((&text[..from], after))
}

/// The text again.
fn joined(around: &[u8], first_words: &str) -> Option<String> {
    let here = around.iter().position(|byte| *byte == HERE)?;
    let text = [&around[..here], first_words.as_bytes(), &around[here + 1..]].concat();
    String::from_utf8(text).ok()
}

impl Big {
    fn whole(text: &str) -> Self {
        let (codec, data) = match compressed(text.as_bytes()) {
            Some(data) if data.len() < text.len() => (ZSTD, data),
            _ => (RAW, text.as_bytes().to_vec()),
        };
        Self { hash: hash(text), codec, data, pieces: Vec::new() }
    }

    fn keep(&self, connection: &Connection) -> rusqlite::Result<i64> {
        let mut select = connection.prepare_cached("SELECT id FROM payload WHERE hash = ?1")?;
        if let Some(id) = select.query_row([&self.hash[..]], |row| row.get(0)).optional()? {
            return Ok(id);
        }
        let mut insert = connection.prepare_cached("INSERT INTO payload(hash, codec, data) VALUES (?1, ?2, ?3)")?;
        if self.codec != PIECES {
            return insert.insert(params![&self.hash[..], self.codec, self.data]);
        }
        let stored = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => Ok(Stored::Text(text.clone())),
            Piece::Item(item) => item.keep(connection).map(Stored::Item),
        });
        let stored = stored.collect::<rusqlite::Result<Vec<_>>>()?;
        insert.insert(params![&self.hash[..], PIECES, humanloop_api::json(&stored).get().as_bytes()])
    }
}

/// What stands in a column of the content row.
#[derive(Debug, PartialEq)]
pub(crate) enum Kept<'a> {
    Text(&'a str),
    Payload(i64),
    /// What comes before and after the first words, which stand in the log's row.
    Around(&'a str, &'a str),
}

impl Kept<'_> {
    /// Whether the column of `row` holds just this, or the text of which another column has the first words.
    pub(crate) fn is_in(&self, row: &Row<'_>, column: usize, first_words: Option<usize>) -> rusqlite::Result<bool> {
        Ok(match (self, row.get_ref(column)?) {
            (Self::Text(text), ValueRef::Blob(around)) => {
                let first_words: Option<String> = first_words.map_or(Ok(None), |column| row.get(column))?;
                first_words.and_then(|first_words| joined(around, &first_words)).as_deref() == Some(text)
            }
            (Self::Text(text), ValueRef::Text(there)) => text.as_bytes() == there,
            (Self::Payload(id), ValueRef::Integer(there)) => *id == there,
            _ => false,
        })
    }
}

impl ToSql for Kept<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Payload(id) => ToSqlOutput::Borrowed(ValueRef::Integer(*id)),
            Self::Around(before, after) => [before.as_bytes(), &[HERE], after.as_bytes()].concat().into(),
        })
    }
}

/// Reads a column of a content row.
pub(crate) fn load(connection: &Connection, row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    match row.get_ref(column)? {
        ValueRef::Text(text) => Ok(Some(String::from_utf8_lossy(text).into_owned())),
        ValueRef::Integer(id) => payload(connection, id, true),
        _ => Ok(None),
    }
}

/// As [`load`], of a text whose first words may stand in another column.
pub(crate) fn load_beside(
    connection: &Connection,
    row: &Row<'_>,
    column: usize,
    first_words: usize,
) -> rusqlite::Result<Option<String>> {
    match row.get_ref(column)? {
        ValueRef::Blob(around) => {
            let first_words: Option<String> = row.get(first_words)?;
            Ok(first_words.and_then(|first_words| joined(around, &first_words)))
        }
        _ => load(connection, row, column),
    }
}

/// A payload's text.
fn payload(connection: &Connection, id: i64, whole: bool) -> rusqlite::Result<Option<String>> {
    let mut select = connection.prepare_cached("SELECT codec, data FROM payload WHERE id = ?1")?;
    let found: Option<(i64, Vec<u8>)> = select.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    drop(select);
    let Some((codec, data)) = found else { return Ok(None) };
    let text = |data: Vec<u8>| String::from_utf8_lossy(&data).into_owned();
    Ok(match codec {
        RAW => Some(text(data)),
        ZSTD => decompressed(&data).map(text),
        PIECES if whole => {
            let mut out = String::new();
            for piece in serde_json::from_slice::<Vec<Stored>>(&data).unwrap_or_default() {
                match piece {
                    Stored::Text(text) => out.push_str(&text),
                    Stored::Item(item) => out.push_str(&payload(connection, item, false)?.unwrap_or_default()),
                }
            }
            Some(out)
        }
        _ => None,
    })
}

/// The numbers of the payloads that a stored list of pieces names.
pub(crate) fn items_of(data: &[u8]) -> Vec<i64> {
    let stored = serde_json::from_slice::<Vec<Stored>>(data).unwrap_or_default();
    let items = stored.iter().filter_map(|piece| if let Stored::Item(id) = piece { Some(*id) } else { None });
    items.collect()
}

/// The numbers of payloads that are missing, or are not what their hash says.
pub(crate) fn verify(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut select = connection.prepare("SELECT id, hash FROM payload")?;
    let rows = select.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let mut wrong = Vec::new();
    for row in rows {
        let (id, expected) = row?;
        let text = payload(connection, id, true)?;
        if text.is_none_or(|text| hash(&text)[..] != expected) {
            wrong.push(id);
        }
    }
    for column in ["inputs", "messages", "output", "error", "details"] {
        let mut select = connection.prepare(&format!(
            "SELECT {column} FROM content WHERE typeof({column}) = 'integer' AND {column} NOT IN (SELECT id FROM payload)"
        ))?;
        for id in select.query_map([], |row| row.get(0))? {
            wrong.push(id?);
        }
    }
    Ok(wrong)
}

fn hash(text: &str) -> [u8; 16] {
    let mut hash = [0; 16];
    hash.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    hash
}

thread_local! {
    static ZSTD_1: RefCell<Option<zstd::bulk::Compressor<'static>>> =
        RefCell::new(zstd::bulk::Compressor::new(1).ok());
}

fn compressed(data: &[u8]) -> Option<Vec<u8>> {
    ZSTD_1.with(|compressor| compressor.try_borrow_mut().ok()?.as_mut()?.compress(data).ok())
}

fn decompressed(data: &[u8]) -> Option<Vec<u8>> {
    let size = zstd::bulk::Decompressor::upper_bound(data)?;
    zstd::bulk::decompress(data, size.min(LARGEST)).ok()
}

/// The places of the objects that stand in the outermost lists of a JSON text, those of some size.
fn items(json: &str) -> Vec<(usize, usize)> {
    let bytes = json.as_bytes();
    let (mut items, mut open) = (Vec::new(), Vec::new());
    // Where the item began that is being passed over, and how deep its list is.
    let mut item: Option<(usize, usize)> = None;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'{' => {
                if item.is_none() && open.last() == Some(&b'[') {
                    item = Some((at, open.len()));
                }
                open.push(b'{');
            }
            b'[' => open.push(b'['),
            b'}' | b']' => {
                open.pop();
                if let Some((from, depth)) = item
                    && depth == open.len()
                {
                    item = None;
                    if at + 1 - from >= ITEM {
                        items.push((from, at + 1));
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_the_big_objects_of_lists_whatever_their_texts_hold() {
        let long = "x".repeat(ITEM);
        let text =
            format!(r#"{{"a":[{{"t":"]}}\"{long}","in":[{{"y":"{long}"}}]}},{{"b":1}},3],"c":{{"d":"{long}"}}}}"#);
        let found: Vec<&str> = items(&text).into_iter().map(|(from, to)| &text[from..to]).collect();
        assert_eq!(found, [format!(r#"{{"t":"]}}\"{long}","in":[{{"y":"{long}"}}]}}"#)]);
    }
}
