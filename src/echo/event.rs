//! What the echo server tells: a line for a connection and one for its end.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// Something that happened at the server; [`Display`](fmt::Display) is its line, without a line
/// feed. Nothing in it is text from the network: a terminal can show it as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A client's opening handshake was accepted.
    Connected {
        /// The client's number, counted from 1.
        id: u64,
        /// Where it comes from.
        peer: SocketAddr,
    },
    /// A connection has ended.
    Ended {
        /// The client's number.
        id: u64,
        /// How it ended.
        how: Ending,
        /// Messages that were answered.
        messages: u64,
        /// How long it was open.
        after: Duration,
    },
    /// A client came that spoke no WebSocket, or whose handshake failed.
    Rejected {
        /// The client's number.
        id: u64,
        /// Where it comes from.
        peer: SocketAddr,
        /// What was wrong.
        cause: String,
    },
    /// The system could not hand over a client.
    NotAccepted {
        /// What it said.
        cause: String,
    },
}

/// How a connection ended, as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client sent a Close with this code, or with none, and was answered.
    Closed(Option<u16>),
    /// The client broke a rule and was sent a Close with this code.
    Failed(u16, String),
    /// The connection broke without a Close.
    Lost(String),
}

impl fmt::Display for Event {
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
            Self::Rejected { id, peer, cause } => write!(f, "[{id}] {peer} rejected: {cause}"),
            Self::NotAccepted { cause } => write!(f, "could not accept a client: {cause}"),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(Some(code)) => write!(f, "closed {code}"),
            Self::Closed(None) => f.write_str("closed without a code"),
            Self::Failed(code, cause) => write!(f, "failed with {code} ({cause})"),
            Self::Lost(cause) => write!(f, "lost ({cause})"),
        }
    }
}
