//! A program whose recording is compiled out: a prompt without a body asks its model all the same.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use humanloop::provider::{self, Mock};
use humanloop::{Error, prompt};

#[prompt(model = "gpt-4", template = "Question: {{question}}")]
async fn answer(question: &str) -> Result<String, Error>;

fn main() -> Result<(), Error> {
    let mock = Mock::new().answer_when("Question: who?", "Sweden");
    let mut asked = pin!(provider::scope(mock, answer("who?")));
    let Poll::Ready(answer) = asked.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        unreachable!("the mock does not wait");
    };
    println!("{}, and not recorded", answer?);
    Ok(())
}
