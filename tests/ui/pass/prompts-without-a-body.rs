#![deny(warnings)]

use humanloop::{Error, Partials, Response, Texts, prompt};

#[prompt(model = "gpt-4", template = "{{question}}")]
pub async fn text(question: &str) -> Result<String, Error>;

#[prompt(model = "gpt-4", template = "{{question}}", skip(_unused))]
pub async fn boxed(question: String, _unused: &str) -> Result<Response, Box<dyn std::error::Error>>;

#[prompt(model = "gpt-4", template = "{{a}} {{b}}", timeout = std::time::Duration::from_secs(3))]
pub async fn generic<T: serde::de::DeserializeOwned + Send>((a, b): (u8, u8)) -> Result<T, Error>;

#[prompt(model = "gpt-4", template = "{{question}}", timeout = 0.5, check = |text: &String| if text.len() < 9 { Ok(()) } else { Err("too long") })]
pub fn texts(question: &str) -> Texts;

#[prompt(model = "gpt-4", template = "{{question}}")]
pub fn partials(question: &str) -> Partials<Vec<String>>;

pub trait Asks {
    #[prompt(model = "gpt-4", template = "{{question}}")]
    fn ask(&self, question: &str) -> impl Future<Output = Result<String, Error>> + Send;
}

fn is_send<T: Send>(_: T) {}

fn main() {
    is_send(text(""));
    is_send(generic::<u8>((1, 2)));
    is_send(texts(""));
}
