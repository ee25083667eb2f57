//! The attributes through the compiler: what they accept, and what it says of what they refuse.
//!
//! The texts are those of the toolchain in use; after a change, `TRYBUILD=overwrite cargo test --test it ui` writes them anew.

#[test]
fn attributes_accept_and_refuse_what_they_should() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
