//! The tests of the crate as users see it, in one binary so that they link once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

// What an annotated function records: source, inputs, output, error, time.
mod capture;
// Sessions and nesting, over tasks, threads and runtimes.
mod context;
// Wrong settings, wrong places: what a user is told.
mod bad_input;
// Which calls are recorded at all: sampling, logging off, delivery's own.
mod chosen;
// The examples, run as programs, and what they leave in the store.
mod examples;
// What a stream of a model's leaves in its log.
mod model_streams;
// Prompts without a body.
mod prompt_options;
mod prompts;
// A server for tests.
mod loopback;
// A program that is killed, and what is left of it.
mod interrupted;
// What the next build knows of a function that was edited.
mod builds;
// What the compiler says of the attributes.
mod ui;
// What it says of wrong functions, with and without them.
mod diagnostics;
// Nothing is left without the features.
mod compiled_out;
