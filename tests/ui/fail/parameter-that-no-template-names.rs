//! Without a body, what no template names is not sent; the compiler says so as of any variable that nobody uses.

#![allow(unused)]
#![deny(unused_variables)]

use humanloop::{Error, prompt};

#[prompt(
    model = "m",
    template = "{{question}}",
    debug(shown),
    metadata(tenant = tenant.len(), text = format!("{inlined}"))
)]
async fn answer(question: &str, context: &str, shown: u8, tenant: &str, inlined: u8, _known: u8) -> Result<String, Error>;

trait Asks {
    #[prompt(model = "m", template = "{{question}}")]
    fn pieces(&self, question: &str, (left, right): (u8, u8), #[allow(unused_variables)] allowed: u8) -> humanloop::Texts;
}

fn main() {}
