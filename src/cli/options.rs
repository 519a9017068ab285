//! The options of a conversation, as `wsline URL` and `wsline demo` take them.
//!
//! The comments on the fields are the help: the first paragraph is the line in `-h`, which lists only
//! the options that are used most; `--help` and the man page print all of it.

mod connection;
mod protocol;

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueHint};
use regex::Regex;

pub use self::connection::ConnectionArgs;
pub use self::protocol::ProtocolArgs;

use super::data::{Conversation, MessageArg};
use super::expect;
use super::headings::{EXPECT, HEADERS, KEEP, SEND, SHOW};
use super::secret_source::{replaced_headers, HeaderArg, HeaderGroup};
use super::values::{self, BinaryAs, ColorChoice};

/// The default of `--chunk-size`.
const CHUNK_SIZE: usize = 64 << 10;

/// The options, before anything is decided from them.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct OptionArgs {
    /// What each connection needs.
    #[command(flatten)]
    pub connection: ConnectionArgs,

    /// The steps of `--data`, `--expect`, `--close` and their relatives, in the order given.
    #[arg(skip)]
    pub messages: Vec<MessageArg>,

    /// Continue with stdin or the prompt after --data
    #[arg(short = 'i', long, hide_short_help = true, help_heading = SEND)]
    pub interactive: bool,

    /// Separate messages with NUL instead of line feeds
    ///
    /// Applies to stdin and stdout.
    #[arg(short = '0', long, hide_short_help = true, help_heading = SEND)]
    pub null: bool,

    /// Wait between sent messages
    #[arg(long, value_name = "TIME", hide_short_help = true, value_parser = values::duration,
          help_heading = SEND)]
    pub delay: Option<Duration>,

    /// Send stdin as binary messages, not line by line
    ///
    /// Each message has at most --chunk-size bytes.
    #[arg(short = 'b', long, hide_short_help = true, help_heading = SEND)]
    pub binary: bool,

    /// With `--binary`: the largest message in bytes.
    #[arg(skip)]
    pub chunk_size: usize,

    /// Close after receiving N messages
    ///
    /// Exactly N messages are printed, then the connection is closed. If fewer are received, the exit
    /// code is 4.
    #[arg(short = 'n', long, value_name = "N", value_parser = values::count,
          help_heading = EXPECT)]
    pub max_messages: Option<u64>,

    /// Answer and filter messages by the rules in FILE
    ///
    /// A rules file is a session file with rules (on, every, ignore, never) and settings (header,
    /// subprotocol, option, default, secret, let), and nothing else. Rules apply to every connection,
    /// before expectations and before messages are printed: on answers, every sends at an interval,
    /// ignore hides, and never ends the run with exit code 4; at the prompt, it prints an error. The
    /// command line overrides its settings. examples/rules has files for common protocols. A file from
    /// someone else is like a script: it can send variables of the environment, and set any option of
    /// the connection.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = SEND)]
    pub rules: Option<PathBuf>,

    /// Require each expectation to match the very next message
    #[arg(long, hide_short_help = true, help_heading = EXPECT)]
    pub strict: bool,

    /// Read and write JSON lines
    ///
    /// One JSON object per line, read from stdin and written to stdout for each event; see JSON
    /// lines below.
    #[arg(long, help_heading = SHOW)]
    pub json: bool,

    /// Format of binary messages
    ///
    /// The default is a hex dump on a terminal and the raw bytes elsewhere.
    #[arg(long, value_name = "FORM", value_enum, hide_short_help = true, help_heading = SHOW)]
    pub binary_as: Option<BinaryAs>,

    /// Print the time before each message
    #[arg(long, hide_short_help = true, help_heading = SHOW)]
    pub timestamps: bool,

    /// Don't show text messages that match REGEX (repeatable)
    ///
    /// The match may be anywhere in the message. Hidden messages are counted and recorded, and meet
    /// expectations. In a session file, reports do not list them.
    #[arg(long, value_name = "REGEX", action = ArgAction::Append, allow_hyphen_values = true,
          hide_short_help = true, value_parser = expect::compile, help_heading = SHOW)]
    pub hide: Vec<Regex>,

    /// Show Pings and Pongs
    #[arg(short = 'P', long, hide_short_help = true, help_heading = SHOW)]
    pub show_ping_pong: bool,

    /// Show the handshake; -vv also frames, -vvv their bytes
    ///
    /// Prints each step of connecting and the handshake's request and response to stderr; -vv adds
    /// the header of each frame, -vvv its bytes.
    #[arg(short = 'v', long, action = ArgAction::Count, help_heading = SHOW)]
    pub verbose: u8,

    /// Print only errors to stderr
    #[arg(short = 'q', long, hide_short_help = true, help_heading = SHOW)]
    pub quiet: bool,

    /// Show how long each step of connecting took
    ///
    /// Printed to stderr when the connection has ended, with the time to the first message; with
    /// --json it is an object of type timing.
    #[arg(long, hide_short_help = true, help_heading = SHOW)]
    pub timing: bool,

    /// When to use color
    #[arg(long, alias = "colour", value_name = "WHEN", value_enum, default_value = "auto",
          hide_short_help = true, help_heading = SHOW)]
    pub color: ColorChoice,

    /// Show credentials instead of ***
    ///
    /// Credentials are passwords, bearer tokens and cookies; the values of all headers whose names
    /// contain token, secret, key, auth, session, password, passwd, signature, cookie, jwt or dpop,
    /// but not WWW-Authenticate, Proxy-Authenticate and those of the opening handshake; and
    /// subprotocols that look like bearer tokens, such as a JWT or what follows the word bearer.
    #[arg(long, hide_short_help = true, help_heading = SHOW)]
    pub show_secrets: bool,

    /// Record the conversation to FILE (.ws, .har, .jsonl)
    ///
    /// The extension selects the format: .har is an HTTP archive for the network panels of browsers,
    /// .jsonl what --json and --show-ping-pong print, and anything else a session file. The file is
    /// created before connecting, readable only by you; if it can't be written, the run ends with
    /// exit code 23. An existing file keeps its contents until the connection is open or the
    /// server has refused it. Credentials in headers and subprotocols are left out: a session file
    /// has a variable in their place, the other formats ***, unless --show-secrets is given.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath,
          hide_short_help = true, value_parser = values::record, help_heading = KEEP)]
    pub record: Option<PathBuf>,

    /// File for the prompt's history
    ///
    /// The default is wsline/history in the state directory, ~/.local/state. It must be a regular file
    /// of your own with no other hard links; other users lose access to it. A symbolic link is
    /// followed to such a file if other users have no access to it. Otherwise no history is kept,
    /// and a note says so.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = KEEP)]
    pub history: Option<PathBuf>,

    /// Do not read or write a history
    #[arg(long, hide_short_help = true, help_heading = KEEP)]
    pub no_history: bool,

    /// Keep the last N messages at the prompt [default: 1000]
    ///
    /// They can be shown again, saved, searched and sent again (/help). Fewer are kept if they have
    /// more than 64 MiB together.
    #[arg(long, value_name = "N", hide_short_help = true, help_heading = KEEP,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub keep: Option<u32>,

    /// Use vi key bindings at the prompt
    #[arg(long, hide_short_help = true, help_heading = KEEP)]
    pub vi: bool,

    /// Read options and targets from FILE
    ///
    /// The default is wsline/config.toml in the config directory, ~/.config. `wsline help config`
    /// describes it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = KEEP)]
    pub config: Option<PathBuf>,

    /// Ignore the config file
    #[arg(long, hide_short_help = true, help_heading = KEEP)]
    pub no_config: bool,

    /// Messages of the config file come before stdin or the prompt, not instead.
    #[arg(skip)]
    pub continues: bool,

    /// The options of the protocol.
    #[command(flatten)]
    pub protocol: ProtocolArgs,
}

/// A URL and options.
#[derive(Debug, Args)]
pub(super) struct ConnectArgs {
    /// URL of the server
    ///
    /// ws:// or wss://; http:// and https:// mean the same. Without a scheme, a loopback or private
    /// address, a name without a dot and :PORT mean ws, everything else wss.
    #[arg(value_name = "URL", hide_short_help = true, value_hint = ValueHint::Url)]
    pub(super) url: Option<String>,

    #[command(flatten)]
    pub(super) parsed: ParsedArgs,
}

/// [`OptionArgs`] as arguments: with those that only change another option.
#[derive(Debug, Args)]
pub(super) struct ParsedArgs {
    /// Add a header to the upgrade request (repeatable)
    ///
    /// It replaces a header of the same name that wsline sends by default; 'NAME:' removes it, and
    /// 'NAME;' sends it empty. @FILE reads one header per line; empty lines and lines that begin
    /// with # are ignored.
    #[arg(short = 'H', long = "header", value_name = "N: V", action = ArgAction::Append,
          allow_hyphen_values = true, value_parser = HeaderArg::parse, help_heading = HEADERS)]
    headers: Vec<HeaderArg>,

    #[command(flatten)]
    options: OptionArgs,

    #[command(flatten)]
    messages: Conversation,

    /// Send stdin line by line as text; overrides --binary
    #[arg(
        short = 't',
        long,
        overrides_with = "binary",
        hide_short_help = true,
        help_heading = SEND
    )]
    text: bool,

    /// Maximum message size with --binary [default: 64K]
    ///
    /// At most 16M.
    #[arg(long, value_name = "SIZE", hide_short_help = true, value_parser = values::chunk_size,
          help_heading = SEND)]
    chunk_size: Option<usize>,

    /// Same as --max-messages 1
    #[arg(short = '1', long, overrides_with = "max_messages", hide_short_help = true,
          help_heading = EXPECT)]
    one: bool,

    /// Show this help; --help shows more
    #[arg(short = 'h', long, action = ArgAction::Help, help_heading = SHOW)]
    help: Option<bool>,
}

impl ParsedArgs {
    /// The headers, and the other options without a check.
    pub(super) fn into_parts(self) -> (Vec<HeaderArg>, OptionArgs) {
        (self.headers, self.options)
    }

    /// The options. `add` adds those that are set elsewhere, before every rule that concerns several
    /// of them is checked.
    ///
    /// # Errors
    ///
    /// What cannot be used together.
    pub(super) fn finish(self, add: impl FnOnce(&mut OptionArgs)) -> Result<OptionArgs, String> {
        let mut options = self.options;
        let replaced = replaced_headers(|option| match option {
            "user" => options.connection.user.is_some(),
            "bearer" => options.connection.bearer.is_some(),
            "user-agent" => options.connection.user_agent.is_some(),
            "origin" => options.connection.origin.is_some(),
            _ => false,
        });
        options.connection.headers = vec![HeaderGroup {
            headers: self.headers,
            replaced,
        }];
        options.messages = self.messages.0;
        options.binary &= !self.text;
        if self.one {
            options.max_messages = Some(1);
        }
        if self.chunk_size.is_some() && !options.binary {
            return Err("--chunk-size requires -b".to_owned());
        }
        options.chunk_size = self.chunk_size.unwrap_or(CHUNK_SIZE);
        add(&mut options);
        options.check()?;
        Ok(options)
    }
}
