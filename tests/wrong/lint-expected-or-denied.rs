#![deny(unused_variables)]
#![warn(missing_docs)]
//! A crate.

#[humanloop::tool]
pub fn undocumented(a: u8) {}

/// Documented.
#[humanloop::tool]
#[expect(unused_variables)]
pub fn expected(a: u8) {}

/// Documented.
#[humanloop::tool]
#[expect(unused_variables, reason = "there is none")]
pub fn expected_in_vain(a: u8) -> u8 {
    a
}

/// Documented.
#[humanloop::tool]
#[allow(unused_variables)]
pub async fn allowed(a: u8) {
    let b = 1;
}

/// Documented.
#[humanloop::tool]
pub async fn inside(a: u8) -> u8 {
    #![allow(unused_variables)]
    let b = 1;
    a
}

/// Documented.
#[humanloop::tool]
pub fn on_a_parameter(#[allow(unused_variables)] a: u8, #[expect(unused_variables)] b: u8) -> u8 {
    b
}
