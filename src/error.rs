//! The errors of a run: one variant per phase, with the cause and, where one is known, a hint.
//!
//! An error's text is one sentence. The error also has a phase (for `--json`), a hint and an exit
//! code, and never prints itself. Its text may quote the network, so it must be escaped for a
//! terminal (`output::escape`).

mod classes;
mod parse_error;
mod phase;
mod quoted;
mod refusal;
mod text;
mod unmet;

use std::io;
use std::time::Duration;

use thiserror::Error;

pub use self::parse_error::ParseError;
pub use self::phase::{Party, Phase};
pub use self::quoted::Quoted;
pub use self::refusal::Refusal;
pub use self::text::{plain, seconds, violation_message};
pub use self::unmet::{Goal, Instead, Partial, RecentMessage, Unmet, UnmetDetail};

use self::text::{at_least, attempts_text, client_text, line_text, signal_text, unanswered_text};
use crate::http::ResponseHead;
use crate::target::InvalidUrl;

/// How to send a close code that users may not send; see
/// [`InvalidClose::with_advice`](crate::protocol::close::InvalidClose::with_advice).
pub const USE_FORCE: &str = "use --force to send it anyway";

/// Everything that can end a run, except for a Close.
#[derive(Debug, Error)]
pub enum Error {
    /// A usage error that is found only after the command line has been parsed.
    #[error("{0}")]
    Usage(String),

    /// The URL is invalid.
    #[error("{0}")]
    Url(#[from] InvalidUrl),

    /// A host name could not be resolved.
    #[error("could not resolve {}{host}: {cause}", .party.article())]
    Resolve {
        /// Whether it is the server's or the proxy's name.
        party: Party,
        /// The host name.
        host: String,
        /// The error of the resolver.
        cause: String,
        /// What to try next; `None` if that is not known.
        hint: Option<String>,
    },

    /// Could not connect to any address of the host.
    #[error("could not connect to {}{to}{}", .party.article(), attempts_text(.attempts))]
    Connect {
        /// Whether it is the server or the proxy.
        party: Party,
        /// The server's host and port, or the proxy's URL.
        to: String,
        /// The addresses that were tried, without ports, each with its error.
        attempts: Vec<(String, io::Error)>,
        /// What to try next; `None` if that is not known.
        hint: Option<String>,
    },

    /// The timeout expired while connecting.
    #[error("timed out after {} (--connect-timeout) while connecting to {}{to}{}",
            seconds(*.limit), .party.article(), attempts_text(.attempts))]
    ConnectTimeout {
        /// Whether it is the server or the proxy.
        party: Party,
        /// The host and port.
        to: String,
        /// The timeout.
        limit: Duration,
        /// The addresses that were tried, without ports, each with its error.
        attempts: Vec<(String, io::Error)>,
    },

    /// Could not connect to the Unix socket.
    #[error("could not connect to the Unix socket {path}: {}", plain(.cause))]
    UnixSocket {
        /// The path of the socket.
        path: String,
        /// The error of the operating system.
        cause: io::Error,
    },

    /// The connection ended before the response.
    #[error("{}", unanswered_text(*.party, .name, .cause.as_ref()))]
    Unanswered {
        /// Whether it is the server or the proxy.
        party: Party,
        /// The proxy's URL, for errors of a proxy.
        name: String,
        /// The I/O error; `None` at the end of the stream.
        cause: Option<io::Error>,
        /// What to try next; `None` if that is not known.
        hint: Option<String>,
    },

    /// The response is invalid: the opening handshake (RFC 6455 §4.1) of the server, or the
    /// protocol of the proxy, was violated.
    #[error("invalid {}{name}: {cause}", match .party {
        Party::Server => "upgrade response",
        Party::Proxy => "response from the proxy ",
    })]
    InvalidResponse {
        /// Whether it is the server or the proxy.
        party: Party,
        /// The proxy's URL; empty for the server.
        name: String,
        /// What is invalid, with the RFC section if it violates one.
        cause: String,
        /// The head of the response, if it is HTTP.
        head: Option<Box<ResponseHead>>,
        /// What to try next; `None` if that is not known.
        hint: Option<String>,
    },

    /// The proxy refused to connect to the server.
    #[error("the proxy {proxy} refused to connect to {to}: {cause}")]
    ProxyRefused {
        /// The proxy's URL.
        proxy: String,
        /// The host and port that it was asked to connect to.
        to: String,
        /// The reason that the proxy gave.
        cause: String,
        /// The proxy's response, if it is HTTP.
        refusal: Option<Box<Refusal>>,
        /// Whether the proxy could not reach the server, by what SOCKS says.
        unreachable: bool,
        /// What to try next; `None` if that is not known.
        hint: Option<String>,
    },

    /// The TLS handshake failed, but not because of a certificate.
    #[error("TLS handshake with {}{host} failed: {cause}", .party.article())]
    Tls {
        /// Whether it is the server or the proxy.
        party: Party,
        /// The host.
        host: String,
        /// The error of the TLS library.
        cause: String,
        /// What to try next; `None` if that is not known.
        hint: Option<String>,
    },

    /// A certificate could not be verified.
    #[error("could not verify the certificate of {}{host}: {cause}", .party.article())]
    Certificate {
        /// Whether it is the server or the proxy.
        party: Party,
        /// The host.
        host: String,
        /// The check that failed.
        cause: String,
        /// The certificate as lines: subject, names, issuer, validity.
        details: Vec<String>,
        /// What to try next; `None` if that is not known.
        hint: Option<String>,
    },

    /// The CA file could not be loaded.
    #[error("could not load CA certificates from {path}: {cause}")]
    CaFile {
        /// The file.
        path: String,
        /// The error of reading or parsing it.
        cause: String,
        /// What to try next; `None` if that is not known.
        hint: Option<String>,
    },

    /// A certificate of ours, or its key, could not be loaded.
    #[error("could not load the certificate or key from {path}: {cause}")]
    Identity {
        /// The file.
        path: String,
        /// The error of reading or parsing it.
        cause: String,
        /// What to try next; `None` if that is not known.
        hint: Option<String>,
    },

    /// A client certificate is required, or the one that was sent was rejected.
    #[error("{}{host} {} (TLS alert: {alert})", .party.article(), client_text(.file.as_deref()))]
    ClientCertificate {
        /// Whether it is the server or the proxy.
        party: Party,
        /// The host.
        host: String,
        /// The file of the certificate that was sent, if there was one.
        file: Option<String>,
        /// The alert's name (RFC 8446 §6.2).
        alert: String,
        /// What to try next.
        hint: String,
    },

    /// Could not listen on an address.
    #[error("could not listen on {address}: {cause}")]
    Listen {
        /// The address as the user wrote it.
        address: String,
        /// The reason, and what to do about it.
        cause: String,
    },

    /// The server responded to the upgrade request with something other than 101.
    #[error("the server refused the upgrade: {}", .0.head.status_line)]
    Refused(Box<Refusal>),

    /// The response is valid, but the server does not agree to what is required.
    #[error("the server declined {what}")]
    Declined {
        /// What it does not agree to, and the option that requires it.
        what: String,
        /// The response.
        head: Box<ResponseHead>,
        /// What to try next; `None` if that is not known.
        hint: Option<String>,
    },

    /// A redirect cannot be followed.
    #[error("could not follow the redirect: {cause}")]
    Redirect {
        /// What is wrong with its `Location`, or why it is not followed.
        cause: String,
        /// The head of the redirect.
        head: Box<ResponseHead>,
    },

    /// There were more redirects than allowed.
    #[error("too many redirects (--max-redirs {limit}): the next one leads to {url}")]
    Redirects {
        /// The maximum number of redirects.
        limit: u32,
        /// The URL of the next redirect.
        url: String,
    },

    /// A timeout expired.
    #[error("timed out after {} ({option}) while {phase}", seconds(*.limit))]
    Timeout {
        /// The option that sets the timeout.
        option: &'static str,
        /// The timeout.
        limit: Duration,
        /// The phase in which it expired.
        phase: Phase,
    },

    /// Input could not be read, or was invalid.
    #[error("{origin}{}: {cause}", line_text(*.line))]
    Input {
        /// `standard input` or a file name.
        origin: String,
        /// The line number, from 1.
        line: Option<u64>,
        /// The error of reading or parsing it.
        cause: String,
    },

    /// The file of a `--data` option could not be read.
    #[error("could not read {path}: {cause}")]
    DataFile {
        /// The file.
        path: String,
        /// The error of reading or parsing it.
        cause: String,
        /// Whether the argument may have been meant as text, because there is no such file.
        may_be_text: bool,
    },

    /// Output could not be written.
    #[error("could not write to {target}: {}", plain(.cause))]
    Output {
        /// `standard output` or a file name.
        target: String,
        /// The error of the operating system.
        cause: io::Error,
    },

    /// The connection ended before all accepted input was sent.
    #[error("{}{unsent} of {}{total} messages not sent", at_least(*.more), at_least(*.more))]
    Unsent {
        /// The number of messages that were not sent.
        unsent: u64,
        /// The number of messages that were accepted.
        total: u64,
        /// Whether there was more input to read, so that both numbers are lower bounds.
        more: bool,
    },

    /// Fewer messages were received than `-n` requires.
    #[error("received {received} of {wanted} messages")]
    TooFew {
        /// The number of messages received.
        received: u64,
        /// The number of messages required.
        wanted: u64,
    },

    /// An expectation was not met.
    #[error("{0}")]
    Unmet(Box<Unmet>),

    /// The server answered a call of `wsline rpc` with an error.
    #[error("{method} failed: {message}")]
    Call {
        /// The method.
        method: String,
        /// The message of the server and its code.
        message: String,
        /// More about it, as JSON.
        data: Option<String>,
    },

    /// A session file is invalid.
    #[error("{0}")]
    SessionFile(Box<ParseError>),

    /// The config file can't be used.
    #[error("{0}")]
    Config(Box<ParseError>),

    /// An error in one connection or one statement of a session file.
    #[error("{place}: {error}")]
    At {
        /// The connection, for example `@bob`, or the statement, for example `talk.ws:12`.
        place: String,
        /// The error itself.
        error: Box<Error>,
    },

    /// The server of `--serve` exited before it accepted a connection.
    #[error("the --serve server exited before it was ready: {ending}")]
    ServerEnded {
        /// How it exited.
        ending: String,
        /// The last lines of its output.
        last: Vec<String>,
    },

    /// The server of `--serve`, or that of `--ready`, did not accept a WebSocket within the timeout.
    #[error("timed out after {} (--connect-timeout) while waiting for {} at {url}: {cause}",
            seconds(*.limit), if *.is_own { "the --serve server" } else { "the server" })]
    ServerLate {
        /// Whether it is the server of `--serve`.
        is_own: bool,
        /// The URL where it should accept one.
        url: String,
        /// The timeout.
        limit: Duration,
        /// Why the last attempt failed.
        cause: String,
        /// The last lines of its output.
        last: Vec<String>,
    },

    /// A signal ended the run.
    #[error("{}", signal_text(*.0))]
    Signal(i32),

    /// An error of the operating system without a variant of its own.
    #[error("{doing}: {}", plain(.cause))]
    System {
        /// The action that failed, as a phrase such as "starting the echo server".
        doing: &'static str,
        /// Why it failed.
        cause: io::Error,
    },
}

impl Error {
    /// The error without its position in a session file.
    #[must_use]
    pub fn root(&self) -> &Self {
        match self {
            Self::At { error, .. } => error.root(),
            error => error,
        }
    }
}
