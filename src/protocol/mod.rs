//! The protocol core (RFC 6455), without a socket: bytes in, events out; messages in, bytes out.
//!
//! Decoding is incremental: a payload is handed on as it arrives, borrowed from the bytes that
//! were read, so a message of any size passes in constant memory and a frame that claims 2^62
//! bytes costs nothing until they come. What must be answered (Ping, Close, a violation) is
//! answered here, into the same buffer that messages are written to; whoever owns the socket
//! writes [`Protocol::output`] and says how much went.

pub mod close;
mod frame;
mod message;
mod outbox;

use std::fmt;

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::FrameHeader;

pub use close::{CloseBody, CloseReason, Closure, End, Party};
pub use message::{Kind, Piece};

use frame::{Masks, LONGEST_CONTROL, LONGEST_HEADER};
use message::{Assembly, Checked, Utf8};
use outbox::Outbox;

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
    /// [`Options::report_frames`].
    Frame(FrameHeader, u64),
    /// A piece of a message.
    Data(Piece<'a>),
    /// A Ping; it has been answered already (RFC 6455 §5.5.2).
    Ping(&'a [u8]),
    /// A Pong.
    Pong(&'a [u8]),
    /// A Close; it has been answered already (RFC 6455 §5.5.1). Nothing comes after it.
    Close,
}

/// How the protocol is spoken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The largest message in bytes that is received; a larger one fails the connection with
    /// 1009 as soon as a frame announces it. `None`: any.
    pub max_message_size: Option<u64>,
    /// Whether [`Received::Frame`] and [`Protocol::take_sent`] report frames.
    pub report_frames: bool,
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
}

/// The frame whose payload is being received.
#[derive(Clone, Copy, Debug)]
struct Current {
    opcode: OpCode,
    is_final: bool,
    left: u64,
}

/// The client's end of one connection.
#[derive(Debug)]
pub struct Protocol {
    options: Options,
    state: State,
    closure: Closure,
    /// The begun header of a frame, if a read ended inside one.
    header: [u8; LONGEST_HEADER],
    header_length: usize,
    current: Option<Current>,
    control: [u8; LONGEST_CONTROL],
    control_length: usize,
    message: Option<Assembly>,
    utf8: Utf8,
    masks: Masks,
    outbox: Outbox,
    /// A Pong that waits for room: only the latest Ping need be answered (RFC 6455 §5.5.3).
    pong: Option<Vec<u8>>,
    sent: Vec<Sent>,
}

/// Above this many waiting bytes a Pong waits too, so that a flood of Pings fills no memory.
const PONG_ROOM: usize = 64 * 1024;

impl Protocol {
    /// A connection that has just been upgraded.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            state: State::Open,
            closure: Closure::default(),
            header: [0; LONGEST_HEADER],
            header_length: 0,
            current: None,
            control: [0; LONGEST_CONTROL],
            control_length: 0,
            message: None,
            utf8: Utf8::default(),
            masks: Masks::new(),
            outbox: Outbox::default(),
            pong: None,
            sent: Vec::new(),
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
        self.message.is_some()
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
        if self.state == State::Closed || self.closure.received.is_some() {
            *input = &[];
            return Ok(None);
        }
        match self.advance(input) {
            Ok(found) => Ok(found.map(|found| match found {
                Found::Frame(header, length) => Received::Frame(header, length),
                Found::Data(piece) => Received::Data(piece),
                Found::Character { first, last } => Received::Data(Piece {
                    kind: Kind::Text,
                    first,
                    last,
                    bytes: self.utf8.completed(),
                }),
                Found::Ping => Received::Ping(&self.control[..self.control_length]),
                Found::Pong => Received::Pong(&self.control[..self.control_length]),
                Found::Close => Received::Close,
            })),
            Err(violation) => {
                self.fail(&violation);
                *input = &[];
                Err(violation)
            }
        }
    }

    /// As [`receive`](Self::receive), without what would borrow from `self`.
    fn advance<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Found<'a>>, Violation> {
        loop {
            let Some(current) = self.current else {
                match self.begin_frame(input)? {
                    Begun::Incomplete => return Ok(None),
                    Begun::Reported(header, length) => {
                        return Ok(Some(Found::Frame(header, length)));
                    }
                    Begun::Silently => continue,
                }
            };
            if current.left == 0 {
                if let Some(found) = self.end_frame(current)? {
                    return Ok(Some(found));
                }
                continue;
            }
            if input.is_empty() {
                return Ok(None);
            }
            let length =
                usize::try_from(current.left).map_or(input.len(), |left| left.min(input.len()));
            match current.opcode {
                OpCode::Control(_) => self.keep_control(take(input, length)),
                OpCode::Data(_) => {
                    if let Some(found) = self.payload(input, length)? {
                        return Ok(Some(found));
                    }
                }
            }
        }
    }

    /// Reads the next frame's header, which may have begun in an earlier read.
    fn begin_frame(&mut self, input: &mut &[u8]) -> Result<Begun, Violation> {
        let decoded = if self.header_length == 0 {
            frame::decode_header(input)?
        } else {
            let kept = self.header_length;
            let more = input.len().min(LONGEST_HEADER - kept);
            self.header[kept..kept + more].copy_from_slice(&input[..more]);
            let decoded = frame::decode_header(&self.header[..kept + more])?;
            decoded.map(|(header, length, used)| (header, length, used - kept))
        };
        let Some((header, length, used)) = decoded else {
            // A header of ours is never masked, so what is not yet one has less than ten bytes.
            if self.header_length == 0 {
                self.header[..input.len()].copy_from_slice(input);
            }
            self.header_length += input.len();
            *input = &[];
            return Ok(Begun::Incomplete);
        };
        self.header_length = 0;
        take(input, used);
        self.admit(&header, length)?;
        self.current = Some(Current {
            opcode: header.opcode,
            is_final: header.is_final,
            left: length,
        });
        if self.options.report_frames {
            return Ok(Begun::Reported(header, length));
        }
        Ok(Begun::Silently)
    }

    /// Checks that a frame may come now, and opens the message that it begins.
    fn admit(&mut self, header: &FrameHeader, length: u64) -> Result<(), Violation> {
        let kind = match header.opcode {
            OpCode::Control(_) => {
                self.control_length = 0;
                return Ok(());
            }
            OpCode::Data(Data::Text) => Some(Kind::Text),
            OpCode::Data(Data::Binary) => Some(Kind::Binary),
            OpCode::Data(_) => None,
        };
        match (kind, &mut self.message) {
            (Some(kind), message @ None) => {
                *message = Some(Assembly::new(kind));
                self.utf8 = Utf8::default();
            }
            (Some(_), Some(_)) => {
                return Err(Violation::protocol(
                    "a new message before the last fragment of the one before (RFC 6455 §5.4)",
                ));
            }
            (None, None) => {
                return Err(Violation::protocol(
                    "a continuation frame with nothing to continue (RFC 6455 §5.4)",
                ));
            }
            (None, Some(_)) => {}
        }
        let (Some(limit), Some(message)) = (self.options.max_message_size, &mut self.message)
        else {
            return Ok(());
        };
        message.size = message.size.saturating_add(length);
        if message.size > limit {
            return Err(Violation {
                code: 1009,
                rule: format!(
                    "a message of at least {} bytes, where --max-message-size allows {limit}",
                    message.size
                ),
            });
        }
        Ok(())
    }

    fn keep_control(&mut self, payload: &[u8]) {
        let kept = self.control_length;
        self.control[kept..kept + payload.len()].copy_from_slice(payload);
        self.control_length += payload.len();
        self.consumed(payload.len());
    }

    /// Hands on payload of a data frame: up to `length` bytes of `input`, fewer if a character
    /// was completed. Text that only begins a character yields nothing yet.
    fn payload<'a>(
        &mut self,
        input: &mut &'a [u8],
        length: usize,
    ) -> Result<Option<Found<'a>>, Violation> {
        let Some(message) = &mut self.message else {
            return Ok(None);
        };
        if message.kind == Kind::Binary {
            self.consumed(length);
            return Ok(Some(self.piece(take(input, length))));
        }
        match self.utf8.check(&input[..length]) {
            Checked::Bad => Err(Violation::text("text that is not UTF-8 (RFC 6455 §8.1)")),
            Checked::Completed(used) => {
                take(input, used);
                self.consumed(used);
                let (first, last) = self.ends_of_piece();
                Ok(Some(Found::Character { first, last }))
            }
            Checked::Valid(valid) => {
                let used = if self.utf8.is_inside() { length } else { valid };
                let bytes = &take(input, used)[..valid];
                self.consumed(used);
                // An unfinished character at the end of its message is found by `end_frame`.
                Ok((valid > 0).then(|| self.piece(bytes)))
            }
        }
    }

    fn piece<'a>(&mut self, bytes: &'a [u8]) -> Found<'a> {
        let kind = self
            .message
            .as_ref()
            .map_or(Kind::Binary, |message| message.kind);
        let (first, last) = self.ends_of_piece();
        Found::Data(Piece {
            kind,
            first,
            last,
            bytes,
        })
    }

    /// Whether the piece that is handed on now is the first and the last of its message. A
    /// last piece ends the message and its frame.
    fn ends_of_piece(&mut self) -> (bool, bool) {
        let ended = self
            .current
            .is_some_and(|current| current.is_final && current.left == 0);
        let last = ended && !self.utf8.is_inside();
        let first = self
            .message
            .as_mut()
            .is_some_and(|message| std::mem::take(&mut message.fresh));
        if last {
            self.message = None;
            self.current = None;
        }
        (first, last)
    }

    fn consumed(&mut self, count: usize) {
        if let Some(current) = &mut self.current {
            current.left -= count as u64;
        }
    }

    /// A frame's payload is complete, and its end was not yet reported with it.
    fn end_frame<'a>(&mut self, frame: Current) -> Result<Option<Found<'a>>, Violation> {
        let OpCode::Control(control) = frame.opcode else {
            if frame.is_final && self.utf8.is_inside() {
                return Err(Violation::text(
                    "text that ends inside a character (RFC 6455 §8.1)",
                ));
            }
            if frame.is_final {
                return Ok(Some(self.piece(&[])));
            }
            self.current = None;
            return Ok(None);
        };
        self.current = None;
        match control {
            Control::Ping => {
                self.answer_ping();
                Ok(Some(Found::Ping))
            }
            Control::Pong => Ok(Some(Found::Pong)),
            _ => {
                self.receive_close()?;
                Ok(Some(Found::Close))
            }
        }
    }

    fn answer_ping(&mut self) {
        if self.closure.sent.is_some() {
            return;
        }
        let payload = self.control[..self.control_length].to_vec();
        if self.outbox.waiting().len() > PONG_ROOM {
            self.pong = Some(payload);
        } else {
            self.pong(&payload);
        }
    }

    fn receive_close(&mut self) -> Result<(), Violation> {
        let body = close::decode(&self.control[..self.control_length])?;
        // The answer repeats the code (RFC 6455 §5.5.1).
        let answer = body.as_ref().map(|reason| CloseReason {
            code: reason.code,
            reason: String::new(),
        });
        self.closure.received = Some(body);
        self.closure.first.get_or_insert(Party::Server);
        if self.closure.sent.is_none() {
            self.write_close(answer);
        }
        self.state = State::Closed;
        Ok(())
    }

    /// Fails the connection (RFC 6455 §7.1.7).
    fn fail(&mut self, violation: &Violation) {
        self.closure.end = End::Violation(violation.clone());
        if self.closure.sent.is_none() {
            self.closure.first.get_or_insert(Party::Us);
            self.write_close(Some(CloseReason {
                code: violation.code,
                reason: close::shorten(&violation.rule).to_owned(),
            }));
        }
        self.state = State::Closed;
    }

    // Messages in, bytes out.

    /// Sends a piece of a message: one frame. Nothing is sent after a Close.
    pub fn send(&mut self, piece: Piece<'_>) {
        if self.closure.sent.is_some() {
            return;
        }
        let opcode = match (piece.first, piece.kind) {
            (false, _) => Data::Continue,
            (true, Kind::Text) => Data::Text,
            (true, Kind::Binary) => Data::Binary,
        };
        self.write_frame(piece.last, OpCode::Data(opcode), piece.bytes);
    }

    /// Sends a Ping with at most 125 bytes; what is longer is cut.
    pub fn ping(&mut self, payload: &[u8]) {
        self.write_control(Control::Ping, payload);
    }

    /// Sends a Pong with at most 125 bytes; what is longer is cut.
    pub fn pong(&mut self, payload: &[u8]) {
        self.write_control(Control::Pong, payload);
    }

    /// Sends a Close (RFC 6455 §7.1.2), unless one was sent. Nothing is sent after it.
    pub fn close(&mut self, body: CloseBody) {
        if self.closure.sent.is_none() {
            self.closure.first.get_or_insert(Party::Us);
            self.state = State::Closing;
            self.write_close(body);
        }
    }

    fn write_control(&mut self, control: Control, payload: &[u8]) {
        if self.closure.sent.is_none() {
            let length = payload.len().min(LONGEST_CONTROL);
            self.write_frame(true, OpCode::Control(control), &payload[..length]);
        }
    }

    fn write_close(&mut self, body: CloseBody) {
        self.write_frame(
            true,
            OpCode::Control(Control::Close),
            &close::encode(body.as_ref()),
        );
        self.closure.sent = Some(body);
    }

    fn write_frame(&mut self, is_final: bool, opcode: OpCode, payload: &[u8]) {
        let mask = self.masks.draw();
        let out = self.outbox.end();
        let start = out.len();
        frame::encode_header(out, is_final, opcode, mask, payload.len());
        let body = out.len();
        out.extend_from_slice(payload);
        frame::apply_mask(&mut out[body..], mask);
        if self.options.report_frames {
            let header = FrameHeader {
                is_final,
                opcode,
                mask: Some(mask),
                ..FrameHeader::default()
            };
            let wire = out[start..].to_vec();
            self.sent.push(Sent {
                header,
                length: payload.len() as u64,
                wire,
            });
        }
    }

    /// The bytes that wait to be written.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.outbox.waiting()
    }

    /// Takes note that the first `count` bytes of [`output`](Self::output) were written.
    pub fn wrote(&mut self, count: usize) {
        self.outbox.wrote(count);
        if self.outbox.waiting().len() <= PONG_ROOM {
            if let Some(payload) = self.pong.take() {
                self.pong(&payload);
            }
        }
    }

    /// How many messages have not wholly left the buffer.
    #[must_use]
    pub fn unsent_messages(&self) -> u64 {
        self.outbox.unsent_messages()
    }

    /// The frames that were written to the buffer since the last call; only with
    /// [`Options::report_frames`].
    pub fn take_sent(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }

    /// The connection itself has ended; after this there is only the [`closure`](Self::closure).
    pub fn end(&mut self, end: End) {
        if self.closure.end == End::Clean && !self.is_closed() {
            self.closure.end = end;
        }
        self.state = State::Closed;
    }

    /// Whether both Close frames were exchanged.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closure.sent.is_some() && self.closure.received.is_some()
    }
}

/// What [`Protocol::advance`] found. What borrows from the protocol is fetched afterwards.
enum Found<'a> {
    Frame(FrameHeader, u64),
    Data(Piece<'a>),
    /// A character that an earlier piece of input began.
    Character {
        first: bool,
        last: bool,
    },
    Ping,
    Pong,
    Close,
}

/// What became of the header at the front of the input.
enum Begun {
    Incomplete,
    Reported(FrameHeader, u64),
    Silently,
}

/// Takes `count` bytes from the front of `input`.
fn take<'a>(input: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = input.split_at(count);
    *input = rest;
    taken
}

#[cfg(test)]
mod tests;
