use serde_json::Value;

use super::{same, written};

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }

    fn text(&mut self) -> String {
        const CHARACTERS: [char; 12] = ['a', 'b', ' ', 'Z', '"', '\\', '\n', '\u{1f}', '\u{7f}', 'é', '€', '🦀'];
        let plain = self.below(3) > 0;
        let length = [8, 40, 300][self.below(3)];
        (0..self.below(length)).map(|_| CHARACTERS[self.below(if plain { 4 } else { 12 })]).collect()
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => (self.below(2) == 0).into(),
            2 => (self.below(usize::MAX) >> self.below(64)).into(),
            3 => (-(self.below(1 << 40) as i64) >> self.below(40)).into(),
            4 => f64::from_bits(self.below(usize::MAX) as u64).into(),
            5 => self.text().into(),
            6 => (0..self.below(6)).map(|_| self.value(depth - 1)).collect(),
            _ => Value::Object((0..self.below(6)).map(|_| (self.text(), self.value(depth - 1))).collect()),
        }
    }
}

#[test]
fn random_values_are_written_as_serde_json_writes_them_and_cut_anywhere() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..5_000 {
        let value = random.value(5);
        same(&value);
        let whole = serde_json::to_vec(&value).unwrap();
        let limit = random.below(whole.len() + 1);
        assert_eq!(written(&value, limit), Ok((whole[..limit].to_vec(), whole.len() - limit)));
    }
}
