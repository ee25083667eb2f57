//! The server as a program: what its clients and their browsers get.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod generate;
mod guards;
mod logs;
mod parity;
mod properties;
mod server;
