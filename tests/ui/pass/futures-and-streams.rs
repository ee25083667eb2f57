//! A function that returns a future or a stream runs its statements once, at the call, and hands on the same values.

#![deny(warnings, unused, rust_2018_idioms)]

use std::cell::Cell;
use std::future::Ready;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use humanloop::tool;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type BoxStream<'a, T> = Pin<Box<dyn Stream<Item = T> + Send + 'a>>;

#[tool]
fn opaque(count: &Cell<u8>) -> impl Future<Output = u8> + use<> {
    count.set(count.get() + 1);
    let count = count.get();
    let future = async move { count };
    future
}

#[tool]
fn borrowing(text: &str) -> impl Future<Output = usize> + Send + '_ {
    async move { text.len() }
}

#[tool]
fn boxed(count: Rc<Cell<u8>>) -> Pin<Box<dyn Future<Output = Result<u8, String>>>> {
    count.set(count.get() + 1);
    Box::pin(async move { Ok(count.get()) })
}

#[tool]
fn boxed_by_name<'a>(text: &'a str) -> BoxFuture<'a, usize> {
    Box::pin(async move { text.len() })
}

#[tool]
fn a_type_of_its_own() -> Ready<u8> { std::future::ready(3) }

#[tool]
async fn a_future_in_a_future() -> Ready<u8> { std::future::ready(4) }

struct Numbers(u8);

impl Stream for Numbers {
    type Item = Result<u8, String>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0 += 1;
        Poll::Ready((self.0 < 4).then_some(Ok(self.0)))
    }
}

#[tool]
fn stream(start: u8) -> impl Stream<Item = Result<u8, String>> + Send + Unpin { Numbers(start) }

#[tool]
fn boxed_stream(start: u8) -> Pin<Box<dyn Stream<Item = Result<u8, String>> + Send>> { Box::pin(Numbers(start)) }

#[tool(skip_output)]
fn boxed_stream_by_name<'a>(_text: &'a str) -> BoxStream<'a, Result<u8, String>> { Box::pin(Numbers(0)) }

struct StreamConfig;

#[tool]
fn named_like_a_stream() -> StreamConfig { StreamConfig }

fn send<T: Send>(value: T) -> T { value }

fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not ready"),
    }
}

fn collect<T>(stream: impl Stream<Item = Result<T, String>>) -> Vec<T> {
    let mut stream = pin!(stream);
    let mut items = Vec::new();
    while let Poll::Ready(Some(item)) = stream.as_mut().poll_next(&mut Context::from_waker(Waker::noop())) {
        items.push(item.unwrap());
    }
    items
}

fn main() {
    let count = Rc::new(Cell::new(0));
    let future = opaque(&count);
    assert_eq!(count.get(), 1);
    assert_eq!(ready(future), 1);
    assert_eq!(ready(send(borrowing("abc"))), 3);
    assert_eq!(ready(boxed(count.clone())), Ok(2));
    assert_eq!(ready(send(boxed_by_name("abcd"))), 4);
    assert_eq!(ready(a_type_of_its_own()), 3);
    assert_eq!(ready(ready(a_future_in_a_future())), 4);
    assert_eq!(collect(send(stream(1))), [2, 3]);
    assert_eq!(collect(send(boxed_stream(0))), [1, 2, 3]);
    assert_eq!(collect(boxed_stream_by_name("")), [1, 2, 3]);
    let StreamConfig = named_like_a_stream();
}
