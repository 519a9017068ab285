//! What is sent automatically on a connection, and what is left of one that is attempted again.

use super::limits::Wait;
use super::slot::Slot;
use super::state::{Driver, Input};
use super::upkeep::AutomaticMessage;
use crate::error::Error;
use crate::event::{Event, Link, Note, NoteLevel, Piece, Reconnecting};
use crate::source::Unsent;

impl Driver<'_> {
    /// Sends the messages of `--every` that are due.
    pub(super) fn send_heartbeats(&mut self, link: Link) {
        let Some(connection) = self.slots.open_mut(link) else {
            return;
        };
        for place in connection.take_due_heartbeats(self.now.instant) {
            let upkeep = self.config(link).map(|config| config.upkeep);
            if let Some((_, message)) = upkeep.and_then(|upkeep| upkeep.heartbeats.get(place)) {
                self.send_own(link, message);
            }
        }
    }

    /// Sends a message that no source sends.
    fn send_own(&mut self, link: Link, message: &AutomaticMessage) {
        self.sender()
            .own_data(link, Piece::whole(message.kind, &message.bytes));
    }

    /// Starts to send automatic messages, before the source sends anything.
    pub(super) fn begin_upkeep(&mut self, link: Link) {
        let now = self.now.instant;
        let Some(upkeep) = self.config(link).map(|config| config.upkeep) else {
            return;
        };
        if let Some(connection) = self.slots.open_mut(link) {
            if let Some(keepalive) = upkeep.keepalive {
                connection.start_keepalive(keepalive, now);
            }
            let intervals = upkeep.heartbeats.iter().map(|(interval, _)| *interval);
            connection.start_heartbeats(intervals, now);
            if self.resend.is_some() {
                connection.keep_sent();
            }
        }
        for message in &upkeep.on_connect {
            self.send_own(link, message);
        }
        self.poll_opened(link);
        let again = self.resend.as_mut().and_then(|resend| resend.remove(&link));
        if let Some(connection) = self.slots.open_mut(link) {
            for message in again.into_iter().flatten() {
                connection.send(message.piece());
            }
        }
    }

    /// Schedules a new connection attempt.
    pub(super) fn redial(&mut self, link: Link, lost: &Reconnecting<'_>) {
        self.notify(link, &Event::Reconnecting(lost));
        let at = self.now.instant + lost.after;
        self.slots.replace(link, Slot::Redialing(at));
    }

    /// Reports the messages that waited for a connection which is not opened again, and those that
    /// the source still has. The exit code is that of the error that was reported before.
    pub(super) fn report_unsent(&mut self, of_source: Unsent) {
        let Some(again) = self.resend.as_mut().map(std::mem::take) else {
            return;
        };
        let waiting: usize = again.values().map(Vec::len).sum();
        let unsent = waiting as u64 + of_source.messages;
        if self.opened.is_none() || unsent == 0 {
            return;
        }
        let error = Error::Unsent {
            unsent,
            total: self.sent + unsent,
            more: of_source.more,
        };
        self.notify(Link::default(), &Event::Failed(&error));
    }

    /// Reports how many messages may be lost, if there is no further connection.
    pub(super) fn report_unconfirmed(&mut self, unconfirmed: u64) {
        let text = match unconfirmed {
            0 => return,
            1 => "1 message may not have arrived".to_owned(),
            count => format!("{count} messages may not have arrived"),
        };
        let level = NoteLevel::Warning;
        self.notify(Link::default(), &Event::Note(&Note { level, text }));
    }

    /// Whether another connection is needed: for input, or for messages not yet written.
    pub(super) fn needs_connection(&self, link: Link) -> bool {
        let has_input = self.input != Input::Done || self.limits.wait == Wait::Forever;
        let resend = self.resend.as_ref();
        let again = resend.and_then(|resend| resend.get(&link));
        let has_unsent = again.is_some_and(|again| !again.is_empty());
        !self.is_ending() && (has_input || has_unsent)
    }
}
