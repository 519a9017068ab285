//! The integration tests: the built program against scripted peers, pipes and terminals.
//!
//! One crate, a `mod` per area, so that the support is compiled once. `support` says how a test
//! looks.

mod closes;
mod data;
mod json;
mod limits;
mod peers;
mod pipe;
mod received;
mod rooms;
mod signals;
mod streams;
mod support;
mod support_works;
