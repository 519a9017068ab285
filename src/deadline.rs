//! One timeout for several blocking steps.
//!
//! A `Deadline` is created once and passed on: every blocking step asks it for the remaining time,
//! so that name resolution, TCP, TLS and the opening handshake together do not exceed the timeout.

use std::io;
use std::time::{Duration, Instant};

/// An instant by which something must be done, and the timeout that it was computed from.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    instant: Option<Instant>,
    timeout: Duration,
}

impl Deadline {
    /// A deadline `timeout` from now.
    #[must_use]
    pub fn after(timeout: Duration) -> Self {
        Self {
            instant: Instant::now().checked_add(timeout),
            timeout,
        }
    }

    /// A deadline that never passes.
    #[must_use]
    pub fn never() -> Self {
        Self {
            instant: None,
            timeout: Duration::MAX,
        }
    }

    /// The timeout that this deadline was computed from, for messages.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The instant; `None` if the deadline never passes.
    #[must_use]
    pub fn instant(&self) -> Option<Instant> {
        self.instant
    }

    /// The remaining time, never zero; `Ok(None)` if the deadline never passes.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::TimedOut`] once the deadline has passed.
    pub fn remaining(&self) -> io::Result<Option<Duration>> {
        let Some(instant) = self.instant else {
            return Ok(None);
        };
        match instant.checked_duration_since(Instant::now()) {
            Some(remaining) if !remaining.is_zero() => Ok(Some(remaining)),
            _ => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}
