//! The commands, and the options of those that have their own.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueHint};

use super::bench::ParsedBench;
use super::options::{ConnectArgs, ParsedArgs};
use super::ping::ParsedPing;
use super::rpc::ParsedRpc;
use super::secret_source::SecretSource;
use super::test::TestArgs;
use super::values::{self, Shell};
use super::{data, headings, help, identity};
use crate::secret::Secret;
use crate::target::HostPort;

/// The options of `wsline echo`.
#[derive(Clone, Debug, Args)]
pub struct EchoArgs {
    /// Listen on PORT, :PORT or HOST:PORT; port 0 picks a free port
    #[arg(value_name = "ADDR", default_value = "127.0.0.1:9001",
          value_parser = values::listen_address)]
    pub addr: HostPort,

    /// Use TLS (requires --cert)
    #[arg(long)]
    pub tls: bool,

    /// Server certificate with its chain (PEM), or PKCS#12
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub cert: Option<PathBuf>,

    /// Private key (PEM), if it is not in the file of --cert
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,

    /// Passphrase of the private key, or env:NAME, or @FILE
    #[arg(
        long,
        alias = "passphrase",
        value_name = "PASS",
        allow_hyphen_values = true,
        value_parser = |text: &str| SecretSource::parse(text, identity::passphrase)
    )]
    pub pass: Option<SecretSource<Secret>>,

    /// Wait this long before each reply
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub delay: Option<Duration>,

    /// Maximum size of a received message
    ///
    /// A larger message closes the connection with 1009. The limit is at most 1G.
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = values::echo_size)]
    pub max_message_size: usize,

    /// Maximum number of open connections
    ///
    /// Further clients are refused with HTTP status 503.
    #[arg(long, value_name = "N", default_value = "1000",
          value_parser = values::connections)]
    pub max_connections: NonZeroUsize,
}

impl EchoArgs {
    pub(super) fn check(&self) -> Result<(), String> {
        let any = self.cert.is_some() || self.key.is_some() || self.pass.is_some();
        if self.tls && self.cert.is_none() {
            return Err("--tls requires --cert FILE and --key FILE".to_owned());
        }
        if any && !self.tls {
            return Err("--cert, --key and --pass require --tls".to_owned());
        }
        if let Some(pass) = &self.pass {
            pass.refuse_command("--pass <PASS>")?;
        }
        Ok(())
    }
}

/// Options of a conversation, which an animation is not.
const NOT_WITH_FLIPBOOK: &[&str] = &[
    "interactive",
    "null",
    "delay",
    "binary",
    "text",
    "chunk_size",
    "max_messages",
    "one",
    "rules",
    "strict",
    "json",
    "binary_as",
    "timestamps",
    "hide",
    "show_ping_pong",
    "timing",
    "record",
    "history",
    "keep",
    "vi",
    "every",
    "on_connect",
    "no_pong",
    "reconnect",
];

/// The options of `wsline demo`.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    #[command(flatten)]
    pub(super) parsed: ParsedArgs,

    /// Compare WebSocket with HTTP polling as an animation
    ///
    /// The same frames come over WebSocket in one half of the terminal, and by requests over HTTP in the
    /// other, each as soon as the one before has come. Below are frames per second, the time and the bytes
    /// for a frame. ^C or --max-time ends it.
    #[arg(long, hide_short_help = true, help_heading = headings::SHOW,
          conflicts_with_all = data::NAMES.iter().chain(NOT_WITH_FLIPBOOK))]
    pub(super) flipbook: bool,
}

/// The options of `wsline config`.
#[derive(Clone, Debug, Args)]
pub struct ConfigArgs {
    /// Show what is in effect for this target
    #[arg(value_name = "@NAME")]
    pub target: Option<String>,

    /// Print only the names of targets, one per line
    #[arg(long, conflicts_with = "target")]
    pub names: bool,

    /// Read FILE instead of the default config file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
}

/// The files that `wsline generate` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum Generate {
    /// Print the completions for a shell
    Completions {
        /// The shell
        #[arg(value_name = "SHELL", value_enum)]
        shell: Shell,
    },
    /// Print the man page
    Man,
}

#[derive(Debug, Parser)]
#[command(
    name = "wsline",
    version,
    args_conflicts_with_subcommands = true,
    args_override_self = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    disable_version_flag = true,
    max_term_width = 100,
    styles = help::STYLES,
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<CommandArg>,

    #[command(flatten)]
    pub(super) talk: ConnectArgs,

    /// Show the version
    #[arg(short = 'V', long, action = ArgAction::Version, hide_short_help = true,
          help_heading = headings::SHOW)]
    version: Option<bool>,
}

#[derive(Debug, Subcommand)]
pub(super) enum CommandArg {
    /// Run session files against a server
    ///
    /// A session file is a conversation: what is sent, and what is expected. Each file runs on its
    /// own connections and is reported by a line on stdout, followed by what went wrong. The exit
    /// code is 0 if all files pass; otherwise it is that of the first file that did not: 4 if an
    /// expectation was not met, 2 if the file can't be read, or that of the failed connection.
    /// A session file from someone else is like a script: read it first, or use --untrusted.
    #[command(args_override_self = true, override_usage = TEST_USAGE)]
    Test(Box<TestArgs>),

    /// Run an echo server for testing
    ///
    /// It sends every message back, answers Pings, and prints its URL when it is ready. A browser that
    /// opens the URL with http:// is shown a page to try it with. POST /echo is answered with the body of
    /// the request, and GET /poll?n=N with N, to compare WebSocket with HTTP.
    #[command(args_override_self = true)]
    Echo(EchoArgs),

    /// Connect to a built-in echo server
    ///
    /// It needs no other server and no network, and takes the same options as wsline URL.
    #[command(args_override_self = true)]
    Demo(Box<DemoArgs>),

    /// Measure round trips to a server, like ping(8)
    ///
    /// It sends a Ping every second and prints a line for each answer; ^C or --count ends it with a
    /// summary: how many were sent, received and lost, and the round-trip times. A percentile is
    /// printed once ten round trips can be expected beyond it: p50 from 20, p95 from 200, p99 from
    /// 1000. The exit code is 0 if a Ping was answered and 1 if none was, also after ^C; otherwise it
    /// says what went wrong. It also takes the options of wsline for headers and authentication, TLS
    /// and the network, and --connect-timeout, --max-time, --close-timeout, --compress, --config, -v,
    /// --color and --show-secrets.
    #[command(args_override_self = true)]
    Ping(Box<ParsedPing>),

    /// Call a method by JSON-RPC and print its result
    ///
    /// It sends a JSON-RPC 2.0 request, waits for the response with its id, and prints the result as
    /// the server wrote it, on one line. The exit code is 4 if the response is an error, which is
    /// printed to stderr, or if there is none in time. It also takes the options of wsline for headers
    /// and authentication, TLS and the network, and --connect-timeout, --max-time, --close-timeout,
    /// --compress, --config, -v, --color and --show-secrets.
    #[command(args_override_self = true)]
    Rpc(Box<ParsedRpc>),

    /// Measure throughput and latency under load
    ///
    /// It sends messages on one or many connections to a server that answers each of them, such as an
    /// echo server, and prints how many a second were answered and how long that took, with a
    /// histogram; ^C ends it early. It says whether the loop was closed (--window) or open (--rate),
    /// and warns if the client itself was the limit. Errors are counted by kind and do not end it. The
    /// exit code is 0 if anything was measured, 1 if there was no reply, 4 by --fail-if; if no
    /// connection could be opened, it says what went wrong. It also takes the options of wsline for
    /// headers and authentication, TLS and the network, and --connect-timeout, --max-time,
    /// --close-timeout, --compress, --config, -v, --color and --show-secrets.
    #[command(args_override_self = true)]
    Bench(Box<ParsedBench>),

    /// Run a browser's "Copy as cURL" command
    ///
    /// Paste the command of a WebSocket request; options of wsline follow --. Headers that belong to
    /// the copied connection (Host, Upgrade, Connection, Sec-WebSocket-Key, -Version and -Extensions)
    /// are dropped. The options that browsers write are supported: -H -b -A -e -u -k -x -L -v -X GET
    /// --url; --compressed, --http1.1, -i, -s and the like have no effect. With - the command is read
    /// from stdin, quoted for bash or for Windows' cmd; unless stdin is a terminal, messages to send
    /// are then given after --, and without any wsline only listens.
    Curl {
        /// The copied curl command, or -; then -- and options of wsline
        #[arg(
            value_name = "COMMAND",
            required = true,
            trailing_var_arg = true,
            allow_hyphen_values = true
        )]
        words: Vec<OsString>,
    },

    /// Show the config file, its targets, and what is in effect
    ///
    /// Without @NAME it prints all that the config file has; with it, the options of that target over
    /// the defaults, as a connection would use them. Secrets are shown as ***. wsline help config
    /// describes the file.
    #[command(args_override_self = true)]
    Config(ConfigArgs),

    /// Print help about a topic or a command
    ///
    /// Without TOPIC it lists the topics.
    Help {
        /// The topic, or the name of a command
        #[arg(value_name = "TOPIC")]
        topic: Option<String>,
    },

    /// Print shell completions or the man page
    #[command(disable_help_subcommand = true)]
    Generate {
        #[command(subcommand)]
        what: Generate,
    },
}

pub(super) const TEST_USAGE: &str = "wsline test [OPTIONS] FILE... [-- OPTIONS]";

/// Whether `word` is the name of a subcommand and so can't be a host.
#[must_use]
pub fn is_command(word: &str) -> bool {
    CommandArg::has_subcommand(word)
}
