//! What goes out: frames, masked and in one buffer, and the Pongs that wait for room in it.

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::FrameHeader;

use super::close::{self, CloseBody};
use super::frame::{self, Masks, LONGEST_CONTROL};
use super::message::{Kind, Piece};
use super::outbox::Outbox;
use super::Sent;

/// The encoder of one connection. Nothing is written after a Close.
#[derive(Debug)]
pub(super) struct Outgoing {
    masks: Masks,
    outbox: Outbox,
    /// A Pong that waits for room: only the latest Ping need be answered (RFC 6455 §5.5.3).
    pong: Option<Vec<u8>>,
    closed: bool,
    report_frames: bool,
    sent: Vec<Sent>,
}

/// Above this many waiting bytes a Pong waits too, so that a flood of Pings fills no memory.
pub(super) const PONG_ROOM: usize = 64 * 1024;

impl Outgoing {
    pub(super) fn new(report_frames: bool) -> Self {
        Self {
            masks: Masks::new(),
            outbox: Outbox::default(),
            pong: None,
            closed: false,
            report_frames,
            sent: Vec::new(),
        }
    }

    pub(super) fn message(&mut self, piece: Piece<'_>) {
        let opcode = match (piece.first, piece.kind) {
            (false, _) => Data::Continue,
            (true, Kind::Text) => Data::Text,
            (true, Kind::Binary) => Data::Binary,
        };
        self.frame(piece.last, OpCode::Data(opcode), piece.bytes);
    }

    /// A control frame; a payload that is too long is cut.
    pub(super) fn control(&mut self, control: Control, payload: &[u8]) {
        let length = payload.len().min(LONGEST_CONTROL);
        self.frame(true, OpCode::Control(control), &payload[..length]);
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

    fn frame(&mut self, is_final: bool, opcode: OpCode, payload: &[u8]) {
        if self.closed {
            return;
        }
        let mask = self.masks.draw();
        let out = self.outbox.end();
        let start = out.len();
        frame::encode_header(out, is_final, opcode, mask, payload.len());
        let body = out.len();
        out.extend_from_slice(payload);
        frame::apply_mask(&mut out[body..], mask);
        if self.report_frames {
            let header = FrameHeader {
                is_final,
                opcode,
                mask: Some(mask),
                ..FrameHeader::default()
            };
            let wire = out[start..].to_vec();
            let length = payload.len() as u64;
            self.sent.push(Sent {
                header,
                length,
                wire,
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
