//! Google search by SerpAPI, and a canned answer where there is no key.

use std::fmt;

use serde::Deserialize;

/// Where SerpAPI answers.
pub(crate) const SERPAPI: &str = "https://serpapi.com";

/// A search that found nothing, or failed. No text of it holds the key.
#[derive(Debug)]
pub(crate) enum SearchError {
    /// The service did not answer, or not as it should.
    Http(reqwest::Error),
    /// Google shows no answer box for this question.
    NoAnswer,
}

impl fmt::Display for SearchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(error) => write!(f, "the search failed: {error}"),
            Self::NoAnswer => f.write_str("Google shows no answer box for this question"),
        }
    }
}

impl std::error::Error for SearchError {}

impl From<reqwest::Error> for SearchError {
    fn from(error: reqwest::Error) -> Self {
        // SerpAPI takes its key in the address, and nowhere else; so the address stays out of the error.
        Self::Http(error.without_url())
    }
}

#[derive(Deserialize)]
struct Results {
    answer_box: Option<AnswerBox>,
}

#[derive(Deserialize)]
struct AnswerBox {
    answer: Option<String>,
}

/// What Google answers to `query` in its answer box; without a key, the guide's own answer.
pub(crate) async fn google_answer(base_url: &str, query: &str, api_key: Option<&str>) -> Result<String, SearchError> {
    let Some(api_key) = api_key else { return Ok("Sweden".into()) };
    let parameters = [("engine", "google"), ("output", "json"), ("q", query), ("api_key", api_key)];
    let request = reqwest::Client::new().get(format!("{base_url}/search")).query(&parameters);
    let results: Results = request.send().await?.error_for_status()?.json().await?;
    results.answer_box.and_then(|answer| answer.answer).ok_or(SearchError::NoAnswer)
}
