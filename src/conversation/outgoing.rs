//! What is sent in a conversation: by a step, a line of JSON, or a command at the prompt.

use crate::protocol::{CloseReason, Kind};

/// A message or control frame to send. Its text may be borrowed from the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing<T> {
    /// A text message.
    Text(T),
    /// A binary message.
    Binary(Vec<u8>),
    /// A Ping with at most 125 bytes (RFC 6455 §5.5.2).
    Ping(Vec<u8>),
    /// An unsolicited Pong with at most 125 bytes (RFC 6455 §5.5.3).
    Pong(Vec<u8>),
    /// A Close; `None` has no code (RFC 6455 §5.5.1).
    Close(Option<CloseReason>),
}

impl<T: AsRef<str>> Outgoing<T> {
    /// The kind and the payload of a message; `None` for a control frame.
    #[must_use]
    pub fn message(&self) -> Option<(Kind, &[u8])> {
        match self {
            Self::Text(text) => Some((Kind::Text, text.as_ref().as_bytes())),
            Self::Binary(bytes) => Some((Kind::Binary, bytes)),
            Self::Ping(_) | Self::Pong(_) | Self::Close(_) => None,
        }
    }
}
