//! What can be heard and shown: everything that happens in a run, as one enum.
//!
//! Events are the only thing that outputs ever see, and all that a source hears. They borrow from
//! the read buffer: whoever needs bytes for longer copies them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

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

/// A step on the way to an open connection, with when it was done, counted from the start.
#[derive(Debug)]
pub enum Step {
    /// The name has these addresses.
    Resolved(Vec<SocketAddr>),
    /// An address is being tried.
    Trying(SocketAddr),
    /// An address could not be connected to, and why.
    Missed(SocketAddr, String),
    /// TCP is connected.
    Connected(SocketAddr),
    /// A Unix socket is being connected to; this is its path.
    TryingUnix(PathBuf),
    /// A Unix socket is connected; this is its path.
    ConnectedUnix(PathBuf),
    /// The way goes through this proxy: what follows is about it until it has answered.
    Through(String),
    /// The proxy was asked to connect to this, in an HTTP request if it speaks HTTP.
    AskedProxy(String, Option<RequestHead>),
    /// The proxy answered, in an HTTP answer if it speaks HTTP.
    ProxyAnswered(Option<ResponseHead>),
    /// TLS is set up; the text names the protocol as far as it is known.
    Secured(String),
    /// The server's certificate for people, a line each; after [`Step::Secured`].
    Certificate(Vec<String>),
    /// The upgrade request was sent.
    Asked(RequestHead),
    /// The upgrade was answered.
    Answered(ResponseHead),
    /// The answer leads somewhere else, and it goes on there.
    Redirected {
        /// Where it goes on, without credentials.
        url: String,
        /// Whether that is secured.
        tls: bool,
        /// Whether credentials were left behind, because it is another origin.
        bared: bool,
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
    /// Whom we are connected to, the proxy if there is one; `None` for a Unix socket.
    pub address: Option<SocketAddr>,
    /// The path of the Unix socket that we are connected to, if it is one.
    pub unix_socket: Option<PathBuf>,
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

    /// Whom we are connected to, for people; not escaped.
    #[must_use]
    pub fn peer(&self) -> Option<String> {
        let path = self.unix_socket.as_ref();
        self.address
            .map(|address| address.to_string())
            .or_else(|| path.map(|path| path.display().to_string()))
    }
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The answer to something that a person asked at the prompt.
    Answer,
    /// Something a person should know; silenced by `-q`.
    Hint,
    /// Something went wrong but stops nothing; silenced by `-q`.
    Warning,
}

/// A word to people. Not escaped: it may quote the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub weight: Weight,
    /// One or more lines, without the last line end.
    pub text: String,
}

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A step on the way to an open connection.
    Step(&'a Step),
    /// The connection is open.
    Open(&'a Upgrade),
    /// No connection came of it, and this is why. The run fails with it, or with what follows from
    /// it, unless it was wanted.
    Unopened(&'a Error),
    /// A frame's header and its payload length, before its payload; only if asked for.
    Frame(Way, &'a FrameHeader, u64),
    /// Bytes as they are on the wire (inside TLS), before what they mean; only if asked for.
    Wire(Way, &'a [u8]),
    /// A piece of a message. Those that go out are told to outputs only if asked for.
    Data(Way, Piece<'a>),
    /// A message was whole, and this is what compression made of it; only if frames were asked
    /// for and compression was agreed on.
    Message(Way, &'a Summary),
    /// A Ping.
    Ping(Way, &'a [u8]),
    /// A Pong.
    Pong(Way, &'a [u8]),
    /// A Close, after which nothing else goes that way; it stands in the record of how the
    /// connection is being closed, as far as that has come.
    Closing(Way, &'a Closure),
    /// The connection is closed, and this is how.
    Closed(&'a Closure),
    /// A word to people.
    Note(&'a Note),
    /// The run, or the attempt to connect, failed.
    Failed(&'a Error),
}
