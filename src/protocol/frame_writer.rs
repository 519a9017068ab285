//! What goes out: frames, masked and in one buffer, and the Pongs that wait for room in it.

use std::num::NonZeroUsize;

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::FrameHeader;

use super::batch::Lines;
use super::close::{self, CloseBody};
use super::deflate::Deflater;
use super::frame::{self, Masks, MAX_CONTROL_PAYLOAD};
use super::message::{Kind, Piece, Summary, Volume};
use super::outbox::Outbox;
use super::{ProtocolConfig, Sent};

/// The encoder of one connection. Nothing is written after a Close.
#[derive(Debug)]
pub(super) struct FrameWriter {
    masks: Masks,
    outbox: Outbox,
    /// A Pong that waits for room: only the latest Ping need be answered (RFC 6455 §5.5.3).
    pong: Option<Vec<u8>>,
    closed: bool,
    report_frames: bool,
    frame_size: usize,
    sent: Vec<Sent>,
    /// Our compressed stream, if compression was agreed on.
    deflater: Option<Deflater>,
    /// What the next frame of the message that is being compressed is: its first frame alone
    /// carries its kind and RSV1 (RFC 7692 §6.1).
    compressing: Option<Data>,
    /// Whether it was agreed on, even if we can't.
    agreed: bool,
    /// The message that is being sent.
    message: Volume,
    /// All whole data messages.
    volume: Volume,
}

/// Above this many waiting bytes a Pong waits too, so that a flood of Pings fills no memory.
pub(super) const PONG_ROOM: usize = 64 * 1024;

impl FrameWriter {
    pub(super) fn new(config: ProtocolConfig) -> Self {
        Self {
            masks: Masks::new(),
            outbox: Outbox::default(),
            pong: None,
            closed: false,
            report_frames: config.report_frames,
            frame_size: config.frame_size.map_or(usize::MAX, NonZeroUsize::get),
            sent: Vec::new(),
            deflater: config.compression.and_then(Deflater::new),
            compressing: None,
            agreed: config.compression.is_some(),
            message: Volume::default(),
            volume: Volume::default(),
        }
    }

    /// How much all whole data messages were.
    pub(super) fn volume(&self) -> Volume {
        self.volume
    }

    #[inline]
    pub(super) fn message(&mut self, piece: Piece<'_>) {
        if self.closed {
            return;
        }
        if piece.first && piece.last && self.is_plain() {
            return self.plain_message(piece.kind, piece.bytes);
        }
        self.any_message(piece);
    }

    fn any_message(&mut self, piece: Piece<'_>) {
        self.message.payload += piece.bytes.len() as u64;
        let opcode = match (piece.first, piece.kind) {
            (false, _) => Data::Continue,
            (true, Kind::Text) => Data::Text,
            (true, Kind::Binary) => Data::Binary,
        };
        let whole = piece.first && piece.last;
        if piece.first {
            let worth = !whole || piece.bytes.len() >= Deflater::WORTH;
            self.compressing = (worth && self.deflater.is_some()).then_some(opcode);
        }
        match self.compressing {
            Some(opcode) => self.compress(opcode, piece),
            None => self.fragments(piece.last, false, opcode, piece.bytes),
        }
        if piece.last {
            self.sum_up(piece.kind);
        }
    }

    /// Sends what a piece of a compressed message has become.
    fn compress(&mut self, opcode: Data, piece: Piece<'_>) {
        let Some(mut deflater) = self.deflater.take() else {
            return;
        };
        let payload = deflater.deflate(piece.bytes, piece.last);
        // A piece that is still inside the compressor is no frame yet.
        if piece.last || !payload.is_empty() {
            let rsv1 = opcode != Data::Continue;
            self.fragments(piece.last, rsv1, opcode, payload);
            self.compressing = Some(Data::Continue);
        }
        self.deflater = Some(deflater);
    }

    /// Each line as a text message; how many there were.
    pub(super) fn lines(&mut self, lines: Lines<'_>) -> u64 {
        if self.closed || !self.is_plain() {
            return lines
                .map(|line| self.message(Piece::whole(Kind::Text, line)))
                .count() as u64;
        }
        lines
            .map(|line| self.plain_message(Kind::Text, line))
            .count() as u64
    }

    /// Whether a message in one piece becomes one frame that holds it as it is, and nobody wants
    /// to hear of it.
    fn is_plain(&self) -> bool {
        self.deflater.is_none() && self.frame_size == usize::MAX && !self.report_frames
    }

    /// A message in one frame, as it is.
    #[inline]
    fn plain_message(&mut self, kind: Kind, payload: &[u8]) {
        let first = frame::first_byte_of_whole(kind);
        self.outbox.push(first, self.masks.draw(), payload);
        self.volume += Volume::plain(payload.len() as u64);
    }

    /// Counts the message that has been sent, and says so with its last frame.
    fn sum_up(&mut self, kind: Kind) {
        let volume = std::mem::take(&mut self.message);
        self.volume += volume;
        if let (true, Some(frame)) = (self.agreed, self.sent.last_mut()) {
            frame.message = Some(Summary {
                kind,
                compressed: self.compressing.is_some(),
                volume,
            });
        }
    }

    /// One frame, or as many as the frame size makes of the payload; the first one alone carries
    /// the kind and RSV1.
    fn fragments(&mut self, is_final: bool, rsv1: bool, opcode: Data, mut payload: &[u8]) {
        self.message.wire += payload.len() as u64;
        let (mut rsv1, mut opcode) = (rsv1, opcode);
        while payload.len() > self.frame_size {
            let (fragment, rest) = payload.split_at(self.frame_size);
            self.frame(false, rsv1, OpCode::Data(opcode), fragment);
            (rsv1, opcode, payload) = (false, Data::Continue, rest);
        }
        self.frame(is_final, rsv1, OpCode::Data(opcode), payload);
    }

    /// A control frame; a payload that is too long is cut.
    pub(super) fn control(&mut self, control: Control, payload: &[u8]) {
        let length = payload.len().min(MAX_CONTROL_PAYLOAD);
        self.frame(true, false, OpCode::Control(control), &payload[..length]);
    }

    /// The answer to a Ping, now or when there is room.
    pub(super) fn answer_ping(&mut self, payload: &[u8]) {
        if self.outbox.waiting().len() > PONG_ROOM {
            self.pong = Some(payload.to_vec());
        } else {
            self.control(Control::Pong, payload);
        }
    }

    pub(super) fn close(&mut self, body: &CloseBody) {
        self.control(Control::Close, &close::encode(body.as_ref()));
        self.closed = true;
        self.pong = None;
    }

    fn frame(&mut self, is_final: bool, rsv1: bool, opcode: OpCode, payload: &[u8]) {
        if self.closed {
            return;
        }
        let mask = self.masks.draw();
        let first = frame::first_byte(is_final, rsv1, opcode);
        let wire = self.outbox.push(first, mask, payload);
        if self.report_frames {
            self.sent.push(Sent {
                header: FrameHeader {
                    is_final,
                    rsv1,
                    opcode,
                    mask: Some(mask),
                    ..FrameHeader::default()
                },
                length: payload.len() as u64,
                wire: wire.to_vec(),
                message: None,
            });
        }
    }

    pub(super) fn waiting(&self) -> &[u8] {
        self.outbox.waiting()
    }

    pub(super) fn wrote(&mut self, count: usize) {
        self.outbox.wrote(count);
        if self.outbox.waiting().len() <= PONG_ROOM {
            if let Some(payload) = self.pong.take() {
                self.control(Control::Pong, &payload);
            }
        }
    }

    pub(super) fn unsent_messages(&self) -> u64 {
        self.outbox.unsent_messages()
    }

    pub(super) fn take_sent(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }
}
