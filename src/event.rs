//! Events: everything that can happen in a run, as one enum.
//!
//! Outputs and sources learn about a run only through events. Events borrow from the read buffer; a
//! listener copies the bytes that it needs for longer.

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
pub use crate::protocol::{Kind, Lines, MessageSummary, Messages, Piece};

/// The current time on both clocks: the monotonic one and the wall clock.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The monotonic clock, for durations and deadlines.
    pub instant: Instant,
    /// The wall clock, for time stamps. It can be set back.
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

/// The number of a connection. With a single connection, it is `Link(0)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link(pub u16);

/// The direction of a message or frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Received from the server.
    In,
    /// Sent to the server.
    Out,
}

/// The address that a socket is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerAddress {
    /// TCP: an IP address and a port.
    Tcp(SocketAddr),
    /// A Unix socket: its path.
    Unix(PathBuf),
}

impl PeerAddress {
    /// The IP address and port; `None` for a Unix socket.
    #[must_use]
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }
}

impl fmt::Display for PeerAddress {
    /// Prints the address or path. The path is not escaped.
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
    /// The host name was resolved to these addresses.
    Resolved(Vec<SocketAddr>),
    /// An attempt to connect to this address has begun.
    Connecting(PeerAddress),
    /// The attempt to connect to this address failed for this reason.
    Failed(SocketAddr, String),
    /// The socket is connected.
    Connected(PeerAddress),
    /// The proxy with this URL is used. The following steps are about the proxy until it responds.
    Proxy(String),
    /// The proxy was asked to connect to this host and port, by an HTTP request if it speaks HTTP.
    ProxyRequest(String, Option<RequestHead>),
    /// The proxy has connected or refused, by an HTTP response if it speaks HTTP.
    ProxyResponse(Option<ResponseHead>),
    /// The TLS handshake is done; the text describes it.
    TlsHandshake(String),
    /// The server's certificate, described in lines; after [`ConnectStep::TlsHandshake`].
    Certificate(Vec<String>),
    /// The secrets of the TLS session could not be written for this reason.
    KeysNotWritten(String),
    /// The upgrade request was sent.
    UpgradeRequest(RequestHead),
    /// The response to it was received.
    UpgradeResponse(ResponseHead),
    /// The response is a redirect, and it is followed.
    Redirected {
        /// The URL, without credentials.
        url: String,
        /// Whether the connection there uses TLS.
        tls: bool,
        /// Whether credentials were removed, because it is another origin.
        credentials_removed: bool,
    },
}

/// How long each step of connecting took; `None` for a step that was not needed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    /// Everything before the last redirect that was followed.
    pub redirects: Option<Duration>,
    /// Name resolution.
    pub resolve: Option<Duration>,
    /// Connecting over TCP, from the first attempt to the one that succeeded.
    pub connect: Option<Duration>,
    /// From the connection to the proxy until its response, including TLS to the proxy.
    pub proxy: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the upgrade request until its response.
    pub upgrade: Option<Duration>,
}

/// An opening handshake that succeeded (RFC 6455 §4).
#[derive(Clone, Debug, Default)]
pub struct Upgrade {
    /// The URL that was requested, without credentials.
    pub url: String,
    /// The address of the server, or of the proxy if one is used.
    pub peer: Option<PeerAddress>,
    /// The subprotocol that the server selected.
    pub subprotocol: Option<String>,
    /// The value of the server's `Sec-WebSocket-Extensions`.
    pub extensions: Option<String>,
    /// The parameters of permessage-deflate, if it was negotiated (RFC 7692).
    pub compression: Option<DeflateParams>,
    /// The upgrade request.
    pub request: RequestHead,
    /// The upgrade response.
    pub response: ResponseHead,
    /// How long each step took.
    pub timing: Timing,
}

impl Upgrade {
    /// The subprotocol for output, with a token in it replaced unless `secrets` are shown.
    #[must_use]
    pub fn shown_subprotocol(&self, secrets: Secrets) -> Option<String> {
        let subprotocol = self.subprotocol.as_ref()?;
        Some(shown_subprotocols(subprotocol, secrets).into_owned())
    }
}

/// The importance of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteLevel {
    /// The reply to a command at the prompt.
    Answer,
    /// A command at the prompt is invalid or could not be executed.
    Mistake,
    /// A hint for people; not printed with `-q`.
    Hint,
    /// A problem that does not end the run; not printed with `-q`.
    Warning,
}

/// A message for people. It is not escaped and may quote the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The importance.
    pub level: NoteLevel,
    /// One or more lines, without the last line end.
    pub text: String,
}

/// The result of a Ping or message that was sent to measure a round trip.
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
        /// The timeout.
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

/// What a load test is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadPhase {
    /// Connections are being opened.
    Connecting,
    /// Messages are being sent.
    Running,
    /// Everything was sent, and replies are missing.
    Draining,
    /// It is over.
    Done,
}

/// How far a load test is.
#[derive(Clone, Copy, Debug)]
pub struct LoadProgress {
    /// What it is doing.
    pub phase: LoadPhase,
    /// The number of connections to open.
    pub connections: u64,
    /// The number that were opened.
    pub opened: u64,
    /// The number that are open.
    pub open: u64,
    /// The number of messages sent.
    pub sent: u64,
    /// The number of replies.
    pub received: u64,
    /// The number of errors.
    pub errors: u64,
    /// Since the first message.
    pub elapsed: Duration,
    /// Messages a second.
    pub rate: f64,
    /// The median of the latency, if there are enough replies.
    pub p50: Option<Duration>,
    /// The latency that 99 of 100 replies did not exceed, if there are enough.
    pub p99: Option<Duration>,
}

/// A new attempt at a connection that was lost or failed.
#[derive(Debug)]
pub struct Reconnecting<'a> {
    /// How the last connection ended, or why the last attempt failed.
    pub cause: LostCause<'a>,
    /// When this has passed.
    pub after: Duration,
    /// Which attempt in a row that is.
    pub attempt: u32,
    /// How many messages were written and may not have arrived.
    pub unconfirmed: u64,
}

/// Why a connection is attempted again.
#[derive(Clone, Copy, Debug)]
pub enum LostCause<'a> {
    /// It could not be made.
    Failed(&'a Error),
    /// It has ended.
    Closed(&'a Closure),
}

/// Something that happened in a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A step of connecting.
    Connect(&'a ConnectStep),
    /// The connection is open.
    Open(&'a Upgrade),
    /// The connection could not be opened, for this reason. The run fails with this error, or with
    /// one that results from it, unless the failure was expected.
    ConnectFailed(&'a Error),
    /// The header and payload length of a frame, before its payload. Only if a listener needs
    /// frames.
    Frame(Way, &'a FrameHeader, u64),
    /// The bytes of a frame as transmitted (inside TLS), before the event for their meaning. Only
    /// if a listener needs them.
    Wire(Way, &'a [u8]),
    /// A piece of a message. Outputs get sent messages only if they need them.
    Data(Way, Piece<'a>),
    /// A message that was in several pieces, after its last piece. Only if a listener needs
    /// complete messages. Listeners that keep it share its memory.
    Assembled(Way, Kind, &'a Bytes),
    /// The beginning of a message that was incomplete when the connection ended, before
    /// [`Event::Closed`]. Only if a listener needs complete messages.
    Incomplete(Way, Kind, &'a Bytes),
    /// The end of a message, with its size before and after compression. Only if a listener needs
    /// frames and compression was negotiated.
    Message(Way, &'a MessageSummary),
    /// A Ping.
    Ping(Way, &'a [u8]),
    /// A Pong.
    Pong(Way, &'a [u8]),
    /// A Ping to keep the connection open, or its Pong. Only outputs get it.
    Keepalive(Way, &'a [u8]),
    /// A Close frame, the last frame in its direction. The closure is what is known so far about
    /// how the connection is being closed.
    CloseFrame(Way, &'a Closure),
    /// The connection was closed. That need not end the run: [`Event::Ending`] says so.
    Closed(&'a Closure),
    /// The connection was lost or failed, and will be attempted again. A source is not told
    /// of the end itself.
    Reconnecting(&'a Reconnecting<'a>),
    /// A message for people.
    Note(&'a Note),
    /// The next sent message is sent automatically: by a rule, `--every` or `--on-connect`. Only
    /// outputs that need sent messages get it.
    Automatic,
    /// A round trip was measured, or could not be.
    Probe(&'a Probe),
    /// How far a load test is.
    Load(&'a LoadProgress),
    /// The run, or one attempt to connect, failed.
    Failed(&'a Error),
    /// An error that does not end the run.
    Fault(&'a Error),
    /// The run is ending, for whatever reason: open connections are closed, and no others are opened.
    /// It comes once, after the error if there is one.
    Ending,
}
