//! The header of a frame, and whether the frame is allowed at this point.

use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::FrameHeader;

use super::{split_front, CurrentFrame, FrameReader, HeaderRead, REJECTED};
use crate::protocol::frame::{self, MAX_HEADER};
use crate::protocol::message::{Kind, PartialMessage, Utf8Checker};
use crate::protocol::violation::Violation;

impl FrameReader {
    /// Reads the next frame's header, the beginning of which may have come with earlier input.
    pub(super) fn read_header(&mut self, input: &mut &[u8]) -> Result<HeaderRead, Violation> {
        let kept = self.header_length;
        let decoded = if kept == 0 {
            frame::decode_header(input, self.inflater.is_some())
        } else {
            let more = input.len().min(MAX_HEADER - kept);
            self.header[kept..kept + more].copy_from_slice(&input[..more]);
            frame::decode_header(&self.header[..kept + more], self.inflater.is_some())
        };
        let decoded = decoded.inspect_err(|_| {
            let bytes = self.header[..kept].iter().chain(*input).take(REJECTED);
            self.rejected = bytes.copied().collect();
        })?;
        let decoded = decoded.map(|(header, length, used)| (header, length, used - kept));
        let Some((header, length, used)) = decoded else {
            // A server's header is not masked, so an incomplete one has fewer than ten bytes.
            if self.header_length == 0 {
                self.header[..input.len()].copy_from_slice(input);
            }
            self.header_length += input.len();
            *input = &[];
            return Ok(HeaderRead::Incomplete);
        };
        self.header_length = 0;
        split_front(input, used);
        self.begin_frame(&header, length)?;
        self.current = Some(CurrentFrame {
            opcode: header.opcode,
            is_final: header.is_final,
            remaining: length,
        });
        if self.config.report_frames {
            return Ok(HeaderRead::Report(header, length));
        }
        Ok(HeaderRead::Complete)
    }

    /// Checks that a frame is allowed at this point, and begins the message if it is the first
    /// frame of one.
    fn begin_frame(&mut self, header: &FrameHeader, length: u64) -> Result<(), Violation> {
        let kind = match header.opcode {
            OpCode::Control(_) if header.rsv1 => {
                return Err(Violation::protocol_error(
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
                *message = Some(PartialMessage::new(kind, header.rsv1));
                self.utf8 = Utf8Checker::default();
            }
            (Some(_), Some(_)) => {
                return Err(Violation::protocol_error(
                    "a new message before the previous one ended (RFC 6455 §5.4)",
                ));
            }
            (None, None) => {
                return Err(Violation::protocol_error(
                    "a continuation frame with nothing to continue (RFC 6455 §5.4)",
                ));
            }
            (None, Some(_)) if header.rsv1 => {
                return Err(Violation::protocol_error(
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
        self.add_payload(length)
    }
}
