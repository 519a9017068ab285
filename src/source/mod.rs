//! Sources: what is sent, and when.
//!
//! A source is told of every event and polled for what it has to send: a pipe, the prompt, a list of
//! messages from the command line are each one source, and nothing else reaches back into the loop.

pub mod conversation;
pub mod json;
pub mod json_lines;
pub mod listen;
pub mod ping;
pub mod player;
pub mod prompt;
pub mod reader;
pub mod send_delay;
pub mod send_gate;
pub mod stdin;

use std::os::fd::BorrowedFd;
use std::time::Instant;

pub use self::conversation::{Expectation, Wanted};
pub use self::ping::ProbeKind;

use crate::error::Error;
use crate::event::{Event, Kind, Lines, Link, Messages, Note, Now, Piece, Probe, Way};
use crate::protocol::{CloseReason, Closure};

/// What a source answered when it was polled.
#[derive(Debug)]
pub enum Progress {
    /// It has more to send as soon as there is room: poll it again without waiting for its
    /// descriptor.
    More,
    /// Nothing now: poll it again when its descriptor is readable or its deadline has come.
    Pending,
    /// It will never send again; the error, if any, decides the exit code.
    Done(Option<Error>),
}

/// Messages that a source accepted and did not send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    /// How many are known.
    pub messages: u64,
    /// Whether there is more input that was not counted.
    pub more: bool,
}

/// How a connection ended, or never began, as a source is asked to settle it.
#[derive(Clone, Copy, Debug)]
pub enum LinkEnd<'a> {
    /// There will be no connection.
    ConnectFailed(&'a Error),
    /// It was closed.
    Closed(&'a Closure),
}

/// What the end of a connection is to a source.
#[derive(Debug, Default)]
pub struct Settled {
    /// That is not decided yet: settle it again when the source is polled next, or would be.
    pub pending: bool,
    /// This end was expected, whatever its error or close code.
    pub expected: bool,
    /// What had to come before this end, or instead of it, and did not.
    pub unmet: Option<Error>,
    /// What was accepted for the connection and not sent.
    pub unsent: Unsent,
}

/// An end that was not expected, and before which nothing else had to come.
impl From<Unsent> for Settled {
    fn from(unsent: Unsent) -> Self {
        Self {
            unsent,
            ..Self::default()
        }
    }
}

/// Something that decides what is sent. It outlives its connections.
///
/// A source is not told of what it sends itself. It is told of everything else: steps, messages,
/// automatic Pongs, the close, errors.
pub trait Source {
    /// The descriptor to poll for input; `None` if there is none, or no input is wanted now.
    fn fd(&self) -> Option<BorrowedFd<'_>>;

    /// When it must be polled next, whatever its descriptor does.
    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Whether it wants [`Event::Assembled`] for a message of which the first piece has come.
    fn wants_messages(&self) -> bool {
        false
    }

    /// Takes note of an event.
    fn on_event(&mut self, now: Now, link: Link, event: &Event<'_>);

    /// Takes note of messages that arrived together: an event for each, unless it does not look at
    /// messages.
    fn on_messages(&mut self, now: Now, link: Link, messages: Messages<'_>) {
        for piece in messages.pieces() {
            self.on_event(now, link, &Event::Data(Way::In, piece));
        }
    }

    /// Sends what it has, while `to` has room. `readable` says that its descriptor is readable
    /// now, so that one read will not block.
    fn poll(&mut self, now: Now, readable: bool, to: &mut dyn Sender) -> Progress;

    /// Called for each connection, when it has ended before the run did, or could not be made;
    /// [`Event::Closed`] came before that. Called again where it was [pending](Settled::pending).
    fn settle(&mut self, _now: Now, _link: Link, _end: LinkEnd<'_>) -> Settled {
        Settled::default()
    }

    /// Whether the end of a connection was expected, as far as that is known now: what is expected
    /// may be decided after [`settle`](Self::settle).
    fn expected_end(&self, _link: Link) -> bool {
        false
    }
}

/// Where a source sends to: the connections, written straight into their buffers.
pub trait Sender {
    /// Bytes that should at most be sent on `link` now; 0 while it is not open or its buffer is full.
    fn room(&self, link: Link) -> usize;

    /// Sends a piece of a message. A whole message is one frame; a message in pieces is a frame
    /// for each piece. Only while there is [`room`](Self::room), which may be exceeded by one piece.
    fn data(&mut self, link: Link, piece: Piece<'_>);

    /// Sends each line as a text message; how many there were. As [`data`](Self::data), but many
    /// at once.
    fn lines(&mut self, link: Link, lines: Lines<'_>) -> u64 {
        lines
            .map(|line| self.data(link, Piece::whole(Kind::Text, line)))
            .count() as u64
    }

    /// Sends a Ping (RFC 6455 §5.5.2) with at most 125 bytes.
    fn ping(&mut self, link: Link, payload: &[u8]);

    /// Sends an unsolicited Pong (RFC 6455 §5.5.3) with at most 125 bytes.
    fn pong(&mut self, link: Link, payload: &[u8]);

    /// Sends a Close and nothing after it; `None` has no code.
    fn close(&mut self, link: Link, reason: Option<CloseReason>);

    /// Connects anew where a connection has ended, or could not be made. False where it can't: there
    /// is one, or the run has none that is made twice.
    fn redial(&mut self, _link: Link) -> bool {
        false
    }

    /// Says something to people.
    fn note(&mut self, note: Note);

    /// Tells the outputs what has become of something that was sent to measure a round trip.
    fn probed(&mut self, link: Link, probe: &Probe);

    /// Says that something went wrong which stops nothing; the first such error decides the
    /// exit code.
    fn fault(&mut self, error: Error);
}

#[cfg(test)]
mod tests;
