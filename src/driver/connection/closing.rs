//! The end of a connection: the closing handshake (RFC 6455 §7), its timers, and the end of TCP.

use std::time::{Duration, Instant};

use super::{end_by, CloseReport, OpenConnection, StreamState};
use crate::driver::limits::CloseTimeout;
use crate::driver::timers::ConnectionTimer;
use crate::protocol::{CloseBody, Closure, End, ReadyState, Role};

/// How long the server may take to close TCP once both Close frames were exchanged and our
/// direction is shut down.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

impl OpenConnection {
    /// Sends a Close and starts the close timeout.
    ///
    /// A [`CloseTimeout::Total`] replaces an earlier timeout and starts now, so that it also
    /// applies if the Close can't be written because the server doesn't read. A
    /// [`CloseTimeout::SinceLastByte`] starts when the Close is written.
    pub(in crate::driver) fn close(
        &mut self,
        now: Instant,
        body: CloseBody,
        timeout: CloseTimeout,
    ) {
        self.protocol.close(body);
        self.pending_close = None;
        self.timers.stop(ConnectionTimer::Message);
        self.stop_keepalive();
        match timeout {
            CloseTimeout::SinceLastByte(_) => _ = self.close_timeout.get_or_insert(timeout),
            CloseTimeout::Total(_) => {
                self.close_timeout = Some(timeout);
                self.start_close_timer(now);
            }
        }
    }

    /// Sends a Close once the current message is complete, which may take as long as the close
    /// timeout.
    pub(in crate::driver) fn close_after_message(
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
            self.timers.set(ConnectionTimer::Message, deadline);
        }
    }

    /// Sends the pending Close if the current message is complete or has timed out.
    pub(in crate::driver) fn close_if_due(&mut self, now: Instant) {
        if self.outgoing.is_partial && !self.timers.is_expired(ConnectionTimer::Message, now) {
            return;
        }
        if let Some((body, timeout)) = self.pending_close.take() {
            self.timers.stop(ConnectionTimer::Message);
            self.close(now, body, timeout);
        }
    }

    /// Whether a message that had to be completed was not written completely.
    pub(in crate::driver) fn has_cut_message(&self) -> bool {
        self.outgoing.must_finish
            && (self.outgoing.is_partial || self.protocol.unsent_messages() > 0)
    }

    /// Sets the time for writing the remaining bytes, our Close last, after which nothing will be
    /// sent or received. The server may have stopped reading after its own Close.
    pub(in crate::driver) fn expect_end(&mut self, now: Instant, timeout: Duration) {
        self.stop_keepalive();
        if self.close_timeout.is_none() {
            self.close_timeout = Some(CloseTimeout::Total(timeout));
            self.start_close_timer(now);
        }
    }

    /// How the connection is being closed. Returned once, when our Close was written to the buffer.
    pub(in crate::driver) fn take_close(&mut self) -> Option<&Closure> {
        let closure = self.protocol.closure();
        if closure.sent.is_none() || self.close_report == CloseReport::Done {
            return None;
        }
        self.close_report = CloseReport::Done;
        Some(closure)
    }

    /// Shuts down our direction once both Close frames were exchanged, or we failed the connection,
    /// and everything was written. The server's bytes are then read to the end: closing a socket
    /// with unread bytes would reset the connection, and the server might lose our Close (RFC 6455
    /// §7.1.1).
    pub(super) fn shut_down_when_done(&mut self, now: Instant) {
        if self.stream_state != StreamState::Open || self.protocol.state() != ReadyState::Closed {
            return;
        }
        self.stream_state = StreamState::Shut;
        let closure = self.protocol.closure();
        if closure.initiator == Some(Role::Us) && closure.is_clean() {
            // The server has replied to our Close and needs nothing more from us.
            self.stream_state = StreamState::Over;
            return;
        }
        self.timers.stop(ConnectionTimer::Close);
        let deadline = now.checked_add(SHUTDOWN_TIMEOUT);
        self.timers.set(ConnectionTimer::Shutdown, deadline);
        if self.stream.shutdown_write().is_err() {
            self.stream_state = StreamState::Over;
        }
    }

    /// Records that the stream has ended.
    pub(in crate::driver) fn end(&mut self, end: End) {
        let end = match (end, &self.broken) {
            (End::Eof, Some(error)) => end_by(error),
            (end, _) => end,
        };
        self.protocol.end(end);
        self.stream_state = StreamState::Over;
    }

    /// Writes what can be written, and ends without a Close.
    pub(in crate::driver) fn abort(&mut self, now: Instant) {
        self.flush(now);
        self.end(End::Lost("it was dropped".to_owned()));
    }

    /// Starts the close timer, or restarts it with the current close timeout.
    pub(super) fn start_close_timer(&mut self, now: Instant) {
        let since = *self.waiting_since.get_or_insert(now);
        if let (StreamState::Open, Some(timeout)) = (self.stream_state, self.close_timeout) {
            let deadline = since.checked_add(timeout.duration());
            self.timers.set(ConnectionTimer::Close, deadline);
        }
    }

    /// Restarts the close timer because bytes were received, or because nothing was read for a
    /// while.
    pub(in crate::driver) fn restart_close_timer(&mut self, now: Instant) {
        if let (Some(since), Some(CloseTimeout::SinceLastByte(_))) =
            (&mut self.waiting_since, self.close_timeout)
        {
            *since = now;
            self.start_close_timer(now);
        }
    }

    /// Whether a timer for the server has expired.
    pub(in crate::driver) fn has_timed_out(&self, now: Instant) -> bool {
        self.timers.is_expired(ConnectionTimer::Close, now)
            || self.timers.is_expired(ConnectionTimer::Shutdown, now)
    }
}
