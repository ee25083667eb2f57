//! A program with humanloop compiled out. `tests/it/compiled_out.rs` runs it, and looks at what it is made of; built together with
//! the rest of the workspace it has the features of the rest, and proves nothing.

use std::any::type_name_of_val;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use humanloop::{Secret, flow, prompt, tool};

/// No type of this crate's can be captured: it would not compile with an option that asks for a trait.
struct Opaque;

#[tool(name = "Search", skip(key))]
fn search(question: &str, key: Secret<&str>) -> usize {
    struct Here;
    assert!(!type_name_of_val(&Here).contains("closure"), "the body stands in a closure");
    question.len() + key.expose().len()
}

#[prompt(model = "gpt-4", template = "{{question}}")]
async fn answer(question: &str, data: [u8; 256], _opaque: Opaque) -> Result<u8, String> {
    std::future::ready(()).await;
    data.first().copied().ok_or_else(|| question.to_owned())
}

async fn answer_bare(question: &str, data: [u8; 256], _opaque: Opaque) -> Result<u8, String> {
    std::future::ready(()).await;
    data.first().copied().ok_or_else(|| question.to_owned())
}

#[flow]
async fn assist(question: &str) -> Result<u8, String> {
    answer(question, [7; 256], Opaque).await
}

fn main() {
    let guard = humanloop::init();
    let size = size_of_val(&answer("", [0; 256], Opaque));
    assert_eq!(size, size_of_val(&answer_bare("", [0; 256], Opaque)), "a future is as large as without the attribute");
    let named = humanloop::Session::with_reference_id("a session");
    let found = named.run(|| humanloop::in_context(|| search("what?", Secret::new("key")))());
    let assisted = pin!(humanloop::session(assist("what?"))).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!((found, assisted), (8, Poll::Ready(Ok(7))));
    drop(guard);
    println!("compiled out");
}
