//! Decides whether a source may send on a connection: it must be open, have room in its buffer, and
//! the delay between messages must have passed. All sources that read input use it.

use std::time::Instant;

use super::send_delay::SendDelay;
use super::{Progress, Sender};
use crate::event::{Event, Link, Now};

/// Whether a source may send on a connection.
#[derive(Debug)]
pub struct SendGate {
    link: Link,
    open: bool,
    /// Whether input was available when there was no room to send it.
    waits_for_room: bool,
    delay: SendDelay,
}

impl SendGate {
    /// Creates a gate for the first connection.
    #[must_use]
    pub fn new(delay: SendDelay) -> Self {
        Self::for_link(Link::default(), delay)
    }

    /// Creates a gate for a connection.
    #[must_use]
    pub fn for_link(link: Link, delay: SendDelay) -> Self {
        Self {
            link,
            open: false,
            waits_for_room: false,
            delay,
        }
    }

    /// The connection.
    #[must_use]
    pub fn link(&self) -> Link {
        self.link
    }

    /// Whether the connection is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Handles events that open or close the connection.
    pub fn on_event(&mut self, link: Link, event: &Event<'_>) {
        match event {
            Event::Open(_) if link == self.link => self.open = true,
            Event::Closed(_) | Event::Reconnecting(_) if link == self.link => self.open = false,
            _ => {}
        }
    }

    /// Whether input could be sent, so that it should be polled.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.open && !self.waits_for_room && self.delay.next_deadline().is_none()
    }

    /// When the delay ends; `None` without a connection to send on.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.delay.next_deadline().filter(|_| self.open)
    }

    /// Whether the delay has not passed yet.
    pub fn is_delayed(&mut self, now: Now) -> bool {
        self.open && self.delay.holds(now)
    }

    /// Whether there is a delay between messages.
    #[must_use]
    pub fn has_delay(&self) -> bool {
        self.delay.is_set()
    }

    /// Checks whether a message may be sent now.
    ///
    /// # Errors
    ///
    /// What the source returns to the driver if not.
    pub fn check(&mut self, now: Now, to: &dyn Sender) -> Result<(), Progress> {
        self.waits_for_room = false;
        if !self.open || self.delay.holds(now) {
            return Err(Progress::Pending);
        }
        if to.room(self.link) == 0 {
            self.waits_for_room = true;
            return Err(Progress::More);
        }
        Ok(())
    }

    /// Starts the delay after a sent message.
    pub fn on_sent(&mut self, now: Now) {
        self.delay.start(now);
    }
}
