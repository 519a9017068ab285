//! When a run ends: the limits that a user set, and what they mean for each kind of ending.

use std::time::Duration;

use crate::deadline::Deadline;
use crate::protocol::CloseReason;

/// How long to go on listening after the end of input (`--wait`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until no data message has arrived or left for so long.
    For(Duration),
    /// Until the server closes.
    Forever,
}

/// The limits of a run.
#[derive(Clone, Debug)]
pub struct Until {
    /// `--wait`.
    pub wait: Wait,
    /// `-n`: the end comes after so many received messages.
    pub messages: Option<u64>,
    /// `--max-time`: the end of the whole run.
    pub max_time: Deadline,
    /// `--close-timeout`: how long the server has to answer our Close.
    pub close_timeout: Option<Duration>,
    /// The Close of an orderly end.
    pub close: CloseReason,
}

/// `--close-timeout` unless given: after the end of input, counted from the last byte received.
const PATIENT: Duration = Duration::from_secs(5);
/// `--close-timeout` unless given: after a signal, `-n`, or a reader that went away, in all.
const HASTY: Duration = Duration::from_secs(1);

impl Until {
    /// How many messages are still wanted when so many were received.
    pub(super) fn messages_after(&self, received: u64) -> u64 {
        self.messages
            .map_or(u64::MAX, |wanted| wanted.saturating_sub(received))
    }

    /// How long an answer to our Close may take when input simply ended; starts again with every
    /// byte received.
    pub(super) fn patience(&self) -> Duration {
        self.close_timeout.unwrap_or(PATIENT)
    }

    /// The same where somebody waits for the end.
    pub(super) fn haste(&self) -> Duration {
        self.close_timeout.unwrap_or(HASTY)
    }

    /// How long whoever reads the outputs may take then, whatever `--close-timeout` allows the
    /// server.
    pub(super) fn reader_timeout(&self) -> Duration {
        self.haste().min(HASTY)
    }
}
