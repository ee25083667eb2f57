use humanloop::{Error, prompt};

struct NotRead;

#[derive(Debug)]
struct NotFromOurs;

#[prompt(model = "gpt-4", template = "{{question}}")]
async fn no_result(question: &str) -> String;

#[prompt(model = "gpt-4", template = "{{question}}")]
async fn not_deserialize(question: &str) -> Result<NotRead, Error>;

#[prompt(model = "gpt-4", template = "{{question}}")]
async fn other_error(question: &str) -> Result<String, NotFromOurs>;

#[prompt(model = "gpt-4", template = "{{question}}", stream)]
fn other_items(question: &str) -> std::pin::Pin<Box<dyn futures_core::Stream<Item = u8> + Send>>;

fn wrong_check(_: &u8) -> Result<(), String> {
    Ok(())
}

#[prompt(model = "gpt-4", template = "{{question}}", check = wrong_check)]
async fn checked(question: &str) -> Result<String, Error>;

fn main() {}
