//! Events of each connection: connecting, reading, writing and its end.

use std::time::Instant;

use super::connection::OpenConnection;
use super::ending::Ending;
use super::first_error::FirstError;
use super::outcome::ConnectionEnd;
use super::policy::Next;
use super::reading::SLICE;
use super::sent::show_sent;
use super::slot::Slot;
use super::state::{Driver, UndecidedEnd};
use super::wait::ReadyLink;
use crate::connect::{Attempt, AttemptEvent, OpenedConnection};
use crate::error::{Error, Phase};
use crate::event::{Event, Link, LostCause, Note, NoteLevel, Reconnecting, Way};
use crate::protocol::{self, CloseBody, Closure, End, Protocol, Role};
use crate::source::LinkEnd;

impl Driver<'_> {
    /// Continues with a connection that is ready.
    pub(super) fn advance(&mut self, ready: ReadyLink) {
        if let Some(Slot::Dialing(_)) = self.slots.get(ready.link) {
            return self.dial(ready.link);
        }
        let Some(connection) = self.slots.open_mut(ready.link) else {
            return;
        };
        if ready.writable {
            // Written before the source is polled, so that it finds room.
            connection.may_write();
            self.flush(ready.link);
        }
        if ready.readable && !self.listeners.outputs.full() {
            self.read(ready.link);
        }
    }

    /// Handles an expired deadline of a connection or connection attempt.
    pub(super) fn handle_deadline(&mut self, link: Link) {
        if let Some(Slot::Dialing(_)) = self.slots.get(link) {
            return self.dial(link);
        }
        let now = self.now.instant;
        if matches!(self.slots.get(link), Some(Slot::Redialing(_))) {
            self.slots.replace(link, Slot::Waiting);
            return;
        }
        let Some(connection) = self.slots.open_mut(link) else {
            return;
        };
        connection.close_if_due(now);
        if connection.has_timed_out(now) {
            connection.end(End::Unanswered);
            return self.finish(link);
        }
        if let Some(timeout) = connection.ping_timeout(now) {
            connection.end(End::Silent(timeout));
            return self.finish(link);
        }
        if let Some(payload) = connection.ping_if_due(now) {
            let outputs = &mut self.listeners.outputs;
            if outputs.detail.sent {
                outputs.show(
                    self.now,
                    link,
                    &Event::Keepalive(Way::Out, payload.as_bytes()),
                );
            }
            show_sent(connection, outputs, self.now, link);
        }
        self.send_heartbeats(link);
    }

    /// Starts further connection attempts, as many at the same time as the policy allows.
    pub(super) fn dial_next(&mut self) {
        while self.slots.counts().dialing < self.policy.dial_width() {
            let next = self.policy.next_dial();
            if next.is_some_and(|next| next > self.now.instant) {
                return;
            }
            let Some(link) = self.slots.first_waiting() else {
                return;
            };
            self.policy.on_dial(self.now);
            if let Err(cause) = self.slots.dial(link) {
                let doing = "beginning to connect";
                self.connect_failed(link, Error::System { doing, cause });
            }
        }
    }

    /// Cancels all connection attempts, including those that haven't started.
    pub(super) fn cancel_dialing(&mut self) {
        let counts = self.slots.counts();
        if counts.waiting + counts.dialing == 0 {
            return;
        }
        for link in self.slots.links() {
            if let Some(Slot::Waiting | Slot::Redialing(_) | Slot::Dialing(_)) =
                self.slots.get(link)
            {
                self.slots.replace(link, Slot::Ended);
            }
        }
    }

    /// Ends connection attempts that were refused and are still receiving the body: the refusal is
    /// reported whatever ends the run. Returns true if no connection is left.
    pub(super) fn end_refused(&mut self) -> bool {
        let mut any = false;
        for link in self.slots.links() {
            // Also handles a refusal that was received but not processed yet.
            self.dial(link);
            let refusal = self.slots.dialing_mut(link).map(Attempt::take_refusal);
            if let Some(error) = refusal.flatten() {
                self.connect_failed(link, error);
                any = true;
            }
        }
        any && self.slots.all_ended()
    }

    /// The phase of the first connection attempt in progress.
    pub(super) fn dialing_phase(&self) -> Option<Phase> {
        self.slots.iter().find_map(|(_, slot)| match slot {
            Slot::Dialing(dialing) => Some(dialing.phase()),
            _ => None,
        })
    }

    /// Processes the events of a connection attempt.
    fn dial(&mut self, link: Link) {
        while let Some(dialing) = self.slots.dialing_mut(link) {
            match dialing.next() {
                None => return,
                Some(AttemptEvent::Step(step)) => self.notify(link, &Event::Connect(&step)),
                Some(AttemptEvent::Done(result)) => match *result {
                    Ok(opened) => self.open(link, opened),
                    Err(error) => self.connect_failed(link, error),
                },
            }
        }
    }

    /// Handles a failed connection attempt.
    fn connect_failed(&mut self, link: Link, error: Error) {
        self.slots.replace(link, Slot::Ended);
        let end = LinkEnd::ConnectFailed(&error);
        let decision = self.listeners.source.on_link_end(self.now, link, end);
        if decision.expected {
            self.notify(link, &Event::ConnectFailed(&error));
            return self.ended(link, ConnectionEnd::Refused);
        }
        let next = self.policy.on_connect_failed(
            self.now,
            link,
            decision.unmet.as_ref().unwrap_or(&error),
        );
        if let (Next::Redial { after, attempt }, true) = (next, self.needs_connection(link)) {
            let lost = Reconnecting {
                cause: LostCause::Failed(&error),
                after,
                attempt,
                unconfirmed: 0,
            };
            return self.redial(link, &lost);
        }
        self.notify(link, &Event::ConnectFailed(&error));
        let error = decision.unmet.unwrap_or(error);
        match next {
            Next::End | Next::Redial { .. } => {
                self.fail(link, error);
                self.report_unsent(decision.unsent);
                self.end(Ending::ConnectFailed);
            }
            // The source has reported it, and it is the result of the run so far.
            Next::Continue => self.first_error.replace(error),
        }
    }

    fn open(&mut self, link: Link, opened: OpenedConnection) {
        let OpenedConnection {
            stream,
            upgrade,
            early,
        } = opened;
        let Some(config) = self.config(link) else {
            return;
        };
        let was_open = !matches!(config.end, ConnectionEnd::Unopened);
        let options = protocol::ProtocolConfig {
            compression: upgrade.compression,
            ..config.protocol
        };
        match OpenConnection::new(stream, Protocol::new(options)) {
            Ok(connection) => _ = self.slots.replace(link, Slot::Open(Box::new(connection))),
            Err(cause) => {
                let doing = "taking over the connection";
                return self.connect_failed(link, Error::System { doing, cause });
            }
        }
        self.policy.on_open(self.now, link);
        self.opened.get_or_insert(self.now.instant);
        if was_open {
            // The earlier error does not matter any more.
            self.first_error = FirstError::default();
        }
        self.quiet_since = self.now.instant;
        self.notify(link, &Event::Open(&upgrade));
        if upgrade
            .compression
            .is_some_and(|params| params.client_max_window_bits == 8)
        {
            self.notify(link, &Event::Note(&narrow_window()));
        }
        self.begin_upkeep(link);
        let until = Instant::now() + SLICE;
        self.decode_new(link, &early, until);
    }

    /// Writes the pending bytes of a connection.
    pub(super) fn flush(&mut self, link: Link) {
        let Some(connection) = self.slots.open_mut(link) else {
            return;
        };
        if connection.data_waits() {
            self.quiet_since = self.now.instant;
        }
        connection.close_if_due(self.now.instant);
        show_sent(connection, &mut self.listeners.outputs, self.now, link);
        connection.flush(self.now.instant);
        if connection.is_over() {
            self.finish(link);
        }
    }

    /// Counts the messages of a connection that has ended and reports its end.
    pub(super) fn finish(&mut self, link: Link) {
        let Slot::Open(mut connection) = self.slots.replace(link, Slot::Ended) else {
            return;
        };
        let unsent = self.count_sent(link, &connection);
        let closure = connection.protocol().closure().clone();
        self.listeners.notify_incomplete(self.now, link);
        let next = self.policy.on_closed(self.now, link, &closure);
        if self.reopen(link, &mut connection, &closure, next) {
            return self.ended(link, ConnectionEnd::Closed(closure));
        }
        self.notify(link, &Event::Closed(&closure));
        self.ended_unseen = true;
        if !self.is_leaving() {
            self.decide_end(UndecidedEnd {
                link,
                closure: closure.clone(),
                unsent,
            });
        }
        self.ended(link, ConnectionEnd::Closed(closure));
        match next {
            Next::End | Next::Redial { .. } => self.end(Ending::ConnectionClosed),
            Next::Continue => {}
        }
    }

    /// Counts what was sent on a connection that has ended. Returns the number of messages that were
    /// not sent completely.
    fn count_sent(&mut self, link: Link, connection: &OpenConnection) -> u64 {
        let unsent = connection.protocol().unsent_messages();
        self.sent += connection.messages_sent() - unsent;
        self.volume += connection.protocol().volume();
        self.unanswered_pings = connection.unanswered_pings();
        if connection.has_cut_message() {
            let unsent = unsent.max(1);
            let error = Error::Unsent {
                unsent,
                total: self.sent + unsent,
                more: false,
            };
            self.fail(link, error);
        }
        unsent
    }

    /// Schedules the next attempt at a connection that has ended, if the policy says so and it is
    /// needed. Otherwise returns false and reports what may be lost.
    fn reopen(
        &mut self,
        link: Link,
        connection: &mut OpenConnection,
        closure: &Closure,
        next: Next,
    ) -> bool {
        let Next::Redial { after, attempt } = next else {
            if self.resend.is_some() && may_have_lost(closure) {
                let leftover = connection.take_leftover();
                self.report_unconfirmed(leftover.unconfirmed);
            }
            return false;
        };
        let leftover = connection.take_leftover();
        if let Some(resend) = &mut self.resend {
            resend.insert(link, leftover.messages);
        }
        if !self.needs_connection(link) {
            self.report_unconfirmed(leftover.unconfirmed);
            return false;
        }
        let outputs = &mut self.listeners.outputs;
        outputs.show(self.now, link, &Event::Closed(closure));
        let lost = Reconnecting {
            cause: LostCause::Closed(closure),
            after,
            attempt,
            unconfirmed: leftover.unconfirmed,
        };
        self.redial(link, &lost);
        true
    }

    fn ended(&mut self, link: Link, end: ConnectionEnd) {
        if let Some(config) = self.config(link) {
            config.end = end;
        }
    }
}

/// Whether messages that were written may not have arrived. A server that answers our Close, with the
/// same code, has read everything before it, and one that closes with 1000 has what it wanted. With
/// another code, both may have sent a Close at the same time.
fn may_have_lost(closure: &Closure) -> bool {
    let sent = closure.sent.as_ref().and_then(CloseBody::as_ref);
    let sent = sent.map(|body| body.code);
    match &closure.received {
        None => true,
        Some(_) if closure.code() == 1000 => false,
        Some(_) => closure.initiator != Some(Role::Us) || sent != Some(closure.code()),
    }
}

/// The warning for a server that limits our window to a size that zlib doesn't support.
fn narrow_window() -> Note {
    Note {
        level: NoteLevel::Hint,
        text: "the server allows a compression window of 8 bits only: messages are sent \
               uncompressed"
            .to_owned(),
    }
}
