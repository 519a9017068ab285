//! The result of a run.

use std::io;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::protocol::{Closure, Volume};

/// The result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The first error, except for a Close, which is in `ends`.
    pub error: Option<Error>,
    /// Whether the error was reported to the outputs.
    pub reported: bool,
    /// How each connection ended.
    pub ends: Vec<ConnectionEnd>,
    /// The number of messages sent.
    pub sent: u64,
    /// The number of complete messages received.
    pub received: u64,
    /// The size of the compressed messages, before and after compression.
    pub volume: Volume,
    /// With [`no_pong`](crate::protocol::ProtocolConfig::no_pong): how many Pings came, and how long
    /// after the first the connection ended.
    pub unanswered_pings: Option<(u64, Duration)>,
    /// The time from the first open connection to the end.
    pub duration: Duration,
    /// The deadline for printing how the run ended; `None` if that may take as long as it needs.
    pub show_until: Option<Instant>,
}

impl Outcome {
    /// The result of a run that could not begin.
    pub(super) fn failed(cause: io::Error) -> Self {
        let doing = "setting up";
        Self {
            error: Some(Error::System { doing, cause }),
            reported: false,
            ends: Vec::new(),
            sent: 0,
            received: 0,
            volume: Volume::default(),
            unanswered_pings: None,
            duration: Duration::ZERO,
            show_until: None,
        }
    }
}

/// How a connection ended.
#[derive(Clone, Debug, Default)]
pub enum ConnectionEnd {
    /// It was never opened.
    #[default]
    Unopened,
    /// The server refused it, as expected.
    Refused,
    /// It was closed.
    Closed(Closure),
    /// It was closed as expected.
    ClosedAsExpected(Closure),
}

impl ConnectionEnd {
    pub(super) fn becomes_expected(&mut self) {
        if let Self::Closed(closure) = self {
            *self = Self::ClosedAsExpected(std::mem::take(closure));
        }
    }
}
