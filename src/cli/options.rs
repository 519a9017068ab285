//! The options of a conversation, as `wsline URL` and `wsline demo` take them.
//!
//! The comments on the fields are the help: the first paragraph is the line in `-h`, which lists only
//! the options that are used most; `--help` and the man page print all of it.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueHint};
use regex::Regex;

use super::data::{Conversation, MessageArg};
use super::expect;
use super::headings::{EXPECT, HEADERS, KEEP, NETWORK, PROTOCOL, SEND, SHOW, TIME, TLS};
use super::identity::{self, Login};
use super::lasting::LastingArgs;
use super::secret_source::{replaced_headers, HeaderArg, HeaderGroup, SecretSource};
use super::values::{self, BinaryAs, ColorChoice, Compress};
use crate::connect::proxy::ProxyArg;
use crate::connect::route::{ConnectToRule, ResolveRule};
use crate::connect::tls::TlsVersion;
use crate::driver::Wait;
use crate::http::{Credentials, CustomHeader};
use crate::secret::Secret;

/// The default of `--chunk-size`.
const CHUNK_SIZE: usize = 64 << 10;

/// The options, before anything is decided from them.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct OptionArgs {
    /// The headers of `--header`, those of the config file first.
    #[arg(skip)]
    pub headers: Vec<HeaderGroup>,

    /// Set the User-Agent header
    #[arg(short = 'A', long, value_name = "NAME", hide_short_help = true,
          allow_hyphen_values = true, value_parser = values::field_value, help_heading = HEADERS)]
    pub user_agent: Option<String>,

    /// Set the Origin header
    ///
    /// Servers check it to keep out web pages of other sites.
    #[arg(short = 'o', long, value_name = "ORIGIN", hide_short_help = true,
          allow_hyphen_values = true, value_parser = values::field_value, help_heading = HEADERS)]
    pub origin: Option<String>,

    /// Offer a subprotocol (repeatable)
    ///
    /// List several in order of preference.
    #[arg(short = 's', long = "subprotocol", alias = "protocol", value_name = "NAME",
          action = ArgAction::Append, value_parser = values::subprotocol, help_heading = HEADERS)]
    pub subprotocols: Vec<String>,

    /// HTTP Basic credentials
    ///
    /// With USER alone, wsline prompts for the password on the terminal. env:NAME reads both from an
    /// environment variable, @FILE from a file: other users of the machine can see a command line.
    /// Credentials are hidden in all output unless --show-secrets is given.
    #[arg(short = 'u', long, alias = "auth", value_name = "USER[:PASS]",
          allow_hyphen_values = true, value_parser = |text: &str| SecretSource::parse(text, identity::login), help_heading = HEADERS)]
    pub user: Option<SecretSource<Login>>,

    /// Bearer token (Authorization: Bearer)
    ///
    /// env:NAME reads it from an environment variable, @FILE from a file. It overrides credentials
    /// in the URL; an Authorization header given by --header overrides both.
    #[arg(long, value_name = "TOKEN", hide_short_help = true, value_parser = |text: &str| SecretSource::parse(text, identity::bearer),
          allow_hyphen_values = true, help_heading = HEADERS)]
    pub bearer: Option<SecretSource<Secret>>,

    /// Read credentials from ~/.netrc
    ///
    /// The user name and the password for the URL's host are sent as HTTP Basic credentials, unless
    /// --user, --bearer or the URL has others.
    #[arg(long, hide_short_help = true, help_heading = HEADERS)]
    pub netrc: bool,

    /// Read credentials from FILE instead of ~/.netrc
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = HEADERS)]
    pub netrc_file: Option<PathBuf>,

    /// Send cookies (repeatable)
    ///
    /// Write several as 'a=b; c=d'. Cookie files are not supported; use -H @FILE to keep a Cookie
    /// header off the command line.
    #[arg(long = "cookie", value_name = "N=V", action = ArgAction::Append, hide_short_help = true,
          allow_hyphen_values = true, value_parser = identity::cookie, help_heading = HEADERS)]
    pub cookies: Vec<Secret>,

    /// Accept any server certificate
    ///
    /// Anyone between you and the server can then read and change everything.
    #[arg(short = 'k', long, alias = "no-check", help_heading = TLS)]
    pub insecure: bool,

    /// Trust the CA certificates in FILE (PEM)
    ///
    /// They replace the certificates that the system trusts. As in curl, an intermediate certificate or
    /// the server's own can be trusted as well.
    #[arg(long, alias = "ca", value_name = "FILE", value_hint = ValueHint::FilePath,
          hide_short_help = true, help_heading = TLS)]
    pub cacert: Option<PathBuf>,

    /// Host name for SNI and certificate checks
    #[arg(long, value_name = "NAME", hide_short_help = true, help_heading = TLS)]
    pub servername: Option<String>,

    /// Client certificate (PEM or PKCS#12)
    ///
    /// A PEM file holds the certificate and any intermediate certificates. It is sent only if the
    /// server requests one.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = TLS)]
    pub cert: Option<PathBuf>,

    /// Private key of the client certificate (PEM)
    ///
    /// Needed if it is not in the file of --cert. PKCS#8, PKCS#1 and SEC 1 are supported, encrypted
    /// or not.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = TLS)]
    pub key: Option<PathBuf>,

    /// Passphrase of the private key
    ///
    /// env:NAME reads it from an environment variable, @FILE from a file: other users of the machine
    /// can see a command line.
    #[arg(long, alias = "passphrase", value_name = "PASS", allow_hyphen_values = true,
          hide_short_help = true, help_heading = TLS,
          value_parser = |text: &str| SecretSource::parse(text, identity::passphrase))]
    pub pass: Option<SecretSource<Secret>>,

    /// Minimum TLS version: 1.0, 1.1, 1.2 or 1.3
    ///
    /// The default is 1.2. Many systems' TLS libraries no longer support 1.0 and 1.1.
    #[arg(long, value_name = "VERSION", hide_short_help = true, help_heading = TLS)]
    pub tls_min: Option<TlsVersion>,

    /// Maximum TLS version: 1.0, 1.1, 1.2 or 1.3
    #[arg(long, value_name = "VERSION", hide_short_help = true, help_heading = TLS)]
    pub tls_max: Option<TlsVersion>,

    /// Follow redirects
    ///
    /// Credentials, as described under --show-secrets, and Referer are never sent to another origin,
    /// and a redirect from wss to ws is not followed.
    #[arg(short = 'L', long, hide_short_help = true, help_heading = NETWORK)]
    pub location: bool,

    /// Maximum number of redirects to follow [default: 10]
    ///
    /// Requires --location. One more redirect ends the run with exit code 47.
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

    /// Resolve HOST:PORT to these addresses (repeatable)
    ///
    /// No DNS lookup is made. HOST may be * for any host, and ADDR a comma-separated list of
    /// addresses.
    #[arg(long, value_name = "HOST:PORT:ADDR", action = ArgAction::Append,
          hide_short_help = true, value_parser = ResolveRule::parse, help_heading = NETWORK)]
    pub resolve: Vec<ResolveRule>,

    /// Connect to HOST2:PORT2 instead of HOST1:PORT1 (repeatable)
    ///
    /// The Host header and TLS still use the first. An empty HOST1 or PORT1 matches any host or
    /// port; an empty HOST2 or PORT2 keeps the original one.
    #[arg(long, value_name = "HOST1:PORT1:HOST2:PORT2", action = ArgAction::Append,
          hide_short_help = true, value_parser = ConnectToRule::parse, help_heading = NETWORK)]
    pub connect_to: Vec<ConnectToRule>,

    /// Connect to a Unix socket instead of the URL's host
    ///
    /// The URL still gives the resource and the Host header.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, hide_short_help = true,
          help_heading = NETWORK)]
    pub unix_socket: Option<PathBuf>,

    /// Connect through a proxy: http, https, socks5 or socks5h
    ///
    /// Written SCHEME://USER:PASS@HOST:PORT; only HOST is required. The default scheme is http, the
    /// default port 1080, or 443 for https. With socks5 names are resolved locally, with socks5h
    /// (or socks) by the proxy. It overrides the environment variables; -x '' uses no proxy. --cacert and -k also
    /// apply to an https proxy.
    #[arg(short = 'x', long, value_name = "URL", value_hint = ValueHint::Url,
          hide_short_help = true, help_heading = NETWORK)]
    pub proxy: Option<ProxyArg>,

    /// Credentials for the proxy
    ///
    /// They override a user name and password in the proxy's URL. env:NAME reads both from an
    /// environment variable, @FILE from a file.
    #[arg(short = 'U', long, value_name = "USER:PASS", hide_short_help = true,
          allow_hyphen_values = true, value_parser = |text: &str| SecretSource::parse(text, identity::proxy_login), help_heading = NETWORK)]
    pub proxy_user: Option<SecretSource<Credentials>>,

    /// Send a header to the proxy (repeatable)
    ///
    /// For HTTP proxies only; it is never sent to the server.
    #[arg(long = "proxy-header", value_name = "N: V", action = ArgAction::Append,
          allow_hyphen_values = true, hide_short_help = true,
          value_parser = CustomHeader::parse, help_heading = NETWORK)]
    pub proxy_headers: Vec<CustomHeader>,

    /// Hosts to connect to without a proxy
    ///
    /// A comma-separated list: a name also matches its subdomains, 10.0.0.0/8 a network, HOST:PORT a
    /// single port. * stands for any characters: *.example.org, or * for every host. It overrides the
    /// list in the environment.
    #[arg(long, value_name = "LIST", hide_short_help = true, help_heading = NETWORK)]
    pub noproxy: Option<String>,

    /// Maximum time to connect (DNS to upgrade)
    #[arg(long, value_name = "TIME", default_value = "30s", hide_short_help = true,
          value_parser = values::limit, help_heading = TIME)]
    pub connect_timeout: Duration,

    /// Maximum total time
    ///
    /// Counted from the start of connecting. When it has passed, the connection is closed, for which
    /// the server has one more second, and the exit code is 28.
    #[arg(short = 'm', long, value_name = "TIME", value_parser = values::limit,
          help_heading = TIME)]
    pub max_time: Option<Duration>,

    /// Keep listening this long after input ends [default: 1s]
    ///
    /// The connection is closed once no message has been sent or received for this long. 0 closes at
    /// once; -1 or forever waits until the server closes, which is the default with --max-messages.
    #[arg(short = 'w', long, value_name = "TIME", allow_negative_numbers = true,
          value_parser = values::wait, help_heading = TIME)]
    pub wait: Option<Wait>,

    /// Maximum time to wait for the server's Close [default: 5s]
    ///
    /// After the end of input, each byte received restarts it. After a signal and with
    /// --max-messages the default is 1s.
    #[arg(long, value_name = "TIME", hide_short_help = true, value_parser = values::duration,
          help_heading = TIME)]
    pub close_timeout: Option<Duration>,

    /// The options of connections that last.
    #[command(flatten)]
    pub lasting: LastingArgs,

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
    /// expectations.
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

    /// Edit lines at the prompt with the keys of vi
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

    /// Close code to send: 1000 or 3000-4999
    #[arg(long, value_name = "CODE", default_value = "1000", hide_short_help = true,
          help_heading = PROTOCOL)]
    pub close_code: u16,

    /// Close reason to send, at most 123 bytes
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true,
          allow_hyphen_values = true, hide_short_help = true, help_heading = PROTOCOL)]
    pub close_reason: String,

    /// Allow close codes that RFC 6455 forbids
    #[arg(long, hide_short_help = true, help_heading = PROTOCOL)]
    pub force: bool,

    /// Maximum payload of a sent frame
    ///
    /// A larger message is sent in fragments (RFC 6455 §5.4). The size is that after compression, at most
    /// 16M. Without it, lines and files above 256K are sent in fragments of about that size.
    #[arg(long, value_name = "SIZE", hide_short_help = true, value_parser = values::frame_size,
          help_heading = SEND)]
    pub frame_size: Option<NonZeroUsize>,

    /// Compress messages (permessage-deflate, RFC 7692)
    ///
    /// `auto` offers it, as browsers do, and the server decides; with `require` a server that does
    /// not agree ends the run with exit code 22. Messages below 64 bytes are sent uncompressed.
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto", hide_short_help = true,
          help_heading = PROTOCOL)]
    pub compress: Compress,

    /// Maximum size of a received message
    ///
    /// A larger message closes the connection with 1009. The default is unlimited in a pipe, and 64M
    /// where messages are held in memory: at the prompt, with --json, expectations and --record.
    #[arg(long, value_name = "SIZE", hide_short_help = true, value_parser = values::size,
          help_heading = PROTOCOL)]
    pub max_message_size: Option<u64>,
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
    /// The options, after checking every rule that concerns several of them.
    ///
    /// # Errors
    ///
    /// What cannot be used together.
    pub(super) fn finish(self) -> Result<OptionArgs, String> {
        let mut options = self.options;
        let replaced = replaced_headers(|option| match option {
            "user" => options.user.is_some(),
            "bearer" => options.bearer.is_some(),
            "user-agent" => options.user_agent.is_some(),
            "origin" => options.origin.is_some(),
            _ => false,
        });
        options.headers = vec![HeaderGroup {
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
        options.check()?;
        Ok(options)
    }
}
