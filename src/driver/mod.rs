//! The session: one thread, one poll over connections, source, outputs and signals.
//!
//! Read until a read would block or the outputs are full; ask the source only while there is
//! room; write what waits; and look at the clocks. Every event goes to the source first, then to
//! each output. After our Close only reads happen. Connecting is done elsewhere, on a thread of
//! its own: here a connection is a descriptor that says when it is ready.
//!
//! This file is the loop. What it waits for (`wait`), what becomes of the connections (`links`) and
//! how it ends (`end`) stand beside it.

mod audience;
mod connection;
mod desk;
mod end;
mod links;
mod signals;
mod until;
mod wait;

use std::io;
use std::time::Instant;

pub use signals::{Relay, Signals};
pub use until::{Until, Wait};

use crate::connect::Dialing;
use crate::error::Error;
use crate::event::{Event, Link};
use crate::output::Output;
use crate::protocol::{self, Closure, Volume};
use crate::source::{Source, Took};

use audience::{Audience, Now, Outputs};
use connection::Connection;
use desk::Desk;
use wait::Turn;

/// How a run went.
#[derive(Debug)]
pub struct Outcome {
    /// What went wrong first, if anything did beside a Close that says so itself.
    pub fault: Option<Error>,
    /// Whether the outputs were told of it.
    pub told: bool,
    /// How each connection ended.
    pub ends: Vec<Ended>,
    /// Messages that left.
    pub sent: u64,
    /// Messages that arrived whole.
    pub received: u64,
    /// How much the messages were, and what compression made of them.
    pub volume: Volume,
    /// From the first open connection to the end.
    pub lasted: std::time::Duration,
}

/// How a connection ended.
#[derive(Clone, Debug, Default)]
pub enum Ended {
    /// It was never open.
    #[default]
    Unopened,
    /// The server refused it, and that was wanted.
    Refused,
    /// It was closed.
    Closed(Closure),
    /// It was closed, and just so it was wanted.
    Wanted(Closure),
}

/// Begins to connect, when its turn has come.
pub type Dial = Box<dyn FnOnce() -> io::Result<Dialing>>;

/// Runs connections until they have ended and everything is written. They are opened one after
/// the other.
///
/// What `protocol` says of frames to report and of compression is replaced by what the outputs
/// ask for and the server agreed to.
pub fn run(
    dials: Vec<Dial>,
    source: &mut dyn Source,
    outputs: &mut [Box<dyn Output>],
    signals: &mut Signals,
    until: &Until,
    protocol: protocol::Options,
) -> Outcome {
    let mut session = Session::new(dials, source, outputs, signals, until, protocol);
    session.dial_next();
    while !session.is_over() {
        match session.wait() {
            Ok(turn) => session.round(&turn),
            Err(cause) => {
                session.leave(Error::System {
                    doing: "waiting for events",
                    cause,
                });
                // Without a poll nothing more would ever be heard.
                session.abandon();
            }
        }
    }
    session.outcome()
}

/// A connection's place, from the first attempt to the end.
enum Slot {
    Waiting(Dial),
    Dialing(Dialing),
    Open(Box<Connection>),
    Ended,
}

/// What went wrong, in its order: the first decides.
#[derive(Default)]
struct Faults {
    first: Option<Error>,
    told: bool,
}

impl Faults {
    fn add(&mut self, error: Error, told: bool) {
        if self.first.is_none() {
            self.first = Some(error);
            self.told = told;
        }
    }
}

/// What the source said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    /// It has more to say as soon as there is room.
    More,
    /// Nothing now.
    Later,
    /// It will never speak again.
    Over,
}

impl Ended {
    fn becomes_wanted(&mut self) {
        if let Self::Closed(closure) = self {
            *self = Self::Wanted(std::mem::take(closure));
        }
    }
}

struct Session<'a> {
    at: Now,
    slots: Vec<Slot>,
    ends: Vec<Ended>,
    audience: Audience<'a>,
    signals: &'a mut Signals,
    until: &'a Until,
    protocol: protocol::Options,
    buffer: Vec<u8>,
    faults: Faults,
    input: Input,
    /// When the last data message arrived or left.
    quiet_since: Instant,
    /// We have decided to go, whatever input or output is left.
    leaving: bool,
    /// When we go even if bytes wait for a reader.
    hard_end: Option<Instant>,
    opened: Option<Instant>,
    sent: u64,
    received: u64,
    volume: Volume,
}

/// What is read from a connection at once: more would no longer be in the cache when it is written.
const READ: usize = 256 * 1024;

impl<'a> Session<'a> {
    fn new(
        dials: Vec<Dial>,
        source: &'a mut dyn Source,
        outputs: &'a mut [Box<dyn Output>],
        signals: &'a mut Signals,
        until: &'a Until,
        protocol: protocol::Options,
    ) -> Self {
        let outputs = Outputs::new(outputs);
        let report_frames = outputs.detail.frames || outputs.detail.wire;
        let at = Now::read();
        Self {
            at,
            ends: dials.iter().map(|_| Ended::default()).collect(),
            slots: dials.into_iter().map(Slot::Waiting).collect(),
            audience: Audience { source, outputs },
            signals,
            until,
            protocol: protocol::Options {
                report_frames,
                ..protocol
            },
            buffer: vec![0; READ],
            faults: Faults::default(),
            input: Input::More,
            quiet_since: at.instant,
            leaving: false,
            hard_end: None,
            opened: None,
            sent: 0,
            received: 0,
            volume: Volume::default(),
        }
    }

    /// Whether all has ended and all is written.
    fn is_over(&self) -> bool {
        let ended = self.slots.iter().all(|slot| matches!(slot, Slot::Ended));
        let late = self.hard_end.is_some_and(|end| end <= self.at.instant);
        ended && (late || !self.audience.outputs.waiting())
    }

    /// One turn: signals, clocks, connections, source, and what is to be written.
    fn round(&mut self, turn: &Turn) {
        self.at = Now::read();
        if turn.signals {
            self.heed_signals();
        }
        self.heed_clocks();
        for link in self.links() {
            self.advance(link, turn.links[usize::from(link.0)]);
        }
        self.ask_source(turn.source);
        for link in self.links() {
            self.flush(link);
        }
        self.dial_next();
        if turn.reader_gone {
            self.audience.outputs.reader_has_gone();
        }
        if !self.holds_bytes() || self.audience.outputs.full() {
            self.audience.outputs.settle();
        }
        self.heed_outputs();
    }

    fn links(&self) -> impl Iterator<Item = Link> + use<> {
        (0..self.slots.len())
            .filter_map(|at| u16::try_from(at).ok())
            .map(Link)
    }

    fn ask_source(&mut self, ready: bool) {
        if self.input == Input::Over {
            return;
        }
        let mut desk = Desk {
            at: self.at,
            slots: &mut self.slots,
            outputs: &mut self.audience.outputs,
            faults: &mut self.faults,
            until: self.until,
        };
        match self.audience.source.take(ready, &mut desk) {
            Took::More => self.input = Input::More,
            Took::Later => self.input = Input::Later,
            Took::Ended(error) => {
                self.input = Input::Over;
                self.quiet_since = self.at.instant;
                match error {
                    // ^C at a prompt is the signal that it stands for: somebody waits.
                    Some(error @ Error::Signal(_)) => self.leave(error),
                    Some(error @ (Error::Unmet(_) | Error::Script(_))) => self.give_up(error),
                    Some(error) => self.fail(Link::default(), error),
                    None => {}
                }
                self.give_up_dialing();
            }
        }
    }

    fn tell(&mut self, link: Link, event: &Event<'_>) {
        self.audience.tell(self.at, link, event);
    }

    /// Something went wrong: tells of it and keeps it, if it is the first.
    fn fail(&mut self, link: Link, error: Error) {
        if self.faults.first.is_none() {
            self.tell(link, &Event::Failed(&error));
            self.faults.add(error, !self.audience.outputs.is_deaf());
        }
    }

    fn outcome(mut self) -> Outcome {
        for (link, end) in self.links().zip(&mut self.ends) {
            if self.audience.source.wanted(link) {
                end.becomes_wanted();
            }
        }
        Outcome {
            fault: self.faults.first,
            told: self.faults.told,
            ends: self.ends,
            sent: self.sent,
            received: self.received,
            volume: self.volume,
            lasted: self
                .opened
                .map_or_else(Default::default, |opened| opened.elapsed()),
        }
    }
}
