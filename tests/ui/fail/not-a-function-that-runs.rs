#![allow(unused)]

use humanloop::{flow, tool};

#[tool]
const fn constant() -> u8 {
    1
}

#[tool]
pub struct Structure;

#[flow]
impl Structure {
    fn method() {}
}

trait Search {
    #[tool]
    fn search(&self);
}

#[flow]
async fn without_a_body(question: &str) -> String;

// All of them are still there, so these are no errors.
fn main() {
    const _: u8 = constant();
    let _ = Structure;
    Structure::method();
    let _ = without_a_body("");
}
