//! The errors of a run: one variant per phase, with the cause and, where one is known, a hint.
//!
//! An error's text is one sentence. The error also has a phase (for `--json`), a hint and an exit
//! code, and never prints itself. Its text may quote the network, so it must be escaped for a
//! terminal (`output::escape`).

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

/// The peer that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The server.
    Server,
    /// The proxy.
    Proxy,
}

impl Party {
    /// The words before the host in an error text.
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

/// A phase of a run, with its name in error texts and in `--json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Parsing the command line.
    Usage,
    /// Parsing the URL.
    Address,
    /// Resolving the server's name.
    Resolve,
    /// Connecting to the server's addresses.
    Connect,
    /// Connecting through a proxy.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// The opening handshake (RFC 6455 §4).
    Upgrade,
    /// The connection is open (RFC 6455 §5–§7).
    Open,
    /// Reading the messages to send.
    Input,
    /// Writing output.
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
            Self::Usage => "parsing the command line",
            Self::Address => "parsing the URL",
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

/// A response with a status other than 101.
#[derive(Clone, Debug, Default)]
pub struct Refusal {
    /// The head of the response.
    pub head: ResponseHead,
    /// The body of the response, up to a size limit.
    pub body: Body,
    /// A hint, if the cause is known.
    pub hint: Option<String>,
}

/// An expectation that was not met, with everything that a report of it needs. Nothing is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmet {
    /// The file and line of the expectation, for example `talk.ws:12`; `None` on the command line.
    pub place: Option<String>,
    /// The name of the connection, if the session file has several.
    pub connection: Option<String>,
    /// Whether a message or Close could not be sent, rather than an expectation not met.
    pub is_sending: bool,
    /// What was expected, as a phrase that follows "expected", or what could not be sent.
    pub expected: String,
    /// What happened instead, as a clause: `nothing like it came within 5 s`, `"ho" came instead`.
    pub instead: String,
    /// How the received message differs, as lines.
    pub difference: Vec<String>,
    /// The last messages before it, in both directions, oldest first, one per line.
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

/// A syntax error in a session file. Nothing is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParseError {
    /// The name of the file.
    pub file: String,
    /// The line number, from 1; 0 if the error is about the whole file.
    pub line: u32,
    /// The column in characters, from 1; 0 if the error is about the whole line.
    pub column: u32,
    /// The text of the line.
    pub text: String,
    /// What is wrong, and what is expected instead.
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
        host: Host,
        /// The error of the resolver.
        cause: String,
        /// The next step.
        hint: Option<String>,
    },

    /// Could not connect to any address of the host.
    #[error("could not connect to {}{to}{}", .party.article(), attempts_text(.attempts))]
    Connect {
        /// Whether it is the server or the proxy.
        party: Party,
        /// The server's host and port, or the proxy's URL.
        to: String,
        /// The addresses that were tried, each with its error.
        attempts: Vec<(SocketAddr, io::Error)>,
        /// The next step.
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
        /// The addresses that were tried, each with its error.
        attempts: Vec<(SocketAddr, io::Error)>,
    },

    /// Could not connect to the Unix socket.
    #[error("could not connect to the Unix socket {path}: {}", plain(.cause))]
    UnixSocket {
        /// The path of the socket.
        path: String,
        /// Why.
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
        /// The next step.
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
        /// The next step.
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
        /// The next step.
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
        /// The next step.
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
        /// The next step.
        hint: Option<String>,
    },

    /// The CA file could not be loaded.
    #[error("could not load CA certificates from {path}: {cause}")]
    CaFile {
        /// The file.
        path: String,
        /// Why.
        cause: String,
        /// The next step.
        hint: Option<String>,
    },

    /// A certificate of ours, or its key, could not be loaded.
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
        /// Whether it is the server or the proxy.
        party: Party,
        /// The host.
        host: String,
        /// The file of the certificate that was sent, if there was one.
        file: Option<String>,
        /// The alert's name (RFC 8446 §6.2).
        alert: String,
        /// The next step.
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
        /// The next step.
        hint: Option<String>,
    },

    /// A redirect cannot be followed.
    #[error("could not follow the redirect: {cause}")]
    Redirect {
        /// The reason.
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
        /// Why.
        cause: String,
    },

    /// The file of a `--data` option could not be read.
    #[error("could not read {path}: {cause}")]
    DataFile {
        /// The file.
        path: String,
        /// Why.
        cause: String,
        /// Whether the argument may have been meant as text, because there is no such file.
        may_be_text: bool,
    },

    /// Output could not be written.
    #[error("could not write to {target}: {}", plain(.cause))]
    Output {
        /// `standard output` or a file name.
        target: String,
        /// Why.
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

    /// The server of `--serve` did not accept a connection within the timeout.
    #[error("--connect-timeout {} passed while waiting for the --serve server to listen at \
             {endpoint}",
            seconds(*.limit))]
    ServerLate {
        /// The address where it should listen.
        endpoint: String,
        /// The timeout.
        limit: Duration,
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

    /// The phase in which the error occurred.
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

    /// The exit code for the error.
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

    /// The hint, if there is one.
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

/// The error's text without Rust's suffix `(os error N)`.
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

/// A duration in seconds for error texts: `30 s`, `0.5 s`.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
