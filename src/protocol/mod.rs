//! The protocol core (RFC 6455), without a socket: bytes in, events out; messages in, bytes out.
//!
//! Decoding is incremental: a payload is reported as it arrives, borrowed from the bytes that were
//! read. So a message of any size needs constant memory, and a frame that announces 2^62 bytes
//! costs nothing until they arrive. Replies that the RFC requires (to a Ping, to a Close, after a
//! violation) are written here, into the same buffer as messages. The owner of the socket writes
//! [`Protocol::output`] and reports with [`Protocol::wrote`] how many bytes were written.

mod batch;
pub mod close;
mod config;
pub mod deflate;
mod frame;
mod frame_reader;
mod frame_writer;
mod message;
mod sent;
mod violation;
mod write_buffer;

use tungstenite::protocol::frame::coding::Control;
use tungstenite::protocol::frame::FrameHeader;

pub use batch::{Lines, Messages};
pub use close::{CloseBody, CloseReason, Closure, End, InvalidClose, Role, MAX_CLOSE_REASON};
pub use config::ProtocolConfig;
pub use frame::MAX_CONTROL_PAYLOAD;
pub use message::{Kind, MessageSummary, Piece, Volume};
pub use sent::Sent;
pub use violation::Violation;

use frame_reader::{Found, FrameReader};
use frame_writer::FrameWriter;

/// What was received.
#[derive(Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// A frame's header and the length of its payload, before the payload; only with
    /// [`ProtocolConfig::report_frames`].
    Frame(FrameHeader, u64),
    /// Consecutive messages, each complete in the input.
    Messages(Messages<'a>),
    /// A piece of any other message.
    Data(Piece<'a>),
    /// The end of a data message, after its last piece; only with
    /// [`ProtocolConfig::report_frames`] and [`ProtocolConfig::compression`].
    Message(MessageSummary),
    /// A Ping. The Pong has been written already (RFC 6455 §5.5.2), unless
    /// [`ProtocolConfig::no_pong`] is set.
    Ping(&'a [u8]),
    /// A Pong.
    Pong(&'a [u8]),
    /// A Close. Ours has been written already (RFC 6455 §5.5.1); nothing is received after it.
    Close,
}

/// The state of a connection, as the WHATWG `WebSocket` interface names it (`readyState`).
/// `CONNECTING` comes before there is a [`Protocol`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyState {
    /// Messages can be sent and received.
    Open,
    /// Either a Close was sent or one was received, but not both.
    Closing,
    /// Both were, or the connection failed; nothing more is received.
    Closed,
}

/// The client's side of one connection.
#[derive(Debug)]
pub struct Protocol {
    state: ReadyState,
    closure: Closure,
    reader: FrameReader,
    writer: FrameWriter,
    no_pong: bool,
}

impl Protocol {
    /// The protocol of a connection whose opening handshake is complete.
    #[must_use]
    pub fn new(config: ProtocolConfig) -> Self {
        Self {
            state: ReadyState::Open,
            closure: Closure::default(),
            reader: FrameReader::new(config),
            writer: FrameWriter::new(config),
            no_pong: config.no_pong,
        }
    }

    /// The current state.
    #[must_use]
    pub fn state(&self) -> ReadyState {
        self.state
    }

    /// What is known so far about how the connection was closed.
    #[must_use]
    pub fn closure(&self) -> &Closure {
        &self.closure
    }

    /// Whether a message has arrived in part.
    #[must_use]
    pub fn is_inside_message(&self) -> bool {
        self.reader.is_inside_message()
    }

    // Bytes in, events out.

    /// Consumes bytes from the front of `input` up to the next event; `None` once all of `input`
    /// is consumed. After a Close or a violation, input is consumed and ignored (RFC 6455 §1.4,
    /// §7.1.7).
    ///
    /// # Errors
    ///
    /// A violation of the protocol. The Close frame for it has been written to the buffer.
    pub fn receive<'a, 'input: 'a>(
        &'a mut self,
        input: &mut &'input [u8],
    ) -> Result<Option<Received<'a>>, Violation> {
        if self.state == ReadyState::Closed {
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
            Found::MessageSummary(summary) => Received::Message(summary),
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
                if !self.no_pong {
                    self.writer.reply_to_ping(self.reader.control());
                }
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
        // Our Close repeats the code (RFC 6455 §5.5.1).
        let reply = body.as_ref().map(|reason| CloseReason {
            code: reason.code,
            reason: String::new(),
        });
        self.closure.received = Some(body);
        self.send_close(Role::Server, reply);
        self.state = ReadyState::Closed;
    }

    /// Fails the connection (RFC 6455 §7.1.7).
    fn fail(&mut self, violation: &Violation) {
        self.closure.end = End::Violation(violation.clone());
        let reason = close::truncate_reason(&violation.rule).to_owned();
        self.send_close(
            Role::Us,
            Some(CloseReason {
                code: violation.code,
                reason,
            }),
        );
        self.state = ReadyState::Closed;
    }

    /// Quotes text that was received instead of a frame in the violation, because an HTTP response
    /// or a page is more informative than its reserved bits. The quotation is limited to what had
    /// arrived.
    pub fn quote_text(&mut self) {
        let End::Violation(violation) = &mut self.closure.end else {
            return;
        };
        if let Some(text) = quotable(self.reader.rejected()) {
            violation.rule = format!("text instead of a frame, \"{text}\" (RFC 6455 §5.2)");
        }
    }

    // Messages in, bytes out.

    /// Writes a piece of a message: one frame, or several of at most
    /// [`ProtocolConfig::frame_size`] bytes. Does nothing after a Close.
    pub fn send(&mut self, piece: Piece<'_>) {
        self.writer.write_piece(piece);
    }

    /// Writes each line as a text message. Returns the number of lines.
    pub fn send_lines(&mut self, lines: Lines<'_>) -> u64 {
        self.writer.write_lines(lines)
    }

    /// Writes a Ping. The payload is cut to [`MAX_CONTROL_PAYLOAD`] bytes.
    pub fn ping(&mut self, payload: &[u8]) {
        self.writer.write_control(Control::Ping, payload);
    }

    /// Writes a Pong. The payload is cut to [`MAX_CONTROL_PAYLOAD`] bytes.
    pub fn pong(&mut self, payload: &[u8]) {
        self.writer.write_control(Control::Pong, payload);
    }

    /// Writes a Close (RFC 6455 §7.1.2) unless one was written already. Nothing is written after it.
    pub fn close(&mut self, body: CloseBody) {
        if self.state == ReadyState::Open {
            self.state = ReadyState::Closing;
            self.send_close(Role::Us, body);
        }
    }

    /// Writes the only Close of a connection; `initiator` is who began the closing handshake.
    fn send_close(&mut self, initiator: Role, body: CloseBody) {
        self.closure.initiator.get_or_insert(initiator);
        if self.closure.sent.is_none() {
            self.writer.write_close(&body);
            self.closure.sent = Some(body);
        }
    }

    /// The bytes to be written to the socket.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.writer.pending()
    }

    /// Removes the first `count` bytes of [`output`](Self::output), which were written to the
    /// socket.
    pub fn wrote(&mut self, count: usize) {
        self.writer.remove_written(count);
    }

    /// The number of messages in the buffer that were not written to the socket completely.
    #[must_use]
    pub fn unsent_messages(&self) -> u64 {
        self.writer.unsent_messages()
    }

    /// The frames that were written to the buffer since the last call; only with
    /// [`ProtocolConfig::report_frames`].
    pub fn take_sent(&mut self) -> Vec<Sent> {
        self.writer.take_sent()
    }

    /// The size of all compressed messages in both directions: those received completely and those
    /// written to the buffer completely.
    #[must_use]
    pub fn volume(&self) -> Volume {
        let mut volume = self.reader.volume();
        volume += self.writer.volume();
        volume
    }

    /// Records that the underlying connection has ended, unless the closing handshake was complete.
    pub fn end(&mut self, end: End) {
        let exchanged = self.closure.sent.is_some() && self.closure.received.is_some();
        if self.closure.end == End::Clean && !exchanged {
            self.closure.end = end;
        }
        self.state = ReadyState::Closed;
    }
}

/// Bytes that look like text, escaped; `None` if they don't, or if there are too few to tell.
fn quotable(bytes: &[u8]) -> Option<String> {
    const ENOUGH: usize = 4;
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
    // The last character may be incomplete.
    let is_utf8 = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    let is_ascii_first = bytes.first().is_some_and(u8::is_ascii);
    (bytes.len() >= ENOUGH && is_ascii_first && is_utf8 && bytes.iter().all(is_text)).then(|| {
        let more = if bytes.len() == frame_reader::REJECTED {
            "…"
        } else {
            ""
        };
        format!("{}{more}", bytes.escape_ascii())
    })
}

#[cfg(test)]
mod tests;
