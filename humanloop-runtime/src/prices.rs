//! What tokens cost: a table that is data, dated and replaceable. What it gives is an estimate.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::sync::{Arc, LazyLock, RwLock};

use humanloop_api::{Object, Usage};
use serde::Deserialize;

use crate::error::Error;

const VARIABLE: &str = "HUMANLOOP_PRICES";
const BUILT_IN: &str = include_str!("prices.json");

static CURRENT: LazyLock<RwLock<Arc<Prices>>> =
    LazyLock::new(|| RwLock::new(Arc::new(Prices::from_env().unwrap_or_else(|_| Prices::built_in()))));

/// Prices of models, each with the day it was looked up.
///
/// A file of prices (`HUMANLOOP_PRICES`, or [`Prices::load`]) is JSON; what it holds stands above the built-in table:
///
/// ```json
/// { "as_of": "2026-07-24", "models": { "gpt-4o": { "input": 2.5, "output": 10, "cached": 1.25 } } }
/// ```
///
/// Prices are in US dollars for a million tokens: of the prompt, of the answer, and of that part of the prompt that the
/// provider had in its cache (without it, such tokens cost what others cost). A model is found by its name; when it is
/// not there, without the vendor before a `/` and without a date at its end. A model that is not in the table has no
/// cost, which is not a cost of nothing.
///
/// ```
/// use humanloop_runtime::prices::Prices;
/// use humanloop_runtime::api::Usage;
///
/// let prices = Prices::empty().with("2026-11-24", "llama-70b", 0.5, 1.5);
/// let usage = Usage { prompt_tokens: 1_000_000, generation_tokens: 100_000, total_tokens: 1_100_000 };
/// let cost = prices.cost("llama-70b", usage, 0).unwrap();
/// assert_eq!((cost.prompt, cost.output, cost.as_of.as_str()), (0.5, 0.15, "2026-11-24"));
/// assert!(prices.cost("another", usage, 0).is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prices {
    models: BTreeMap<String, Price>,
}

#[derive(Clone, Debug, PartialEq)]
struct Price {
    input: f64,
    output: f64,
    cached: Option<f64>,
    as_of: String,
}

/// What a call cost, in US dollars: an estimate from a table of prices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    /// The prompt's tokens.
    pub prompt: f64,
    /// The answer's tokens.
    pub output: f64,
    /// The day of the prices.
    pub as_of: String,
}

impl Prices {
    /// No prices.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The table that comes with the crate.
    pub fn built_in() -> Self {
        Self::empty().and(BUILT_IN).unwrap_or_default()
    }

    /// The built-in table, and above it what the file at `path` says.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or holds something else.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let wrong = |problem: String| Error::Setting { name: VARIABLE, problem };
        let text = std::fs::read_to_string(path)
            .map_err(|error| wrong(format!("`{}` cannot be read: {error}", path.display())))?;
        Self::built_in().and(&text).map_err(|problem| wrong(format!("`{}`: {problem}", path.display())))
    }

    /// The built-in table, and above it the file that `HUMANLOOP_PRICES` names.
    pub(crate) fn from_env() -> Result<Self, Error> {
        match env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            Some(path) => Self::load(path),
            None => Ok(Self::built_in()),
        }
    }

    /// The same with one more price, or another: dollars for a million tokens of prompt and of answer, as of a day.
    pub fn with(mut self, as_of: impl Into<String>, model: impl Into<String>, input: f64, output: f64) -> Self {
        self.models.insert(model.into(), Price { input, output, cached: None, as_of: as_of.into() });
        self
    }

    fn and(mut self, json: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            as_of: String,
            models: BTreeMap<String, Row>,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Row {
            input: f64,
            output: f64,
            #[serde(default)]
            cached: Option<f64>,
        }
        let Table { as_of, models } = serde_json::from_str(json).map_err(|error| {
            format!(
                r#"{error}; write {{"as_of": "2026-07-24", "models": {{"gpt-4o": {{"input": 2.5, "output": 10}}}}}}"#
            )
        })?;
        for (model, Row { input, output, cached }) in models {
            if [Some(input), Some(output), cached].into_iter().flatten().any(|price| price < 0.0) {
                return Err(format!("the price of `{model}` is negative"));
            }
            self.models.insert(model, Price { input, output, cached, as_of: as_of.clone() });
        }
        Ok(self)
    }

    /// What `usage` costs with `model`; `cached` of the prompt's tokens came from the provider's cache. `None` when the
    /// table does not have the model.
    pub fn cost(&self, model: &str, usage: Usage, cached: u64) -> Option<Cost> {
        let price = self.find(model)?;
        let dollars = |tokens: u64, price: f64| tokens as f64 * price / 1e6;
        let cached = cached.min(usage.prompt_tokens);
        let prompt =
            dollars(usage.prompt_tokens - cached, price.input) + dollars(cached, price.cached.unwrap_or(price.input));
        Some(Cost { prompt, output: dollars(usage.generation_tokens, price.output), as_of: price.as_of.clone() })
    }

    fn find(&self, model: &str) -> Option<&Price> {
        let name = model.strip_prefix("models/").unwrap_or(model);
        let bare = name.rsplit_once('/').map_or(name, |(_, name)| name);
        [model, name, bare, undated(name), undated(bare)].into_iter().find_map(|name| self.models.get(name))
    }
}

/// `gpt-4o` of `gpt-4o-2024-08-06`, `claude-sonnet-4` of `claude-sonnet-4-20250514`, and either of `…-latest`.
fn undated(model: &str) -> &str {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(name) = model.strip_suffix("-latest") {
        return name;
    }
    if let Some((name, day)) = model.rsplit_once('-').filter(|(_, day)| day.len() == 8 && is_digits(day)) {
        return if day.starts_with("20") { name } else { model };
    }
    let date = model.len().checked_sub(11).and_then(|at| model.get(at..).map(|date| (at, date.as_bytes())));
    match date {
        Some((at, [b'-', y @ .., b'-', m1, m2, b'-', d1, d2]))
            if y.len() == 4 && [m1, m2, d1, d2].into_iter().chain(y).all(u8::is_ascii_digit) =>
        {
            &model[..at]
        }
        _ => model,
    }
}

/// The prices of this process.
pub(crate) fn current() -> Arc<Prices> {
    CURRENT.read().map_or_else(|poisoned| poisoned.into_inner().clone(), |prices| prices.clone())
}

/// From now on, the prices of this process.
pub(crate) fn set(prices: Prices) {
    match CURRENT.write() {
        Ok(mut current) => *current = Arc::new(prices),
        Err(poisoned) => *poisoned.into_inner() = Arc::new(prices),
    }
}

/// What a log's metadata says of its cost, under `cost`: that it is an estimate and of what day, or that there is no price.
pub(crate) fn note(model: &str, cost: Option<&Cost>) -> Object {
    let mut note = Object::new();
    match cost {
        Some(cost) => {
            note.insert("estimate", &true);
            note.insert("prices_of", &cost.as_of);
        }
        None => note.insert("unknown_price", model),
    }
    note
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLION: Usage = Usage { prompt_tokens: 1_000_000, generation_tokens: 1_000_000, total_tokens: 2_000_000 };

    #[test]
    fn a_model_is_found_by_its_name_without_vendor_and_date() {
        let prices = Prices::built_in();
        let output = |model: &str| prices.cost(model, MILLION, 0).map(|cost| cost.output);
        for model in ["gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-latest", "openai/gpt-4o", "openai/gpt-4o-2024-11-20"] {
            assert_eq!(output(model), Some(10.0), "{model}");
        }
        assert_eq!(output("gpt-4o-2024-05-13"), Some(15.0), "a price of its own");
        assert_eq!(output("claude-sonnet-4-20250514"), Some(15.0));
        for model in ["gpt-4o-audio", "gpt-9", "", "-", "2024-08-06", "ä-2024-08-06", "llama3", "model-12345678"] {
            assert_eq!(output(model), None, "{model}");
        }
    }

    #[test]
    fn tokens_of_the_cache_have_their_price() {
        let cost = Prices::built_in().cost("gpt-4o", MILLION, 400_000).unwrap();
        assert!((cost.prompt - (0.6 * 2.5 + 0.4 * 1.25)).abs() < 1e-9, "{cost:?}");
        let more_than_all = Prices::built_in().cost("gpt-4o", MILLION, u64::MAX).unwrap();
        assert!((more_than_all.prompt - 1.25).abs() < 1e-9);
    }

    #[test]
    fn a_file_stands_above_the_built_in_table_and_keeps_its_day() {
        let mine = r#"{"as_of": "2026-11-01", "models": {"gpt-4o": {"input": 1, "output": 2}}}"#;
        let prices = Prices::built_in().and(mine).unwrap();
        let cost = prices.cost("gpt-4o", MILLION, 0).unwrap();
        assert_eq!((cost.output, cost.as_of.as_str()), (2.0, "2026-11-01"));
        assert_eq!(prices.cost("gpt-4", MILLION, 0).unwrap().output, 60.0);
    }

    #[test]
    fn a_wrong_file_is_told_with_what_to_write() {
        for json in ["", "[]", r#"{"models": {}}"#, r#"{"as_of": "x", "models": {"a": {"input": 1}}}"#] {
            let problem = Prices::empty().and(json).unwrap_err();
            assert!(problem.contains(r#"write {"as_of""#), "{problem}");
        }
        let negative = r#"{"as_of": "x", "models": {"a": {"input": -1, "output": 1}}}"#;
        assert_eq!(Prices::empty().and(negative).unwrap_err(), "the price of `a` is negative");
        let error = Prices::load("no/such/file").unwrap_err().to_string();
        assert!(error.starts_with("HUMANLOOP_PRICES: `no/such/file` cannot be read"), "{error}");
    }
}
