//! A JSON object that keeps its keys in the order they came, and its values as they were written.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A JSON object in the order it was written: inputs in the order of the function's parameters.
///
/// `serde_json::Map` sorts its keys unless a feature changes it for the whole program, and parses every value.
/// Here a value stays the text it was, so that big inputs pass through unparsed.
///
/// ```
/// use humanloop_api::Object;
///
/// let mut inputs = Object::new();
/// inputs.insert("q", &"Eurovision");
/// inputs.insert("limit", &3);
/// assert_eq!(inputs.get("limit").map(|value| value.get()), Some("3"));
/// assert_eq!(serde_json::to_string(&inputs)?, r#"{"q":"Eurovision","limit":3}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Object(Vec<(String, Box<RawValue>)>);

impl Object {
    /// An object without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key` to `value`; a value that does not serialize becomes `{"$unserializable": "<reason>"}`.
    pub fn insert(&mut self, key: impl Into<String>, value: &(impl Serialize + ?Sized)) {
        self.insert_raw(key, json(value));
    }

    /// Sets `key` to a value that is JSON already.
    pub fn insert_raw(&mut self, key: impl Into<String>, value: Box<RawValue>) {
        let key = key.into();
        match self.0.iter_mut().find(|(existing, _)| *existing == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    /// Appends a value that is JSON already under `key`, also when that key is there, as JSON may have it twice.
    pub fn push(&mut self, key: impl Into<String>, value: Box<RawValue>) {
        self.0.push((key.into(), value));
    }

    /// Sets all keys of `other`.
    pub fn extend(&mut self, other: Self) {
        for (key, value) in other.0 {
            self.insert_raw(key, value);
        }
    }

    /// The JSON text of `key`.
    pub fn get(&self, key: &str) -> Option<&RawValue> {
        self.0.iter().find(|(existing, _)| existing == key).map(|(_, value)| &**value)
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(key, value)| (key.as_str(), &**value))
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Equal when keys, order and JSON texts are equal.
impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other.iter()).all(|((a, x), (b, y))| a == b && x.get() == y.get())
    }
}

impl<K: Into<String>, V: Serialize> FromIterator<(K, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut object = Self::new();
        for (key, value) in pairs {
            object.insert(key, &value);
        }
        object
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Object;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut object = Object::new();
                while let Some((key, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    object.push(key, value);
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// `value` as JSON text; one that does not serialize becomes `{"$unserializable": "<reason>"}`.
pub fn json(value: &(impl Serialize + ?Sized)) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap_or_else(|error| {
        let reason = serde_json::Value::String(error.to_string());
        raw(format!("{{\"$unserializable\":{reason}}}")).unwrap_or_default()
    })
}

/// JSON text as a value; `None` when it is not JSON.
pub fn raw(text: impl Into<String>) -> Option<Box<RawValue>> {
    RawValue::from_string(text.into()).ok()
}
