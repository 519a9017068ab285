//! One budget of time over several blocking steps.
//!
//! A `Deadline` is made once and handed down: every blocking step asks it how much is left,
//! so that names, TCP, TLS and the upgrade together take no longer than was allowed.

use std::io;
use std::time::{Duration, Instant};

/// The moment at which something must be done, and the limit it was made from.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    end: Option<Instant>,
    limit: Duration,
}

impl Deadline {
    /// A deadline `limit` from now.
    #[must_use]
    pub fn after(limit: Duration) -> Self {
        Self {
            end: Instant::now().checked_add(limit),
            limit,
        }
    }

    /// A deadline that never passes.
    #[must_use]
    pub fn never() -> Self {
        Self {
            end: None,
            limit: Duration::MAX,
        }
    }

    /// The limit that this deadline was made from, for messages.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.limit
    }

    /// The moment itself; `None` if it never comes.
    #[must_use]
    pub fn instant(&self) -> Option<Instant> {
        self.end
    }

    /// What is left, never zero; `Ok(None)` if there is no limit.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::TimedOut`] once the deadline has passed.
    pub fn remaining(&self) -> io::Result<Option<Duration>> {
        let Some(end) = self.end else { return Ok(None) };
        match end.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}
