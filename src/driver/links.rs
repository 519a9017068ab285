//! The connections of a session, from the first attempt to what is left when one has ended.

use super::audience::{Now, Outputs};
use super::connection::{self, Bytes, Connection};
use super::end::going_away;
use super::wait::LinkTurn;
use super::{Ended, Input, Session, Slot};
use crate::connect::{Opened, Progress};
use crate::error::Error;
use crate::event::{Event, Link, Note, Way, Weight};
use crate::exit::ExitCode;
use crate::protocol::{self, Closure, End, Protocol, Received, State};
use crate::source::Refused;

/// Reads of one connection before others have their turn.
const READS: usize = 16;

impl Session<'_> {
    pub(super) fn advance(&mut self, link: Link, turn: LinkTurn) {
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
            Slot::Waiting(_) | Slot::Ended => {}
        }
    }

    /// Begins to connect whoever is next, once all before it have got through.
    pub(super) fn dial_next(&mut self) {
        while !self
            .slots
            .iter()
            .any(|slot| matches!(slot, Slot::Dialing(_)))
        {
            let waits = |slot: &Slot| matches!(slot, Slot::Waiting(_));
            let Some(at) = self.slots.iter().position(waits) else {
                return;
            };
            let Slot::Waiting(dial) = std::mem::replace(&mut self.slots[at], Slot::Ended) else {
                return;
            };
            match dial() {
                Ok(dialing) => self.slots[at] = Slot::Dialing(dialing),
                Err(cause) => {
                    let doing = "beginning to connect";
                    let link = Link(u16::try_from(at).unwrap_or(u16::MAX));
                    self.miss(link, Error::System { doing, cause });
                }
            }
        }
    }

    /// Hears how connecting goes.
    pub(super) fn dial(&mut self, link: Link) {
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
    pub(super) fn miss(&mut self, link: Link, error: Error) {
        let place = usize::from(link.0);
        self.slots[place] = Slot::Ended;
        self.tell(link, &Event::Unopened(&error));
        let error = match self.audience.source.refused(link, &error) {
            Refused::AsWanted => {
                self.ends[place] = Ended::Refused;
                return;
            }
            Refused::Badly => error,
            Refused::Unmet(unmet) => unmet,
        };
        self.fail(link, error);
        self.give_up_dialing();
        self.close_all(&going_away());
    }

    pub(super) fn open(&mut self, link: Link, opened: Opened) {
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
    pub(super) fn read(&mut self, link: Link) {
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
    pub(super) fn holds_bytes(&self) -> bool {
        let holds = |slot: &Slot| matches!(slot, Slot::Open(open) if open.holds_bytes());
        self.slots.iter().any(holds)
    }

    /// Decodes bytes and tells what they mean. The answers that they ask for are in the
    /// connection's buffer afterwards.
    pub(super) fn receive(&mut self, link: Link, bytes: &[u8]) {
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
                Received::Messages(messages) => {
                    self.quiet_since = self.at.instant;
                    let messages = messages.first(self.until.messages_after(self.received));
                    self.received += messages.count();
                    audience.tell_messages(self.at, link, messages);
                }
                Received::Data(piece) => {
                    self.quiet_since = self.at.instant;
                    if self.until.messages_after(self.received) > 0 {
                        self.received += u64::from(piece.last);
                        audience.tell(self.at, link, &Event::Data(Way::In, piece));
                    }
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
                Received::Close => {
                    let closure = connection.protocol().closure();
                    audience.tell(self.at, link, &Event::Closing(Way::In, closure));
                }
            }
        }
        if connection.protocol().state() == State::Closed {
            connection.expect_end(self.until.patience());
        }
        show_sent(connection, &mut audience.outputs, self.at, link);
        if self.until.messages_after(self.received) == 0 {
            self.enough();
        }
    }

    /// Writes what waits on a connection.
    pub(super) fn flush(&mut self, link: Link) {
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
    pub(super) fn check_due(&mut self, link: Link) {
        let Some(connection) = open(&mut self.slots, link) else {
            return;
        };
        if connection.due().is_some_and(|due| due <= self.at.instant) {
            connection.end(End::Unanswered);
            self.finish(link);
        }
    }

    /// Takes leave of a connection that is over.
    pub(super) fn finish(&mut self, link: Link) {
        let slot = std::mem::replace(&mut self.slots[usize::from(link.0)], Slot::Ended);
        let Slot::Open(connection) = slot else { return };
        let unsent = connection.protocol().unsent_messages();
        self.sent += connection.messages_sent() - unsent;
        self.volume += connection.protocol().volume();
        let closure = connection.protocol().closure().clone();
        self.tell(link, &Event::Closed(&closure));
        if !self.leaving {
            let unmet = self.audience.source.ended(link, &closure);
            match unmet {
                Some(unmet) => self.give_up(unmet),
                None => {
                    if let Some(error) = self.shortfall(link, &closure, unsent) {
                        self.fail(link, error);
                    }
                }
            }
        }
        self.ends[usize::from(link.0)] = Ended::Closed(closure);
    }

    /// What was to be done and was not when the connection ended.
    pub(super) fn shortfall(
        &mut self,
        link: Link,
        closure: &Closure,
        unsent: u64,
    ) -> Option<Error> {
        if matches!(closure.end, End::Violation(_)) {
            return None;
        }
        let orderly = ExitCode::for_closure(closure) == ExitCode::Success
            || self.audience.source.wanted(link);
        let received = self.received;
        let too_few = self
            .until
            .messages
            .filter(|wanted| orderly && received < *wanted);
        self.count_unsent(link, unsent)
            .or_else(|| too_few.map(|wanted| Error::TooFew { received, wanted }))
    }

    /// Whether the connection ended while input that was accepted had not left.
    pub(super) fn count_unsent(&mut self, link: Link, mut unsent: u64) -> Option<Error> {
        let mut more = false;
        if self.input != Input::Over {
            let left = self.audience.source.unsent(link);
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
}

/// The connection of `link`, if it is open.
pub(super) fn open(slots: &mut [Slot], link: Link) -> Option<&mut Connection> {
    match slots.get_mut(usize::from(link.0)) {
        Some(Slot::Open(connection)) => Some(connection),
        _ => None,
    }
}

/// Tells the outputs of our Close once it was sent, after the frames, for those that asked, which
/// were written to the buffer.
pub(super) fn show_sent(
    connection: &mut Connection,
    outputs: &mut Outputs<'_>,
    at: Now,
    link: Link,
) {
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
    if let Some(closure) = connection.take_close() {
        outputs.show(at, link, &Event::Closing(Way::Out, closure));
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
