#![allow(unused)]

use humanloop::{Error, Texts, prompt};

#[prompt(model = "gpt-4")]
async fn no_template(question: &str) -> Result<String, Error>;

#[prompt(template = "{{question}}")]
async fn no_model(question: &str) -> Result<String, Error>;

#[prompt(model = "gpt-4", template = "{{question}}")]
fn not_async(question: &str) -> Result<String, Error>;

#[prompt(model = "gpt-4", template = "{{question}}")]
async fn no_return_type(question: &str);

#[prompt(model = "gpt-4", template = "{{question}}")]
async fn stream_behind_await(question: &str) -> Result<impl Stream<Item = Result<String, Error>>, Error>;

#[prompt(model = "gpt-4", template = "{{question}}", retry(2))]
fn stream_again(question: &str) -> Texts;

#[prompt(model = "gpt-4", template = "{{question}}", retry = 2, timeout = "30s", check)]
async fn options(question: &str) -> Result<String, Error>;

#[prompt(model = "gpt-4", template = "{{question}}", retry(2), timeout = 30, check = is_short)]
async fn has_a_body(question: &str) -> Result<String, Error> {
    Ok(String::new())
}

fn main() {}
