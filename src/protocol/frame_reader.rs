//! Decoding of frames from bytes that may be split anywhere, and the rules for them (RFC 6455 §5).

mod compressed;
mod header;

use std::ops::Range;

use tungstenite::protocol::frame::coding::{Control, OpCode};
use tungstenite::protocol::frame::FrameHeader;

use super::batch::Messages;
use super::close::{self, CloseBody};
use super::config::ProtocolConfig;
use super::deflate::Inflater;
use super::frame::{MAX_CONTROL_PAYLOAD, MAX_HEADER};
use super::message::{Checked, Kind, MessageSummary, PartialMessage, Piece, Utf8Checker, Volume};
use super::violation::Violation;

/// The frame whose payload is being received.
#[derive(Clone, Copy, Debug)]
struct CurrentFrame {
    opcode: OpCode,
    is_final: bool,
    /// Payload bytes that have not arrived yet.
    remaining: u64,
}

/// The decoder of one connection.
#[derive(Debug)]
pub(super) struct FrameReader {
    config: ProtocolConfig,
    /// The beginning of a frame's header, if the input ended inside it.
    header: [u8; MAX_HEADER],
    header_length: usize,
    current: Option<CurrentFrame>,
    control: [u8; MAX_CONTROL_PAYLOAD],
    control_length: usize,
    message: Option<PartialMessage>,
    utf8: Utf8Checker,
    /// The server's compressed stream, if compression was negotiated.
    inflater: Option<Inflater>,
    /// The size of all complete messages that were compressed.
    volume: Volume,
    /// The message that has just ended, to be reported next.
    ended: Option<MessageSummary>,
    /// The beginning of what is no frame.
    rejected: Vec<u8>,
}

/// How much is kept of what is no frame.
pub(super) const REJECTED: usize = 64;

impl FrameReader {
    pub(super) fn new(config: ProtocolConfig) -> Self {
        Self {
            config,
            header: [0; MAX_HEADER],
            header_length: 0,
            current: None,
            control: [0; MAX_CONTROL_PAYLOAD],
            control_length: 0,
            message: None,
            utf8: Utf8Checker::default(),
            inflater: config.compression.map(Inflater::new),
            volume: Volume::default(),
            ended: None,
            rejected: Vec::new(),
        }
    }

    /// The first bytes of the frame whose header was invalid, as far as they had arrived.
    pub(super) fn rejected(&self) -> &[u8] {
        &self.rejected
    }

    /// The size of all complete messages that were compressed.
    pub(super) fn volume(&self) -> Volume {
        self.volume
    }

    /// Whether a message has arrived in part.
    pub(super) fn is_inside_message(&self) -> bool {
        self.message.is_some()
    }

    /// The payload of the last control frame.
    pub(super) fn control(&self) -> &[u8] {
        &self.control[..self.control_length]
    }

    /// The last character that was completed across two pieces of input.
    pub(super) fn character(&self) -> &[u8] {
        self.utf8.completed()
    }

    /// Consumes bytes from the front of `input` up to the next event; `None` once all are consumed.
    pub(super) fn advance<'a>(
        &mut self,
        input: &mut &'a [u8],
    ) -> Result<Option<Found<'a>>, Violation> {
        if let Some(summary) = self.ended.take() {
            return Ok(Some(Found::MessageSummary(summary)));
        }
        loop {
            let Some(current) = self.current else {
                if let Some(messages) = self.complete_messages(input) {
                    return Ok(Some(Found::Messages(messages)));
                }
                match self.read_header(input)? {
                    HeaderRead::Incomplete => return Ok(None),
                    HeaderRead::Report(header, length) => {
                        return Ok(Some(Found::Frame(header, length)));
                    }
                    HeaderRead::Complete => continue,
                }
            };
            if let OpCode::Data(_) = current.opcode {
                if let Some(found) = self.inflated_piece()? {
                    return Ok(Some(found));
                }
            }
            if current.remaining == 0 {
                if let Some(found) = self.end_frame(current)? {
                    return Ok(Some(found));
                }
                continue;
            }
            if input.is_empty() {
                return Ok(None);
            }
            let length = usize::try_from(current.remaining)
                .map_or(input.len(), |remaining| remaining.min(input.len()));
            match current.opcode {
                OpCode::Control(_) => self.append_control(split_front(input, length)),
                OpCode::Data(_) => {
                    if let Some(found) = self.read_payload(input, length)? {
                        return Ok(Some(found));
                    }
                }
            }
        }
    }

    /// The fast path for the common case: messages that are complete in the input, each one
    /// uncompressed frame. `None` if the next one is not; the general path then reads it and finds
    /// what is wrong with it, if anything.
    fn complete_messages<'a>(&mut self, input: &mut &'a [u8]) -> Option<Messages<'a>> {
        let is_between_messages = self.header_length == 0 && self.message.is_none();
        if !is_between_messages || self.config.report_frames {
            return None;
        }
        let max_size = self.config.max_message_size.unwrap_or(u64::MAX);
        Messages::split_from(input, max_size)
    }

    /// Adds `length` bytes to the size of the message and checks it against the limit.
    fn add_payload(&mut self, length: u64) -> Result<(), Violation> {
        let Some(message) = &mut self.message else {
            return Ok(());
        };
        let size = message.volume.payload.saturating_add(length);
        message.volume.payload = size;
        let Some(limit) = self.config.max_message_size else {
            return Ok(());
        };
        if size > limit {
            let what = if message.compressed {
                "that expands to"
            } else {
                "of"
            };
            return Err(Violation {
                code: 1009,
                rule: format!(
                    "a message {what} at least {size} bytes, more than the limit of {limit}"
                ),
            });
        }
        Ok(())
    }

    fn append_control(&mut self, payload: &[u8]) {
        let kept = self.control_length;
        self.control[kept..kept + payload.len()].copy_from_slice(payload);
        self.control_length += payload.len();
        self.consumed(payload.len());
    }

    /// Reads payload of a data frame: up to `length` bytes of `input`, fewer if they complete a
    /// character. Returns `None` for bytes that only begin a character.
    fn read_payload<'a>(
        &mut self,
        input: &mut &'a [u8],
        length: usize,
    ) -> Result<Option<Found<'a>>, Violation> {
        let Some(message) = &mut self.message else {
            return Ok(None);
        };
        if let (true, Some(inflater)) = (message.compressed, &mut self.inflater) {
            let (used, produced) = inflater.inflate(&input[..length])?;
            split_front(input, used);
            self.consumed(used);
            self.add_payload(produced as u64)?;
            return Ok(None);
        }
        if message.kind == Kind::Binary {
            self.consumed(length);
            return Ok(Some(self.piece(split_front(input, length))));
        }
        match self.utf8.check(&input[..length]) {
            Checked::Invalid => Err(Violation::invalid_payload(
                "text that is not UTF-8 (RFC 6455 §8.1)",
            )),
            Checked::Completed(used) => {
                split_front(input, used);
                self.consumed(used);
                let (first, last) = self.finish_piece();
                Ok(Some(Found::Character { first, last }))
            }
            Checked::Valid(valid) => {
                let used = if self.utf8.is_inside_character() {
                    length
                } else {
                    valid
                };
                let bytes = &split_front(input, used)[..valid];
                self.consumed(used);
                // `end_frame` reports a message that ends in the middle of a character.
                Ok((valid > 0).then(|| self.piece(bytes)))
            }
        }
    }

    fn piece<'a>(&mut self, bytes: &'a [u8]) -> Found<'a> {
        let kind = self
            .message
            .as_ref()
            .map_or(Kind::Binary, |message| message.kind);
        let (first, last) = self.finish_piece();
        Found::Data(Piece {
            kind,
            first,
            last,
            bytes,
        })
    }

    /// Returns whether the piece to report is the first and the last of its message. The last one
    /// ends the message and its frame.
    fn finish_piece(&mut self) -> (bool, bool) {
        let ended = self
            .current
            .is_some_and(|current| current.is_final && current.remaining == 0);
        let last = ended && !self.utf8.is_inside_character() && !self.is_inflating();
        let first = self
            .message
            .as_mut()
            .is_some_and(|message| std::mem::take(&mut message.at_start));
        if last {
            if let Some(message) = self.message.take() {
                if message.compressed {
                    self.volume += message.volume;
                }
                if self.config.report_frames && self.inflater.is_some() {
                    self.ended = Some(message.summary());
                }
            }
            self.current = None;
            if let Some(inflater) = &mut self.inflater {
                inflater.end_message();
            }
        }
        (first, last)
    }

    fn consumed(&mut self, count: usize) {
        if let Some(current) = &mut self.current {
            current.remaining -= count as u64;
        }
    }

    /// Ends a frame whose payload is complete, unless its last piece has ended it already.
    fn end_frame<'a>(&mut self, frame: CurrentFrame) -> Result<Option<Found<'a>>, Violation> {
        let OpCode::Control(control) = frame.opcode else {
            if frame.is_final && self.is_inflating() {
                return Ok(None);
            }
            if frame.is_final && self.utf8.is_inside_character() {
                return Err(Violation::invalid_payload(
                    "text that ends in the middle of a character (RFC 6455 §8.1)",
                ));
            }
            if frame.is_final {
                return Ok(Some(self.piece(&[])));
            }
            self.current = None;
            return Ok(None);
        };
        self.current = None;
        Ok(Some(match control {
            Control::Ping => Found::Ping,
            Control::Pong => Found::Pong,
            _ => Found::Close(close::decode(self.control())?),
        }))
    }
}

/// What [`FrameReader::advance`] found. Payloads that the reader holds itself are fetched
/// afterwards, so that this borrows only from the input.
pub(super) enum Found<'a> {
    Frame(FrameHeader, u64),
    Messages(Messages<'a>),
    Data(Piece<'a>),
    /// A piece of a compressed message: [`FrameReader::inflated`].
    Inflated {
        kind: Kind,
        first: bool,
        last: bool,
        range: Range<usize>,
    },
    /// A character split across two pieces of input: [`FrameReader::character`].
    Character {
        first: bool,
        last: bool,
    },
    /// Follows the last piece of a message.
    MessageSummary(MessageSummary),
    /// The payload is [`FrameReader::control`].
    Ping,
    /// The payload is [`FrameReader::control`].
    Pong,
    Close(CloseBody),
}

/// The result of reading a header from the front of the input.
enum HeaderRead {
    Incomplete,
    Complete,
    /// It is complete, and the header and the length of the payload are to be reported.
    Report(FrameHeader, u64),
}

/// Splits `count` bytes off the front of `input`.
fn split_front<'a>(input: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (front, rest) = input.split_at(count);
    *input = rest;
    front
}
