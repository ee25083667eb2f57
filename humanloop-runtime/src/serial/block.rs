//! Texts by words and blocks: whether a JSON string may have them as they are, and what stands for bytes that it may not have.

/// How many bytes of a text are looked at together.
pub(super) const BLOCK: usize = 16;
/// The longest text that [`copy_short`] copies.
pub(super) const SHORT: usize = 2 * BLOCK;

/// Whether a byte is a control character, a quote or a backslash. A quote is beside the control characters when its second bit is
/// turned, and space and `!` are not; with one comparison fewer the compiler compares the bytes of a whole block at once.
#[inline(always)]
pub(super) fn special(byte: u8) -> bool {
    (byte ^ 2 < 0x21) | (byte == b'\\')
}

/// Copies a text of at most [`SHORT`] bytes, and says whether it did. With `LOOK` it does so only when nothing in it is
/// [`special`]. Two words or blocks that overlap cost less than a copy of some length.
#[inline(always)]
pub(super) fn copy_short<const LOOK: bool>(room: &mut [u8; SHORT], text: &[u8]) -> bool {
    /// The bytes are looked at before they are copied: the other way round the compiler takes the words apart for it.
    #[inline(always)]
    fn copy<const LOOK: bool, const N: usize>(room: &mut [u8; SHORT], text: &[u8]) -> Option<bool> {
        let (first, last) = (text.first_chunk::<N>()?, text.last_chunk::<N>()?);
        if LOOK && first.iter().zip(last).fold(false, |any, (first, last)| any | special(*first) | special(*last)) {
            return Some(false);
        }
        store(room, 0, *first);
        store(room, text.len() - N, *last);
        Some(true)
    }
    if text.len() > SHORT {
        return false;
    }
    if let Some(copied) = copy::<LOOK, BLOCK>(room, text) {
        return copied;
    }
    if let Some(copied) = copy::<LOOK, 8>(room, text) {
        return copied;
    }
    if let Some(copied) = copy::<LOOK, 4>(room, text) {
        return copied;
    }
    let middle = text.len() / 2;
    let (Some(first), Some(last), Some(between)) = (text.first(), text.last(), text.get(middle)) else { return true };
    store(room, 0, [*first]);
    store(room, middle, [*between]);
    store(room, text.len() - 1, [*last]);
    !LOOK || !(special(*first) | special(*last) | special(*between))
}

/// Writes as much of a text as `room` is certain to take, escaped; gives the length of it, and the rest of the text.
pub(super) fn copy_escaped<'t>(room: &mut [u8], mut text: &'t [u8]) -> (usize, &'t [u8]) {
    let mut at = 0;
    while let Some(place) = room.get_mut(at..).and_then(|room| room.first_chunk_mut::<SHORT>()) {
        let clean = if let Some(block) = text.first_chunk::<BLOCK>() {
            store(place, 0, *block);
            if !any_special(block) {
                at += BLOCK;
                text = text.get(BLOCK..).unwrap_or_default();
                continue;
            }
            first_special(block)
        } else if copy_short::<true>(place, text) {
            return (at + text.len(), &[]);
        } else {
            copy_clean(place, text)
        };
        let Some((byte, rest)) = text.get(clean..).and_then(<[u8]>::split_first) else { break };
        let (escape, length) = escape(*byte);
        store(place, clean, escape);
        at += clean + length;
        text = rest;
    }
    (at, text)
}

/// Copies bytes up to the first that is [`special`]; gives their number.
#[cold]
#[inline(never)]
fn copy_clean(room: &mut [u8; SHORT], text: &[u8]) -> usize {
    let clean = room.iter_mut().zip(text).take_while(|(_, byte)| !special(**byte));
    clean.map(|(place, byte)| *place = *byte).count()
}

/// Whether one of these bytes is [`special`].
#[inline(always)]
fn any_special(bytes: &[u8; BLOCK]) -> bool {
    bytes.iter().fold(false, |any, byte| any | special(*byte))
}

/// The place of the first byte that is [`special`] in a block that has one.
#[inline(always)]
fn first_special(block: &[u8; BLOCK]) -> usize {
    let word = |half: Option<&[u8; 8]>| special_in(half.map_or(0, |half| u64::from_le_bytes(*half)));
    match word(block.first_chunk()) {
        0 => 8 + word(block.last_chunk()).trailing_zeros() as usize / 8,
        low => low.trailing_zeros() as usize / 8,
    }
}

/// The high bit of the first of eight bytes that is [`special`]; what stands above it means nothing, since subtracting may have
/// borrowed from there.
#[inline(always)]
pub(super) fn special_in(word: u64) -> u64 {
    const LOW: u64 = u64::from_le_bytes([1; 8]);
    let control_or_quote = (word ^ (LOW * 2)).wrapping_sub(LOW * 0x21);
    let backslash = (word ^ (LOW * b'\\' as u64)).wrapping_sub(LOW);
    (control_or_quote | backslash) & !word & (LOW * 0x80)
}

/// Puts bytes at a place, or nothing where there is no room for them.
#[inline(always)]
pub(super) fn store<const N: usize>(room: &mut [u8], at: usize, bytes: [u8; N]) {
    if let Some(place) = room.get_mut(at..).and_then(|room| room.first_chunk_mut()) {
        *place = bytes;
    }
}

/// What stands for a byte that is [`special`], in a word, and its length.
#[inline(always)]
pub(super) fn escape(byte: u8) -> ([u8; 8], usize) {
    let word @ [.., length] = ESCAPES.get(usize::from(byte)).copied().unwrap_or_default();
    (word, length.into())
}

/// What stands for each byte up to the last that is escaped, the backslash: six bytes at most, and in the last one how many.
static ESCAPES: [[u8; 8]; b'\\' as usize + 1] = escapes();

const fn escapes() -> [[u8; 8]; b'\\' as usize + 1] {
    const HEX: [u8; 16] = *b"0123456789abcdef";
    const LETTERS: [(u8, u8); 7] =
        [(b'"', b'"'), (b'\\', b'\\'), (b'\n', b'n'), (b'\r', b'r'), (b'\t', b't'), (0x08, b'b'), (0x0c, b'f')];
    let mut table = [[0; 8]; b'\\' as usize + 1];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = [b'\\', b'u', b'0', b'0', HEX[byte >> 4], HEX[byte & 15], 0, 6];
        byte += 1;
    }
    let mut at = 0;
    while at < LETTERS.len() {
        let (byte, letter) = LETTERS[at];
        table[byte as usize] = [b'\\', letter, 0, 0, 0, 0, 0, 2];
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_of_a_block_is_found() {
        for byte in (0..=255_u8).filter(|byte| special(*byte)) {
            for at in 0..BLOCK {
                for fill in [b'\x7f', b' ', b'!', 0xff] {
                    let mut block = [fill; BLOCK];
                    block[at..].fill(byte);
                    assert_eq!(first_special(&block), at, "{byte:#x}");
                }
            }
        }
    }

    #[test]
    fn special_bytes_are_control_characters_quotes_and_backslashes() {
        for byte in 0..=255 {
            assert_eq!(special(byte), byte < 0x20 || byte == b'"' || byte == b'\\', "{byte:#x}");
        }
    }
}
