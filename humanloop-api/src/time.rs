//! Points in time, as the wire writes them.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A point in time: nanoseconds since 1970-01-01T00:00:00Z; on the wire RFC 3339 with nanoseconds.
///
/// ```
/// use humanloop_api::Timestamp;
///
/// let time: Timestamp = "2024-01-02T03:04:05.000000006+00:00".parse()?;
/// assert_eq!(time.to_string(), "2024-01-02T03:04:05.000000006+00:00");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The system clock's time.
    pub fn now() -> Self {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(Self(0), |since| Self(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub fn as_nanos(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_nanosecond(self.0.into()).map_err(|_| fmt::Error)?;
        // The clients of v4 want an offset; Python's parser takes `Z` only since 3.11.
        let text = format!("{time:.9}");
        write!(f, "{}+00:00", text.trim_end_matches('Z'))
    }
}

impl FromStr for Timestamp {
    type Err = String;

    /// Reads RFC 3339 with an offset; the error names the text and the form that is wanted.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no time: write it as 2024-01-02T03:04:05+00:00");
        let time: jiff::Timestamp = text.parse().map_err(|_| wrong())?;
        i64::try_from(time.as_nanosecond()).map(Self).map_err(|_| wrong())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
