//! The examples, run as programs, and what they leave in the store.
