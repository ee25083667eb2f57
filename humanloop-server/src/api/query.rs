//! What stands behind the `?`, and pages.

use std::ops::RangeInclusive;

use axum::extract::{FromRequestParts, Query as Pairs};
use axum::http::request::Parts;
use humanloop_api::{Object, Timestamp};
use humanloop_store::Window;
use serde::Serialize;

use super::Problem;

/// The parameters of a request. A parameter that is not known is passed over.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = Pairs::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        pairs.map(|Pairs(pairs)| Self(pairs)).map_err(|error| Problem::field(&["query"], error.to_string()))
    }
}

impl Query {
    /// The parameter `name`; one without a text counts as not given.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All parameters `name`.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, value)| known == name && !value.is_empty()).map(|(_, value)| &**value)
    }

    /// The parameter `name`, which has to be there.
    pub(crate) fn needed(&self, name: &str) -> Result<&str, Problem> {
        self.text(name).ok_or_else(|| Problem::field(&["query", name], "field required"))
    }

    /// A day such as 2024-01-01, or a time with an offset. A day stands for its begin, and with `end` for its end.
    pub(crate) fn time(&self, name: &str, end: bool) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let of_day = if end { "T23:59:59.999999999Z" } else { "T00:00:00Z" };
        // The `+` of an offset that was not escaped reads as a space.
        let text = text.replace(' ', "+");
        let text = if text.len() == 10 { text + of_day } else { text };
        text.parse().map(Some).map_err(|error: String| Problem::field(&["query", name], error))
    }

    fn number(&self, name: &str, default: usize, range: RangeInclusive<usize>) -> Result<usize, Problem> {
        let Some(text) = self.text(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        let (least, most) = (range.start(), range.end());
        number.ok_or_else(|| Problem::field(&["query", name], format!("write a number from {least} to {most}")))
    }

    /// The page that is asked for, of a list whose first page is `first`.
    pub(crate) fn page(&self, first: usize, size: usize) -> Result<Page, Problem> {
        let number = self.number("page", first, first..=1_000_000_000)?;
        Ok(Page { first, number, size: self.number("size", size, 1..=1_000)? })
    }
}

/// A page of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    first: usize,
    number: usize,
    size: usize,
}

impl Page {
    /// The part of the list that it is.
    pub(crate) fn window(self) -> Window {
        Window { limit: self.size, offset: (self.number - self.first) * self.size, after: None }
    }

    /// The answer.
    pub(crate) fn of(self, records: &[impl Serialize], total: u64) -> Object {
        let mut answer = Object::new();
        answer.insert("records", records);
        answer.insert("page", &self.number);
        answer.insert("size", &self.size);
        answer.insert("total", &total);
        answer
    }
}
