//! What one connection means for the run: whether the others go on without it.

use std::cell::Cell;
use std::rc::Rc;

use crate::error::Error;
use crate::event::Link;
use crate::protocol::Closure;

/// What a run does when a connection could not be made, or has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The run ends: what is open is closed, and nothing else is connected to.
    End,
    /// The run goes on with the other connections.
    Continue,
}

/// How a run opens its connections, and what the end of one means for it.
pub trait Policy {
    /// How many connections are opened at the same time.
    fn dial_width(&self) -> usize;

    /// A connection could not be made, and that was not expected.
    fn on_connect_failed(&mut self, link: Link, error: &Error) -> Next;

    /// A connection has ended, however it did.
    fn on_closed(&mut self, link: Link, closure: &Closure) -> Next;

    /// Whether the run goes on without any connection until its source has ended: the source may
    /// have connections made anew ([`Sender::redial`](crate::source::Sender::redial)).
    fn outlives_connections(&self) -> bool {
        false
    }
}

/// One connection: its end is the end of the run.
#[derive(Clone, Copy, Debug)]
pub struct Single;

impl Policy for Single {
    fn dial_width(&self) -> usize {
        1
    }

    fn on_connect_failed(&mut self, _link: Link, _error: &Error) -> Next {
        Next::End
    }

    fn on_closed(&mut self, _link: Link, _closure: &Closure) -> Next {
        Next::End
    }
}

/// The connections of a session file: opened in the order in which they are written, needed all of
/// them to begin with, and each may end before the others.
#[derive(Clone, Copy, Debug)]
pub struct All;

impl Policy for All {
    fn dial_width(&self) -> usize {
        1
    }

    fn on_connect_failed(&mut self, _link: Link, _error: &Error) -> Next {
        Next::End
    }

    fn on_closed(&mut self, _link: Link, _closure: &Closure) -> Next {
        Next::Continue
    }
}

/// The connection of a person at a prompt: once it was open, the prompt outlives it.
#[derive(Clone, Debug, Default)]
pub struct Interactive {
    /// Whether the prompt has taken over from the command line's own steps.
    pub is_prompting: Rc<Cell<bool>>,
}

impl Policy for Interactive {
    fn dial_width(&self) -> usize {
        1
    }

    fn on_connect_failed(&mut self, _link: Link, _error: &Error) -> Next {
        self.next()
    }

    fn on_closed(&mut self, _link: Link, _closure: &Closure) -> Next {
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
