//! Every form of function under an attribute.
//!
//! `docs/attribute-cases.md` numbers the cases; a test is named for its number and the rule. The crate denies every lint there is,
//! so that nothing an expansion adds is ever the user's to silence. Without the feature `enable` all of it is compiled out,
//! and the same values have to come out: `cargo test -p humanloop-forms --no-default-features`.

#![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery)]
#![cfg_attr(
    not(feature = "enable"),
    allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_value,
        clippy::manual_async_fn,
        clippy::unused_self,
        clippy::unused_async,
        reason = "of bare functions these are true, and these forms are what is tested"
    )
)]
#![deny(unsafe_code)]
#![cfg(any(test, doctest))]

// Runs a function, and gives what it recorded.
mod record;

// Values, errors, patterns: what goes in and what comes out.
mod values;
// What a type can do decides how its value is kept.
mod capture;
// Names of the user's and of ours.
mod names;
// What a function may return.
mod returns;
// Methods, traits, `async_trait`.
mod methods;
// Attributes above, below and inside; macros.
mod attributes;
// Futures, tasks and threads.
mod context;
// Panics, dropped futures, endings.
mod endings;
// Streams and iterators.
mod streams;
// What is not let out.
mod secrets;
// The text of the function.
mod source;
// Drops and auto traits, as without the attribute.
mod unchanged;
// Forms that other crates' attributes refuse or get wrong.
mod rivals;

/// Case 56: a function of a doctest has its text, and says how far it can be trusted.
///
/// ```
#[cfg_attr(doctest, doc = include_str!("source/doctest.in"))]
/// assert!(source == TEXT && kind == "Exact", "{kind}: {source}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// One that is compiled alone is no file of its own, so its text is printed from the tokens.
///
/// ```standalone_crate
#[cfg_attr(doctest, doc = include_str!("source/doctest.in"))]
/// assert!(source.contains("a + 1") && (source == TEXT) == (kind == "Exact"), "{kind}: {source}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(all(doctest, feature = "enable"))]
pub struct Doctests;
