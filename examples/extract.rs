//! Typed extraction: a model reads an invoice into a struct, and is asked again when the answer does not add up.
//!
//! `cargo run --example extract`; set `OPENAI_API_KEY` to ask OpenAI, and `OPENAI_BASE_URL` to ask any server that speaks
//! its API, such as Ollama's at `http://127.0.0.1:11434/v1` (with `MODEL`, the name of a model there, while it is built).

#[path = "support/look.rs"]
mod look;
#[path = "support/offline.rs"]
mod offline;

use std::time::Duration;

use humanloop::provider::{self, Mock};
use humanloop::{Error, Session};
use schemars::JsonSchema;
use serde::Deserialize;

const MODEL: &str = match option_env!("MODEL") {
    Some(model) => model,
    None => "gpt-4o-mini",
};

/// What the model answers with; its schema goes along with the question.
#[derive(Debug, Deserialize, JsonSchema)]
struct Invoice {
    /// Who is to be paid.
    seller: String,
    net: f64,
    tax: f64,
    total: f64,
}

/// What the type cannot say. The words go back to the model.
fn adds_up(invoice: &Invoice) -> Result<(), String> {
    let sum = invoice.net + invoice.tax;
    if (sum - invoice.total).abs() < 0.005 {
        return Ok(());
    }
    Err(format!("`net` and `tax` make {sum:.2}, but `total` is {:.2}", invoice.total))
}

/// Reads an invoice.
#[humanloop::prompt(
    project = "extract_example",
    model = MODEL,
    temperature = 0,
    max_tokens = 120,
    stop = "\n\n",
    template = r#"Invoices, each with its JSON.

Invoice: Two chairs by Oak & Co. 80.00, and 8.00 VAT; please pay 88.00.
JSON: {"seller": "Oak & Co", "net": 80.00, "tax": 8.00, "total": 88.00}

Invoice: Repair of a roof, 300.00. Tax 30.00. Total 330.00. Miller Ltd.
JSON: {"seller": "Miller Ltd", "net": 300.00, "tax": 30.00, "total": 330.00}

Invoice: {{invoice}}
JSON:"#,
    retry(2),
    timeout = 120,
    check = adds_up,
)]
async fn extract(invoice: &str) -> Result<Invoice, Error>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let humanloop = humanloop::init()?;
    let mock = Mock::new().answer(r#"{"seller": "Lamps & More", "net": 50.00, "tax": 5.00, "total": 65.00}"#).answer(
        "Sorry:\n```json\n{\"seller\": \"Lamps & More\", \"net\": 50.00, \"tax\": 5.00, \"total\": 55.00}\n```",
    );
    let provider = offline::provider_or(mock)?;

    let session = Session::new();
    let invoice = "Five lamps from Lamps & More, 50.00. VAT 5.00. Total 55.00.";
    let result = session.scope(provider::scope(provider, extract(invoice))).await;

    humanloop.flush(Duration::from_secs(10));
    match result {
        Ok(Invoice { seller, net, tax, total }) => println!("{seller} wants {total:.2}: {net:.2} and {tax:.2} tax"),
        Err(Error::Unusable(attempts)) => println!("{} answers, and none can be used", attempts.attempts.len()),
        Err(error) => return Err(error.into()),
    }
    look::print_session(&session)
}
