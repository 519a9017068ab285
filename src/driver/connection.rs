//! One connection: its protocol state, stream and timers. Polling is done elsewhere.

mod closing;

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use super::limits::CloseTimeout;
use super::resend::SentMessages;
use super::timers::{ConnectionTimer, TimerTable};
use super::upkeep::{PeriodicSchedule, PingState};
use crate::connect::Stream;
use crate::error::plain;
use crate::protocol::{CloseBody, End, Lines, Piece, Protocol, Received, Sent, Violation};

/// The result of one read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bytes {
    /// This many bytes were read; `more` says whether there may be more to read.
    Some { count: usize, more: bool },
    /// A read would block.
    None,
    /// The end of the stream.
    End,
}

/// The state of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StreamState {
    /// Both directions are open.
    Open,
    /// Our direction is shut down; the server's is read to its end.
    Shut,
    /// The stream has ended or failed, or is not needed any more.
    Over,
}

/// Whether our Close was reported to the outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CloseReport {
    Pending,
    Done,
}

/// The state of the message that is being sent.
#[derive(Debug, Default)]
struct OutgoingMessage {
    /// It was sent in part.
    is_partial: bool,
    /// It must be complete before our Close is sent.
    must_finish: bool,
}

/// A connection after the opening handshake.
#[derive(Debug)]
pub(super) struct OpenConnection {
    stream: Stream,
    protocol: Protocol,
    close_timeout: Option<CloseTimeout>,
    /// The start of the close timeout: when our Close was written, or the last byte after it was
    /// received.
    waiting_since: Option<Instant>,
    pub(super) timers: TimerTable,
    stream_state: StreamState,
    /// The stream may hold decrypted bytes that poll(2) doesn't report.
    unread: bool,
    /// Bytes that were read but not decoded yet, so that other connections were not delayed.
    undecoded: Option<Undecoded>,
    /// The last write was incomplete. The next one waits until poll(2) reports the stream as
    /// writable.
    blocked: bool,
    /// The error of a failed write. What the server sent before it can still be read.
    broken: Option<io::Error>,
    /// The pending bytes contain a data message.
    data_waits: bool,
    messages_sent: u64,
    outgoing: OutgoingMessage,
    /// The Close to send once the current message is complete.
    pending_close: Option<(CloseBody, CloseTimeout)>,
    close_report: CloseReport,
    /// What was sent, if that may be needed again.
    pub(super) sent_messages: Option<SentMessages>,
    /// The Pings that keep it, if there are any.
    pub(super) pings: Option<PingState>,
    /// When messages are sent again and again.
    pub(super) heartbeats: Vec<PeriodicSchedule>,
    /// When the first Ping came that was not answered, and how many did.
    unanswered_pings: Option<(Instant, u64)>,
}

/// Bytes that were read but not decoded yet. Even without any, the decoder may have more to return,
/// because compressed messages are inflated piece by piece.
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

    /// Removes all but the last `count` bytes.
    pub(super) fn keep_last(&mut self, count: usize) {
        self.start = self.bytes.len() - count;
    }
}

/// No more input is taken from the source while more bytes than this are pending.
const OUTBOX: usize = 512 * 1024;

impl OpenConnection {
    /// Creates a connection and makes its stream non-blocking.
    pub(super) fn new(stream: Stream, protocol: Protocol) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        // TLS may hold the rest of the record that contained the upgrade response.
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
            sent_messages: None,
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

    /// Whether bytes are pending to be written.
    pub(super) fn wants_to_write(&self) -> bool {
        self.broken.is_none() && !self.protocol.output().is_empty()
    }

    /// Whether a data message is pending to be written, here or, after an error, on the next connection.
    pub(super) fn data_waits(&self) -> bool {
        self.data_waits && !self.protocol.output().is_empty()
    }

    /// Whether there may be bytes that poll(2) doesn't report.
    pub(super) fn holds_bytes(&self) -> bool {
        self.unread || self.undecoded.is_some()
    }

    /// The number of messages that were written to the buffer completely.
    pub(super) fn messages_sent(&self) -> u64 {
        self.messages_sent
    }

    /// Whether nothing more will be read or written.
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

    // Sending.

    pub(super) fn send(&mut self, piece: Piece<'_>) {
        if let Some(sent) = &mut self.sent_messages {
            sent.push(piece, false);
        }
        self.write(piece);
    }

    /// Sends a message that no source sends, and that is sent on each connection.
    pub(super) fn send_own(&mut self, piece: Piece<'_>) {
        if let Some(sent) = &mut self.sent_messages {
            sent.push(piece, true);
        }
        self.write(piece);
    }

    fn write(&mut self, piece: Piece<'_>) {
        self.messages_sent += u64::from(piece.last);
        self.outgoing.is_partial = !piece.last;
        self.data_waits = true;
        self.protocol.send(piece);
    }

    pub(super) fn send_lines(&mut self, lines: Lines<'_>) -> u64 {
        if let Some(sent) = &mut self.sent_messages {
            sent.push_lines(lines.clone());
        }
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

    pub(super) fn take_sent(&mut self) -> Vec<Sent> {
        self.protocol.take_sent()
    }

    /// Allows writing again after poll(2) has reported the stream as writable.
    pub(super) fn may_write(&mut self) {
        self.blocked = false;
    }

    /// Writes pending bytes until there are none or the stream would block.
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
        if let Some(sent) = &mut self.sent_messages {
            sent.trim(|| self.protocol.unsent_messages());
        }
        if !self.wants_to_write() {
            self.data_waits &= self.broken.is_some() && self.sent_messages.is_some();
            if self.protocol.closure().sent.is_some() {
                self.start_close_timer(now);
            }
            self.shut_down_when_done(now);
        }
    }

    // Receiving.

    /// Reads once into `buffer`.
    pub(super) fn read(&mut self, now: Instant, buffer: &mut [u8]) -> io::Result<Bytes> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Ok(Bytes::End),
                Ok(count) => {
                    self.timers.stop(ConnectionTimer::Pong);
                    self.restart_close_timer(now);
                    // A read that did not fill the buffer has emptied the socket, but TLS may hold
                    // another record.
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

    /// Takes the bytes that were read but not decoded, if there are any.
    pub(super) fn take_undecoded(&mut self, now: Instant) -> Option<Undecoded> {
        let undecoded = self.undecoded.take()?;
        // The time since they were read doesn't count as silence of the server.
        self.restart_close_timer(now);
        Some(undecoded)
    }

    /// Keeps bytes to be decoded later.
    pub(super) fn keep_undecoded(&mut self, undecoded: Undecoded) {
        self.undecoded = Some(undecoded);
    }

    /// Decodes bytes; see [`Protocol::receive`].
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

    /// The earliest deadline of the timers.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.timers.next_deadline()
    }
}

/// How a connection ends if its stream fails with `error`.
pub(super) fn end_by(error: &io::Error) -> End {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => End::Eof,
        _ => End::Lost(plain(error)),
    }
}
