//! One connection: the protocol core, the stream it runs over, and its clocks. No poll here.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::keepalive::PingState;
use super::limits::CloseTimeout;
use super::timers::{Timer, TimerTable};
use super::upkeep::Schedule;
use crate::connect::Stream;
use crate::error::plain;
use crate::protocol::{
    CloseBody, Closure, End, Lines, Piece, Protocol, Received, Role, Sent, State, Violation,
};

/// What one read gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bytes {
    /// So many bytes; whether more may be there already.
    Some { count: usize, more: bool },
    /// Nothing now.
    None,
    /// The end of the stream.
    End,
}

/// How far the stream has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StreamState {
    /// Both sides are open.
    Open,
    /// Our side has been ended; the server's is read to its end.
    Shut,
    /// The stream has ended or failed, or is not of interest any more.
    Over,
}

/// Whether the outputs were told of our Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CloseReport {
    Pending,
    Done,
}

/// The message that is being sent.
#[derive(Debug, Default)]
struct OutgoingMessage {
    /// Some of it was sent, and not its end.
    is_partial: bool,
    /// It has to be finished before our Close.
    must_finish: bool,
}

/// A connection that has been upgraded.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Stream,
    protocol: Protocol,
    close_timeout: Option<CloseTimeout>,
    /// What the close timeout counts from: when our Close was written, or a byte came after it.
    waiting_since: Option<Instant>,
    pub(super) timers: TimerTable,
    stream_state: StreamState,
    /// The stream may hold bytes that poll can't see.
    unread: bool,
    /// Bytes that were read and not decoded yet, because others had to have their turn.
    undecoded: Option<Undecoded>,
    /// The last write did not go whole: nothing is tried until poll says so.
    blocked: bool,
    /// Writing failed. What the server sent before that can still be read.
    broken: Option<io::Error>,
    /// A data message is among the bytes that wait.
    data_waits: bool,
    messages_sent: u64,
    outgoing: OutgoingMessage,
    /// The Close that is sent once that message is complete.
    pending_close: Option<(CloseBody, CloseTimeout)>,
    close_report: CloseReport,
    /// The Pings that keep it, if there are any.
    pub(super) pings: Option<PingState>,
    /// When messages are sent again and again.
    pub(super) heartbeats: Vec<Schedule>,
    /// When the first Ping came that was not answered, and how many did.
    unanswered_pings: Option<(Instant, u64)>,
}

/// Bytes that were read and not decoded yet. There may be none, and yet what was decoded before may
/// hold more: compressed messages are inflated piece by piece.
#[derive(Debug)]
pub(super) struct Undecoded {
    bytes: Vec<u8>,
    start: usize,
}

impl Undecoded {
    /// The last `count` of `bytes`.
    pub(super) fn last(bytes: &[u8], count: usize) -> Self {
        Self {
            bytes: bytes[bytes.len() - count..].to_vec(),
            start: 0,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Only the last `count` are left.
    pub(super) fn keep_last(&mut self, count: usize) {
        self.start = self.bytes.len() - count;
    }
}

/// How long the server has to end TCP once both sides have closed and ours is shut down.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// Waiting bytes above which no more is taken from the source.
const OUTBOX: usize = 512 * 1024;

impl Connection {
    /// Takes over a stream that blocks no longer.
    pub(super) fn new(stream: Stream, protocol: Protocol) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        // TLS may hold the rest of the record in which the upgrade was answered.
        let unread = stream.is_tls();
        Ok(Self {
            stream,
            protocol,
            close_timeout: None,
            waiting_since: None,
            timers: TimerTable::default(),
            stream_state: StreamState::Open,
            unread,
            undecoded: None,
            blocked: false,
            broken: None,
            data_waits: false,
            messages_sent: 0,
            outgoing: OutgoingMessage::default(),
            pending_close: None,
            close_report: CloseReport::Pending,
            pings: None,
            heartbeats: Vec::new(),
            unanswered_pings: None,
        })
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    pub(super) fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// Whether bytes wait to be written.
    pub(super) fn wants_to_write(&self) -> bool {
        self.broken.is_none() && !self.protocol.output().is_empty()
    }

    /// Whether a data message waits to be written.
    pub(super) fn data_waits(&self) -> bool {
        self.data_waits && self.wants_to_write()
    }

    /// Whether there may be bytes that poll can't see.
    pub(super) fn holds_bytes(&self) -> bool {
        self.unread || self.undecoded.is_some()
    }

    /// Messages that were written to the buffer whole.
    pub(super) fn messages_sent(&self) -> u64 {
        self.messages_sent
    }

    /// Whether nothing more is to be read or written.
    pub(super) fn is_over(&self) -> bool {
        self.stream_state == StreamState::Over
    }

    /// See [`Sender::room`](crate::source::Sender::room).
    pub(super) fn room(&self) -> usize {
        if self.stream_state != StreamState::Open
            || self.broken.is_some()
            || self.protocol.closure().sent.is_some()
            || (self.pending_close.is_some() && !self.outgoing.is_partial)
        {
            return 0;
        }
        OUTBOX.saturating_sub(self.protocol.output().len())
    }

    // What goes out.

    pub(super) fn send(&mut self, piece: Piece<'_>) {
        self.messages_sent += u64::from(piece.last);
        self.outgoing.is_partial = !piece.last;
        self.data_waits = true;
        self.protocol.send(piece);
    }

    pub(super) fn send_lines(&mut self, lines: Lines<'_>) -> u64 {
        let count = self.protocol.send_lines(lines);
        self.messages_sent += count;
        self.data_waits |= count > 0;
        count
    }

    pub(super) fn ping(&mut self, payload: &[u8]) {
        self.protocol.ping(payload);
    }

    pub(super) fn pong(&mut self, payload: &[u8]) {
        self.protocol.pong(payload);
    }

    /// Sends a Close and limits how long its answer may take.
    ///
    /// A [`CloseTimeout::Total`] overrides what was set before and runs from now on: where the
    /// server does not even read, the Close is never written, and that counts too. The other
    /// kind begins when the Close is written.
    pub(super) fn close(&mut self, now: Instant, body: CloseBody, timeout: CloseTimeout) {
        self.protocol.close(body);
        self.pending_close = None;
        self.timers.stop(Timer::Message);
        self.stop_keepalive();
        match timeout {
            CloseTimeout::SinceLastByte(_) => _ = self.close_timeout.get_or_insert(timeout),
            CloseTimeout::Total(_) => {
                self.close_timeout = Some(timeout);
                self.start_close_timer(now);
            }
        }
    }

    /// The same once the message that is being sent is complete, for which there is as much time again.
    pub(super) fn close_after_message(
        &mut self,
        now: Instant,
        body: CloseBody,
        timeout: CloseTimeout,
    ) {
        if !self.outgoing.is_partial || self.protocol.closure().sent.is_some() {
            return self.close(now, body, timeout);
        }
        if self.pending_close.is_none() {
            self.pending_close = Some((body, timeout));
            self.outgoing.must_finish = true;
            let deadline = now.checked_add(timeout.duration());
            self.timers.set(Timer::Message, deadline);
        }
    }

    /// Sends the Close that waited for a message, if that is complete or has had its time.
    pub(super) fn close_if_due(&mut self, now: Instant) {
        if self.outgoing.is_partial && !self.timers.is_expired(Timer::Message, now) {
            return;
        }
        if let Some((body, timeout)) = self.pending_close.take() {
            self.timers.stop(Timer::Message);
            self.close(now, body, timeout);
        }
    }

    /// Whether a message was sent in part.
    pub(super) fn is_inside_sent(&self) -> bool {
        self.outgoing.is_partial
    }

    /// A Ping came that is not answered.
    pub(super) fn on_unanswered_ping(&mut self, now: Instant) {
        let (_, count) = self.unanswered_pings.get_or_insert((now, 0));
        *count += 1;
    }

    /// When the first Ping came that was not answered, and how many did.
    pub(super) fn unanswered_pings(&self) -> Option<(Instant, u64)> {
        self.unanswered_pings
    }

    /// Whether a message that had to be finished has not left as a whole.
    pub(super) fn has_cut_message(&self) -> bool {
        self.outgoing.must_finish
            && (self.outgoing.is_partial || self.protocol.unsent_messages() > 0)
    }

    /// Nothing more will be sent or received: what waits to be written, our Close last, has this
    /// long. A server that has closed may not read any more.
    pub(super) fn expect_end(&mut self, now: Instant, timeout: Duration) {
        self.stop_keepalive();
        if self.close_timeout.is_none() {
            self.close_timeout = Some(CloseTimeout::Total(timeout));
            self.start_close_timer(now);
        }
    }

    pub(super) fn take_sent(&mut self) -> Vec<Sent> {
        self.protocol.take_sent()
    }

    /// How it is being closed, once, when our Close was written to the buffer.
    pub(super) fn take_close(&mut self) -> Option<&Closure> {
        let closure = self.protocol.closure();
        if closure.sent.is_none() || self.close_report == CloseReport::Done {
            return None;
        }
        self.close_report = CloseReport::Done;
        Some(closure)
    }

    /// Poll says that a write would go.
    pub(super) fn may_write(&mut self) {
        self.blocked = false;
    }

    /// Writes what waits, until it is gone or the stream would block.
    pub(super) fn flush(&mut self, now: Instant) {
        while self.wants_to_write() && !self.blocked {
            match self.stream.write(self.protocol.output()) {
                Ok(0) => self.broken = Some(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.protocol.wrote(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.blocked = true,
                Err(error) => self.broken = Some(error),
            }
        }
        if !self.wants_to_write() {
            self.data_waits = false;
            if self.protocol.closure().sent.is_some() {
                self.start_close_timer(now);
            }
            self.shut_down_when_done(now);
        }
    }

    /// Ends our side once both have closed, or we failed the connection, and all has left. What
    /// the server still sends is read until it ends too: closing with unread bytes would reset
    /// the connection and could take our Close away from the server (RFC 6455 §7.1.1).
    fn shut_down_when_done(&mut self, now: Instant) {
        if self.stream_state != StreamState::Open || self.protocol.state() != State::Closed {
            return;
        }
        self.stream_state = StreamState::Shut;
        let closure = self.protocol.closure();
        if closure.initiator == Some(Role::Us) && closure.is_clean() {
            // The server answered our Close: it has nothing more to learn from us.
            self.stream_state = StreamState::Over;
            return;
        }
        self.timers.stop(Timer::Close);
        let deadline = now.checked_add(SHUTDOWN_TIMEOUT);
        self.timers.set(Timer::Shutdown, deadline);
        if self.stream.shutdown_write().is_err() {
            self.stream_state = StreamState::Over;
        }
    }

    // What comes in.

    /// One read into `buffer`.
    pub(super) fn read(&mut self, now: Instant, buffer: &mut [u8]) -> io::Result<Bytes> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Ok(Bytes::End),
                Ok(count) => {
                    self.timers.stop(Timer::Pong);
                    self.restart_close_timer(now);
                    // A read from a socket that left room has emptied it; TLS may hold a record.
                    self.unread = count == buffer.len() || self.stream.is_tls();
                    return Ok(Bytes::Some {
                        count,
                        more: self.unread,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.unread = false;
                    return Ok(Bytes::None);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes the bytes that were read and not decoded, if decoding was interrupted.
    pub(super) fn take_undecoded(&mut self, now: Instant) -> Option<Undecoded> {
        let undecoded = self.undecoded.take()?;
        // The silence since they were read is not the server's.
        self.restart_close_timer(now);
        Some(undecoded)
    }

    /// Keeps bytes that were read until others have had their turn.
    pub(super) fn keep_undecoded(&mut self, undecoded: Undecoded) {
        self.undecoded = Some(undecoded);
    }

    /// Decodes bytes that were read; see [`Protocol::receive`].
    pub(super) fn receive<'a, 'input: 'a>(
        &'a mut self,
        input: &mut &'input [u8],
    ) -> Result<Option<Received<'a>>, Violation> {
        self.protocol.receive(input)
    }

    /// Quotes text that was received instead of a frame; see [`Protocol::quote_text`].
    pub(super) fn quote_text(&mut self) {
        self.protocol.quote_text();
    }

    /// The stream has ended.
    pub(super) fn end(&mut self, end: End) {
        let end = match (end, &self.broken) {
            (End::Eof, Some(error)) => end_by(error),
            (end, _) => end,
        };
        self.protocol.end(end);
        self.stream_state = StreamState::Over;
    }

    // Clocks.

    /// Starts the close timer, or sets it by the close timeout that holds now.
    fn start_close_timer(&mut self, now: Instant) {
        let since = *self.waiting_since.get_or_insert(now);
        if let (StreamState::Open, Some(timeout)) = (self.stream_state, self.close_timeout) {
            let deadline = since.checked_add(timeout.duration());
            self.timers.set(Timer::Close, deadline);
        }
    }

    /// The silence up to now is not the server's: bytes came, or none were read.
    pub(super) fn restart_close_timer(&mut self, now: Instant) {
        if let (Some(since), Some(CloseTimeout::SinceLastByte(_))) =
            (&mut self.waiting_since, self.close_timeout)
        {
            *since = now;
            self.start_close_timer(now);
        }
    }

    /// When the first of its timers expires.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.timers.next_deadline()
    }

    /// Whether the server has had its time.
    pub(super) fn has_timed_out(&self, now: Instant) -> bool {
        self.timers.is_expired(Timer::Close, now) || self.timers.is_expired(Timer::Shutdown, now)
    }
}

/// How a connection ends whose stream failed with `error`.
pub(super) fn end_by(error: &io::Error) -> End {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => End::Eof,
        _ => End::Lost(plain(error)),
    }
}
