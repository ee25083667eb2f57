//! Attributes above, below and inside keep their effect.

#![deny(warnings, unused)]

use humanloop::tool;

#[must_use]
#[tool]
#[inline(never)]
#[doc(hidden)]
pub fn several(a: u8) -> u8 { a }

#[tool]
fn inner_attributes() -> u8 {
    #![allow(unused_variables)]
    #![allow(unused_mut, reason = "more than one")]
    let mut x = 1;
    2
}

#[tool]
#[allow(unused_variables)]
fn allowed(a: u8) {}

#[expect(unused_variables)]
#[tool]
fn expected(a: u8) {}

#[cfg_attr(all(), tool(name = "conditional"), must_use)]
fn conditional() -> u8 { 3 }

#[tool]
#[cfg(any())]
fn gone() -> Nothing {}

/// Documented above.
#[tool]
/// And below.
#[deprecated]
pub fn documented() {}

#[tool]
extern "C" fn foreign(a: u8) -> u8 { a }

/// # Safety
///
/// None needed.
#[tool]
pub unsafe fn needs_care(pointer: *const u8) -> u8 {
    unsafe { *pointer }
}

#[tool]
#[tokio::main(flavor = "current_thread")]
async fn below() -> u8 {
    tokio::task::yield_now().await;
    4
}

#[tokio::main(flavor = "current_thread")]
#[tool]
async fn above() -> u8 {
    tokio::task::yield_now().await;
    5
}

#[test]
#[tool]
fn test_above() {}

#[tool]
#[test]
fn test_below() {}

#[tool]
fn main() {
    assert_eq!(several(1), 1);
    assert_eq!(inner_attributes(), 2);
    allowed(1);
    expected(1);
    assert_eq!(conditional(), 3);
    #[expect(deprecated)]
    documented();
    assert_eq!(foreign(1), 1);
    assert_eq!(unsafe { needs_care(&7) }, 7);
    assert_eq!(below(), 4);
    assert_eq!(above(), 5);
}
