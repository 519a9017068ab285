//! Commands to send something, from JSON lines and the prompt.

use std::borrow::Cow;

use crate::protocol::CloseReason;

/// A command to send something. A text may be borrowed from the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// A text message.
    Text(Cow<'a, str>),
    /// A binary message.
    Binary(Vec<u8>),
    /// A Ping with at most 125 bytes (RFC 6455 §5.5.2).
    Ping(Vec<u8>),
    /// An unsolicited Pong with at most 125 bytes (RFC 6455 §5.5.3).
    Pong(Vec<u8>),
    /// A Close; `None` has no code (RFC 6455 §5.5.1).
    Close(Option<CloseReason>),
}
