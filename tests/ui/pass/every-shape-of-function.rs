//! Any function with a body keeps its value, its borrows and its signature; nothing of ours is reported by a lint.

#![deny(warnings, unused, rust_2018_idioms, unused_qualifications)]
#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::fmt::Display;

use humanloop::{flow, tool};

#[tool]
fn one_line(a: i32, b: i32) -> i32 { a + b }

#[tool]
async fn one_line_async(a: i32) -> i32 { a }

#[tool]
fn unit() {}

#[tool]
async fn unit_async() {}

#[tool]
fn question_mark(text: &str) -> Result<u8, std::num::ParseIntError> {
    let number: u8 = text.trim().parse()?;
    Ok(number)
}

#[tool]
async fn early_return(number: u8) -> Result<&'static str, Box<dyn std::error::Error + Send + Sync>> {
    if number > 1 {
        return Ok("many");
    }
    if number == 0 {
        Err("none")?;
    }
    Ok("one")
}

#[tool]
fn coerced(yes: bool) -> Box<dyn Display> {
    if yes { Box::new("yes") } else { Box::new(0) }
}

#[tool]
async fn coerced_in_a_result(yes: bool) -> Result<Box<dyn Display + Send>, String> {
    if yes { Ok(Box::new("yes")) } else { Err(String::from("no")) }
}

#[tool]
fn opaque<'a>(words: &'a [&'a str], prefix: &'a str) -> impl Iterator<Item = &'a str> + 'a {
    words.iter().copied().filter(move |word| word.starts_with(prefix))
}

#[tool]
fn opaque_inside(yes: bool) -> Result<impl Display, Infallible> { Ok(if yes { "yes" } else { "no" }) }

#[tool]
async fn opaque_async(count: u8) -> impl Iterator<Item = u8> { 0..count }

#[tool]
fn borrowed_from_an_argument<'a>(pair: &'a mut (u8, u8), _other: &str) -> (&'a mut u8, &'a mut u8) {
    let (left, right) = pair;
    (left, right)
}

#[tool]
async fn borrowed_async(words: &mut Vec<u8>) -> &mut u8 {
    words.push(1);
    words.last_mut().unwrap()
}

#[tool]
fn never() -> ! {
    std::process::exit(0)
}

#[tool]
async fn never_async() -> ! {
    loop {
        std::future::pending::<()>().await;
    }
}

#[tool]
fn uninhabited() -> Result<Infallible, String> { Err(String::new()) }

#[tool]
fn breaks_a_labelled_loop() -> u8 {
    let mut n = 0;
    'outer: loop {
        loop {
            n += 1;
            if n == 3 {
                break 'outer;
            }
        }
    }
    n
}

#[tool]
fn recursive(n: u32) -> u32 { if n == 0 { 0 } else { n + recursive(n - 1) } }

#[tool]
async fn recursive_async(n: u32) -> u32 { if n == 0 { 0 } else { n + Box::pin(recursive_async(n - 1)).await } }

struct Counter(u8);

impl Counter {
    #[tool]
    fn new(start: u8) -> Self { Self(start) }

    #[tool]
    fn get(&self) -> u8 { self.0 }

    #[tool]
    fn add(&mut self, more: u8) -> &mut u8 {
        self.0 += more;
        &mut self.0
    }

    #[tool]
    fn consume(mut self) -> u8 {
        self.0 += 1;
        self.0
    }

    #[tool]
    async fn shared(self: std::sync::Arc<Self>) -> u8 { self.0 }

    #[tool]
    fn pinned(self: std::pin::Pin<&mut Self>) -> u8 { self.0 }

    #[tool]
    async fn get_async(&self) -> &u8 { &self.0 }
}

trait Search {
    fn search(&self, query: &str) -> impl Future<Output = String> + Send;

    #[flow]
    fn twice(&self, query: &str) -> String { query.repeat(2) }
}

impl Search for Counter {
    #[tool]
    async fn search(&self, query: &str) -> String { format!("{query} {}", self.0) }
}

fn ready<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("not ready"),
    }
}

fn main() {
    assert_eq!(one_line(1, 2), 3);
    assert_eq!(ready(one_line_async(1)), 1);
    unit();
    ready(unit_async());
    assert_eq!(question_mark(" 7 "), Ok(7));
    assert!(question_mark("x").is_err());
    assert_eq!(ready(early_return(2)).unwrap(), "many");
    assert_eq!(ready(early_return(0)).unwrap_err().to_string(), "none");
    assert_eq!(coerced(true).to_string(), "yes");
    assert_eq!(ready(coerced_in_a_result(false)).err().unwrap(), "no");
    assert_eq!(opaque(&["ab", "ba"], "a").collect::<Vec<_>>(), ["ab"]);
    assert!(opaque_inside(true).is_ok());
    assert_eq!(ready(opaque_async(3)).sum::<u8>(), 3);
    let mut pair = (1, 2);
    *borrowed_from_an_argument(&mut pair, "").1 += 1;
    assert_eq!(pair, (1, 3));
    *ready(borrowed_async(&mut Vec::new())) += 1;
    assert!(uninhabited().is_err());
    assert_eq!(breaks_a_labelled_loop(), 3);
    assert_eq!(recursive(10), 55);
    assert_eq!(ready(recursive_async(10)), 55);
    let mut counter = Counter::new(1);
    *counter.add(2) += 1;
    assert_eq!((counter.get(), *ready(counter.get_async())), (4, 4));
    assert_eq!(ready(counter.search("q")), "q 4");
    assert_eq!(counter.twice("q"), "qq");
    assert_eq!(std::pin::Pin::new(&mut counter).pinned(), 4);
    assert_eq!(counter.consume(), 5);
    assert_eq!(ready(std::sync::Arc::new(Counter(9)).shared()), 9);
    drop(never_async());
    never();
}
