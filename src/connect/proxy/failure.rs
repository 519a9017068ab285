//! Why a proxy made no tunnel.

use std::io;

use crate::error::Refusal;

/// Why a proxy made no tunnel.
#[derive(Debug)]
pub(super) enum TunnelError {
    /// The proxy refused, in these words.
    Refused {
        cause: String,
        refusal: Option<Box<Refusal>>,
        hint: Option<String>,
        /// Another address of the server may work.
        try_next_address: bool,
    },
    /// The response is invalid.
    Invalid { cause: String, hint: Option<String> },
    /// The connection ended, with this error if there was one.
    Ended(Option<io::Error>),
}

impl From<io::Error> for TunnelError {
    fn from(cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::UnexpectedEof => Self::Ended(None),
            _ => Self::Ended(Some(cause)),
        }
    }
}
