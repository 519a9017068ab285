//! What can go wrong: one variant a phase, each with its cause and, where there is one, the next step.
//!
//! An error is one sentence that a person would say. It knows its phase (for `--json`), its hint
//! and its exit code; it never prints itself. Its text may quote what came from the network:
//! whoever shows it on a terminal escapes it (`output::escape`).

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

use crate::exit::ExitCode;
use crate::http::{Body, ResponseHead};
use crate::protocol::Violation;
use crate::target::{Host, InvalidUrl};

/// How to send a close code that users may not send; see
/// [`InvalidClose::with_advice`](crate::protocol::close::InvalidClose::with_advice).
pub const USE_FORCE: &str = "use --force to send it anyway";

/// The message for a violation of the protocol by the server.
#[must_use]
pub fn violation_message(violation: &Violation) -> String {
    let limit = match violation.code {
        1009 => " (--max-message-size)",
        _ => "",
    };
    format!("the server sent {violation}{limit}")
}

/// Whom an error on the way to the server is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The server.
    Server,
    /// The proxy before it.
    Proxy,
}

impl Party {
    /// What stands before its host in a sentence.
    fn article(self) -> &'static str {
        match self {
            Self::Server => "",
            Self::Proxy => "the proxy ",
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Proxy => "proxy",
        })
    }
}

/// A step of a run, as messages and `--json` name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Reading the command line.
    Usage,
    /// Reading the address.
    Address,
    /// Resolving the server's name.
    Resolve,
    /// Connecting to one of its addresses.
    Connect,
    /// Asking a proxy.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// The opening handshake (RFC 6455 §4).
    Upgrade,
    /// The connection is open (RFC 6455 §5–§7).
    Open,
    /// Reading what is to be sent.
    Input,
    /// Writing what was received.
    Output,
}

impl Phase {
    /// The phase's name in `--json`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Address => "address",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Upgrade => "upgrade",
            Self::Open => "open",
            Self::Input => "input",
            Self::Output => "output",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Usage => "reading the command line",
            Self::Address => "reading the address",
            Self::Resolve => "resolving the host name",
            Self::Connect => "connecting",
            Self::Proxy => "waiting for the proxy's response",
            Self::Tls => "setting up TLS",
            Self::Upgrade => "waiting for the upgrade response",
            Self::Open => "the connection was open",
            Self::Input => "reading input",
            Self::Output => "writing output",
        })
    }
}

/// A response that was not 101, as far as it is kept.
#[derive(Clone, Debug, Default)]
pub struct Refusal {
    /// Its head.
    pub head: ResponseHead,
    /// Its body.
    pub body: Body,
    /// The next step, if the cause is known.
    pub hint: Option<String>,
}

/// An expectation that was not met: all that a report of it says. Nothing in it is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmet {
    /// The line of the session file that it stands on, `talk.ws:12`; `None` for the command line.
    pub place: Option<String>,
    /// The connection, in a session file with several.
    pub connection: Option<String>,
    /// Whether it is about something that could not be sent.
    pub is_sending: bool,
    /// What was expected, in words that follow "expected"; or what could not be sent.
    pub expected: String,
    /// What came of it, in words: `nothing like it came within 5 s`, `"ho" came instead`.
    pub instead: String,
    /// Where what came differs, a line each.
    pub difference: Vec<String>,
    /// The last messages before it, in both directions, the oldest first, a line each.
    pub recent: Vec<String>,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        if let Some(connection) = &self.connection {
            write!(f, "@{connection}: ")?;
        }
        let (expected, instead) = (&self.expected, &self.instead);
        if self.is_sending {
            return write!(f, "could not send {expected}: {instead}");
        }
        write!(f, "expected {expected}, but {instead}")
    }
}

/// What is wrong with a session file, and where. Nothing in it is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParseError {
    /// The file as it was named.
    pub file: String,
    /// The line, counted from 1; 0 if it is the file as a whole.
    pub line: u32,
    /// The column in it, counted in characters from 1; 0 if it is the line as a whole.
    pub column: u32,
    /// The text of that line.
    pub text: String,
    /// What is wrong, and what could stand there.
    pub cause: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column] {
            if number > 0 {
                write!(f, ":{number}")?;
            }
        }
        write!(f, ": {}", self.cause)
    }
}

/// Everything that ends a run before or other than by a Close.
#[derive(Debug, Error)]
pub enum Error {
    /// The command line is wrong in a way that only shows after parsing it.
    #[error("{0}")]
    Usage(String),

    /// The URL can't be used.
    #[error("{0}")]
    Url(#[from] InvalidUrl),

    /// A host name has no address.
    #[error("could not resolve {}{host}: {cause}", .party.article())]
    Resolve {
        /// Whose name it is.
        party: Party,
        /// The name.
        host: Host,
        /// What the resolver said.
        cause: String,
        /// The next step.
        hint: Option<String>,
    },

    /// No address of the host could be connected to.
    #[error("could not connect to {}{to}{}", .party.article(), attempts_text(.attempts))]
    Connect {
        /// Whose host it is.
        party: Party,
        /// The server's host and port, or the proxy's URL.
        to: String,
        /// Each address that was tried, and why it failed.
        attempts: Vec<(SocketAddr, io::Error)>,
        /// The next step.
        hint: Option<String>,
    },

    /// The time limit of connecting passed while addresses were being tried.
    #[error("timed out after {} (--connect-timeout) while connecting to {}{to}{}",
            seconds(*.limit), .party.article(), attempts_text(.attempts))]
    ConnectTimeout {
        /// Whose host it is.
        party: Party,
        /// The host and the port.
        to: String,
        /// The limit.
        limit: Duration,
        /// Each address that was tried, and why it failed.
        attempts: Vec<(SocketAddr, io::Error)>,
    },

    /// The Unix socket could not be connected to.
    #[error("could not connect to the Unix socket {path}: {}", plain(.cause))]
    UnixSocket {
        /// Its path.
        path: String,
        /// Why.
        cause: io::Error,
    },

    /// The connection ended before there was a response.
    #[error("{}", unanswered_text(*.party, .name, .cause.as_ref()))]
    Unanswered {
        /// Who did not respond.
        party: Party,
        /// The proxy's URL; the server's is not shown.
        name: String,
        /// The error that ended it; `None` for an end of stream.
        cause: Option<io::Error>,
        /// The next step.
        hint: Option<String>,
    },

    /// The response is invalid: no valid opening handshake (RFC 6455 §4.1), or not the proxy's
    /// protocol.
    #[error("invalid {}{name}: {cause}", match .party {
        Party::Server => "upgrade response",
        Party::Proxy => "response from the proxy ",
    })]
    InvalidResponse {
        /// Who responded.
        party: Party,
        /// The proxy's URL; empty for the server.
        name: String,
        /// What is wrong with it, with the section of the RFC if it violates one.
        cause: String,
        /// The response, if it was HTTP.
        head: Option<Box<ResponseHead>>,
        /// The next step.
        hint: Option<String>,
    },

    /// The proxy does not connect to the server.
    #[error("the proxy {proxy} refused to connect to {to}: {cause}")]
    ProxyRefused {
        /// The proxy.
        proxy: String,
        /// What it was asked for.
        to: String,
        /// Why, in its words.
        cause: String,
        /// Its response, if it speaks HTTP.
        refusal: Option<Box<Refusal>>,
        /// The next step.
        hint: Option<String>,
    },

    /// The TLS handshake failed for another reason than the certificate.
    #[error("TLS handshake with {}{host} failed: {cause}", .party.article())]
    Tls {
        /// Whom it was with.
        party: Party,
        /// The host.
        host: String,
        /// What the TLS library said, in words.
        cause: String,
        /// The next step.
        hint: Option<String>,
    },

    /// A certificate could not be verified.
    #[error("could not verify the certificate of {}{host}: {cause}", .party.article())]
    Certificate {
        /// Whose certificate it is.
        party: Party,
        /// The host.
        host: String,
        /// Which check failed.
        cause: String,
        /// The certificate for people, a line each: subject, names, issuer, validity.
        details: Vec<String>,
        /// The next step.
        hint: Option<String>,
    },

    /// The file of `--cacert` could not be used.
    #[error("could not load CA certificates from {path}: {cause}")]
    CaFile {
        /// The file.
        path: String,
        /// Why.
        cause: String,
        /// The next step.
        hint: Option<String>,
    },

    /// A certificate of ours, or its key, could not be used.
    #[error("could not load the certificate or key from {path}: {cause}")]
    Identity {
        /// The file.
        path: String,
        /// Why.
        cause: String,
        /// The next step.
        hint: Option<String>,
    },

    /// A client certificate is required, or the one that was sent was rejected.
    #[error("{}{host} {} (TLS alert: {alert})", .party.article(), client_text(.file.as_deref()))]
    ClientCertificate {
        /// Who requires it.
        party: Party,
        /// The host.
        host: String,
        /// The file with the certificate that was sent, if there was one.
        file: Option<String>,
        /// The alert's name (RFC 8446 §6.2).
        alert: String,
        /// The next step.
        hint: String,
    },

    /// A server of ours could not listen there.
    #[error("could not listen on {address}: {cause}")]
    Listen {
        /// The address as it was given.
        address: String,
        /// Why, and what would work.
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
        /// The next step.
        hint: Option<String>,
    },

    /// The server redirects to where the program does not follow.
    #[error("could not follow the redirect: {cause}")]
    Redirect {
        /// Why not.
        cause: String,
        /// The response that redirects.
        head: Box<ResponseHead>,
    },

    /// The server redirects more often than is allowed.
    #[error("too many redirects (--max-redirs {limit}): the next one leads to {url}")]
    Redirects {
        /// How many are allowed.
        limit: u32,
        /// Where the next would lead.
        url: String,
    },

    /// A time limit passed.
    #[error("timed out after {} ({option}) while {phase}", seconds(*.limit))]
    Timeout {
        /// The option that set the limit.
        option: &'static str,
        /// The limit.
        limit: Duration,
        /// What was being done.
        phase: Phase,
    },

    /// Input could not be read, or was malformed.
    #[error("{origin}{}: {cause}", line_text(*.line))]
    Input {
        /// `standard input`, or the name of a file.
        origin: String,
        /// The line in it, counted from 1.
        line: Option<u64>,
        /// Why.
        cause: String,
    },

    /// A file that a `--data` option names could not be read.
    #[error("could not read {path}: {cause}")]
    DataFile {
        /// The file.
        path: String,
        /// Why.
        cause: String,
        /// Whether the message may have been meant instead, because there is no such file.
        may_be_text: bool,
    },

    /// Output could not be written.
    #[error("could not write to {target}: {}", plain(.cause))]
    Output {
        /// `standard output`, or the name of a file.
        target: String,
        /// Why.
        cause: io::Error,
    },

    /// The connection ended while accepted input was unsent.
    #[error("{}{unsent} of {}{total} messages not sent", at_least(*.more), at_least(*.more))]
    Unsent {
        /// Messages that did not leave.
        unsent: u64,
        /// Messages that were accepted in all.
        total: u64,
        /// Whether input goes on beyond what was read, so that both numbers are lower bounds.
        more: bool,
    },

    /// Fewer messages came than `-n` asked for.
    #[error("received {received} of {wanted} messages")]
    TooFew {
        /// How many came.
        received: u64,
        /// How many were asked for.
        wanted: u64,
    },

    /// An expectation was not met.
    #[error("{0}")]
    Unmet(Box<Unmet>),

    /// A session file can't be read.
    #[error("{0}")]
    SessionFile(Box<ParseError>),

    /// The config file can't be used.
    #[error("{0}")]
    Config(Box<ParseError>),

    /// An error of one connection or one statement of a session file.
    #[error("{place}: {error}")]
    At {
        /// The connection, `@bob`, or the statement, `talk.ws:12`.
        place: String,
        /// What went wrong there.
        error: Box<Error>,
    },

    /// The server of `--serve` ended before it accepted a connection.
    #[error("the --serve server exited before it was ready: {ending}")]
    ServerEnded {
        /// How it ended, in words.
        ending: String,
        /// The lines that it printed last.
        last: Vec<String>,
    },

    /// The server of `--serve` did not accept a connection in time.
    #[error("--connect-timeout {} passed while waiting for the --serve server to listen at \
             {endpoint}",
            seconds(*.limit))]
    ServerLate {
        /// Where it should have listened.
        endpoint: String,
        /// The limit.
        limit: Duration,
        /// The lines that it printed last.
        last: Vec<String>,
    },

    /// A signal ended the run.
    #[error("{}", signal_text(*.0))]
    Signal(i32),

    /// Something of the operating system that has no variant of its own.
    #[error("{doing}: {}", plain(.cause))]
    System {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        cause: io::Error,
    },
}

impl Error {
    /// The error without its place in a session file.
    #[must_use]
    pub fn root(&self) -> &Self {
        match self {
            Self::At { error, .. } => error.root(),
            error => error,
        }
    }

    /// The phase that it happened in.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self {
            Self::At { error, .. } => error.phase(),
            Self::Usage(_) | Self::SessionFile(_) | Self::Config(_) => Phase::Usage,
            Self::Url(_) => Phase::Address,
            Self::Resolve { .. } => Phase::Resolve,
            Self::Connect { .. }
            | Self::ConnectTimeout { .. }
            | Self::UnixSocket { .. }
            | Self::Listen { .. }
            | Self::ServerEnded { .. }
            | Self::ServerLate { .. } => Phase::Connect,
            Self::Unanswered { party, .. } | Self::InvalidResponse { party, .. } => match party {
                Party::Server => Phase::Upgrade,
                Party::Proxy => Phase::Proxy,
            },
            Self::ProxyRefused { .. } => Phase::Proxy,
            Self::Tls { .. }
            | Self::Certificate { .. }
            | Self::CaFile { .. }
            | Self::Identity { .. }
            | Self::ClientCertificate { .. } => Phase::Tls,
            Self::Refused(_)
            | Self::Declined { .. }
            | Self::Redirect { .. }
            | Self::Redirects { .. } => Phase::Upgrade,
            Self::Timeout { phase, .. } => *phase,
            Self::Input { .. } | Self::DataFile { .. } => Phase::Input,
            Self::Output { .. } => Phase::Output,
            Self::Unsent { .. }
            | Self::TooFew { .. }
            | Self::Unmet(_)
            | Self::Signal(_)
            | Self::System { .. } => Phase::Open,
        }
    }

    /// The exit code that it leads to.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::At { error, .. } => error.exit_code(),
            Self::Usage(_) | Self::SessionFile(_) | Self::Config(_) => ExitCode::Usage,
            Self::Url(_) => ExitCode::Address,
            Self::Resolve { party, .. } => match party {
                Party::Server => ExitCode::Name,
                Party::Proxy => ExitCode::ProxyName,
            },
            Self::Connect { .. } | Self::UnixSocket { .. } | Self::ServerEnded { .. } => {
                ExitCode::Connect
            }
            Self::Unanswered { party, .. } => match party {
                Party::Server => ExitCode::Receive,
                Party::Proxy => ExitCode::Proxy,
            },
            Self::InvalidResponse { party, .. } => match party {
                Party::Server => ExitCode::Refused,
                Party::Proxy => ExitCode::Proxy,
            },
            Self::ProxyRefused { .. } => ExitCode::Proxy,
            Self::Tls { .. } => ExitCode::Tls,
            Self::Certificate { .. } => ExitCode::Certificate,
            Self::CaFile { .. } => ExitCode::CaFile,
            Self::Identity { .. } | Self::ClientCertificate { .. } => ExitCode::Identity,
            Self::Refused(_) | Self::Declined { .. } | Self::Redirect { .. } => ExitCode::Refused,
            Self::Redirects { .. } => ExitCode::Redirects,
            Self::Timeout { .. } | Self::ConnectTimeout { .. } | Self::ServerLate { .. } => {
                ExitCode::Timeout
            }
            Self::Input { .. } | Self::DataFile { .. } => ExitCode::Input,
            Self::Output { .. } => ExitCode::Output,
            Self::Unsent { .. } => ExitCode::Send,
            Self::TooFew { .. } | Self::Unmet(_) => ExitCode::Expectation,
            Self::Signal(number) => ExitCode::Signal(u8::try_from(*number).unwrap_or(0)),
            Self::Listen { .. } | Self::System { .. } => ExitCode::Other,
        }
    }

    /// The next step, where one is known.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::At { error, .. } => error.hint(),
            Self::Url(invalid) => invalid.hint.as_deref(),
            Self::Resolve { hint, .. }
            | Self::Connect { hint, .. }
            | Self::Unanswered { hint, .. }
            | Self::InvalidResponse { hint, .. }
            | Self::Declined { hint, .. }
            | Self::ProxyRefused { hint, .. }
            | Self::Tls { hint, .. }
            | Self::Certificate { hint, .. }
            | Self::CaFile { hint, .. }
            | Self::Identity { hint, .. } => hint.as_deref(),
            Self::ClientCertificate { hint, .. } => Some(hint),
            Self::ServerLate { .. } => {
                Some("use --ready URL if it listens elsewhere; -v shows its output")
            }
            Self::Refused(refusal) => refusal.hint.as_deref(),
            Self::DataFile {
                may_be_text: true, ..
            } => Some("to send a text that starts with @, use --data-raw"),
            Self::Redirects { .. } => {
                Some("use a larger --max-redirs, unless the redirects form a loop")
            }
            _ => None,
        }
    }
}

fn attempts_text(attempts: &[(SocketAddr, io::Error)]) -> String {
    match attempts {
        [] => String::new(),
        [(address, cause)] => format!(" ({}): {}", address.ip(), plain(cause)),
        many => many.iter().fold(":".to_owned(), |text, (address, cause)| {
            format!("{text} {}: {};", address.ip(), plain(cause))
        }),
    }
    .trim_end_matches(';')
    .to_owned()
}

fn client_text(file: Option<&str>) -> String {
    match file {
        Some(file) => format!("rejected the client certificate in {file}"),
        None => "requires a client certificate".to_owned(),
    }
}

/// The error's text without Rust's `(os error N)`, which helps nobody who reads it.
#[must_use]
pub fn plain(cause: &io::Error) -> String {
    let text = cause.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

fn unanswered_text(party: Party, name: &str, cause: Option<&io::Error>) -> String {
    match (party, cause) {
        (Party::Server, None) => {
            "the server closed the connection without a response to the upgrade request".to_owned()
        }
        (Party::Server, Some(cause)) => {
            format!("could not read the upgrade response: {}", plain(cause))
        }
        (Party::Proxy, None) => {
            format!("the proxy {name} closed the connection without a response")
        }
        (Party::Proxy, Some(cause)) => {
            format!(
                "could not read the response of the proxy {name}: {}",
                plain(cause)
            )
        }
    }
}

fn line_text(line: Option<u64>) -> String {
    line.map(|line| format!(", line {line}"))
        .unwrap_or_default()
}

fn at_least(more: bool) -> &'static str {
    if more {
        "at least "
    } else {
        ""
    }
}

fn signal_text(number: i32) -> String {
    match number {
        1 => "ended by SIGHUP".to_owned(),
        2 => "interrupted".to_owned(),
        15 => "terminated".to_owned(),
        other => format!("ended by signal {other}"),
    }
}

/// A duration as people write one: `30 s`, `0.5 s`.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
