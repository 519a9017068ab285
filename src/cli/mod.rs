//! The command line: flags, their help, and their values.
//!
//! The rules for flags:
//!
//! 1. Every flag does something.
//! 2. Every option has a long name. A short name exists only where users of curl, wscat or websocat
//!    expect it. Where these differ, curl's meaning is used, then the most common one.
//! 3. An option has exactly one value and may be repeated for more. No option has an optional
//!    value, because it would consume the URL. Options are allowed before and after the URL.
//! 4. Values may begin with a hyphen where that is common (`-d -1`, `-w -1`).
//! 5. If an option with one value is repeated, the last one is used, so that aliases can be
//!    overridden.
//! 6. Each value is checked once, here, and converted to a type. The error for an invalid one says
//!    what is valid. Combinations of options are checked here as well.
//! 7. A subcommand must be the first word. Its name can't be used as a host.
//! 8. `-h` lists the most common options on 40 lines; `--help` and the man page list all of them.

mod bench;
mod check;
mod commands;
mod complaint;
pub mod config;
mod data;
mod expect;
mod headings;
pub mod help;
pub mod identity;
mod lasting;
mod options;
mod parse;
mod ping;
mod rpc;
mod secret_source;
mod session_options;
mod shared;
mod test;
#[cfg(test)]
mod tests;
mod untrusted;
pub mod usage;
mod values;

use std::ffi::OsString;

use clap::CommandFactory as _;

pub use bench::BenchArgs;
pub use commands::{is_command, ConfigArgs, EchoArgs, Generate};
pub use data::{DataArg, MessageArg};
pub use identity::Login;
pub use lasting::{LastingArgs, TextArg};
pub use options::{ConnectionArgs, OptionArgs, ProtocolArgs};
pub use parse::{parse, parse_with_statements};
pub use ping::PingArgs;
pub use rpc::{ParamsArg, RpcArgs};
pub use secret_source::{HeaderArg, HeaderGroup, SecretSource};
pub use session_options::{ConnectionOptions, OptionParser, SessionOptions, NO_PROMPT};
pub use test::TestArgs;
pub use untrusted::{options as untrusted_options, NotAllowed, UntrustedCheck};
pub use usage::sentence_of;
pub use values::{BinaryAs, ColorChoice, Compress, Shell, VariableValue, MAX_HELD_MESSAGE};

use commands::Cli;

/// A usage error. Help and version are errors of this type as well.
pub type UsageError = clap::Error;

/// What the command line runs.
#[derive(Clone, Debug)]
pub enum Call {
    /// `wsline URL`: send and receive messages.
    Talk {
        /// The URL as typed.
        url: String,
        /// The options.
        options: Box<OptionArgs>,
    },
    /// `wsline test`: run session files.
    Test {
        /// The files and how to run them.
        test: Box<TestArgs>,
        /// The options after `--`, for their connections.
        options: Box<SessionOptions>,
    },
    /// `wsline demo`: send and receive messages with a built-in server.
    Demo {
        /// The options.
        options: Box<OptionArgs>,
    },
    /// `wsline demo --flipbook`: an animation over WebSocket and by HTTP polling.
    Flipbook {
        /// How the connections are made.
        options: Box<OptionArgs>,
    },
    /// `wsline ping`: measure round trips.
    Ping {
        /// What is sent, and how it is printed.
        ping: Box<PingArgs>,
        /// How the connection is made.
        options: Box<OptionArgs>,
    },
    /// `wsline rpc`: call a method by JSON-RPC.
    Rpc {
        /// The call, and how long to wait.
        rpc: Box<RpcArgs>,
        /// How the connection is made.
        options: Box<OptionArgs>,
    },
    /// `wsline bench`: measure throughput and latency under load.
    Bench {
        /// What is sent, and how it is printed.
        bench: Box<BenchArgs>,
        /// How the connections are made.
        options: Box<OptionArgs>,
    },
    /// `wsline echo`: run an echo server.
    Echo(EchoArgs),
    /// `wsline curl`: connect as a copied curl command does. The words follow `curl`.
    Curl(Vec<OsString>),
    /// `wsline config`: show the config file.
    Config(ConfigArgs),
    /// `wsline help`: print a topic of the man page, or the list of them.
    Help(Option<String>),
    /// `wsline generate`: print completions or the man page.
    Generate(Generate),
}

/// The command line as a clap command, from which help, completions and man page are generated.
#[must_use]
pub fn command() -> clap::Command {
    help::describe(Cli::command())
}

/// The long help of a command, as it is printed without a terminal.
#[must_use]
pub fn help_of(name: &str) -> Option<String> {
    let mut command = command();
    command.build();
    let command = command.find_subcommand_mut(name)?;
    Some(command.render_long_help().to_string())
}
