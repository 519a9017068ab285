//! The integration tests: the built program against scripted peers, pipes and terminals.
//!
//! One crate, a `mod` per area, so that the support is compiled once. `support` says how a test
//! looks.

mod address;
mod benches;
mod certificates;
mod closes;
mod compression;
mod connect;
mod credentials;
mod curl;
mod data;
mod demo;
mod echo;
mod examples;
mod expect;
mod faults;
mod help;
mod hints;
mod identity;
mod json;
mod limits;
mod memory;
mod network;
mod peers;
mod pipe;
mod prompt;
mod proxy;
mod readme;
mod received;
mod records;
mod redirects;
mod refusals;
mod rooms;
mod schema;
mod screen;
mod session_files;
mod signals;
mod streams;
mod support;
mod support_works;
mod test_command;
mod timing;
mod tls;
mod upgrade;
mod verbose;
