//! Keys that a caller brings along, in place of the environment's.

use std::fmt;

/// Keys by the provider's name, as the `provider_api_keys` of the v4 API; `openai_azure_endpoint` is an address among them.
///
/// ```
/// use humanloop_runtime::provider::Keys;
///
/// let keys: Keys = [("openai", "sk-secret")].into_iter().collect();
/// assert_eq!(format!("{keys:?}"), r#"Keys(["openai"])"#);
/// ```
#[derive(Clone, Default)]
pub struct Keys(Vec<(String, String)>);

impl Keys {
    /// The key of `provider`, if it was given one that is not empty.
    pub(super) fn get(&self, provider: &str) -> Option<String> {
        let (_, key) = self.0.iter().rev().find(|(name, key)| name == provider && !key.trim().is_empty())?;
        Some(key.clone())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Keys {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(keys: I) -> Self {
        Self(keys.into_iter().map(|(name, key)| (name.into(), key.into())).collect())
    }
}

/// Names only.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_tuple("Keys").field(&names).finish()
    }
}
