//! The protocol core (RFC 6455), without a socket: bytes in, events out; messages in, bytes out.
//!
//! Decoding is incremental: a payload is handed on as it arrives, borrowed from the bytes that
//! were read, so a message of any size passes in constant memory and a frame that claims 2^62
//! bytes costs nothing until they come. What must be answered (Ping, Close, a violation) is
//! answered here, into the same buffer that messages are written to; whoever owns the socket
//! writes [`Protocol::output`] and says how much went.

mod batch;
pub mod close;
pub mod deflate;
mod frame;
mod frame_reader;
mod frame_writer;
mod message;
mod outbox;

use std::fmt;
use std::num::NonZeroUsize;

use tungstenite::protocol::frame::coding::Control;
use tungstenite::protocol::frame::FrameHeader;

pub use batch::{Lines, Messages};
pub use close::{CloseBody, CloseReason, Closure, End, InvalidClose, Party, MAX_CLOSE_REASON};
pub use frame::MAX_CONTROL_PAYLOAD;
pub use message::{Kind, Piece, Summary, Volume};

use frame_reader::{Found, FrameReader};
use frame_writer::FrameWriter;

/// A rule that the server broke, and the code that the connection fails with (RFC 6455 §7.1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// 1002, 1007 or 1009.
    pub code: u16,
    /// What the server sent, and the clause that forbids it.
    pub rule: String,
}

impl Violation {
    fn protocol(rule: impl Into<String>) -> Self {
        Self {
            code: 1002,
            rule: rule.into(),
        }
    }

    fn text(rule: &str) -> Self {
        Self {
            code: 1007,
            rule: rule.to_owned(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rule)
    }
}

/// What was received.
#[derive(Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// A frame's header and the length of its payload, before anything else of it; only with
    /// [`ProtocolConfig::report_frames`].
    Frame(FrameHeader, u64),
    /// Whole messages that stood in the input one after the other.
    Messages(Messages<'a>),
    /// A piece of a message that did not.
    Data(Piece<'a>),
    /// A data message is whole; only with [`ProtocolConfig::report_frames`] and
    /// [`ProtocolConfig::compression`].
    Message(Summary),
    /// A Ping; it has been answered already (RFC 6455 §5.5.2).
    Ping(&'a [u8]),
    /// A Pong.
    Pong(&'a [u8]),
    /// A Close; it has been answered already (RFC 6455 §5.5.1). Nothing comes after it.
    Close,
}

/// How the protocol is spoken.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProtocolConfig {
    /// The largest message in bytes that is received; a larger one fails the connection with
    /// 1009 as soon as a frame announces it. `None`: any.
    pub max_message_size: Option<u64>,
    /// Whether [`Received::Frame`] and [`Protocol::take_sent`] report frames, and what
    /// compression made of messages.
    pub report_frames: bool,
    /// The largest payload of a data frame in bytes; a larger one goes in fragments
    /// (RFC 6455 §5.4). `None`: any.
    pub frame_size: Option<NonZeroUsize>,
    /// What was agreed on compression; `None`: none.
    pub compression: Option<deflate::DeflateParams>,
}

/// The state of a connection as the WHATWG `WebSocket` interface names it (`readyState`).
/// `CONNECTING` is before there is a [`Protocol`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Messages go both ways.
    Open,
    /// A Close was sent or received, and not yet both.
    Closing,
    /// Both were, or the connection was failed; nothing is read any more.
    Closed,
}

/// A frame that was written to the buffer.
#[derive(Debug)]
pub struct Sent {
    /// Its header.
    pub header: FrameHeader,
    /// The length of its payload.
    pub length: u64,
    /// The frame as it is on the wire.
    pub wire: Vec<u8>,
    /// The message that it ends, if there is one and compression was agreed on.
    pub message: Option<Summary>,
}

/// The client's end of one connection.
#[derive(Debug)]
pub struct Protocol {
    state: State,
    closure: Closure,
    reader: FrameReader,
    writer: FrameWriter,
}

impl Protocol {
    /// A connection that has just been upgraded.
    #[must_use]
    pub fn new(config: ProtocolConfig) -> Self {
        Self {
            state: State::Open,
            closure: Closure::default(),
            reader: FrameReader::new(config),
            writer: FrameWriter::new(config),
        }
    }

    /// Its state.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// How it was closed, as far as that has come.
    #[must_use]
    pub fn closure(&self) -> &Closure {
        &self.closure
    }

    /// Whether a message has begun to arrive and has not ended.
    #[must_use]
    pub fn is_inside_message(&self) -> bool {
        self.reader.is_inside_message()
    }

    // Bytes in, events out.

    /// Takes bytes from the front of `input` up to the next thing to report; `None` when all of
    /// `input` is taken. After a Close or a violation the rest is taken and ignored
    /// (RFC 6455 §1.4, §7.1.7).
    ///
    /// # Errors
    ///
    /// The rule that the server broke. The Close that says so is already in the buffer.
    pub fn receive<'a, 'input: 'a>(
        &'a mut self,
        input: &mut &'input [u8],
    ) -> Result<Option<Received<'a>>, Violation> {
        if self.state == State::Closed {
            *input = &[];
            return Ok(None);
        }
        let found = match self.reader.advance(input) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            Err(violation) => {
                self.fail(&violation);
                *input = &[];
                return Err(violation);
            }
        };
        Ok(Some(match found {
            Found::Frame(header, length) => Received::Frame(header, length),
            Found::Messages(messages) => Received::Messages(messages),
            Found::Data(piece) => Received::Data(piece),
            Found::Summary(summary) => Received::Message(summary),
            Found::Inflated {
                kind,
                first,
                last,
                range,
            } => Received::Data(Piece {
                kind,
                first,
                last,
                bytes: self.reader.inflated(range),
            }),
            Found::Character { first, last } => Received::Data(Piece {
                kind: Kind::Text,
                first,
                last,
                bytes: self.reader.character(),
            }),
            Found::Ping => {
                self.writer.answer_ping(self.reader.control());
                Received::Ping(self.reader.control())
            }
            Found::Pong => Received::Pong(self.reader.control()),
            Found::Close(body) => {
                self.receive_close(body);
                Received::Close
            }
        }))
    }

    fn receive_close(&mut self, body: CloseBody) {
        // The answer repeats the code (RFC 6455 §5.5.1).
        let answer = body.as_ref().map(|reason| CloseReason {
            code: reason.code,
            reason: String::new(),
        });
        self.closure.received = Some(body);
        self.send_close(Party::Server, answer);
        self.state = State::Closed;
    }

    /// Fails the connection (RFC 6455 §7.1.7).
    fn fail(&mut self, violation: &Violation) {
        self.closure.end = End::Violation(violation.clone());
        let reason = close::truncate_reason(&violation.rule).to_owned();
        self.send_close(
            Party::Us,
            Some(CloseReason {
                code: violation.code,
                reason,
            }),
        );
        self.state = State::Closed;
    }

    // Messages in, bytes out.

    /// Sends a piece of a message: one frame, or several of [`ProtocolConfig::frame_size`]. Nothing is
    /// sent after a Close.
    pub fn send(&mut self, piece: Piece<'_>) {
        self.writer.message(piece);
    }

    /// Sends each line as a text message; how many there were.
    pub fn send_lines(&mut self, lines: Lines<'_>) -> u64 {
        self.writer.lines(lines)
    }

    /// Sends a Ping with at most 125 bytes; what is longer is cut.
    pub fn ping(&mut self, payload: &[u8]) {
        self.writer.control(Control::Ping, payload);
    }

    /// Sends a Pong with at most 125 bytes; what is longer is cut.
    pub fn pong(&mut self, payload: &[u8]) {
        self.writer.control(Control::Pong, payload);
    }

    /// Sends a Close (RFC 6455 §7.1.2), unless one was sent. Nothing is sent after it.
    pub fn close(&mut self, body: CloseBody) {
        if self.state == State::Open {
            self.state = State::Closing;
            self.send_close(Party::Us, body);
        }
    }

    /// Sends the one Close of a connection; `first` is who began to close it.
    fn send_close(&mut self, first: Party, body: CloseBody) {
        self.closure.initiator.get_or_insert(first);
        if self.closure.sent.is_none() {
            self.writer.close(&body);
            self.closure.sent = Some(body);
        }
    }

    /// The bytes that wait to be written.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.writer.waiting()
    }

    /// Takes note that the first `count` bytes of [`output`](Self::output) were written.
    pub fn wrote(&mut self, count: usize) {
        self.writer.wrote(count);
    }

    /// How many messages have not wholly left the buffer.
    #[must_use]
    pub fn unsent_messages(&self) -> u64 {
        self.writer.unsent_messages()
    }

    /// The frames that were written to the buffer since the last call; only with
    /// [`ProtocolConfig::report_frames`].
    pub fn take_sent(&mut self) -> Vec<Sent> {
        self.writer.take_sent()
    }

    /// How much the data messages were, in both directions: those that arrived whole and those
    /// that were written to the buffer whole.
    #[must_use]
    pub fn volume(&self) -> Volume {
        let mut volume = self.reader.volume();
        volume += self.writer.volume();
        volume
    }

    /// The connection itself has ended; after this there is only the [`closure`](Self::closure).
    pub fn end(&mut self, end: End) {
        let exchanged = self.closure.sent.is_some() && self.closure.received.is_some();
        if self.closure.end == End::Clean && !exchanged {
            self.closure.end = end;
        }
        self.state = State::Closed;
    }
}

#[cfg(test)]
mod tests;
