//! Tokens of JSON into a buffer, no more of them than a limit.

use std::fmt::{self, Write};

use serde::ser::Error as _;
use serde_json::Error;

use super::block::{SHORT, copy_escaped, copy_short, store};

/// The longest token that is put down at once: a short text as a member's name.
const TOKEN: usize = SHORT + 4;
/// How much room is made at first, and at most, which is also how far tokens may go past the limit until they are cut.
const STEP: usize = 256;
const LARGEST_STEP: usize = 1024;
/// Copied in rather than made, which in a host without optimizations takes a loop of the buffer's own.
static ROOM: [u8; LARGEST_STEP] = [0; LARGEST_STEP];

/// Appends JSON to a buffer that is longer than what was written: in that room a token is put down by a few stores of fixed size
/// after one comparison. Only where the room ends is the limit looked at.
pub(crate) struct Writer<'a> {
    /// What was written, and the room.
    out: &'a mut Vec<u8>,
    /// Where the next token goes.
    at: usize,
    /// Where what is kept ends.
    end: usize,
    /// Bytes that were not kept.
    left_out: usize,
    /// How much room is made next.
    step: usize,
    /// The next text is JSON already.
    raw: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, limit: usize) -> Self {
        let at = out.len();
        let mut writer = Self { out, at, end: at.saturating_add(limit), left_out: 0, step: STEP, raw: false };
        writer.more();
        writer
    }

    /// As `done`, after what may have failed.
    pub(super) fn finish(self, written: Result<(), Error>) -> Result<usize, String> {
        let left_out = self.done();
        written.map(|()| left_out).map_err(|error| error.to_string())
    }

    /// Takes the room off the buffer. Gives the number of bytes that were not kept.
    pub(super) fn done(mut self) -> usize {
        self.cut();
        self.out.truncate(self.at);
        self.left_out
    }

    fn cut(&mut self) {
        if self.at > self.end {
            self.left_out += self.at - self.end;
            self.at = self.end;
        }
    }

    /// Makes room for a token at least: what the buffer has of its own, before it asks for memory.
    #[inline(never)]
    fn more(&mut self) {
        self.cut();
        let length = self.out.capacity().min(self.at.saturating_add(self.step)).max(self.at.saturating_add(TOKEN));
        let room = ROOM.get(..length.saturating_sub(self.out.len())).unwrap_or(&ROOM);
        self.out.extend_from_slice(room);
        self.step = (2 * self.step).min(LARGEST_STEP);
    }

    /// The place of the next token, if there is room.
    #[inline(always)]
    fn room<const N: usize>(&mut self) -> Option<&mut [u8; N]> {
        const { assert!(N <= TOKEN) };
        self.out.get_mut(self.at..)?.first_chunk_mut()
    }

    /// Makes room, then writes the token. Not a part of the quick way, which so needs no registers of its caller's.
    #[cold]
    #[inline(never)]
    fn later(&mut self, token: impl FnOnce(&mut Self)) {
        self.more();
        token(self);
    }

    #[inline(always)]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        if let Some(room) = self.room() {
            *room = bytes;
            self.at += N;
        } else {
            self.later(move |writer| writer.put(bytes));
        }
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.put([byte]);
    }

    pub(super) fn pair(&mut self, first: u8, second: u8) {
        self.put([first, second]);
    }

    pub(super) fn null(&mut self) {
        self.put(*b"null");
    }

    pub(super) fn boolean(&mut self, value: bool) {
        if value { self.put(*b"true") } else { self.put(*b"false") }
    }

    /// A member's name with the byte before it: `{"name":`.
    pub(super) fn key(&mut self, lead: u8, name: &str) {
        let Some([first, quote, room @ ..]) = self.room::<{ 2 + SHORT + 2 }>() else {
            return self.key_later(lead, name);
        };
        (*first, *quote) = (lead, b'"');
        if let Some((text, _)) = room.split_first_chunk_mut()
            && copy_short::<true>(text, name.as_bytes())
        {
            store(room, name.len(), *b"\":");
            self.at += name.len() + 4;
        } else {
            self.long_key(lead, name);
        }
    }

    /// Other than with [`Self::later`], all that it needs stays in registers.
    #[cold]
    #[inline(never)]
    fn key_later(&mut self, lead: u8, name: &str) {
        self.more();
        self.key(lead, name);
    }

    #[inline(never)]
    fn long_key(&mut self, lead: u8, name: &str) {
        self.pair(lead, b'"');
        self.contents(name.as_bytes());
        self.pair(b'"', b':');
    }

    pub(super) fn string(&mut self, text: &str) {
        if self.raw {
            return self.raw_string(text);
        }
        let Some([quote, room @ ..]) = self.room::<{ 1 + SHORT + 1 }>() else {
            return self.later(move |writer| writer.string(text));
        };
        *quote = b'"';
        if let Some((short, _)) = room.split_first_chunk_mut()
            && copy_short::<true>(short, text.as_bytes())
        {
            store(room, text.len(), [b'"']);
            self.at += text.len() + 2;
        } else {
            self.long_string(text);
        }
    }

    #[inline(never)]
    fn long_string(&mut self, text: &str) {
        self.byte(b'"');
        self.contents(text.as_bytes());
        self.byte(b'"');
    }

    #[cold]
    fn raw_string(&mut self, json: &str) {
        self.raw = false;
        let json = json.as_bytes();
        // Perhaps much, and no room is needed for it.
        self.cut();
        self.out.truncate(self.at);
        let kept = json.get(..self.end - self.at).unwrap_or(json);
        self.out.extend_from_slice(kept);
        self.at += kept.len();
        self.left_out += json.len() - kept.len();
    }

    /// A text's `Display` as a string.
    pub(super) fn display(&mut self, text: &dyn fmt::Display) -> Result<(), Error> {
        if self.raw {
            self.string(&text.to_string());
            return Ok(());
        }
        self.byte(b'"');
        write!(self, "{text}").map_err(|fmt::Error| Error::custom("its Display failed"))?;
        self.byte(b'"');
        Ok(())
    }

    /// What stands between a string's quotes.
    fn contents(&mut self, mut text: &[u8]) {
        loop {
            let written;
            (written, text) = copy_escaped(self.out.get_mut(self.at..).unwrap_or_default(), text);
            self.at += written;
            if text.is_empty() {
                return;
            }
            self.more();
        }
    }

    pub(super) fn unsigned(&mut self, number: u64) {
        self.digits(itoa::Buffer::new().format(number));
    }

    pub(super) fn signed(&mut self, number: i64) {
        self.digits(itoa::Buffer::new().format(number));
    }

    pub(super) fn wide_unsigned(&mut self, number: u128) {
        self.digits(itoa::Buffer::new().format(number));
    }

    pub(super) fn wide_signed(&mut self, number: i128) {
        self.digits(itoa::Buffer::new().format(number));
    }

    pub(super) fn double(&mut self, number: f64) {
        if number.is_finite() { self.digits(zmij::Buffer::new().format_finite(number)) } else { self.null() }
    }

    pub(super) fn single(&mut self, number: f32) {
        if number.is_finite() { self.digits(zmij::Buffer::new().format_finite(number)) } else { self.null() }
    }

    /// A number, in which there is nothing to escape.
    fn digits(&mut self, digits: &str) {
        if self.room::<SHORT>().is_none() {
            self.more();
        }
        if let Some(room) = self.room()
            && copy_short::<false>(room, digits.as_bytes())
        {
            self.at += digits.len();
        } else {
            self.contents(digits.as_bytes());
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let mut lead = b'[';
        for byte in bytes {
            self.byte(lead);
            self.unsigned(u64::from(*byte));
            lead = b',';
        }
        self.close(lead, b'[', b']');
    }

    /// The end of a list or an object: `open` is what its first member begins with, `lead` what the next one would.
    pub(super) fn close(&mut self, lead: u8, open: u8, close: u8) {
        if lead == open { self.pair(open, close) } else { self.byte(close) }
    }

    /// The next text is JSON already.
    pub(super) fn expect_raw(&mut self) {
        self.raw = true;
    }

    /// Whether no text came since [`Self::expect_raw`].
    pub(super) fn misses_raw(&mut self) -> bool {
        std::mem::take(&mut self.raw)
    }
}

impl Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.contents(text.as_bytes());
        Ok(())
    }
}
