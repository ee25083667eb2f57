#![allow(unused)]

use humanloop::{Error, prompt};

#[prompt(template_file = "tests/prompts/mistakes.prompt")]
async fn mistakes(question: &str) -> Result<String, Error>;

#[prompt(template_file = "tests/prompts/variables.prompt")]
async fn variables(question: &str) -> Result<String, Error>;

#[prompt(model = "gpt-4", template_file = "tests/prompts/plain.txt", template = "{{question}}")]
async fn two(question: &str) -> Result<String, Error>;

fn main() {}
