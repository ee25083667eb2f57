//! Feedback on a log (v4 document, section 5.8).

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What somebody thinks of a log.
///
/// ```
/// use humanloop_api::Feedback;
///
/// let feedback = Feedback { data_id: Some("data_1".into()), ..Feedback::new("rating", "good") };
/// assert_eq!(serde_json::to_string(&feedback)?, r#"{"type":"rating","value":"good","data_id":"data_1"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// `rating`, `action`, `issue`, `correction`, `comment`, or a name of your own.
    #[serde(rename = "type")]
    pub kind: String,
    /// The value; not needed with `unset`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<FeedbackValue>,
    /// The log's id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub data_id: Option<String>,
    /// Who gives it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
    /// When it was given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_at: Option<Timestamp>,
    /// Takes an earlier feedback of this type back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unset: Option<bool>,
}

impl Feedback {
    /// A feedback of the type `kind`.
    pub fn new(kind: impl Into<String>, value: impl Into<FeedbackValue>) -> Self {
        Self { kind: kind.into(), value: Some(value.into()), ..Self::default() }
    }
}

/// A feedback's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FeedbackValue {
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// Several choices.
    Choices(Vec<String>),
}

impl From<bool> for FeedbackValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for FeedbackValue {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for FeedbackValue {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for FeedbackValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
