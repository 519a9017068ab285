//! The errors that several steps of connecting share.

use std::io;

use crate::deadline::Deadline;
use crate::error::{Error, Phase};

/// The deadline of an attempt has passed in this phase. One option sets it for all of them.
pub fn timed_out(deadline: Deadline, phase: Phase) -> Error {
    Error::Timeout {
        option: "--connect-timeout",
        limit: deadline.timeout(),
        phase,
    }
}

/// The operating system refused a setting of the socket.
pub fn setting_up(cause: io::Error) -> Error {
    Error::System {
        doing: "setting up the connection",
        cause,
    }
}
