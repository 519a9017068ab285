//! The errors and hints that several steps of connecting share.

use std::io;

use crate::deadline::Deadline;
use crate::error::{Error, Phase};

/// The hint for a server that supports HTTP/2 only.
pub const HTTP_2: &str = "the server may support HTTP/2 only: wsline uses HTTP/1.1, and no \
                          WebSocket over HTTP/2 (RFC 8441)";

/// The error for an expired connect timeout in this phase.
pub fn timed_out(deadline: Deadline, phase: Phase) -> Error {
    Error::Timeout {
        option: "--connect-timeout",
        limit: deadline.timeout(),
        phase,
    }
}

/// The error for a socket option that could not be set.
pub fn setting_up(cause: io::Error) -> Error {
    Error::System {
        doing: "setting up the connection",
        cause,
    }
}
