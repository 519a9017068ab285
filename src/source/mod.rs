//! Sources: what is sent, and when. A listener that may also speak.
//!
//! A source hears every event and is asked to speak when it can: a pipe, the prompt, a list of
//! messages from the command line are each one source, and nothing else reaches back into the loop.

pub mod conversation;
pub mod floor;
pub mod json;
pub mod json_lines;
pub mod line;
pub mod listen;
pub mod pace;
pub mod player;
pub mod prompt;
pub mod reader;
pub mod stdin;

use std::os::fd::BorrowedFd;
use std::time::Instant;

pub use self::conversation::{Expectation, Wanted};

use crate::error::Error;
use crate::event::{Event, Kind, Lines, Link, Messages, Note, Piece, Way};
use crate::protocol::{CloseReason, Closure};

/// What a source said when it was asked to speak.
#[derive(Debug)]
pub enum Took {
    /// It has more to say as soon as there is room: ask again without waiting for its descriptor.
    More,
    /// Nothing now: ask again when its descriptor is readable or its time has come.
    Later,
    /// It will never speak again; the error, if any, decides the exit code.
    Ended(Option<Error>),
}

/// Messages that a source accepted and did not hand over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    /// How many are known.
    pub messages: u64,
    /// Whether there is more input that was not counted.
    pub more: bool,
}

/// Something that decides what is sent.
///
/// A source is not told of what it sends itself. It is told of everything else: steps, messages,
/// automatic Pongs, the close, errors.
pub trait Source {
    /// The descriptor to poll for input; `None` if there is none, or no input is wanted now.
    fn fd(&self) -> Option<BorrowedFd<'_>>;

    /// When it must be asked next, whatever its descriptor does.
    fn due(&self) -> Option<Instant> {
        None
    }

    /// Hears an event.
    fn hear(&mut self, at: Instant, link: Link, event: &Event<'_>);

    /// Hears messages that arrived together: an event for each, unless it does not care for them.
    fn hear_messages(&mut self, at: Instant, link: Link, messages: Messages<'_>) {
        for piece in messages.pieces() {
            self.hear(at, link, &Event::Data(Way::In, piece));
        }
    }

    /// Speaks: sends what it has, while `to` has room. `ready` says that its descriptor is
    /// readable now, so that one read will not block.
    fn take(&mut self, ready: bool, to: &mut dyn Sender) -> Took;

    /// Asked once when a connection has ended before the source did: what of that which was to go
    /// there is left unsent?
    fn unsent(&mut self, _link: Link) -> Unsent {
        Unsent::default()
    }

    /// Asked once when there will be no connection, before anybody hears of it: what was that?
    fn refused(&mut self, _link: Link, _error: &Error) -> Refused {
        Refused::Badly
    }

    /// Asked once after it has heard that a connection is closed: what had to come before that?
    fn ended(&mut self, _link: Link, _closure: &Closure) -> Option<Error> {
        None
    }

    /// Asked at the end: whether a connection ended as it should, whatever its close code.
    fn wanted(&self, _link: Link) -> bool {
        false
    }
}

/// What a connection that did not come about is to a source.
#[derive(Debug)]
pub enum Refused {
    /// What it looks like: a failure.
    Badly,
    /// What was wanted.
    AsWanted,
    /// Something else was expected, and this says so instead.
    Unmet(Error),
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

    /// Says something to people.
    fn note(&mut self, note: Note);

    /// Says that something went wrong which stops nothing; the first such error decides the
    /// exit code.
    fn fault(&mut self, error: Error);
}

#[cfg(test)]
mod tests;
