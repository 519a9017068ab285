//! Who has the floor may speak: the connection is open, there is room in its buffer, and no pause
//! between messages holds. What every source that reads input asks before it sends.

use std::time::Instant;

use super::pace::Pace;
use super::{Sender, Took};
use crate::event::{Event, Link};

/// Whether a source may speak on a connection.
#[derive(Debug)]
pub struct Floor {
    link: Link,
    open: bool,
    /// Input is there and there was no room to send it.
    waits_for_room: bool,
    pace: Pace,
}

impl Floor {
    /// The floor of the first connection, with a pause between messages.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self::of(Link::default(), pace)
    }

    /// The floor of a connection, with a pause between messages.
    #[must_use]
    pub fn of(link: Link, pace: Pace) -> Self {
        Self {
            link,
            open: false,
            waits_for_room: false,
            pace,
        }
    }

    /// The connection.
    #[must_use]
    pub fn link(&self) -> Link {
        self.link
    }

    /// Hears whether the connection is open.
    pub fn hear(&mut self, link: Link, event: &Event<'_>) {
        match event {
            Event::Open(_) if link == self.link => self.open = true,
            Event::Closed(_) if link == self.link => self.open = false,
            _ => {}
        }
    }

    /// Whether poll should watch for input: it could be sent.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.open && !self.waits_for_room && self.pace.due().is_none()
    }

    /// When a pause ends. Without a connection there is nothing to be in time for.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.pace.due().filter(|_| self.open)
    }

    /// Whether a pause between messages holds now.
    pub fn pauses(&mut self) -> bool {
        self.open && self.pace.holds()
    }

    /// Whether messages are held apart.
    #[must_use]
    pub fn is_paced(&self) -> bool {
        self.pace.is_set()
    }

    /// Asks for the floor.
    ///
    /// # Errors
    ///
    /// What to answer the loop if it can't be had now.
    pub fn ask(&mut self, to: &dyn Sender) -> Result<(), Took> {
        self.waits_for_room = false;
        if !self.open || self.pace.holds() {
            return Err(Took::Later);
        }
        if to.room(self.link) == 0 {
            self.waits_for_room = true;
            return Err(Took::More);
        }
        Ok(())
    }

    /// A message has gone: the pause after it begins.
    pub fn spoke(&mut self) {
        self.pace.step();
    }
}
