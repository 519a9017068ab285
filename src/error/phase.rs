//! The phase in which an error occurred, and the peer that it is about.

use std::fmt;

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
    pub(super) fn article(self) -> &'static str {
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
    /// The wait before the connection is opened again.
    Reconnect,
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
            Self::Reconnect => "reconnect",
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
            Self::Reconnect => "waiting to reconnect",
            Self::Input => "reading input",
            Self::Output => "writing output",
        })
    }
}
