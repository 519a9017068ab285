//! The time between messages that `--delay` asks for.

use std::time::{Duration, Instant};

use crate::event::Now;

/// Keeps messages a time apart.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendDelay {
    delay: Duration,
    next: Option<Instant>,
}

impl SendDelay {
    /// Messages at least `delay` apart; with zero there is no delay.
    #[must_use]
    pub fn new(delay: Duration) -> Self {
        Self { delay, next: None }
    }

    /// Whether there is a time between messages at all.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !self.delay.is_zero()
    }

    /// When the next message may be sent, if that is not yet.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.next
    }

    /// Whether a message has to wait now.
    pub fn holds(&mut self, now: Now) -> bool {
        if self.next.is_some_and(|next| next <= now.instant) {
            self.next = None;
        }
        self.next.is_some()
    }

    /// A message was sent.
    pub fn start(&mut self, now: Now) {
        if self.is_set() {
            self.next = now.instant.checked_add(self.delay);
        }
    }
}
