//! `future` and `stream` tell what a return type hides; where there is nothing to tell, they are refused.

#[humanloop::tool(future)]
async fn resolves_anyway() -> u8 {
    1
}

#[humanloop::tool(future, stream)]
fn returns_nothing() {}

#[humanloop::tool(stream = true)]
fn written_otherwise() -> Vec<u8> {
    Vec::new()
}

fn main() {}
