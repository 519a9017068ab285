//! A command-line WebSocket client. The library is for the program, its tests and its benchmarks, and
//! promises no stable interface.
//!
//! Data flows in one direction:
//!
//! ```text
//!  argv ─> cli ─> plan ─┬─> connect ── stream, upgrade ──┐  short-lived threads with blocking calls
//!  environment, files ──┘                                │
//!                       ├─> source ── what is sent ─────>│  driver: one thread, one poll over
//!                       │      ^ every event             │  connections, source, outputs and signals
//!                       └─> outputs <── every event ─────┘ ── outcome ──> exit code
//! ```
//!
//! Every event goes to the source first, then to each output. Nothing else reaches back into the
//! driver. A module uses only what this table allows (`tests/it/architecture.rs`); `NAME::` stands for
//! the types and traits that `NAME` itself defines, without the modules in it.
//!
//! | module | purpose | may use |
//! | --- | --- | --- |
//! | `main` | the program: parse, run, exit code | `commands`, `plan`, `cli`, `output`, `error`, `http` |
//! | [`commands`] | the commands, a file each | `plan`, `cli`, `driver`, `connect`, `source`, `output`, `terminal`, `picture`, `verdict`, `echo`, `session_file`, `rpc`, `event`, `protocol`, `error`, `exit`, `target`, `http`, `secret`, `text`, `deadline`, `sys` |
//! | [`plan`] | every decision, made once; reads the environment and the config file | `cli`, `driver`, `connect`, `source`, `session_file`, `conversation`, `output`, `event`, `error`, `target`, `http`, `protocol`, `secret`, `text`, `deadline`, `sys` |
//! | [`cli`] | flags, their values, help | `driver::`, `connect`, `source::`, `session_file`, `conversation`, `rpc`, `measure`, `error`, `exit`, `target`, `http`, `protocol`, `secret`, `text` |
//! | [`driver`] | the loop: connections, source, outputs, signals, timers | `connect`, `source::`, `assembly`, `output::`, `event`, `error`, `exit`, `protocol`, `text`, `deadline`, `sys` |
//! | [`connect`] | DNS, TCP, Unix sockets, proxies, TLS, redirects, the opening handshake | `event`, `error`, `target`, `http`, `protocol`, `secret`, `deadline`, `sys` |
//! | [`source`] | where the messages to send come from | `terminal`, `session_file`, `conversation`, `rpc`, `assembly`, `event`, `measure`, `error`, `http`, `protocol`, `text`, `sys` |
//! | `source::prompt` | | `output`, `picture`, `exit` |
//! | [`output`] | how events are shown or saved | `session_file`, `conversation`, `rpc`, `assembly`, `event`, `measure`, `error`, `exit`, `http`, `protocol`, `text`, `sys` |
//! | [`terminal`] | the line editor | `output`, `picture`, `error`, `text`, `sys` |
//! | [`picture`] | images: decoding within limits, drawing on a terminal | |
//! | [`verdict`] | the last line: how the run ended | `driver::`, `output`, `error`, `exit`, `protocol` |
//! | [`echo`] | the echo server, on the WebSocket of tungstenite | `connect`, `error`, `sys` |
//! | [`session_file`] | session files and recordings: parsing, printing | `conversation`, `error`, `http`, `protocol`, `text` |
//! | [`conversation`] | expectations: what matches, and what differs | `protocol`, `text` |
//! | [`rpc`] | JSON-RPC 2.0: requests, and what a message is to the caller | `text` |
//! | [`assembly`] | messages from the pieces that arrive | `event` |
//! | [`measure`] | round trips and load: counts, spread, percentiles, conditions | `text` |
//! | [`event`] | what can happen on a connection | `error`, `http`, `protocol` |
//! | [`error`] | what can fail, with its phase, cause and hint | `conversation`, `exit`, `target`, `http`, `protocol`, `text` |
//! | [`exit`] | exit codes | `protocol` |
//! | [`target`] | URLs and hosts | `http` |
//! | [`http`] | request and response heads, bodies | |
//! | [`protocol`] | RFC 6455 and 7692 without I/O and without a clock | |
//! | [`secret`] | values that are never printed | |
//! | [`deadline`] | one time limit over several steps | |
//! | [`text`] | durations, escapes, shortening, suggestions | |
//! | [`sys`] | poll, pipes, readiness of descriptors | |
//!
//! These crates are used only in the modules beside them:
//!
//! | crate | only in |
//! | --- | --- |
//! | `rustyline` | `terminal` |
//! | `hdrhistogram` | `measure` |
//! | `openssl` | `connect::tls` |
//! | `nix::poll` | `sys`, `connect::race` |
//! | `clap` | `cli`, `commands` |
//! | `toml` | `plan::config` |
//! | `image` | `picture` |

pub mod assembly;
pub mod cli;
pub mod commands;
pub mod connect;
pub mod conversation;
pub mod deadline;
pub mod driver;
pub mod echo;
pub mod error;
pub mod event;
pub mod exit;
pub mod http;
pub mod measure;
pub mod output;
pub mod picture;
pub mod plan;
pub mod protocol;
pub mod rpc;
pub mod secret;
pub mod session_file;
pub mod source;
pub mod sys;
pub mod target;
pub mod terminal;
pub mod text;
pub mod verdict;
