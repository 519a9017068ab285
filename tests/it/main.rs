//! The integration tests: the built program against scripted peers, pipes and terminals.
//!
//! One crate, a `mod` per area, so that the support is compiled once. `support` says how a test
//! looks.

mod curl;
mod identity;
mod peers;
mod rooms;
mod support;
mod support_works;
