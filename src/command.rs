//! What a person at the prompt, or a JSON line, can order to be sent.

use crate::protocol::CloseReason;

/// One thing to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A text message (RFC 6455 §5.6).
    Text(String),
    /// A binary message (RFC 6455 §5.6).
    Binary(Vec<u8>),
    /// A Ping with at most 125 bytes (RFC 6455 §5.5.2).
    Ping(Vec<u8>),
    /// An unsolicited Pong with at most 125 bytes (RFC 6455 §5.5.3).
    Pong(Vec<u8>),
    /// A Close; `None` has no code (RFC 6455 §5.5.1).
    Close(Option<CloseReason>),
}
