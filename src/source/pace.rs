//! The time between messages that `--delay` asks for.

use std::time::{Duration, Instant};

/// Holds messages apart.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    delay: Duration,
    next: Option<Instant>,
}

impl Pace {
    /// Messages at least `delay` apart; zero does not hold them at all.
    #[must_use]
    pub fn new(delay: Duration) -> Self {
        Self { delay, next: None }
    }

    /// Whether there is a time between messages at all.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !self.delay.is_zero()
    }

    /// When the next message may go, if that is not yet.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.next
    }

    /// Whether a message has to wait now.
    pub fn holds(&mut self) -> bool {
        if self.next.is_some_and(|next| next <= Instant::now()) {
            self.next = None;
        }
        self.next.is_some()
    }

    /// A message has gone.
    pub fn step(&mut self) {
        if self.is_set() {
            self.next = Some(Instant::now() + self.delay);
        }
    }
}
