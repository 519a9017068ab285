//! Errors of tungstenite in words.

use tungstenite::error::{CapacityError, Error as WsError, ProtocolError};

use crate::error::plain;

/// Describes the error as a clause about the client. tungstenite's messages quote nothing that a
/// client sent except for a header's name.
pub(super) fn describe(trouble: &WsError) -> String {
    match trouble {
        WsError::Io(cause) => plain(cause),
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            "connection closed without a Close frame".to_owned()
        }
        WsError::Protocol(ProtocolError::HandshakeIncomplete) => {
            "the client disconnected during the opening handshake".to_owned()
        }
        WsError::Protocol(
            ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::MissingUpgradeWebSocketHeader,
        ) => "not a WebSocket upgrade request".to_owned(),
        WsError::Protocol(ProtocolError::HttparseError(cause)) => {
            format!("invalid HTTP request: {cause}")
        }
        WsError::Protocol(cause) => cause.to_string(),
        WsError::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            format!("message of {size} bytes exceeds the limit of {max_size} (--max-message-size)")
        }
        WsError::Capacity(cause) => cause.to_string(),
        WsError::Utf8(cause) => cause.clone(),
        other => other.to_string(),
    }
}
