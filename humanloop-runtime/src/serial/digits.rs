//! The digits of numbers.

use super::block::store;

/// So many numbers have eight digits at most.
pub(super) const EIGHT: u64 = 100_000_000;

/// Writes a number below ten thousand; gives its length.
#[inline(always)]
pub(super) fn four(room: &mut [u8; 24], number: u64) -> usize {
    let length = if number < 100 { 0 } else { two(room, 0, number / 100) };
    if length == 0 {
        return two(room, 0, number);
    }
    store(room, length, pair(number % 100));
    length + 2
}

#[inline(always)]
fn two(room: &mut [u8; 24], at: usize, number: u64) -> usize {
    if number < 10 {
        store(room, at, [b'0' + number as u8]);
        at + 1
    } else {
        store(room, at, pair(number));
        at + 2
    }
}

#[inline(always)]
fn pair(number: u64) -> [u8; 2] {
    PAIRS.get(number as usize).copied().unwrap_or_default()
}

/// Writes a number; gives its length.
#[inline(always)]
pub(super) fn any(room: &mut [u8; 24], number: u64) -> usize {
    let (rest, last) = (number / EIGHT, number % EIGHT);
    if rest == 0 {
        return first(room, last);
    }
    let (head, middle) = (rest / EIGHT, rest % EIGHT);
    let mut length;
    if head == 0 {
        length = first(room, middle);
    } else {
        length = four(room, head);
        store(room, length, eight(middle));
        length += 8;
    }
    store(room, length, eight(last));
    length + 8
}

static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < pairs.len() {
        pairs[number] = [b'0' + number as u8 / 10, b'0' + number as u8 % 10];
        number += 1;
    }
    pairs
};

/// All digits of a number below [`EIGHT`].
#[inline(always)]
pub(super) fn eight(number: u64) -> [u8; 8] {
    (values(number) | ZEROS).to_le_bytes()
}

/// A number below [`EIGHT`] without the zeros before it.
#[inline(always)]
fn first(room: &mut [u8; 24], number: u64) -> usize {
    let values = values(number);
    let zeros = (values | 1 << 56).trailing_zeros() & !7;
    store(room, 0, ((values | ZEROS) >> zeros).to_le_bytes());
    8 - zeros as usize / 8
}

const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// What the eight digits of a number are worth, the first one in the lowest byte: two halves of four, then four pairs, then eight
/// digits are divided at once.
#[inline(always)]
fn values(number: u64) -> u64 {
    let fours = (number / 10_000) | (number % 10_000) << 32;
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = hundreds | (fours - 100 * hundreds) << 16;
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | (pairs - 10 * tens) << 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_whole() {
        let powers =
            (0..20).map(|power| 10_u64.pow(power)).flat_map(|power| [power - 1, power, power + 1, power / 7 * 5]);
        for number in (0..20_000).chain((0..EIGHT).step_by(9_973)).chain(powers).chain([u64::MAX]) {
            let mut room = [0; 24];
            let length = any(&mut room, number);
            assert_eq!(std::str::from_utf8(&room[..length]), Ok(&*number.to_string()));
            if number < 10_000 {
                let length = four(&mut room, number);
                assert_eq!(std::str::from_utf8(&room[..length]), Ok(&*number.to_string()));
            }
        }
    }
}
