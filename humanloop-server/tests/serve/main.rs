//! The server as a program: what its clients and their browsers get.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod endpoints;
mod generate;
mod guards;
mod killed;
mod logs;
mod parity;
mod properties;
mod server;
