#![allow(unused)]

use humanloop::{flow, prompt, tool};

#[tool(nmae = "Search")]
fn misspelt() {}

#[tool(template = "{{a}}")]
fn of_another_attribute(a: u8) {}

#[prompt(modle = "gpt-4", completely_else)]
fn two_at_once() {}

#[flow("Search")]
fn no_name() {}

// The functions are still there, so these are no errors.
fn main() {
    misspelt();
    of_another_attribute(1);
    two_at_once();
    no_name();
}
