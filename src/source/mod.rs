//! Sources of messages to send.
//!
//! A source handles every event and is polled for messages. A pipe, the prompt and the steps of the
//! command line are sources, and nothing else affects the event loop.

pub mod bench;
pub mod call;
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

pub use self::conversation::{Expectation, Expected};
pub use self::ping::ProbeKind;

use crate::error::Error;
use crate::event::{
    Event, Kind, Lines, Link, LoadProgress, Messages, Note, Now, Piece, Probe, Way,
};
use crate::protocol::{CloseReason, Closure, Volume};

/// The result of polling a source.
#[derive(Debug)]
pub enum Progress {
    /// There is more to send: poll again as soon as there is room, without waiting for the
    /// descriptor.
    More,
    /// There is nothing to send now: poll again when the descriptor is readable or the deadline has
    /// passed.
    Pending,
    /// The source has ended. The error, if there is one, determines the exit code.
    Done(Option<Error>),
}

/// Messages that a source accepted and did not send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    /// The number of messages that are known.
    pub messages: u64,
    /// Whether there is more input that was not counted.
    pub more: bool,
}

/// How a connection ended, for [`Source::on_link_end`].
#[derive(Clone, Copy, Debug)]
pub enum LinkEnd<'a> {
    /// It could not be opened.
    ConnectFailed(&'a Error),
    /// It was closed.
    Closed(&'a Closure),
}

/// The source's decision on the end of a connection.
#[derive(Debug, Default)]
pub struct EndDecision {
    /// It is not decided yet: it is asked again the next time that the source is polled.
    pub pending: bool,
    /// The end was expected, whatever the error or close code is.
    pub expected: bool,
    /// An expectation that was not met before the end.
    pub unmet: Option<Error>,
    /// Accepted messages for the connection that were not sent.
    pub unsent: Unsent,
}

/// An end that was not expected, with nothing expected before it.
impl From<Unsent> for EndDecision {
    fn from(unsent: Unsent) -> Self {
        Self {
            unsent,
            ..Self::default()
        }
    }
}

/// Decides which messages are sent. It outlives its connections.
///
/// A source gets no events for messages that it sends itself, but all others: steps, messages,
/// automatic Pongs, the close, errors.
pub trait Source {
    /// The descriptor to poll for input; `None` if there is none, or if no input is needed now.
    fn fd(&self) -> Option<BorrowedFd<'_>>;

    /// When it must be polled next even if the descriptor is not readable.
    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Whether it needs [`Event::Assembled`] for a message whose first piece has just arrived.
    fn wants_messages(&self) -> bool {
        false
    }

    /// Handles an event.
    fn on_event(&mut self, now: Now, link: Link, event: &Event<'_>);

    /// Handles a batch of messages, by default as an event for each.
    fn on_messages(&mut self, now: Now, link: Link, messages: Messages<'_>) {
        for piece in messages.pieces() {
            self.on_event(now, link, &Event::Data(Way::In, piece));
        }
    }

    /// Sends messages while `to` has room. `readable` says that the descriptor is readable, so that
    /// one read will not block.
    fn poll(&mut self, now: Now, readable: bool, to: &mut dyn Sender) -> Progress;

    /// Called when a connection has been opened, after [`Event::Open`] and before anything received
    /// on it is passed on: sends what must come first.
    fn on_opened(&mut self, _now: Now, _link: Link, _to: &mut dyn Sender) {}

    /// Called instead of [`poll`](Self::poll) after the source has ended, while connections are open.
    /// It returns [`Progress::Done`] only with an error.
    fn poll_after_end(&mut self, _now: Now, _to: &mut dyn Sender) -> Progress {
        Progress::Pending
    }

    /// When [`poll_after_end`](Self::poll_after_end) must be called next.
    fn deadline_after_end(&self) -> Option<Instant> {
        None
    }

    /// Called for each connection that ended before the run did or could not be opened, after
    /// [`Event::Closed`], and again while the decision is [pending](EndDecision::pending).
    fn on_link_end(&mut self, _now: Now, _link: Link, _end: LinkEnd<'_>) -> EndDecision {
        EndDecision::default()
    }

    /// Whether the end of a connection was expected, as far as that is known now. It may change
    /// after [`on_link_end`](Self::on_link_end).
    fn expected_end(&self, _link: Link) -> bool {
        false
    }
}

/// Where a source sends messages: the connections, whose buffers are written directly.
pub trait Sender {
    /// The number of bytes that should be sent on `link` now; 0 while it is not open or its buffer
    /// is full.
    fn room(&self, link: Link) -> usize;

    /// Sends a piece of a message, as one frame. Allowed only while there is [`room`](Self::room),
    /// which may be exceeded by one piece.
    fn data(&mut self, link: Link, piece: Piece<'_>);

    /// Sends each line as a text message. Returns the number of lines. The same rules as for
    /// [`data`](Self::data) apply.
    fn lines(&mut self, link: Link, lines: Lines<'_>) -> u64 {
        lines
            .map(|line| self.data(link, Piece::whole(Kind::Text, line)))
            .count() as u64
    }

    /// Sends a message that is not sent again after reconnecting, because it is about this
    /// connection. The same rules as for [`data`](Self::data) apply.
    fn automatic(&mut self, link: Link, piece: Piece<'_>) {
        self.data(link, piece);
    }

    /// Whether a message has been sent in part.
    fn is_inside(&self, _link: Link) -> bool {
        false
    }

    /// Sends a Ping (RFC 6455 §5.5.2) with at most 125 bytes.
    fn ping(&mut self, link: Link, payload: &[u8]);

    /// Sends an unsolicited Pong (RFC 6455 §5.5.3) with at most 125 bytes.
    fn pong(&mut self, link: Link, payload: &[u8]);

    /// Sends a Close, after which nothing can be sent; `None` for one without a code.
    fn close(&mut self, link: Link, reason: Option<CloseReason>);

    /// Ends a connection without a Close. Does nothing if it is not open.
    fn abort(&mut self, _link: Link) {}

    /// Connects again after a connection has ended or could not be opened. Returns false if there
    /// is a connection, or if the run can't connect again.
    fn redial(&mut self, _link: Link) -> bool {
        false
    }

    /// The number of bytes that were accepted on `link` and not written yet.
    fn pending(&self, _link: Link) -> usize {
        0
    }

    /// The size of the compressed messages of a connection, before and after compression.
    fn volume(&self, _link: Link) -> Volume {
        Volume::default()
    }

    /// Shows a note to the user.
    fn note(&mut self, note: Note);

    /// Tells the outputs what has become of something that was sent to measure a round trip.
    fn probed(&mut self, link: Link, probe: &Probe);

    /// Tells the outputs how far a load test is.
    fn progress(&mut self, _progress: &LoadProgress) {}

    /// Reports an error that does not end the run. The first one determines the exit code.
    fn fault(&mut self, error: Error);
}

#[cfg(test)]
mod tests;
