//! The integration tests: the built program against scripted peers, pipes and terminals.
//!
//! One crate, a `mod` per area, so that the support is compiled once. `support` says how a test
//! looks.

mod peers;
mod proxy;
mod rooms;
mod support;
mod support_works;
