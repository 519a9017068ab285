//! The options of a conversation, as `wsline URL` and `wsline demo` take them.
//!
//! The comments on the fields are the help: the first paragraph is the line of `-h`, which has
//! only the options that are needed daily, and the whole is what `--help` and the man page print.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueHint};

use super::data::{Conversation, Spoken};
use super::identity::{self, Login};
use super::values::{self, BinaryAs, Colour, Compress};
use crate::connect::proxy::ProxyArg;
use crate::connect::route::{ConnectToRule, ResolveRule};
use crate::connect::tls::TlsVersion;
use crate::driver::Wait;
use crate::error::USE_FORCE;
use crate::http::{Credentials, CustomHeader};
use crate::protocol::CloseReason;
use crate::secret::Secret;
use crate::source::Wanted;
use crate::sys::file::Inputs;

const HEADERS: &str = "Headers and identity";
const TLS: &str = "TLS";
const NETWORK: &str = "Network";
const TIME: &str = "Time";
pub(super) const SEND: &str = "What to send";
pub(super) const EXPECT: &str = "What to expect";
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
    /// The headers of `--header`, in the order written.
    #[arg(skip)]
    pub headers: Vec<CustomHeader>,

    /// Set the User-Agent header
    #[arg(short = 'A', long, value_name = "NAME", hide_short_help = true,
          allow_hyphen_values = true, value_parser = values::field_value, help_heading = HEADERS)]
    pub user_agent: Option<String>,

    /// Set the Origin header
    ///
    /// Servers check it to keep out foreign web pages.
    #[arg(short = 'o', long, value_name = "ORIGIN", hide_short_help = true,
          allow_hyphen_values = true, value_parser = values::field_value, help_heading = HEADERS)]
    pub origin: Option<String>,

    /// Offer a subprotocol (repeat)
    ///
    /// Of several, the one you like best stands first.
    #[arg(short = 's', long = "subprotocol", alias = "protocol", value_name = "NAME",
          action = ArgAction::Append, value_parser = values::subprotocol, help_heading = HEADERS)]
    pub subprotocols: Vec<String>,

    /// Log in with HTTP Basic credentials
    ///
    /// USER alone asks for the password on the terminal. env:NAME takes both from a variable,
    /// @FILE from a file. They are hidden in what is shown, unless --show-secrets is given; but
    /// other users of this machine can see a command line.
    #[arg(short = 'u', long, alias = "auth", value_name = "USER[:PASS]",
          allow_hyphen_values = true, value_parser = values::reading(&Inputs::default(), identity::login), help_heading = HEADERS)]
    pub user: Option<Login>,

    /// Log in with a token (Authorization: Bearer)
    ///
    /// env:NAME takes it from a variable, @FILE from a file. It goes before credentials in the
    /// URL; an Authorization of --header goes before all.
    #[arg(long, value_name = "TOKEN", hide_short_help = true, value_parser = values::reading(&Inputs::default(), identity::bearer),
          allow_hyphen_values = true, help_heading = HEADERS)]
    pub bearer: Option<Secret>,

    /// Send cookies (repeat)
    ///
    /// Several in one are written 'a=b; c=d'. A cookie file is not read; -H @FILE keeps a Cookie
    /// header off the command line.
    #[arg(long = "cookie", value_name = "N=V", action = ArgAction::Append, hide_short_help = true,
          allow_hyphen_values = true, value_parser = identity::cookie, help_heading = HEADERS)]
    pub cookies: Vec<Secret>,

    /// Accept any server certificate
    ///
    /// Whoever sits between you and the server can then read and change everything.
    #[arg(short = 'k', long, alias = "no-check", help_heading = TLS)]
    pub insecure: bool,

    /// Trust the certificates in a PEM file
    ///
    /// They are trusted instead of those that the system trusts.
    #[arg(long, alias = "ca", value_name = "FILE", value_hint = ValueHint::FilePath,
          hide_short_help = true, help_heading = TLS)]
    pub cacert: Option<PathBuf>,

    /// Ask for and check this name instead of the one in the URL
    #[arg(long, value_name = "NAME", hide_short_help = true, help_heading = TLS)]
    pub servername: Option<String>,

    /// Show the server this certificate of yours
    ///
    /// The file is PEM, with the certificate and those that signed it, or PKCS#12. The server sees
    /// it only if it asks.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = TLS)]
    pub cert: Option<PathBuf>,

    /// The private key of --cert, if it is in a file of its own
    ///
    /// The file is PEM: PKCS#8, PKCS#1 or SEC 1, encrypted or not.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = TLS)]
    pub key: Option<PathBuf>,

    /// The passphrase of the key of --cert
    ///
    /// env:NAME takes it from an environment variable and @FILE from a file, where no other user
    /// of this machine can read it.
    #[arg(long, alias = "passphrase", value_name = "PASS", allow_hyphen_values = true,
          hide_short_help = true, help_heading = TLS,
          value_parser = values::reading(&Inputs::default(), values::passphrase))]
    pub pass: Option<Secret>,

    /// Speak no older version of TLS: 1.0, 1.1, 1.2 or 1.3
    ///
    /// Without it the oldest is 1.2. Many systems' TLS libraries do not speak 1.0 and 1.1 any more.
    #[arg(long, value_name = "VERSION", hide_short_help = true, help_heading = TLS)]
    pub tls_min: Option<TlsVersion>,

    /// Speak no newer version of TLS: 1.0, 1.1, 1.2 or 1.3
    #[arg(long, value_name = "VERSION", hide_short_help = true, help_heading = TLS)]
    pub tls_max: Option<TlsVersion>,

    /// Follow redirects
    ///
    /// Credentials, as --show-secrets describes them, and Referer are never sent to another origin,
    /// and wss is never left for ws.
    #[arg(short = 'L', long, hide_short_help = true, help_heading = NETWORK)]
    pub location: bool,

    /// With --location: follow at most N redirects [default: 10]
    ///
    /// One more ends with exit status 47.
    #[arg(long, value_name = "N", hide_short_help = true, value_parser = values::redirects,
          help_heading = NETWORK)]
    pub max_redirs: Option<u32>,

    /// Use IPv4 only
    #[arg(short = '4', long, overrides_with = "ipv6", hide_short_help = true,
          help_heading = NETWORK)]
    pub ipv4: bool,

    /// Use IPv6 only
    #[arg(short = '6', long, overrides_with = "ipv4", hide_short_help = true,
          help_heading = NETWORK)]
    pub ipv6: bool,

    /// Take these addresses for a host and port (repeat)
    ///
    /// No resolver is asked. The host may be * for every host, and there may be several
    /// addresses with commas between them.
    #[arg(long, value_name = "HOST:PORT:ADDR", action = ArgAction::Append,
          hide_short_help = true, value_parser = ResolveRule::parse, help_heading = NETWORK)]
    pub resolve: Vec<ResolveRule>,

    /// Connect to HOST2:PORT2 instead of HOST1:PORT1 (repeat)
    ///
    /// The server is still told the first, in the Host header and in TLS. An empty HOST1 or PORT1
    /// means every one, an empty HOST2 or PORT2 the same.
    #[arg(long, value_name = "HOST1:PORT1:HOST2:PORT2", action = ArgAction::Append,
          hide_short_help = true, value_parser = ConnectToRule::parse, help_heading = NETWORK)]
    pub connect_to: Vec<ConnectToRule>,

    /// Connect to a Unix socket instead of the URL's host
    ///
    /// The URL still says which resource is asked for, and which host the server is told.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = NETWORK)]
    pub unix_socket: Option<PathBuf>,

    /// Go through a proxy: http, https, socks5 or socks5h
    ///
    /// It is written SCHEME://USER:PASS@HOST:PORT, and only the host must be there: without a
    /// scheme it is http, without a port 1080, or 443 for https. With socks5 names are resolved here, with socks5h by the
    /// proxy. It goes before the environment's, and -x '' goes without any. --cacert and -k hold
    /// for an https proxy too.
    #[arg(short = 'x', long, value_name = "URL", value_hint = ValueHint::Url,
          hide_short_help = true, help_heading = NETWORK)]
    pub proxy: Option<ProxyArg>,

    /// Log in to the proxy
    ///
    /// It goes before a user name and password in the proxy's address. env:NAME takes both from an
    /// environment variable and @FILE from a file.
    #[arg(short = 'U', long, value_name = "USER:PASS", hide_short_help = true,
          allow_hyphen_values = true, value_parser = values::reading(&Inputs::default(), identity::proxy_login), help_heading = NETWORK)]
    pub proxy_user: Option<Credentials>,

    /// Send a header to the proxy (repeat)
    ///
    /// Only a proxy that speaks HTTP gets it, and the server never does.
    #[arg(long = "proxy-header", value_name = "N: V", action = ArgAction::Append,
          allow_hyphen_values = true, hide_short_help = true,
          value_parser = CustomHeader::parse, help_heading = NETWORK)]
    pub proxy_headers: Vec<CustomHeader>,

    /// Go to these hosts without a proxy
    ///
    /// They are parted by commas: a name means every name below it too, 10.0.0.0/8 a network,
    /// HOST:PORT one port, and a single * all hosts. It replaces the list of the environment.
    #[arg(long, value_name = "LIST", hide_short_help = true, help_heading = NETWORK)]
    pub noproxy: Option<String>,

    /// Limit names, TCP, proxy, TLS and upgrade together
    #[arg(long, value_name = "TIME", default_value = "30s", hide_short_help = true,
          value_parser = values::limit, help_heading = TIME)]
    pub connect_timeout: Duration,

    /// Limit the whole run
    ///
    /// It begins with the first step of connecting. When it has passed, the exit status is 28; an
    /// open connection is closed first, for which the server has another second.
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

    /// The conversation of `--data`, `--expect` and their kin, in the order written.
    #[arg(skip)]
    pub spoken: Vec<Spoken>,

    /// Go on with stdin or the prompt after --data
    #[arg(short = 'i', long, hide_short_help = true, help_heading = SEND)]
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
    #[arg(short = 'b', long, hide_short_help = true, help_heading = SEND)]
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

    /// Each expectation is met by the very next message, or not at all
    #[arg(long, hide_short_help = true, help_heading = EXPECT)]
    pub strict: bool,

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

    /// Show how long each step of connecting took
    ///
    /// They go to stderr when the connection has ended, with the time to the first message; with
    /// --json they are an object of the type timing.
    #[arg(long, hide_short_help = true, help_heading = SHOW)]
    pub timing: bool,

    /// When to use colour
    #[arg(long, alias = "colour", value_name = "WHEN", value_enum, default_value = "auto",
          hide_short_help = true, help_heading = SHOW)]
    pub color: Colour,

    /// Do not replace credentials by *** in what is shown
    ///
    /// Credentials are passwords, bearer tokens and cookies; the values of all headers whose names
    /// contain token, secret, key, auth, session, password, passwd, signature, cookie, jwt or dpop,
    /// but not WWW-Authenticate, Proxy-Authenticate and those of the opening handshake; and
    /// subprotocols that look like bearer tokens, such as a JWT or what follows the word bearer.
    #[arg(long, hide_short_help = true, help_heading = SHOW)]
    pub show_secrets: bool,

    /// Record the conversation in this file
    ///
    /// The ending of its name says how: .har is an HTTP archive for the network panels of browsers,
    /// .jsonl what --json and --show-ping-pong print, and anything else a session file. It is
    /// created before connecting, and written beside whatever is shown; if it can't be written,
    /// the run ends with 23. Credentials in headers and subprotocols are not in it: a session file
    /// has a variable for each instead, the others have ***, unless --show-secrets is given.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath,
          hide_short_help = true, value_parser = values::record, help_heading = KEEP)]
    pub record: Option<PathBuf>,

    /// Keep the prompt's history in this file
    ///
    /// Without it the file is wsline/history in the user's directory for state, ~/.local/state. It
    /// must be a regular file of your own with no other hard links; other users lose access to it.
    /// A symbolic link is followed to such a file if other users have no access to it. Otherwise no
    /// history is kept, and a note says so.
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
    /// message has to be held: at the prompt, with --json, with expectations and with --record.
    #[arg(long, value_name = "SIZE", hide_short_help = true, value_parser = values::size,
          help_heading = PROTOCOL)]
    pub max_message_size: Option<u64>,
}

/// [`Options`] as they are typed: with those that only say something about another.
#[derive(Debug, Args)]
pub(super) struct Typed {
    /// Send a header with the upgrade (repeat)
    ///
    /// A header that wsline sends by itself is replaced by yours of the same name; 'NAME:' leaves
    /// it out, and 'NAME;' sends it empty. @FILE has a header on each line; empty lines and those
    /// that begin with # are passed over.
    #[arg(short = 'H', long = "header", value_name = "N: V", action = ArgAction::Append,
          allow_hyphen_values = true, value_parser = values::reading(&Inputs::default(), identity::headers), help_heading = HEADERS)]
    headers: Vec<Vec<CustomHeader>>,

    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    spoken: Conversation,

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
        options.headers = self.headers.into_iter().flatten().collect();
        options.spoken = self.spoken.0;
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
    /// Whether something is waited for.
    #[must_use]
    pub fn expects(&self) -> bool {
        let expects = |step: &Spoken| matches!(step, Spoken::Expect { .. });
        self.spoken.iter().any(expects)
    }

    fn check_expectations(&self) -> Result<(), String> {
        if self.strict && !self.expects() {
            return Err(
                "--strict is about expectations: add --expect TEXT, or leave it out".to_owned(),
            );
        }
        let refusal = |step: &Spoken| matches!(step, Spoken::Expect { wanted: Wanted::Status(status), .. } if *status != 101);
        if self.spoken.iter().any(refusal) && self.spoken.len() > 1 {
            return Err(
                "--expect-status with another status than 101 stands alone: a server that refuses \
                 the upgrade says nothing more"
                    .to_owned(),
            );
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let both = |first: &str, second: &str, why: &str| {
            Err(format!("{first} does not go with {second}: {why}"))
        };
        let stdin_readers = self.spoken.iter().filter(|step| step.reads_stdin()).count();
        if stdin_readers > 1 {
            return Err("@- stands twice, and stdin can be read only once".to_owned());
        }
        if stdin_readers == 1 && self.interactive {
            return both("-i", "@-", "both read stdin");
        }
        self.check_expectations()?;
        for (option, given) in [
            ("--key", self.key.is_some()),
            ("--pass", self.pass.is_some()),
        ] {
            if given && self.cert.is_none() {
                return Err(format!(
                    "{option} is for the certificate of --cert: add --cert FILE, or leave it out"
                ));
            }
        }
        if let (Some(min), Some(max)) = (self.tls_min, self.tls_max) {
            if min > max {
                return Err(format!(
                    "--tls-min {min} and --tls-max {max} leave no version: the first may not be \
                     above the second"
                ));
            }
        }
        if self.user.is_some() && self.bearer.is_some() {
            return both("-u", "--bearer", "a request has one Authorization");
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
        if self.max_redirs.is_some() && !self.location {
            return Err(
                "--max-redirs says how far --location goes: add -L, or leave it out".to_owned(),
            );
        }
        if self.history.is_some() && self.no_history {
            return both(
                "--history",
                "--no-history",
                "one keeps what the other doesn't",
            );
        }
        if let Some(given) = &self.proxy {
            given
                .proxy()
                .map_err(|problem| format!("invalid value for '--proxy <URL>': {problem}"))?;
        }
        CloseReason::from_user(self.close_code, &self.close_reason, self.force)
            .map_err(|error| error.with_advice(USE_FORCE))?;
        Ok(())
    }
}
