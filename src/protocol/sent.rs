//! The report of a frame that was written.

use tungstenite::protocol::frame::FrameHeader;

use super::message::MessageSummary;

/// A frame that was written to the buffer.
#[derive(Debug)]
pub struct Sent {
    /// The header.
    pub header: FrameHeader,
    /// The length of the payload in bytes.
    pub length: u64,
    /// The frame as it is on the wire.
    pub wire: Vec<u8>,
    /// The message that this frame ends, if it ends one and compression was negotiated.
    pub message: Option<MessageSummary>,
}
