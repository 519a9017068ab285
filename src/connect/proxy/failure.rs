//! The errors of setting up a tunnel.

use std::io;

use crate::error::Refusal;

/// Why a tunnel could not be set up.
#[derive(Debug)]
pub(super) enum TunnelError {
    /// The proxy refused, for this reason.
    Refused {
        cause: String,
        refusal: Option<Box<Refusal>>,
        hint: Option<String>,
        /// Whether another address of the server may work.
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
