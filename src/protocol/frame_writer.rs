//! Encoding of masked frames into one buffer, and the Pongs that are held back while it is full.

use std::num::NonZeroUsize;

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::FrameHeader;

use super::batch::Lines;
use super::close::{self, CloseBody};
use super::config::ProtocolConfig;
use super::deflate::Deflater;
use super::frame::{self, Masks, MAX_CONTROL_PAYLOAD};
use super::message::{Kind, MessageSummary, Piece, Volume};
use super::sent::Sent;
use super::write_buffer::WriteBuffer;

/// The encoder of one connection. Nothing is written after a Close.
#[derive(Debug)]
pub(super) struct FrameWriter {
    masks: Masks,
    buffer: WriteBuffer,
    /// The payload of a Pong that is held back: only the latest Ping requires one
    /// (RFC 6455 §5.5.3).
    pong: Option<Vec<u8>>,
    closed: bool,
    report_frames: bool,
    frame_size: usize,
    sent: Vec<Sent>,
    /// Our compressed stream, if compression was negotiated and zlib supports our window.
    deflater: Option<Deflater>,
    /// The opcode of the next frame of a message that is being compressed: only the first frame
    /// carries the message's opcode and RSV1 (RFC 7692 §6.1).
    compressing: Option<Data>,
    /// Whether compression was negotiated, even if there is no `deflater`.
    negotiated: bool,
    /// The size of the message that is being written.
    message: Volume,
    /// The size of all complete messages that were compressed.
    volume: Volume,
}

/// With more pending bytes than this, Pongs are held back, so that a flood of Pings cannot fill
/// the memory.
pub(super) const PONG_THRESHOLD: usize = 64 * 1024;

impl FrameWriter {
    pub(super) fn new(config: ProtocolConfig) -> Self {
        Self {
            masks: Masks::new(),
            buffer: WriteBuffer::default(),
            pong: None,
            closed: false,
            report_frames: config.report_frames,
            frame_size: config.frame_size.map_or(usize::MAX, NonZeroUsize::get),
            sent: Vec::new(),
            deflater: config.compression.and_then(Deflater::new),
            compressing: None,
            negotiated: config.compression.is_some(),
            message: Volume::default(),
            volume: Volume::default(),
        }
    }

    /// The size of all complete messages that were compressed.
    pub(super) fn volume(&self) -> Volume {
        self.volume
    }

    #[inline]
    pub(super) fn write_piece(&mut self, piece: Piece<'_>) {
        if self.closed {
            return;
        }
        if piece.first && piece.last && self.is_plain() {
            return self.write_plain_message(piece.kind, piece.bytes);
        }
        self.write_any_piece(piece);
    }

    fn write_any_piece(&mut self, piece: Piece<'_>) {
        self.message.payload += piece.bytes.len() as u64;
        let opcode = match (piece.first, piece.kind) {
            (false, _) => Data::Continue,
            (true, Kind::Text) => Data::Text,
            (true, Kind::Binary) => Data::Binary,
        };
        let whole = piece.first && piece.last;
        if piece.first {
            let is_worth_it = !whole || piece.bytes.len() >= Deflater::MIN_SIZE;
            self.compressing = (is_worth_it && self.deflater.is_some()).then_some(opcode);
        }
        match self.compressing {
            Some(opcode) => self.write_compressed(opcode, piece),
            None => self.write_fragments(piece.last, false, opcode, piece.bytes),
        }
        if piece.last {
            self.end_message(piece.kind);
        }
    }

    /// Compresses a piece of a message and writes the output that this produces.
    fn write_compressed(&mut self, opcode: Data, piece: Piece<'_>) {
        let Some(mut deflater) = self.deflater.take() else {
            return;
        };
        let payload = deflater.deflate(piece.bytes, piece.last);
        // The compressor may hold all output back until a later piece.
        if piece.last || !payload.is_empty() {
            let rsv1 = opcode != Data::Continue;
            self.write_fragments(piece.last, rsv1, opcode, payload);
            self.compressing = Some(Data::Continue);
        }
        self.deflater = Some(deflater);
    }

    /// Writes each line as a text message. Returns the number of lines.
    pub(super) fn write_lines(&mut self, lines: Lines<'_>) -> u64 {
        if self.closed || !self.is_plain() {
            return lines
                .map(|line| self.write_piece(Piece::whole(Kind::Text, line)))
                .count() as u64;
        }
        lines
            .map(|line| self.write_plain_message(Kind::Text, line))
            .count() as u64
    }

    /// Whether a message in one piece becomes exactly one uncompressed frame that need not be
    /// reported.
    fn is_plain(&self) -> bool {
        self.deflater.is_none() && self.frame_size == usize::MAX && !self.report_frames
    }

    /// Writes a message as one uncompressed frame.
    #[inline]
    fn write_plain_message(&mut self, kind: Kind, payload: &[u8]) {
        let first = frame::first_byte_of_message(kind);
        self.buffer.push(first, self.masks.draw(), payload);
    }

    /// Counts a complete message, and attaches its summary to the report of its last frame.
    fn end_message(&mut self, kind: Kind) {
        let volume = std::mem::take(&mut self.message);
        if self.compressing.is_some() {
            self.volume += volume;
        }
        if let (true, Some(frame)) = (self.negotiated, self.sent.last_mut()) {
            frame.message = Some(MessageSummary {
                kind,
                compressed: self.compressing.is_some(),
                volume,
            });
        }
    }

    /// Writes the payload as frames of at most the frame size; only the first one carries `opcode`
    /// and RSV1.
    fn write_fragments(&mut self, is_final: bool, rsv1: bool, opcode: Data, mut payload: &[u8]) {
        self.message.wire += payload.len() as u64;
        let (mut rsv1, mut opcode) = (rsv1, opcode);
        while payload.len() > self.frame_size {
            let (fragment, rest) = payload.split_at(self.frame_size);
            self.write_frame(false, rsv1, OpCode::Data(opcode), fragment);
            (rsv1, opcode, payload) = (false, Data::Continue, rest);
        }
        self.write_frame(is_final, rsv1, OpCode::Data(opcode), payload);
    }

    /// Writes a control frame, with at most [`MAX_CONTROL_PAYLOAD`] bytes of the payload.
    pub(super) fn write_control(&mut self, control: Control, payload: &[u8]) {
        let length = payload.len().min(MAX_CONTROL_PAYLOAD);
        self.write_frame(true, false, OpCode::Control(control), &payload[..length]);
    }

    /// Writes the Pong for a Ping, now or once the buffer has drained.
    pub(super) fn reply_to_ping(&mut self, payload: &[u8]) {
        if self.buffer.pending().len() > PONG_THRESHOLD {
            self.pong = Some(payload.to_vec());
        } else {
            self.write_control(Control::Pong, payload);
        }
    }

    pub(super) fn write_close(&mut self, body: &CloseBody) {
        self.write_control(Control::Close, &close::encode(body.as_ref()));
        self.closed = true;
        self.pong = None;
    }

    fn write_frame(&mut self, is_final: bool, rsv1: bool, opcode: OpCode, payload: &[u8]) {
        if self.closed {
            return;
        }
        let mask = self.masks.draw();
        let first = frame::first_byte(is_final, rsv1, opcode);
        let wire = self.buffer.push(first, mask, payload);
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

    pub(super) fn pending(&self) -> &[u8] {
        self.buffer.pending()
    }

    pub(super) fn remove_written(&mut self, count: usize) {
        self.buffer.remove_written(count);
        if self.buffer.pending().len() <= PONG_THRESHOLD {
            if let Some(payload) = self.pong.take() {
                self.write_control(Control::Pong, &payload);
            }
        }
    }

    pub(super) fn unsent_messages(&self) -> u64 {
        self.buffer.unsent_messages()
    }

    pub(super) fn take_sent(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }
}
