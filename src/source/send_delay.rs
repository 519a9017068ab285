//! The delay between sent messages (`--delay`).

use std::time::{Duration, Instant};

use crate::event::Now;

/// Enforces a delay between messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendDelay {
    delay: Duration,
    next: Option<Instant>,
}

impl SendDelay {
    /// Creates a delay; zero means none.
    #[must_use]
    pub fn new(delay: Duration) -> Self {
        Self { delay, next: None }
    }

    /// Whether the delay is not zero.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !self.delay.is_zero()
    }

    /// When the next message may be sent; `None` if it may be sent now.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.next
    }

    /// Whether a message must wait now.
    pub fn holds(&mut self, now: Now) -> bool {
        if self.next.is_some_and(|next| next <= now.instant) {
            self.next = None;
        }
        self.next.is_some()
    }

    /// Starts the delay after a sent message.
    pub fn start(&mut self, now: Now) {
        if self.is_set() {
            self.next = now.instant.checked_add(self.delay);
        }
    }
}
