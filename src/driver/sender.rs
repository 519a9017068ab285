//! How a source sends: messages are written directly to a connection's buffer, and passed to the
//! outputs that show sent messages.

use super::first_error::FirstError;
use super::limits::Limits;
use super::listeners::Outputs;
use super::sent::show_sent;
use super::slot::Slot;
use super::slots::Slots;
use crate::error::Error;
use crate::event::{Event, Kind, Lines, Link, LoadProgress, Note, Now, Piece, Probe, Way};
use crate::protocol::{CloseReason, Volume};
use crate::source::Sender;

/// The connections, as a source uses them.
pub(super) struct LinkSender<'d, 'a> {
    pub(super) now: Now,
    pub(super) slots: &'d mut Slots,
    pub(super) outputs: &'d mut Outputs<'a>,
    pub(super) first_error: &'d mut FirstError,
    pub(super) limits: &'d Limits,
}

impl LinkSender<'_, '_> {
    /// Whether an output shows sent messages or frames.
    fn is_watched(&self) -> bool {
        let detail = self.outputs.detail;
        detail.sent || detail.frames || detail.wire
    }

    /// Passes a sent message to the outputs, followed by its frames.
    fn sent(&mut self, link: Link, show: impl FnOnce(&mut Outputs<'_>, Now)) {
        if self.outputs.detail.sent {
            show(self.outputs, self.now);
        }
        if self.outputs.detail.frames || self.outputs.detail.wire {
            if let Some(connection) = self.slots.open_mut(link) {
                show_sent(connection, self.outputs, self.now, link);
            }
        }
    }
}

impl LinkSender<'_, '_> {
    /// Sends a message that no source sends.
    pub(super) fn own_data(&mut self, link: Link, piece: Piece<'_>) {
        if let Some(connection) = self.slots.open_mut(link) {
            connection.send_own(piece);
            self.sent(link, |outputs, now| {
                outputs.show(now, link, &Event::Automatic);
                outputs.show_sent_piece(now, link, piece);
            });
        }
    }
}

impl Sender for LinkSender<'_, '_> {
    fn room(&self, link: Link) -> usize {
        if self.outputs.hold_up_sending() {
            return 0;
        }
        match self.slots.get(link) {
            Some(Slot::Open(connection)) => connection.room(),
            _ => 0,
        }
    }

    fn data(&mut self, link: Link, piece: Piece<'_>) {
        if let Some(connection) = self.slots.open_mut(link) {
            connection.send(piece);
            self.sent(link, |outputs, now| {
                outputs.show_sent_piece(now, link, piece);
            });
        }
    }

    fn lines(&mut self, link: Link, lines: Lines<'_>) -> u64 {
        if self.is_watched() {
            return lines
                .map(|line| self.data(link, Piece::whole(Kind::Text, line)))
                .count() as u64;
        }
        self.slots
            .open_mut(link)
            .map_or(0, |connection| connection.send_lines(lines))
    }

    fn automatic(&mut self, link: Link, piece: Piece<'_>) {
        self.own_data(link, piece);
    }

    fn is_inside(&self, link: Link) -> bool {
        matches!(self.slots.get(link), Some(Slot::Open(connection)) if connection.is_inside_sent())
    }

    fn ping(&mut self, link: Link, payload: &[u8]) {
        if let Some(connection) = self.slots.open_mut(link) {
            connection.ping(payload);
            let event = Event::Ping(Way::Out, payload);
            self.sent(link, |outputs, now| outputs.show(now, link, &event));
        }
    }

    fn pong(&mut self, link: Link, payload: &[u8]) {
        if let Some(connection) = self.slots.open_mut(link) {
            connection.pong(payload);
            let event = Event::Pong(Way::Out, payload);
            self.sent(link, |outputs, now| outputs.show(now, link, &event));
        }
    }

    fn close(&mut self, link: Link, reason: Option<CloseReason>) {
        if let Some(connection) = self.slots.open_mut(link) {
            let timeout = self.limits.close_timeout();
            connection.close(self.now.instant, reason, timeout);
            show_sent(connection, self.outputs, self.now, link);
        }
    }

    fn abort(&mut self, link: Link) {
        if let Some(connection) = self.slots.open_mut(link) {
            connection.abort(self.now.instant);
        }
    }

    fn redial(&mut self, link: Link) -> bool {
        self.slots.redial(link)
    }

    fn volume(&self, link: Link) -> Volume {
        match self.slots.get(link) {
            Some(Slot::Open(connection)) => connection.protocol().volume(),
            _ => Volume::default(),
        }
    }

    fn note(&mut self, note: Note) {
        self.outputs
            .show(self.now, Link::default(), &Event::Note(&note));
    }

    fn pending(&self, link: Link) -> usize {
        match self.slots.get(link) {
            Some(Slot::Open(connection)) => connection.protocol().output().len(),
            _ => 0,
        }
    }

    fn progress(&mut self, progress: &LoadProgress) {
        let event = Event::Load(progress);
        self.outputs.show(self.now, Link::default(), &event);
    }

    fn probed(&mut self, link: Link, probe: &Probe) {
        self.outputs.show(self.now, link, &Event::Probe(probe));
    }

    fn fault(&mut self, error: Error) {
        self.outputs
            .show(self.now, Link::default(), &Event::Fault(&error));
        self.first_error.add(error, true);
    }
}
