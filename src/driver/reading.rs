//! Reading from connections, as much as is available, but with a time limit so that others are not
//! delayed.
//!
//! The time to process bytes does not depend on their number alone: they may be inflated, and
//! outputs differ. So decoding stops after a time, at any point, and continues in the next
//! iteration. It also stops when the outputs are full, so that their memory is bounded however much
//! a read is inflated to.

use std::time::{Duration, Instant};

use super::connection::{self, Bytes, Undecoded};
use super::ending::Ending;
use super::keepalive::answered;
use super::limits::Limits;
use super::listeners::Listeners;
use super::sent::show_sent;
use super::state::Driver;
use crate::event::{Event, Link, Messages, Now, Piece, Way};
use crate::protocol::{End, ReadyState, Received};

/// The maximum number of reads from one connection before others are served.
const READS: usize = 16;

/// The maximum time for decoding what was read and passing it to outputs before anything else is
/// served: other connections, signals, timers and descriptors.
pub(super) const SLICE: Duration = Duration::from_millis(25);

impl Driver<'_> {
    /// Reads from a connection until a read would block, the outputs are full, or its share of the
    /// time is used up.
    pub(super) fn read(&mut self, link: Link) {
        let start = Instant::now();
        // With many connections, the last is read much later than the first.
        self.now.instant = start;
        // All open connections share the time equally.
        let share = u32::try_from(self.slots.counts().open).unwrap_or(u32::MAX);
        let until = start + SLICE / share.max(1);
        if !self.decode_rest(link, until) {
            return;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        for _ in 0..READS {
            let Some(connection) = self.slots.open_mut(link) else {
                break;
            };
            let end = match connection.read(self.now.instant, &mut buffer) {
                Ok(Bytes::None) => break,
                Ok(Bytes::Some { count, more }) => {
                    if self.decode_new(link, &buffer[..count], until) && more {
                        continue;
                    }
                    break;
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

    /// Decodes bytes that were just read. Returns whether all were decoded.
    pub(super) fn decode_new(&mut self, link: Link, bytes: &[u8], until: Instant) -> bool {
        let outputs = &mut self.listeners.outputs;
        if outputs.detail.wire && !bytes.is_empty() {
            outputs.show(self.now, link, &Event::Wire(Way::In, bytes));
        }
        let Some(left) = self.receive(link, bytes, until) else {
            return true;
        };
        self.keep_undecoded(link, Undecoded::last(bytes, left));
        false
    }

    /// Decodes bytes that were read earlier. Returns whether all were decoded.
    fn decode_rest(&mut self, link: Link, until: Instant) -> bool {
        let now = self.now.instant;
        let connection = self.slots.open_mut(link);
        let Some(mut rest) = connection.and_then(|connection| connection.take_undecoded(now))
        else {
            return true;
        };
        let Some(left) = self.receive(link, rest.bytes(), until) else {
            return true;
        };
        rest.keep_last(left);
        self.keep_undecoded(link, rest);
        false
    }

    fn keep_undecoded(&mut self, link: Link, undecoded: Undecoded) {
        if let Some(connection) = self.slots.open_mut(link) {
            connection.keep_undecoded(undecoded);
        }
    }

    /// Decodes bytes and passes on the events, until all are decoded, the outputs are full, or
    /// `until` is reached; then returns the number of bytes left. Replies to them are in the
    /// connection's buffer afterwards.
    fn receive(&mut self, link: Link, bytes: &[u8], until: Instant) -> Option<usize> {
        let no_pong = self.config(link)?.protocol.no_pong;
        let connection = self.slots.open_mut(link)?;
        let mut reception = Reception {
            now: self.now,
            link,
            listeners: &mut self.listeners,
            limits: self.limits,
            received: &mut self.received,
            quiet_since: &mut self.quiet_since,
            no_pong,
            ping_count: connection.ping_count(),
        };
        let mut input = bytes;
        let mut left = None;
        while let Ok(Some(received)) = connection.receive(&mut input) {
            let note = match received {
                Received::Close => {
                    let closure = connection.protocol().closure();
                    reception.notify(&Event::CloseFrame(Way::In, closure));
                    Noted::Nothing
                }
                received => reception.pass_on(received),
            };
            match note {
                Noted::Nothing => {}
                Noted::UnansweredPing => connection.on_unanswered_ping(self.now.instant),
                Noted::KeepalivePong { is_latest } => connection.on_keepalive_pong(is_latest),
            }
            if reception.listeners.outputs.full() || Instant::now() >= until {
                left = Some(input.len());
                break;
            }
        }
        connection.quote_text();
        if connection.protocol().state() == ReadyState::Closed {
            let timeout = self.limits.close_timeout().duration();
            connection.expect_end(self.now.instant, timeout);
        }
        show_sent(connection, &mut self.listeners.outputs, self.now, link);
        if self.limits.messages_left(self.received) == 0 {
            self.end(Ending::EnoughMessages);
        }
        left
    }
}

/// What a connection must note about something that it has received.
enum Noted {
    Nothing,
    /// A Ping that is not answered.
    UnansweredPing,
    /// The answer to a keepalive Ping.
    KeepalivePong {
        is_latest: bool,
    },
}

/// Passes on what is received on one connection, and counts it.
struct Reception<'d, 'a> {
    now: Now,
    link: Link,
    listeners: &'d mut Listeners<'a>,
    limits: &'d Limits,
    received: &'d mut u64,
    quiet_since: &'d mut Instant,
    no_pong: bool,
    /// The number of keepalive Pings that were sent.
    ping_count: u64,
}

impl Reception<'_, '_> {
    fn notify(&mut self, event: &Event<'_>) {
        self.listeners.notify(self.now, self.link, event);
    }

    /// Passes on an event that only outputs get.
    fn show(&mut self, event: &Event<'_>) {
        self.listeners.outputs.show(self.now, self.link, event);
    }

    /// Passes on everything except a Close.
    fn pass_on(&mut self, received: Received<'_>) -> Noted {
        match received {
            Received::Messages(messages) => self.messages(messages),
            Received::Data(piece) => self.piece(piece),
            Received::Ping(payload) => return self.ping(payload),
            Received::Pong(payload) => return self.pong(payload),
            Received::Frame(header, length) => {
                self.show(&Event::Frame(Way::In, &header, length));
            }
            Received::Message(summary) => self.show(&Event::Message(Way::In, &summary)),
            // It is passed on with what is known about the closing handshake.
            Received::Close => {}
        }
        Noted::Nothing
    }

    fn messages(&mut self, messages: Messages<'_>) {
        *self.quiet_since = self.now.instant;
        let messages = messages.first(self.limits.messages_left(*self.received));
        *self.received += messages.count();
        self.listeners
            .notify_messages(self.now, self.link, messages);
    }

    fn piece(&mut self, piece: Piece<'_>) {
        *self.quiet_since = self.now.instant;
        if self.limits.messages_left(*self.received) > 0 {
            *self.received += u64::from(piece.last);
            self.listeners.notify_piece(self.now, self.link, piece);
        }
    }

    fn ping(&mut self, payload: &[u8]) -> Noted {
        self.notify(&Event::Ping(Way::In, payload));
        if self.no_pong {
            return Noted::UnansweredPing;
        }
        if self.listeners.outputs.detail.sent {
            self.notify(&Event::Pong(Way::Out, payload));
        }
        Noted::Nothing
    }

    fn pong(&mut self, payload: &[u8]) -> Noted {
        let Some(number) = answered(payload, self.ping_count) else {
            self.notify(&Event::Pong(Way::In, payload));
            return Noted::Nothing;
        };
        self.show(&Event::Keepalive(Way::In, payload));
        Noted::KeepalivePong {
            is_latest: number == self.ping_count,
        }
    }
}
