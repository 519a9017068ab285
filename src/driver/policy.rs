//! Whether a run continues when one of its connections fails or ends.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::event::{Link, Now};
use crate::protocol::Closure;

/// What a run does when a connection could not be opened or has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ends the run: open connections are closed, no others are opened.
    End,
    /// Continues with the other connections.
    Continue,
    /// The connection is attempted again.
    Redial {
        /// When this has passed.
        after: Duration,
        /// Which attempt in a row that is.
        attempt: u32,
    },
}

/// How a run opens its connections, and whether it continues when one of them ends.
pub trait Policy {
    /// The maximum number of connection attempts at the same time.
    fn dial_width(&self) -> usize;

    /// When the next attempt may begin at the earliest; `None` if it need not wait.
    fn next_dial(&self) -> Option<Instant> {
        None
    }

    /// Called when an attempt begins.
    fn on_dial(&mut self, _now: Now) {}

    /// Called when a connection is open.
    fn on_open(&mut self, _now: Now, _link: Link) {}

    /// Called when a connection could not be opened and that was not expected.
    fn on_connect_failed(&mut self, now: Now, link: Link, error: &Error) -> Next;

    /// Called when a connection has ended for any reason.
    fn on_closed(&mut self, now: Now, link: Link, closure: &Closure) -> Next;

    /// Whether lost connections may be attempted again.
    fn reconnects(&self) -> bool {
        false
    }

    /// Whether the run continues without any connection until its source ends, because the source
    /// may connect again ([`Sender::redial`](crate::source::Sender::redial)).
    fn outlives_connections(&self) -> bool {
        false
    }
}

/// A single connection. The run ends when it does.
#[derive(Clone, Copy, Debug)]
pub struct Single;

impl Policy for Single {
    fn dial_width(&self) -> usize {
        1
    }

    fn on_connect_failed(&mut self, _now: Now, _link: Link, _error: &Error) -> Next {
        Next::End
    }

    fn on_closed(&mut self, _now: Now, _link: Link, _closure: &Closure) -> Next {
        Next::End
    }
}

/// The connections of a session file. They are opened in the order of the file and all of them are
/// required, but each may end before the others.
#[derive(Clone, Copy, Debug)]
pub struct All;

impl Policy for All {
    fn dial_width(&self) -> usize {
        1
    }

    fn on_connect_failed(&mut self, _now: Now, _link: Link, _error: &Error) -> Next {
        Next::End
    }

    fn on_closed(&mut self, _now: Now, _link: Link, _closure: &Closure) -> Next {
        Next::Continue
    }
}

/// Many connections, of which none is required.
#[derive(Clone, Copy, Debug)]
pub struct Many {
    interval: Option<Duration>,
    next: Option<Instant>,
}

impl Many {
    /// The number of connections that are opened at the same time.
    pub const WIDTH: usize = 64;

    /// `rate` is the number of connections that are opened a second, if it is limited.
    #[must_use]
    pub fn new(rate: Option<f64>) -> Self {
        Self {
            interval: rate.map(|rate| Duration::from_secs_f64(1.0 / rate)),
            next: None,
        }
    }
}

impl Policy for Many {
    fn dial_width(&self) -> usize {
        Self::WIDTH
    }

    fn next_dial(&self) -> Option<Instant> {
        self.next
    }

    fn on_dial(&mut self, now: Now) {
        let next = self.next.unwrap_or(now.instant);
        // What was missed is not made up for, because there was no room for it.
        self.next = self
            .interval
            .map(|interval| next.max(now.instant) + interval);
    }

    fn on_connect_failed(&mut self, _now: Now, _link: Link, _error: &Error) -> Next {
        Next::Continue
    }

    fn on_closed(&mut self, _now: Now, _link: Link, _closure: &Closure) -> Next {
        Next::Continue
    }
}

/// The connection of a person at a prompt: once it was open, the prompt outlives it.
#[derive(Clone, Debug, Default)]
pub struct Interactive {
    /// Whether the prompt has taken over after the steps of the command line.
    pub is_prompting: Rc<Cell<bool>>,
}

impl Policy for Interactive {
    fn dial_width(&self) -> usize {
        1
    }

    fn on_connect_failed(&mut self, _now: Now, _link: Link, _error: &Error) -> Next {
        self.next()
    }

    fn on_closed(&mut self, _now: Now, _link: Link, _closure: &Closure) -> Next {
        self.next()
    }

    fn outlives_connections(&self) -> bool {
        self.is_prompting.get()
    }
}

impl Interactive {
    fn next(&self) -> Next {
        if self.is_prompting.get() {
            Next::Continue
        } else {
            Next::End
        }
    }
}
