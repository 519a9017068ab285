//! What can be heard and shown: everything that happens in a run, as one enum.
//!
//! Events are the only thing that outputs ever see, and all that a source hears. They borrow from
//! the read buffer: whoever needs bytes for longer copies them.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tungstenite::protocol::frame::FrameHeader;

use crate::error::Error;
use crate::http::{shown_subprotocols, RequestHead, ResponseHead, Secrets};
use crate::protocol::deflate::DeflateParams;
use crate::protocol::Closure;
pub use crate::protocol::{Kind, Lines, Messages, Piece, Summary};

/// One moment on both clocks: the one that measures time, and the one that people read.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For durations and deadlines.
    pub instant: Instant,
    /// For time stamps; it may be set back.
    pub time: SystemTime,
}

impl Now {
    /// Reads both clocks.
    #[must_use]
    pub fn read() -> Self {
        Self {
            instant: Instant::now(),
            time: SystemTime::now(),
        }
    }
}

/// Which connection; nearly always the first, `Link(0)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link(pub u16);

/// Which way something went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the server to us.
    In,
    /// From us to the server.
    Out,
}

/// What a socket is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerAddress {
    /// TCP: an IP address and a port.
    Tcp(SocketAddr),
    /// A Unix socket: its path.
    Unix(PathBuf),
}

impl PeerAddress {
    /// The IP address and port, if it is TCP.
    #[must_use]
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }
}

impl fmt::Display for PeerAddress {
    /// Not escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

/// A step of connecting.
#[derive(Debug)]
pub enum ConnectStep {
    /// The name has these addresses.
    Resolved(Vec<SocketAddr>),
    /// Connecting to an address has begun.
    Connecting(PeerAddress),
    /// An address could not be connected to, and why.
    Failed(SocketAddr, String),
    /// The socket is connected.
    Connected(PeerAddress),
    /// A proxy is used, with this URL: the steps that follow are about it until it responds.
    Proxy(String),
    /// The proxy was asked to connect to this host and port, by an HTTP request if it speaks HTTP.
    ProxyRequest(String, Option<RequestHead>),
    /// The proxy has connected or refused, by an HTTP response if it speaks HTTP.
    ProxyResponse(Option<ResponseHead>),
    /// The TLS handshake is done; the text describes it.
    TlsHandshake(String),
    /// The server's certificate, described in lines; after [`ConnectStep::TlsHandshake`].
    Certificate(Vec<String>),
    /// The upgrade request was sent.
    UpgradeRequest(RequestHead),
    /// The response to it was received.
    UpgradeResponse(ResponseHead),
    /// The response is a redirect, and it is followed.
    Redirected {
        /// Where to, without credentials.
        url: String,
        /// Whether the connection there uses TLS.
        tls: bool,
        /// Whether credentials were removed, because it is another origin.
        credentials_removed: bool,
    },
}

/// How long each step took; what did not happen is `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    /// Everything up to the last redirect that was followed.
    pub redirects: Option<Duration>,
    /// Name resolution.
    pub resolve: Option<Duration>,
    /// TCP, from the first attempt to the one that connected.
    pub connect: Option<Duration>,
    /// From the connection to the proxy to its answer, TLS to it included.
    pub proxy: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From sending the upgrade to its answer.
    pub upgrade: Option<Duration>,
}

/// An opening handshake that succeeded (RFC 6455 §4).
#[derive(Debug, Default)]
pub struct Upgrade {
    /// The address as it was used, without credentials.
    pub url: String,
    /// What the socket is connected to: the server, or the proxy if there is one.
    pub peer: Option<PeerAddress>,
    /// The subprotocol that the server chose.
    pub subprotocol: Option<String>,
    /// The extensions in use, as the server wrote them.
    pub extensions: Option<String>,
    /// What of them is permessage-deflate (RFC 7692).
    pub compression: Option<DeflateParams>,
    /// Our request.
    pub request: RequestHead,
    /// The server's answer.
    pub response: ResponseHead,
    /// How long it took.
    pub timing: Timing,
}

impl Upgrade {
    /// The subprotocol as it may be shown: a token in it is replaced unless `secrets` are shown.
    #[must_use]
    pub fn shown_subprotocol(&self, secrets: Secrets) -> Option<String> {
        let subprotocol = self.subprotocol.as_ref()?;
        Some(shown_subprotocols(subprotocol, secrets).into_owned())
    }
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteLevel {
    /// The answer to something that a person asked at the prompt.
    Answer,
    /// What a person asked for at the prompt is wrong or cannot be done.
    Mistake,
    /// Something a person should know; silenced by `-q`.
    Hint,
    /// Something went wrong but stops nothing; silenced by `-q`.
    Warning,
}

/// A word to people. Not escaped: it may quote the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub level: NoteLevel,
    /// One or more lines, without the last line end.
    pub text: String,
}

/// What has become of a Ping, or of a message, that was sent to measure a round trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It was answered in time.
    Answered(ProbeAnswer),
    /// It was answered, but so late that it had been counted as lost.
    Late(ProbeAnswer),
    /// It was not answered within this time, and counts as lost.
    Lost {
        /// Its number, counted from 1.
        seq: u64,
        /// How long the server had.
        timeout: Duration,
    },
    /// A Pong with this payload answers no Ping that was sent.
    Unexpected(Vec<u8>),
}

/// The answer to a [`Probe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeAnswer {
    /// The number of what it answers, counted from 1.
    pub seq: u64,
    /// Bytes of its payload.
    pub size: usize,
    /// From sending to receiving.
    pub round_trip: Duration,
}

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A step on the way to an open connection.
    Connect(&'a ConnectStep),
    /// The connection is open.
    Open(&'a Upgrade),
    /// No connection came of it, and this is why. The run fails with it, or with what follows from
    /// it, unless it was wanted.
    ConnectFailed(&'a Error),
    /// A frame's header and its payload length, before its payload; only if asked for.
    Frame(Way, &'a FrameHeader, u64),
    /// Bytes as they are on the wire (inside TLS), before what they mean; only if asked for.
    Wire(Way, &'a [u8]),
    /// A piece of a message. Those that go out are told to outputs only if asked for.
    Data(Way, Piece<'a>),
    /// A message that came in several pieces, once the last one has come; only if somebody asked
    /// for whole messages. Listeners that keep it share its memory.
    Assembled(Way, Kind, &'a Bytes),
    /// What came of a message before the connection ended, before [`Event::Closed`]; only if
    /// somebody asked for whole messages.
    Incomplete(Way, Kind, &'a Bytes),
    /// A message was whole, and this is what compression made of it; only if frames were asked
    /// for and compression was agreed on.
    Message(Way, &'a Summary),
    /// A Ping.
    Ping(Way, &'a [u8]),
    /// A Pong.
    Pong(Way, &'a [u8]),
    /// A Ping of ours that only keeps the connection, or, coming in, its Pong. Only outputs are told.
    Keepalive(Way, &'a [u8]),
    /// A Close, after which nothing else goes that way; it stands in the record of how the
    /// connection is being closed, as far as that has come.
    CloseFrame(Way, &'a Closure),
    /// The connection is closed, and this is how.
    Closed(&'a Closure),
    /// A word to people.
    Note(&'a Note),
    /// A round trip was measured, or could not be.
    Probe(&'a Probe),
    /// The run, or the attempt to connect, failed.
    Failed(&'a Error),
}
