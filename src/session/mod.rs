//! The session: one thread, one poll over connections, source, outputs and signals.
//!
//! Read until a read would block or the outputs are full; ask the source only while there is
//! room; write what waits; and look at the clocks. Every event goes to the source first, then to
//! each output. After our Close only reads happen. Connecting is done elsewhere, on a thread of
//! its own: here a connection is a descriptor that says when it is ready.

mod audience;
mod connection;
mod desk;
mod poll;
mod signals;
mod until;

use std::io;
use std::time::Instant;

pub use signals::Signals;
pub use until::{Until, Wait};

use crate::connect::{Dialing, Opened, Progress};
use crate::error::{Error, Phase};
use crate::event::{Event, Link, Note, Way, Weight};
use crate::exit::ExitCode;
use crate::output::Output;
use crate::protocol::{self, CloseReason, Closure, End, Protocol, Received, State, Volume};
use crate::source::{Source, Took};

use audience::{Audience, Now, Outputs};
use connection::{Bytes, Connection};
use desk::Desk;
use poll::{Poll, Ready, Token};

/// How a run went.
#[derive(Debug)]
pub struct Outcome {
    /// What went wrong first, if anything did beside a Close that says so itself.
    pub fault: Option<Error>,
    /// Whether the outputs were told of it.
    pub told: bool,
    /// Each connection's record; `None` for one that was never open.
    pub closures: Vec<Option<Closure>>,
    /// Messages that left.
    pub sent: u64,
    /// Messages that arrived whole.
    pub received: u64,
    /// How much the messages were, and what compression made of them.
    pub volume: Volume,
    /// From the first open connection to the end.
    pub lasted: std::time::Duration,
}

/// Runs connections until they have ended and everything is written.
///
/// What `protocol` says of frames to report and of compression is replaced by what the outputs
/// ask for and the server agreed to.
pub fn run(
    dialings: Vec<Dialing>,
    source: &mut dyn Source,
    outputs: &mut [Box<dyn Output>],
    signals: &mut Signals,
    until: &Until,
    protocol: protocol::Options,
) -> Outcome {
    let mut session = Session::new(dialings, source, outputs, signals, until, protocol);
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

struct Session<'a> {
    at: Now,
    slots: Vec<Slot>,
    closures: Vec<Option<Closure>>,
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

/// What is read from a connection at once.
const READ: usize = 64 * 1024;
/// Reads of one connection before others have their turn.
const READS: usize = 16;

impl<'a> Session<'a> {
    fn new(
        dialings: Vec<Dialing>,
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
            closures: dialings.iter().map(|_| None).collect(),
            slots: dialings.into_iter().map(Slot::Dialing).collect(),
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

    // Waiting.

    /// Waits for whatever comes first.
    fn wait(&mut self) -> io::Result<Turn> {
        let mut poll = Poll::default();
        let signals = poll.add(self.signals.fd(), true, false);
        let reading = !self.audience.outputs.full();
        let links: Vec<_> = self
            .slots
            .iter()
            .map(|slot| slot.watch(&mut poll, reading))
            .collect();
        let source = if self.input == Input::Over {
            None
        } else {
            self.audience.source.fd()
        };
        let source = source.map(|fd| poll.add(fd, true, false));
        let mut pipes = Vec::new();
        if !self.audience.outputs.is_deaf() {
            for output in self.audience.outputs.list.iter() {
                match (output.waits(), output.watch()) {
                    (Some(fd), _) => _ = poll.add(fd, false, true),
                    (None, Some(fd)) => pipes.push(poll.add(fd, false, false)),
                    (None, None) => {}
                }
            }
        }
        let ready = poll.wait(self.next_time())?;
        Ok(Turn {
            signals: ready.readable(signals),
            links: links
                .into_iter()
                .map(|token| LinkTurn::of(&ready, token))
                .collect(),
            source: source.is_some_and(|token| ready.readable(token)),
            reader_gone: pipes.into_iter().any(|token| ready.broken(token)),
        })
    }

    /// When something has to be done even if nothing happens; `None`: never.
    fn next_time(&self) -> Option<Instant> {
        let room = self
            .slots
            .iter()
            .any(|slot| matches!(slot, Slot::Open(open) if open.room() > 0));
        let at_once = (self.input == Input::More && room)
            || (self.holds_bytes() && !self.audience.outputs.full());
        if at_once {
            return Some(self.at.instant);
        }
        let source = if self.input == Input::Over {
            None
        } else {
            self.audience.source.due()
        };
        let links = self.slots.iter().filter_map(Slot::due);
        let max_time = self
            .until
            .max_time
            .end()
            .filter(|_| self.hard_end.is_none());
        let hard_end = self.hard_end.filter(|end| *end > self.at.instant);
        let ours = [max_time, hard_end, self.quiet_end(), source];
        ours.into_iter().flatten().chain(links).min()
    }

    /// When `--wait` has passed; `None` while it does not count.
    fn quiet_end(&self) -> Option<Instant> {
        let Wait::For(wait) = self.until.wait else {
            return None;
        };
        let busy = |slot: &Slot| match slot {
            Slot::Dialing(_) => true,
            Slot::Open(open) => open.data_waits() || open.protocol().is_inside_message(),
            Slot::Ended => false,
        };
        let counts = self.input == Input::Over && !self.leaving && !self.slots.iter().any(busy);
        let closing = self.slots.iter().all(Slot::is_closing);
        (counts && !closing && !self.audience.outputs.full()).then(|| self.quiet_since + wait)
    }

    // Clocks and signals.

    fn heed_clocks(&mut self) {
        let now = self.at.instant;
        if self.audience.outputs.full() {
            // Nothing is read meanwhile, so silence says nothing.
            self.quiet_since = now;
            for slot in &mut self.slots {
                if let Slot::Open(open) = slot {
                    open.excuse_silence();
                }
            }
        }
        if self.until.max_time.end().is_some_and(|end| end <= now) && self.hard_end.is_none() {
            let phase = if self.opened.is_some() {
                Phase::Open
            } else {
                self.dialing_phase()
            };
            let limit = self.until.max_time.limit();
            self.leave(Error::Timeout {
                option: "--max-time",
                limit,
                phase,
            });
        }
        if self.quiet_end().is_some_and(|end| end <= now) {
            self.close_all(&self.until.close.clone());
        }
    }

    fn dialing_phase(&self) -> Phase {
        let phase = |slot: &Slot| match slot {
            Slot::Dialing(dialing) => Some(dialing.phase()),
            _ => None,
        };
        self.slots.iter().find_map(phase).unwrap_or(Phase::Connect)
    }

    fn heed_signals(&mut self) {
        for signal in self.signals.take() {
            if self.hard_end.is_some() {
                self.abandon();
            }
            self.leave(Error::Signal(signal));
        }
    }

    // Connections.

    fn advance(&mut self, link: Link, turn: LinkTurn) {
        match &mut self.slots[usize::from(link.0)] {
            Slot::Dialing(_) => self.dial(link),
            Slot::Open(open) => {
                if turn.writable {
                    open.may_write();
                }
                let unread = turn.readable || open.holds_bytes();
                if unread && !self.audience.outputs.full() {
                    self.read(link);
                }
                self.check_due(link);
            }
            Slot::Ended => {}
        }
    }

    /// Hears how connecting goes.
    fn dial(&mut self, link: Link) {
        while let Slot::Dialing(dialing) = &mut self.slots[usize::from(link.0)] {
            match dialing.next() {
                None => return,
                Some(Progress::Step(step)) => self.tell(link, &Event::Step(&step)),
                Some(Progress::Done(result)) => match *result {
                    Ok(opened) => self.open(link, opened),
                    Err(error) => self.miss(link, error),
                },
            }
        }
    }

    /// There is no connection.
    fn miss(&mut self, link: Link, error: Error) {
        self.slots[usize::from(link.0)] = Slot::Ended;
        self.fail(link, error);
        self.close_all(&going_away());
    }

    fn open(&mut self, link: Link, opened: Opened) {
        let Opened {
            stream,
            upgrade,
            early,
        } = opened;
        let options = protocol::Options {
            compression: upgrade.compression,
            ..self.protocol
        };
        match Connection::new(stream, Protocol::new(options)) {
            Ok(connection) => self.slots[usize::from(link.0)] = Slot::Open(Box::new(connection)),
            Err(cause) => {
                return self.miss(
                    link,
                    Error::System {
                        doing: "taking over the connection",
                        cause,
                    },
                )
            }
        }
        self.opened.get_or_insert(self.at.instant);
        self.quiet_since = self.at.instant;
        self.tell(link, &Event::Open(&upgrade));
        if upgrade
            .compression
            .is_some_and(|agreement| agreement.client_max_window_bits == 8)
        {
            self.tell(link, &Event::Note(&narrow_window()));
        }
        self.receive(link, &early);
    }

    /// Reads what is there, until a read would block, the outputs are full, or others had to wait
    /// long enough.
    fn read(&mut self, link: Link) {
        let mut buffer = std::mem::take(&mut self.buffer);
        for _ in 0..READS {
            let Some(connection) = open(&mut self.slots, link) else {
                break;
            };
            let end = match connection.read(&mut buffer) {
                Ok(Bytes::None) => break,
                Ok(Bytes::Some { count, more }) => {
                    self.receive(link, &buffer[..count]);
                    if !more || self.audience.outputs.full() {
                        break;
                    }
                    continue;
                }
                Ok(Bytes::End) => End::Eof,
                Err(error) => connection::end_by(&error),
            };
            connection.end(end);
            self.finish(link);
            break;
        }
        self.buffer = buffer;
    }

    /// Whether a connection may hold bytes that poll can't see, also since before the outputs
    /// were full.
    fn holds_bytes(&self) -> bool {
        let holds = |slot: &Slot| matches!(slot, Slot::Open(open) if open.holds_bytes());
        self.slots.iter().any(holds)
    }

    /// Decodes bytes and tells what they mean. The answers that they ask for are in the
    /// connection's buffer afterwards.
    fn receive(&mut self, link: Link, bytes: &[u8]) {
        let Some(connection) = open(&mut self.slots, link) else {
            return;
        };
        let audience = &mut self.audience;
        if audience.outputs.detail.wire && !bytes.is_empty() {
            audience
                .outputs
                .show(self.at, link, &Event::Wire(Way::In, bytes));
        }
        let mut input = bytes;
        while let Ok(Some(received)) = connection.receive(&mut input) {
            match received {
                Received::Data(piece) => {
                    self.quiet_since = self.at.instant;
                    if self
                        .until
                        .messages
                        .is_some_and(|wanted| self.received >= wanted)
                    {
                        continue;
                    }
                    self.received += u64::from(piece.last);
                    audience.tell(self.at, link, &Event::Data(Way::In, piece));
                }
                Received::Ping(payload) => {
                    audience.tell(self.at, link, &Event::Ping(Way::In, payload));
                    if audience.outputs.detail.sent {
                        audience.tell(self.at, link, &Event::Pong(Way::Out, payload));
                    }
                }
                Received::Pong(payload) => {
                    audience.tell(self.at, link, &Event::Pong(Way::In, payload));
                }
                Received::Frame(header, length) => {
                    audience
                        .outputs
                        .show(self.at, link, &Event::Frame(Way::In, &header, length));
                }
                Received::Message(summary) => {
                    let event = Event::Message(Way::In, &summary);
                    audience.outputs.show(self.at, link, &event);
                }
                Received::Close => {}
            }
        }
        if connection.protocol().state() == State::Closed {
            connection.expect_end(self.until.patience());
        }
        show_sent_frames(connection, &mut audience.outputs, self.at, link);
        if self
            .until
            .messages
            .is_some_and(|wanted| self.received >= wanted)
        {
            self.enough();
        }
    }

    /// Writes what waits on a connection.
    fn flush(&mut self, link: Link) {
        let Some(connection) = open(&mut self.slots, link) else {
            return;
        };
        if connection.data_waits() {
            self.quiet_since = self.at.instant;
        }
        connection.flush();
        if connection.is_over() {
            self.finish(link);
        }
    }

    /// Ends a connection that the server had its time to end.
    fn check_due(&mut self, link: Link) {
        let Some(connection) = open(&mut self.slots, link) else {
            return;
        };
        if connection.due().is_some_and(|due| due <= self.at.instant) {
            connection.end(End::Unanswered);
            self.finish(link);
        }
    }

    /// Takes leave of a connection that is over.
    fn finish(&mut self, link: Link) {
        let slot = std::mem::replace(&mut self.slots[usize::from(link.0)], Slot::Ended);
        let Slot::Open(connection) = slot else { return };
        let unsent = connection.protocol().unsent_messages();
        self.sent += connection.messages_sent() - unsent;
        self.volume += connection.protocol().volume();
        let closure = connection.protocol().closure().clone();
        let shortfall = if self.leaving {
            None
        } else {
            self.shortfall(&closure, unsent)
        };
        self.tell(link, &Event::Closed(&closure));
        self.closures[usize::from(link.0)] = Some(closure);
        if let Some(error) = shortfall {
            self.fail(link, error);
        }
    }

    /// What was to be done and was not when the connection ended.
    fn shortfall(&mut self, closure: &Closure, unsent: u64) -> Option<Error> {
        if matches!(closure.end, End::Violation(_)) {
            return None;
        }
        let orderly = ExitCode::for_closure(closure) == ExitCode::Success;
        let received = self.received;
        let too_few = self
            .until
            .messages
            .filter(|wanted| orderly && received < *wanted);
        self.count_unsent(unsent)
            .or_else(|| too_few.map(|wanted| Error::TooFew { received, wanted }))
    }

    /// Whether the connection ended while input that was accepted had not left.
    fn count_unsent(&mut self, mut unsent: u64) -> Option<Error> {
        let mut more = false;
        if self.input != Input::Over {
            let left = self.audience.source.unsent();
            unsent += left.messages;
            more = left.more;
        }
        let total = self.sent + unsent;
        (unsent > 0).then_some(Error::Unsent {
            unsent,
            total,
            more,
        })
    }

    // Source and outputs.

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
                if let Some(error) = error {
                    self.fail(Link::default(), error);
                }
                self.give_up_dialing();
            }
        }
    }

    /// Who has nothing to say need not be connected any more.
    fn give_up_dialing(&mut self) {
        for slot in &mut self.slots {
            if matches!(slot, Slot::Dialing(_)) {
                *slot = Slot::Ended;
            }
        }
    }

    fn heed_outputs(&mut self) {
        match self.audience.outputs.take_failure() {
            None => {}
            Some(error) if error.kind() == io::ErrorKind::BrokenPipe => self.go(&going_away()),
            Some(cause) => {
                let target = "standard output".to_owned();
                self.faults.add(Error::Output { target, cause }, false);
                self.go(&going_away());
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

    // Ends.

    /// The orderly end: closes what is open, and gives the server time to answer.
    fn close_all(&mut self, reason: &CloseReason) {
        let patience = self.until.patience();
        self.each_open(|connection| connection.close(Some(reason.clone()), patience));
    }

    /// As many messages came as were asked for.
    fn enough(&mut self) {
        self.go(&self.until.close.clone());
    }

    /// The end that somebody waits for; what is left to be sent does not matter any more.
    fn go(&mut self, reason: &CloseReason) {
        self.leaving = true;
        self.give_up_dialing();
        let haste = self.until.haste();
        self.each_open(|connection| connection.close_soon(Some(reason.clone()), haste));
    }

    /// The end after a fault that does not wait for a reader either.
    fn leave(&mut self, error: Error) {
        self.fail(Link::default(), error);
        if self.hard_end.is_none() {
            self.hard_end = Some(self.at.instant + self.until.haste());
            self.go(&going_away());
        }
    }

    /// The end at once.
    fn abandon(&mut self) {
        self.hard_end = Some(self.at.instant);
        for link in self.links() {
            if let Some(connection) = open(&mut self.slots, link) {
                connection.end(End::Unanswered);
                self.finish(link);
            }
        }
    }

    fn each_open(&mut self, mut act: impl FnMut(&mut Connection)) {
        for link in self.links() {
            if let Some(connection) = open(&mut self.slots, link) {
                act(connection);
                show_sent_frames(connection, &mut self.audience.outputs, self.at, link);
            }
        }
    }

    fn outcome(self) -> Outcome {
        Outcome {
            fault: self.faults.first,
            told: self.faults.told,
            closures: self.closures,
            sent: self.sent,
            received: self.received,
            volume: self.volume,
            lasted: self
                .opened
                .map_or_else(Default::default, |opened| opened.elapsed()),
        }
    }
}

/// What one wait found.
struct Turn {
    signals: bool,
    links: Vec<LinkTurn>,
    source: bool,
    reader_gone: bool,
}

/// What one wait found out about a connection.
#[derive(Clone, Copy, Default)]
struct LinkTurn {
    readable: bool,
    writable: bool,
}

impl LinkTurn {
    fn of(ready: &Ready, token: Option<Token>) -> Self {
        token.map_or_else(Self::default, |token| Self {
            readable: ready.readable(token),
            writable: ready.writable(token),
        })
    }
}

impl Slot {
    /// Adds what is waited for to the poll.
    fn watch<'fd>(&'fd self, poll: &mut Poll<'fd>, reading: bool) -> Option<Token> {
        match self {
            Self::Dialing(dialing) => Some(poll.add(dialing.fd(), true, false)),
            Self::Open(open) if reading || open.wants_to_write() => {
                Some(poll.add(open.fd(), reading, open.wants_to_write()))
            }
            // Without anything to wait for, poll would report an error again and again.
            Self::Open(_) | Self::Ended => None,
        }
    }

    fn due(&self) -> Option<Instant> {
        match self {
            Self::Dialing(dialing) => dialing.due(),
            Self::Open(open) => open.due(),
            Self::Ended => None,
        }
    }

    fn is_closing(&self) -> bool {
        match self {
            Self::Dialing(_) => false,
            Self::Open(open) => open.protocol().closure().sent.is_some(),
            Self::Ended => true,
        }
    }
}

/// The connection of `link`, if it is open.
fn open(slots: &mut [Slot], link: Link) -> Option<&mut Connection> {
    match slots.get_mut(usize::from(link.0)) {
        Some(Slot::Open(connection)) => Some(connection),
        _ => None,
    }
}

/// Tells the outputs that asked for it which frames were written to the buffer.
fn show_sent_frames(connection: &mut Connection, outputs: &mut Outputs<'_>, at: Now, link: Link) {
    for frame in connection.take_sent() {
        outputs.show(
            at,
            link,
            &Event::Frame(Way::Out, &frame.header, frame.length),
        );
        outputs.show(at, link, &Event::Wire(Way::Out, &frame.wire));
        if let Some(summary) = &frame.message {
            outputs.show(at, link, &Event::Message(Way::Out, summary));
        }
    }
}

/// What people should know of a server that allows us no window that zlib can write.
fn narrow_window() -> Note {
    Note {
        weight: Weight::Hint,
        text: "the server allows a compression window of 8 bits only: messages are sent \
               uncompressed"
            .to_owned(),
    }
}

/// The Close of an end that is not the conversation's own (RFC 6455 §7.4.1).
fn going_away() -> CloseReason {
    CloseReason {
        code: 1001,
        reason: String::new(),
    }
}
