//! Events of the echo server: a line for each connection and one for its end.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// An event of the server. [`Display`](fmt::Display) prints it as a line without a line feed. It
/// contains no text from the network, so it is safe to print on a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EchoEvent {
    /// A client has completed the opening handshake.
    Connected {
        /// The client's number, counted from 1.
        id: u64,
        /// The client's address.
        peer: SocketAddr,
    },
    /// A connection ended.
    Ended {
        /// The client's number.
        id: u64,
        /// How it ended.
        how: ClientEnd,
        /// The number of messages that were echoed.
        messages: u64,
        /// How long the connection was open.
        after: Duration,
    },
    /// A browser has requested the page.
    Page {
        /// The client's number.
        id: u64,
        /// The client's address.
        peer: SocketAddr,
    },
    /// A client has sent requests that were answered over HTTP.
    Exchanged {
        /// The client's number.
        id: u64,
        /// The client's address.
        peer: SocketAddr,
        /// The number of requests.
        requests: u64,
    },
    /// A client does not speak WebSocket, or its handshake failed.
    Rejected {
        /// The client's number.
        id: u64,
        /// The client's address.
        peer: SocketAddr,
        /// Why it was rejected.
        cause: String,
    },
    /// The operating system could not accept a connection.
    NotAccepted {
        /// The error of the operating system.
        cause: String,
    },
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEnd {
    /// The client sent a Close with this code, or without one, and the server replied.
    Closed(Option<u16>),
    /// The client violated the protocol, for this reason, and was sent a Close with this code.
    Failed(u16, String),
    /// The connection was error without a Close, for this reason.
    Lost(String),
}

impl fmt::Display for EchoEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected { id, peer } => write!(f, "[{id}] {peer} connected"),
            Self::Ended {
                id,
                how,
                messages,
                after,
            } => {
                let plural = if *messages == 1 { "" } else { "s" };
                let after = after.as_secs_f64();
                write!(
                    f,
                    "[{id}] {how} after {messages} message{plural}, {after:.1} s"
                )
            }
            Self::Page { id, peer } => write!(f, "[{id}] {peer} requested the page"),
            Self::Exchanged { id, peer, requests } => {
                let plural = if *requests == 1 { "" } else { "s" };
                write!(f, "[{id}] {peer} sent {requests} HTTP request{plural}")
            }
            Self::Rejected { id, peer, cause } => write!(f, "[{id}] {peer} rejected: {cause}"),
            Self::NotAccepted { cause } => write!(f, "could not accept a client: {cause}"),
        }
    }
}

impl fmt::Display for ClientEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(Some(code)) => write!(f, "closed {code}"),
            Self::Closed(None) => f.write_str("closed without a code"),
            Self::Failed(code, cause) => write!(f, "failed with {code} ({cause})"),
            Self::Lost(cause) => write!(f, "lost ({cause})"),
        }
    }
}
