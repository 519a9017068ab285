//! Whether a run continues when one of its connections fails or ends.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

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
