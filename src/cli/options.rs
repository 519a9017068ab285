//! The options of a conversation, as `wsline URL` and `wsline demo` take them.
//!
//! The comments on the fields are the help: the first paragraph is the line of `-h`, which has
//! only the options that are needed daily, and the whole is what `--help` and the man page print.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueHint};

use super::data::{Data, Datum};
use super::values::{self, BinaryAs, Colour, Compress};
use crate::connect::{self, Header};
use crate::session::Wait;
use crate::target::Credentials;

const HEADERS: &str = "Headers and identity";
const TLS: &str = "TLS";
const TIME: &str = "Time";
pub(super) const SEND: &str = "What to send";
const EXPECT: &str = "What to expect";
pub(super) const SHOW: &str = "What to show";
const KEEP: &str = "What to keep";
const PROTOCOL: &str = "Protocol";

/// The default of `--chunk-size`.
const CHUNK_SIZE: usize = 64 << 10;

/// What the options say, before anything is decided from it.
#[derive(Clone, Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own; the plan makes nouns of them"
)]
pub struct Options {
    /// Send a header with the upgrade (repeat)
    ///
    /// A header that wsline sends by itself is replaced by yours of the same name.
    #[arg(short = 'H', long = "header", value_name = "N: V", action = ArgAction::Append,
          allow_hyphen_values = true, value_parser = connect::parse_header, help_heading = HEADERS)]
    pub headers: Vec<Header>,

    /// Set the User-Agent header
    #[arg(short = 'A', long, value_name = "NAME", hide_short_help = true,
          value_parser = values::field_value, help_heading = HEADERS)]
    pub user_agent: Option<String>,

    /// Set the Origin header
    ///
    /// Servers check it to keep out foreign web pages.
    #[arg(short = 'o', long, value_name = "ORIGIN",
          value_parser = values::field_value, help_heading = HEADERS)]
    pub origin: Option<String>,

    /// Offer a subprotocol (repeat)
    ///
    /// Of several, the one you like best stands first.
    #[arg(short = 's', long = "subprotocol", alias = "protocol", value_name = "NAME",
          action = ArgAction::Append, value_parser = values::subprotocol, help_heading = HEADERS)]
    pub subprotocols: Vec<String>,

    /// Log in with HTTP Basic credentials
    ///
    /// They are hidden in what is shown, unless --show-secrets is given; but other users of this
    /// machine can see a command line.
    #[arg(short = 'u', long, alias = "auth", value_name = "USER:PASS",
          value_parser = values::credentials, help_heading = HEADERS)]
    pub user: Option<Credentials>,

    /// Accept any server certificate
    ///
    /// Whoever sits between you and the server can then read and change everything.
    #[arg(short = 'k', long, alias = "no-check", help_heading = TLS)]
    pub insecure: bool,

    /// Trust the certificates in a PEM file
    ///
    /// They are trusted beside those that the system trusts.
    #[arg(long, alias = "ca", value_name = "FILE", value_hint = ValueHint::FilePath,
          help_heading = TLS)]
    pub cacert: Option<PathBuf>,

    /// Ask for and check this name instead of the one in the URL
    #[arg(long, value_name = "NAME", hide_short_help = true, help_heading = TLS)]
    pub servername: Option<String>,

    /// Limit names, TCP, TLS and upgrade together
    #[arg(long, value_name = "TIME", default_value = "30s", hide_short_help = true,
          value_parser = values::limit, help_heading = TIME)]
    pub connect_timeout: Duration,

    /// Limit the whole run
    ///
    /// It begins with the first step of connecting. When it has passed, the exit status is 28.
    #[arg(short = 'm', long, value_name = "TIME", value_parser = values::limit,
          help_heading = TIME)]
    pub max_time: Option<Duration>,

    /// Listen on after the end of input [default: 1s]
    ///
    /// It is over when no message has come or gone for this long; 0 does not listen on, -1 or
    /// forever does so until the server closes. With --max-messages the default has no end.
    #[arg(short = 'w', long, value_name = "TIME", allow_negative_numbers = true,
          value_parser = values::wait, help_heading = TIME)]
    pub wait: Option<Wait>,

    /// Wait this long for the answer to our Close [default: 5s]
    ///
    /// When input has simply ended, each byte that still comes starts it afresh. After a signal
    /// and with --max-messages the default is 1s.
    #[arg(long, value_name = "TIME", hide_short_help = true, value_parser = values::duration,
          help_heading = TIME)]
    pub close_timeout: Option<Duration>,

    /// The messages of `--data` and its kin, in the order written.
    #[arg(skip)]
    pub data: Vec<Datum>,

    /// Go on with stdin or the prompt after --data
    #[arg(short = 'i', long, help_heading = SEND)]
    pub interactive: bool,

    /// End messages with NUL instead of a line feed
    ///
    /// This holds for stdin and for stdout.
    #[arg(short = '0', long, hide_short_help = true, help_heading = SEND)]
    pub null: bool,

    /// Pause between two messages that are sent
    #[arg(long, value_name = "TIME", hide_short_help = true, value_parser = values::duration,
          help_heading = SEND)]
    pub delay: Option<Duration>,

    /// Send stdin as binary messages, not line by line
    ///
    /// A message has at most --chunk-size bytes.
    #[arg(short = 'b', long, help_heading = SEND)]
    pub binary: bool,

    /// With `--binary`: how many bytes of stdin a message holds at most.
    #[arg(skip)]
    pub chunk_size: usize,

    /// End after receiving N messages
    ///
    /// Exactly N are printed, then the connection is closed. If fewer come, the exit status
    /// is 4.
    #[arg(short = 'n', long, value_name = "N", value_parser = values::count,
          help_heading = EXPECT)]
    pub max_messages: Option<u64>,

    /// Read and write one JSON object a line
    ///
    /// They are read from stdin and written to stdout, one for everything that happens; see JSON
    /// lines below.
    #[arg(long, help_heading = SHOW)]
    pub json: bool,

    /// Show binary messages in this way
    ///
    /// Without it a terminal gets a hex dump, and a pipe the bytes as they are.
    #[arg(long, value_name = "FORM", value_enum, hide_short_help = true, help_heading = SHOW)]
    pub binary_as: Option<BinaryAs>,

    /// Put the time before each message
    #[arg(long, hide_short_help = true, help_heading = SHOW)]
    pub timestamps: bool,

    /// Show Pings and Pongs too
    #[arg(short = 'P', long, hide_short_help = true, help_heading = SHOW)]
    pub show_ping_pong: bool,

    /// Show the handshake; -vv frames, -vvv their bytes
    ///
    /// Each step of connecting and both heads of the handshake as they were on the wire go to
    /// stderr; -vv adds each frame's header, and -vvv its bytes.
    #[arg(short = 'v', long, action = ArgAction::Count, help_heading = SHOW)]
    pub verbose: u8,

    /// Say nothing on stderr but errors
    #[arg(short = 'q', long, help_heading = SHOW)]
    pub quiet: bool,

    /// When to use colour
    #[arg(long, alias = "colour", value_name = "WHEN", value_enum, default_value = "auto",
          hide_short_help = true, help_heading = SHOW)]
    pub color: Colour,

    /// Do not replace credentials by *** in what is shown
    #[arg(long, hide_short_help = true, help_heading = SHOW)]
    pub show_secrets: bool,

    /// Keep the prompt's history in this file
    ///
    /// Without it the file is wsline/history in the user's directory for state, ~/.local/state.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = KEEP)]
    pub history: Option<PathBuf>,

    /// Neither read nor write the prompt's history
    #[arg(long, hide_short_help = true, help_heading = KEEP)]
    pub no_history: bool,

    /// Close with this code
    ///
    /// It is 1000 or 3000-4999.
    #[arg(long, value_name = "CODE", default_value = "1000", hide_short_help = true,
          help_heading = PROTOCOL)]
    pub close_code: u16,

    /// Close with this reason
    ///
    /// It has at most 123 bytes.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true,
          allow_hyphen_values = true, hide_short_help = true, help_heading = PROTOCOL)]
    pub close_reason: String,

    /// Send close codes that RFC 6455 forbids to send
    #[arg(long, hide_short_help = true, help_heading = PROTOCOL)]
    pub force: bool,

    /// Send messages in frames of at most this size
    ///
    /// A larger message goes in fragments (RFC 6455 §5.4), of what compression leaves of it.
    #[arg(long, value_name = "SIZE", hide_short_help = true, value_parser = values::frame_size,
          help_heading = SEND)]
    pub frame_size: Option<NonZeroUsize>,

    /// Compress messages (permessage-deflate, RFC 7692)
    ///
    /// `auto` offers it, as browsers do, and the server decides; `require` ends with 22 where the
    /// server does not agree. Messages of less than 64 bytes are sent as they are.
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto", hide_short_help = true,
          help_heading = PROTOCOL)]
    pub compress: Compress,

    /// Refuse messages that are larger
    ///
    /// They are refused with close code 1009. The default is no limit in a pipe, and 64M where a
    /// message has to be held: at the prompt and with --json.
    #[arg(long, value_name = "SIZE", hide_short_help = true, value_parser = values::size,
          help_heading = PROTOCOL)]
    pub max_message_size: Option<u64>,
}

/// [`Options`] as they are typed: with those that only say something about another.
#[derive(Debug, Args)]
pub(super) struct Typed {
    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    data: Data,

    /// Send stdin line by line as text; undoes --binary
    #[arg(
        short = 't',
        long,
        overrides_with = "binary",
        hide_short_help = true,
        help_heading = SEND
    )]
    text: bool,

    /// With --binary: bytes in a message [default: 64K]
    ///
    /// It is 16M at most.
    #[arg(long, value_name = "SIZE", hide_short_help = true, value_parser = values::chunk_size,
          help_heading = SEND)]
    chunk_size: Option<usize>,

    /// The same as --max-messages 1
    #[arg(short = '1', long, overrides_with = "max_messages", hide_short_help = true,
          help_heading = EXPECT)]
    one: bool,

    /// Show this help; --help shows all of it
    #[arg(short = 'h', long, action = ArgAction::Help, help_heading = SHOW)]
    help: Option<bool>,
}

impl Typed {
    /// The options, with every rule that needs more than one of them held.
    ///
    /// # Errors
    ///
    /// A sentence on what does not go together.
    pub(super) fn settle(self) -> Result<Options, String> {
        let mut options = self.options;
        options.data = self.data.0;
        options.binary &= !self.text;
        if self.one {
            options.max_messages = Some(1);
        }
        if self.chunk_size.is_some() && !options.binary {
            return Err(
                "--chunk-size says how --binary cuts up stdin: add -b, or leave it out".to_owned(),
            );
        }
        options.chunk_size = self.chunk_size.unwrap_or(CHUNK_SIZE);
        options.check()?;
        Ok(options)
    }
}

impl Options {
    fn check(&self) -> Result<(), String> {
        let both = |first: &str, second: &str, why: &str| {
            Err(format!("{first} does not go with {second}: {why}"))
        };
        let stdin_readers = self.data.iter().filter(|datum| datum.reads_stdin()).count();
        if stdin_readers > 1 {
            return Err("@- stands twice, and stdin can be read only once".to_owned());
        }
        if stdin_readers == 1 && self.interactive {
            return both("-i", "@-", "both read stdin");
        }
        if self.verbose > 0 && self.quiet {
            return both("-v", "-q", "one says more, the other less");
        }
        if self.json {
            let why = "a JSON object says itself what kind of message it is, and ends its line";
            if self.binary {
                return both("--json", "-b", why);
            }
            if self.null {
                return both("--json", "-0", why);
            }
            if self.binary_as.is_some() {
                return both("--json", "--binary-as", "binary is always base64 in JSON");
            }
        }
        if self.history.is_some() && self.no_history {
            return both(
                "--history",
                "--no-history",
                "one keeps what the other doesn't",
            );
        }
        crate::protocol::CloseReason::of_user(self.close_code, &self.close_reason, self.force)
            .map_err(|rule| rule.to_string())?;
        Ok(())
    }
}
