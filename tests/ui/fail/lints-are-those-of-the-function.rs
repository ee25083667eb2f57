#![deny(unused_variables, unused_mut, unused_assignments, dead_code, unreachable_code, unused_must_use, unused_parens)]

use humanloop::{flow, tool};

#[tool]
pub fn arguments(used: u8, unused: &str, (left, right): (u8, u8)) -> u8 { used + left }

#[tool]
pub async fn arguments_async(used: u8, unused: &str, mut assigned: u8) -> u8 {
    assigned = 3;
    used
}

#[tool]
pub fn mutable(mut a: u8, (mut b, c): (u8, u8)) -> u8 { a + b + c }

#[flow(metadata(count = count))]
pub fn recorded_but_unused(count: u8) {}

#[tool]
fn dead() {}

#[tool]
pub async fn unreachable() -> u8 {
    return 1;
    println!();
}

#[tool]
#[must_use]
pub fn important() -> u8 { (1) }

pub fn main() {
    important();
}
