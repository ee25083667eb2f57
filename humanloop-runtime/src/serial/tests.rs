mod limits;
mod random;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::Serialize;
use serde::ser::{Error as _, SerializeMap, SerializeStruct, Serializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{NUMBER, RAW_VALUE, write};

/// What `write` gives after something that is in the buffer already.
fn written<T: ?Sized + Serialize>(value: &T, limit: usize) -> Result<(Vec<u8>, usize), String> {
    let mut out = b"before".to_vec();
    let left_out = write(value, &mut out, limit)?;
    assert_eq!(&out[..6], b"before");
    Ok((out.split_off(6), left_out))
}

#[track_caller]
fn same<T: ?Sized + Serialize>(value: &T) {
    let expected = serde_json::to_string(value).map_err(|error| error.to_string());
    let ours = written(value, usize::MAX).map(|(json, left_out)| {
        assert_eq!(left_out, 0);
        String::from_utf8(json).unwrap()
    });
    assert_eq!(ours, expected);
}

/// As it is, in a list, as a field, in an `Option`, as a newtype's and a variant's content.
#[track_caller]
fn same_everywhere<T: Serialize>(value: T) {
    same(&value);
    same(&[&value, &value]);
    same(&Some(&value));
    same(&Wrapper(&value));
    same(&Holder { first: &value, second: Some(&value), last: 1 });
    same(&Kinds::Newtype(&value));
    same(&Kinds::Tuple(&value, 2));
    same(&Kinds::Struct { content: &value });
    same(&BTreeMap::from([("key", &value), ("other", &value)]));
}

#[derive(Serialize)]
struct Wrapper<T>(T);

#[derive(Serialize)]
struct Holder<T> {
    first: T,
    second: Option<T>,
    last: u8,
}

#[derive(Serialize)]
enum Kinds<T> {
    Newtype(T),
    Tuple(T, u8),
    Struct { content: T },
}

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
enum Plain {
    Unit,
    NoFields(),
    NoNames {},
    #[serde(rename = "a \"quoted\"\nname, longer than a block or two of it")]
    Renamed {
        #[serde(rename = "tab\t")]
        tab: u8,
        #[serde(rename = "")]
        nothing: u8,
        #[serde(rename = "ä name of more than sixteen bytes")]
        long: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        skipped: Option<u8>,
    },
}

#[derive(Serialize)]
#[serde(tag = "kind")]
enum Internal {
    Unit,
    Newtype(BTreeMap<String, u8>),
    Struct { a: u8 },
}

#[derive(Serialize)]
#[serde(tag = "kind", content = "content")]
enum Adjacent {
    Unit,
    Newtype(u8),
    Tuple(u8, u8),
    Struct { a: u8 },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Untagged {
    Unit,
    Newtype(u8),
    Tuple(u8, u8),
    Struct { a: u8 },
}

#[derive(Serialize)]
struct Flat {
    before: u8,
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
    #[serde(flatten)]
    tagged: Internal,
    after: u8,
}

#[derive(Serialize)]
struct Bytes(#[serde(serialize_with = "as_bytes")] &'static [u8]);

fn as_bytes<S: Serializer>(bytes: &&[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// A text piece by piece through `collect_str`.
struct Displayed<T>(T);

impl<T: fmt::Display> Serialize for Displayed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("<{}>\n\"{}\"", self.0, self.0))
    }
}

/// Whether it is written for people.
struct Readable;

impl Serialize for Readable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let readable = serializer.is_human_readable();
        serializer.serialize_bool(readable)
    }
}

/// A map of one key, in the two ways to write its members.
struct Keyed<K>(K);

impl<K: Serialize> Serialize for Keyed<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(&self.0, &1)?;
        map.serialize_key(&self.0)?;
        map.serialize_value(&[2])?;
        map.end()
    }
}

/// What `serde_json` gives its own structs of this kind through.
struct Magic<T>(&'static str, &'static str, T);

impl<T: Serialize> Serialize for Magic<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut magic = serializer.serialize_struct(self.0, 1)?;
        magic.serialize_field(self.1, &self.2)?;
        magic.end()
    }
}

struct Fails(&'static str);

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom(self.0))
    }
}

#[test]
fn numbers_are_written_as_serde_json_writes_them() {
    for power in 0..128 {
        let bit = 1_u128 << power;
        for number in [bit - 1, bit, bit + 1, bit / 3 * 2, bit.wrapping_mul(bit + 7)] {
            same(&number);
            same(&(number as i128));
            same(&(number as i128).wrapping_neg());
            same(&(number as u64, number as u32, number as u16, number as u8));
            same(&(number as i64, number as i32, number as i16, number as i8));
            same(&(number as i64).wrapping_neg());
            same(&f64::from_bits(number as u64));
            same(&f32::from_bits(number as u32));
            same(&(number as f64, number as f32, 1.0 / number as f64, -(number as f32)));
        }
    }
    for power in 0..39 {
        let ten = 10_u128.pow(power);
        same_everywhere([ten - 1, ten, ten + 1]);
        same(&[ten as f64, 1.0 / ten as f64, ten as f64 * 1.1, -(ten as f64)]);
    }
    same_everywhere([0.0, -0.0, 0.1 + 0.2, f64::MIN, f64::MAX, f64::EPSILON, f64::MIN_POSITIVE]);
    same_everywhere([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    same_everywhere([f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MIN, f32::MAX, 0.1, 16_777_216.0]);
    for number in (0..20_000).chain((0..100_000_000_u64).step_by(9_973)) {
        same(&number);
    }
    same_everywhere((i128::MIN, i128::MAX, u128::MAX, i64::MIN, u64::MAX, isize::MIN, usize::MAX));
}

#[test]
fn texts_are_written_as_serde_json_writes_them() {
    for length in 0..40 {
        for at in 0..length {
            for byte in 0..=255_u8 {
                let text: String = (0..length).map(|n| if n == at { char::from(byte) } else { 'x' }).collect();
                same(&text);
                if byte < 0x80 {
                    same(&Keyed(&text));
                }
            }
            for character in ['ä', '€', '🦀', '\u{7f}', '\u{2028}', '\u{ffff}'] {
                let text: String = (0..length).map(|n| if n == at { character } else { 'x' }).collect();
                same_everywhere(text);
            }
        }
        for fill in ["\"", "\\", "\n", "\u{0}", " ", "!", "#", "é"] {
            same_everywhere(fill.repeat(length));
        }
    }
    for long in [500, 5_000, 50_000] {
        same_everywhere("nineteen characters\n".repeat(long / 20));
        same_everywhere("\u{1}".repeat(long));
        same_everywhere("x".repeat(long));
        same_everywhere("🦀\"".repeat(long / 5));
    }
    for character in (0..0x800).chain([0x20ac, 0xfffd, 0x1f980]).filter_map(char::from_u32) {
        same(&character);
        same(&Keyed(character));
    }
}

#[test]
fn structs_and_enums_are_written_as_serde_json_writes_them() {
    same_everywhere(());
    same_everywhere(Unit);
    same_everywhere(Empty {});
    same_everywhere(true);
    same_everywhere(false);
    same_everywhere(None::<u8>);
    same_everywhere(Some(Some(3)));
    same_everywhere(Plain::Unit);
    same_everywhere(Plain::NoFields());
    same_everywhere(Plain::NoNames {});
    for skipped in [None, Some(4)] {
        same_everywhere(Plain::Renamed { tab: 1, nothing: 2, long: 3, skipped });
    }
    same_everywhere([Internal::Unit, Internal::Newtype(BTreeMap::from([("a".into(), 1)])), Internal::Struct { a: 1 }]);
    same_everywhere([Adjacent::Unit, Adjacent::Newtype(1), Adjacent::Tuple(1, 2), Adjacent::Struct { a: 1 }]);
    same_everywhere([Untagged::Unit, Untagged::Newtype(1), Untagged::Tuple(1, 2), Untagged::Struct { a: 1 }]);
    let more = BTreeMap::from([("x".to_owned(), json!({"deep": [1, null]})), ("y".to_owned(), json!(""))]);
    same_everywhere(Flat { before: 1, more, tagged: Internal::Struct { a: 3 }, after: 2 });
    same_everywhere(Bytes(b""));
    same_everywhere(Bytes(&[0, 9, 10, 99, 100, 255]));
    same_everywhere(Displayed("a\t🦀 and a text of some length, which is written in pieces"));
    same_everywhere(Readable);
    same_everywhere((1, "two", [3.5; 2], (), vec![Some(Unit), None]));
    same_everywhere(Vec::<u8>::new());
    same_everywhere(BTreeMap::<u8, u8>::new());
    same_everywhere(HashMap::from([("only", 1)]));
}

#[test]
fn keys_are_written_as_serde_json_writes_them() {
    same(&Keyed("text \"quoted\""));
    same(&Keyed('"'));
    same(&Keyed(true));
    same(&[Keyed(i8::MIN), Keyed(i8::MAX)]);
    same(&[Keyed(i16::MIN), Keyed(i16::MAX)]);
    same(&[Keyed(i32::MIN), Keyed(i32::MAX)]);
    same(&[Keyed(i64::MIN), Keyed(i64::MAX)]);
    same(&[Keyed(i128::MIN), Keyed(i128::MAX)]);
    same(&Keyed(u8::MAX));
    same(&Keyed(u16::MAX));
    same(&Keyed(u32::MAX));
    same(&Keyed(u64::MAX));
    same(&Keyed(u128::MAX));
    same(&[Keyed(1.5_f32), Keyed(f32::NAN)]);
    same(&[Keyed(1.5_f64), Keyed(-0.0)]);
    same(&Keyed(f64::INFINITY));
    same(&Keyed(Some(Wrapper(Some(7)))));
    same(&Keyed(Plain::Unit));
    same(&Keyed(Displayed("x\"y")));
    same(&Keyed(Wrapper(Displayed('\u{1}'))));
}

#[test]
fn what_cannot_be_a_key_fails_with_the_message_of_serde_json() {
    assert_eq!(written(&Keyed(()), 9), Err("key must be a string".into()));
    assert_eq!(written(&Keyed(f32::NAN), 9), Err("float key must be finite (got NaN or +/-inf)".into()));
    same(&Keyed(()));
    same(&Keyed(Unit));
    same(&Keyed(None::<u8>));
    same(&Keyed(Bytes(b"x")));
    same(&Keyed([1]));
    same(&Keyed(vec![1]));
    same(&Keyed((1, 2)));
    same(&Keyed(Plain::NoFields()));
    same(&Keyed(Plain::NoNames {}));
    same(&Keyed(Kinds::Newtype(1)));
    same(&Keyed(Empty {}));
    same(&Keyed(BTreeMap::from([(1, 1)])));
}

#[test]
fn an_error_of_the_types_own_has_the_text_that_serde_json_gives_it() {
    for reason in [
        "",
        "not today",
        "no \"luck\"\n",
        "wrong at line 3 column 5",
        "wrong at line 0 column 5",
        "at line 07 column 1",
    ] {
        same_everywhere(Fails(reason));
        same(&Keyed(Fails(reason)));
    }
}

#[test]
fn json_that_is_written_already_is_copied() {
    for json in ["null", r#"{"a": [1,  2.50, "\u00e4"] }"#, &format!("[{}1]", "1, ".repeat(3_000))] {
        let raw: Box<RawValue> = serde_json::from_str(json).unwrap();
        same_everywhere(&raw);
    }
    for number in ["1", "1.000000000000000000000000000001", "-1e400"] {
        // This build's `serde_json` has no such numbers: it writes the struct as one.
        let json = written(&[Magic(NUMBER, NUMBER, number)], usize::MAX).unwrap().0;
        assert_eq!(json, format!("[{number}]").into_bytes());
    }
    same(&Magic(RAW_VALUE, RAW_VALUE, "[ 1]"));
    same(&Magic(RAW_VALUE, RAW_VALUE, Displayed(1)));
    same(&Magic(RAW_VALUE, RAW_VALUE, 1));
    same(&Magic(RAW_VALUE, "other", "[ 1]"));
    same(&Magic("other", RAW_VALUE, "[ 1]"));
    assert_eq!(written(&Magic(NUMBER, NUMBER, 1), 9), Err("invalid number".into()));
    assert_eq!(written(&Magic(NUMBER, "other", "1"), 9), Err("invalid number".into()));
}

#[test]
fn a_display_that_fails_is_an_error() {
    struct Broken;
    impl fmt::Display for Broken {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            Err(fmt::Error)
        }
    }
    assert_eq!(written(&Displayed(Broken), 99), Err("its Display failed".into()));
}

#[test]
fn a_list_that_says_it_is_empty_and_is_not_is_written_whole() {
    struct Lies;
    impl Serialize for Lies {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(0))?;
            map.serialize_entry("a", &1)?;
            map.end()
        }
    }
    assert_eq!(written(&Lies, 99), Ok((br#"{"a":1}"#.to_vec(), 0)));
}
