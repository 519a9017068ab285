//! The limits of a run that a user sets, and their defaults.

use std::time::Duration;

use crate::deadline::Deadline;
use crate::protocol::CloseReason;

/// How long to keep listening after input has ended (`--wait`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until no data message has been received or sent for this long.
    For(Duration),
    /// Until the server closes the connection.
    Forever,
}

/// The limits of a run.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `--wait`.
    pub wait: Wait,
    /// `-n`: the run ends after this many received messages.
    pub max_messages: Option<u64>,
    /// `--max-time`: the end of the whole run.
    pub max_time: Deadline,
    /// `--close-timeout`: how long the server has to answer our Close.
    pub close_timeout: Option<Duration>,
    /// The Close that is sent when the run ends normally.
    pub close: CloseReason,
}

/// The maximum time until the server replies to our Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CloseTimeout {
    /// Since the last byte that was received, so that a server can still send what it has.
    SinceLastByte(Duration),
    /// Since the Close was sent.
    Total(Duration),
}

impl CloseTimeout {
    /// The duration of the timeout.
    pub(super) fn duration(self) -> Duration {
        let (Self::SinceLastByte(duration) | Self::Total(duration)) = self;
        duration
    }
}

/// The default of `--close-timeout` after the end of input.
const DEFAULT_CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The default of `--close-timeout` when someone is waiting for the end: after a signal or `-n`, or
/// when the output was closed. Also the time that readers of output then have to read what was
/// received.
const DEFAULT_SHORT_TIMEOUT: Duration = Duration::from_secs(1);

impl Limits {
    /// How many more messages to receive when `received` messages have been received.
    pub(super) fn messages_left(&self, received: u64) -> u64 {
        self.max_messages
            .map_or(u64::MAX, |wanted| wanted.saturating_sub(received))
    }

    /// The close timeout after the end of input.
    pub(super) fn close_timeout(&self) -> CloseTimeout {
        CloseTimeout::SinceLastByte(self.close_timeout.unwrap_or(DEFAULT_CLOSE_TIMEOUT))
    }

    /// The close timeout when someone is waiting for the end.
    pub(super) fn short_close_timeout(&self) -> CloseTimeout {
        CloseTimeout::Total(self.close_timeout.unwrap_or(DEFAULT_SHORT_TIMEOUT))
    }

    /// The time that readers of output then have, whatever `--close-timeout` is.
    pub(super) fn reader_timeout(&self) -> Duration {
        let timeout = self.close_timeout.unwrap_or(DEFAULT_SHORT_TIMEOUT);
        timeout.min(DEFAULT_SHORT_TIMEOUT)
    }
}
