//! The integration tests: the built program against scripted peers, pipes and terminals.
//!
//! One crate, a `mod` per area, so that the support is compiled once. `support` says how a test
//! looks.

mod demo;
mod peers;
mod prompt;
mod rooms;
mod screen;
mod support;
mod support_works;
