//! The configuration of a connection.

use std::num::NonZeroUsize;

use super::deflate::DeflateParams;

/// The configuration of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProtocolConfig {
    /// The largest message to receive, in bytes; a larger one fails the connection with 1009 as
    /// soon as a frame announces it. `None`: no limit.
    pub max_message_size: Option<u64>,
    /// Whether [`Received::Frame`](super::Received::Frame) and
    /// [`Protocol::take_sent`](super::Protocol::take_sent) report frames, and whether the effect of
    /// compression on each message is reported.
    pub report_frames: bool,
    /// The largest payload of a data frame to send, in bytes; a larger message is fragmented
    /// (RFC 6455 §5.4). `None`: no limit.
    pub frame_size: Option<NonZeroUsize>,
    /// The negotiated compression; `None` if there is none.
    pub compression: Option<DeflateParams>,
    /// Whether Pings are not answered, against RFC 6455 §5.5.2.
    pub no_pong: bool,
}
