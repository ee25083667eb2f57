//! A function may come out of a macro, whole or in parts.

#![deny(warnings, unused)]

use humanloop::{prompt, tool};

macro_rules! whole {
    ($($item:item)*) => { $(#[tool] $item)* };
}

whole! {
    fn whole(a: u8) -> u8 { a }
    async fn whole_async(a: u8) -> u8 { a }
}

macro_rules! parts {
    ($visibility:vis $name:ident, $argument:ident: $type:ty, $body:block) => {
        #[tool(skip($argument))]
        $visibility fn $name($argument: $type, other: u8) -> $type {
            let _ = other;
            let result = $body;
            result
        }
    };
}

parts!(pub parts, argument: Vec<u8>, {
    let mut argument = argument;
    argument.push(1);
    argument
});

macro_rules! body {
    ($name:ident $body:block) => {
        #[prompt(model = "gpt-4", template = "{{question}}")]
        async fn $name(#[allow(unused_variables)] question: &str) -> usize $body
    };
}

body!(body { 3 });

fn outer() -> u8 {
    #[tool]
    fn inner(a: u8) -> u8 { a + 1 }
    inner(1)
}

fn main() {
    assert_eq!(whole(1), 1);
    drop(whole_async(1));
    assert_eq!(parts(vec![], 0), [1]);
    drop(body(""));
    assert_eq!(outer(), 2);
}
