//! The command line: flags, their help, and their values.
//!
//! The rules for flags:
//!
//! 1. A flag does something, or it is not there.
//! 2. Every option has a long name; a short one only where people's fingers know the letter from
//!    curl, wscat or websocat. Where those disagree, curl's meaning wins, then the commoner one.
//! 3. No option is greedy: one value each, repeat it for more. None has an optional value, which
//!    would swallow the URL. Options stand before or after the URL.
//! 4. A value that people write may begin with a hyphen (`-d -1`, `-w -1`).
//! 5. Of an option with one value the last one counts, so that aliases can be overruled.
//! 6. A value is checked here, once, and leaves as a type; what is wrong with it is a sentence
//!    that says what would be right. So do options that don't go together.
//! 7. A subcommand comes first, and its name is then no host.
//! 8. `-h` has what is needed daily, in 40 lines; `--help` and the man page have everything.

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
mod secret_source;
mod shared;
mod test;
#[cfg(test)]
mod tests;
mod untrusted;
pub mod usage;
mod values;

use std::ffi::OsString;

use clap::CommandFactory as _;

pub use commands::{is_command, ConfigArgs, EchoArgs, Generate};
pub use data::{DataArg, MessageArg};
pub use identity::Login;
pub use lasting::{LastingArgs, TextArg};
pub use options::OptionArgs;
pub use parse::{conversation, parse, NO_PROMPT};
pub use ping::PingArgs;
pub use secret_source::{HeaderArg, HeaderGroup, SecretSource};
pub use test::TestArgs;
pub use untrusted::{check as check_untrusted, options as untrusted_options, NotAllowed};
pub use usage::sentence_of;
pub use values::{BinaryAs, ColorChoice, Compress, Shell, MAX_HELD_MESSAGE};

use commands::Cli;

/// What is wrong with a command line; help and version are errors too.
pub type UsageError = clap::Error;

/// What the command line asks for.
#[derive(Clone, Debug)]
pub enum Call {
    /// `wsline URL`: talk, or pipe.
    Talk {
        /// The address as it was typed.
        url: String,
        /// How.
        options: Box<OptionArgs>,
    },
    /// `wsline test`: run session files.
    Test {
        /// Which, and how they are run.
        test: Box<TestArgs>,
        /// How their connections are made.
        options: Box<OptionArgs>,
    },
    /// `wsline demo`: the same with a server of our own.
    Demo {
        /// How.
        options: Box<OptionArgs>,
    },
    /// `wsline ping`: measure round trips.
    Ping {
        /// What is sent, and how it is printed.
        ping: Box<PingArgs>,
        /// How the connection is made.
        options: Box<OptionArgs>,
    },
    /// `wsline echo`: be that server.
    Echo(EchoArgs),
    /// `wsline curl`: talk as these words say, which a curl command had.
    Curl(Vec<OsString>),
    /// `wsline config`: show the config file.
    Config(ConfigArgs),
    /// `wsline help`: print a topic of the man page, or the list of them.
    Help(Option<String>),
    /// `wsline generate`: print a file that packages hold.
    Generate(Generate),
}

/// The whole command line as clap describes it: what help, completions and man page are made from.
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
