//! What comes in: frames put together from bytes however they are cut, and the rules that they
//! must keep (RFC 6455 §5).

mod compressed;

use std::ops::Range;

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::FrameHeader;

use super::batch::Messages;
use super::close::{self, CloseBody};
use super::deflate::Inflater;
use super::frame::{self, MAX_CONTROL_PAYLOAD, MAX_HEADER};
use super::message::{Assembly, Checked, Kind, Piece, Summary, Utf8, Volume};
use super::{ProtocolConfig, Violation};

/// The frame whose payload is being received.
#[derive(Clone, Copy, Debug)]
struct Current {
    opcode: OpCode,
    is_final: bool,
    left: u64,
}

/// The decoder of one connection.
#[derive(Debug)]
pub(super) struct FrameReader {
    config: ProtocolConfig,
    /// The begun header of a frame, if a read ended inside one.
    header: [u8; MAX_HEADER],
    header_length: usize,
    current: Option<Current>,
    control: [u8; MAX_CONTROL_PAYLOAD],
    control_length: usize,
    message: Option<Assembly>,
    utf8: Utf8,
    /// The server's compressed stream, if compression was agreed on.
    inflater: Option<Inflater>,
    /// All whole data messages.
    volume: Volume,
    /// The message that has ended and was not yet summed up.
    ended: Option<Summary>,
}

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
            utf8: Utf8::default(),
            inflater: config.compression.map(Inflater::new),
            volume: Volume::default(),
            ended: None,
        }
    }

    /// How much all whole data messages were.
    pub(super) fn volume(&self) -> Volume {
        self.volume
    }

    /// Whether a message has begun and not ended.
    pub(super) fn is_inside_message(&self) -> bool {
        self.message.is_some()
    }

    /// The payload of the control frame that was found last.
    pub(super) fn control(&self) -> &[u8] {
        &self.control[..self.control_length]
    }

    /// The character that was found last.
    pub(super) fn character(&self) -> &[u8] {
        self.utf8.completed()
    }

    /// Takes bytes from the front of `input` up to the next thing that they say; `None` when all
    /// of them are taken.
    pub(super) fn advance<'a>(
        &mut self,
        input: &mut &'a [u8],
    ) -> Result<Option<Found<'a>>, Violation> {
        if let Some(summary) = self.ended.take() {
            return Ok(Some(Found::Summary(summary)));
        }
        loop {
            let Some(current) = self.current else {
                if let Some(messages) = self.whole_messages(input) {
                    return Ok(Some(Found::Messages(messages)));
                }
                match self.begin_frame(input)? {
                    Begun::Incomplete => return Ok(None),
                    Begun::Reported(header, length) => {
                        return Ok(Some(Found::Frame(header, length)));
                    }
                    Begun::Silently => continue,
                }
            };
            if let OpCode::Data(_) = current.opcode {
                if let Some(found) = self.inflated_piece()? {
                    return Ok(Some(found));
                }
            }
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

    /// Messages that stand in the input whole, each in one frame and as it is, which nearly all
    /// do: taken in one step. `None` leaves everything to the way that takes any message, also
    /// what is wrong with the first one.
    fn whole_messages<'a>(&mut self, input: &mut &'a [u8]) -> Option<Messages<'a>> {
        let between = self.header_length == 0 && self.message.is_none();
        if !between || self.config.report_frames {
            return None;
        }
        let most = self.config.max_message_size.unwrap_or(u64::MAX);
        let messages = Messages::take(input, most)?;
        self.volume += messages.volume();
        Some(messages)
    }

    /// Reads the next frame's header, which may have begun in an earlier read.
    fn begin_frame(&mut self, input: &mut &[u8]) -> Result<Begun, Violation> {
        let decoded = if self.header_length == 0 {
            frame::decode_header(input, self.inflater.is_some())?
        } else {
            let kept = self.header_length;
            let more = input.len().min(MAX_HEADER - kept);
            self.header[kept..kept + more].copy_from_slice(&input[..more]);
            let decoded =
                frame::decode_header(&self.header[..kept + more], self.inflater.is_some())?;
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
        if self.config.report_frames {
            return Ok(Begun::Reported(header, length));
        }
        Ok(Begun::Silently)
    }

    /// Checks that a frame may come now, and opens the message that it begins.
    fn admit(&mut self, header: &FrameHeader, length: u64) -> Result<(), Violation> {
        let kind = match header.opcode {
            OpCode::Control(_) if header.rsv1 => {
                return Err(Violation::protocol(
                    "a control frame with RSV1 set (RFC 7692 §6.1)",
                ));
            }
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
                *message = Some(Assembly::new(kind, header.rsv1));
                self.utf8 = Utf8::default();
            }
            (Some(_), Some(_)) => {
                return Err(Violation::protocol(
                    "a new message before the previous one ended (RFC 6455 §5.4)",
                ));
            }
            (None, None) => {
                return Err(Violation::protocol(
                    "a continuation frame with nothing to continue (RFC 6455 §5.4)",
                ));
            }
            (None, Some(_)) if header.rsv1 => {
                return Err(Violation::protocol(
                    "a continuation frame with RSV1 set (RFC 7692 §6.1)",
                ));
            }
            (None, Some(_)) => {}
        }
        let Some(message) = &mut self.message else {
            return Ok(());
        };
        message.volume.wire = message.volume.wire.saturating_add(length);
        if message.compressed {
            return Ok(());
        }
        self.count(length)
    }

    /// Counts bytes of the message against the limit.
    fn count(&mut self, length: u64) -> Result<(), Violation> {
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
        if let (true, Some(inflater)) = (message.compressed, &mut self.inflater) {
            let (used, became) = inflater.inflate(&input[..length])?;
            take(input, used);
            self.consumed(used);
            self.count(became as u64)?;
            return Ok(None);
        }
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
        let last = ended && !self.utf8.is_inside() && !self.is_inflating();
        let first = self
            .message
            .as_mut()
            .is_some_and(|message| std::mem::take(&mut message.fresh));
        if last {
            if let Some(message) = self.message.take() {
                self.volume += message.volume;
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
            current.left -= count as u64;
        }
    }

    /// A frame's payload is complete, and its end was not yet reported with it.
    fn end_frame<'a>(&mut self, frame: Current) -> Result<Option<Found<'a>>, Violation> {
        let OpCode::Control(control) = frame.opcode else {
            if frame.is_final && self.is_inflating() {
                return Ok(None);
            }
            if frame.is_final && self.utf8.is_inside() {
                return Err(Violation::text(
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

/// What [`FrameReader::advance`] found. What borrows from it is fetched afterwards.
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
    /// A character that an earlier piece of input began: [`FrameReader::character`].
    Character {
        first: bool,
        last: bool,
    },
    /// After the last piece of a message.
    Summary(Summary),
    /// With the payload [`FrameReader::control`].
    Ping,
    /// With the payload [`FrameReader::control`].
    Pong,
    Close(CloseBody),
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
