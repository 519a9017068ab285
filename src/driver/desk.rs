//! Where the source's words go: straight into a connection's buffer, and to the outputs that
//! want to know what is sent.

use super::audience::{Now, Outputs};
use super::{links, Faults, Slot, Until};
use crate::error::Error;
use crate::event::{Event, Kind, Lines, Link, Note, Piece, Way};
use crate::protocol::CloseReason;
use crate::source::Sender;

/// The connections as a source sees them.
pub(super) struct Desk<'d, 'a> {
    pub(super) at: Now,
    pub(super) slots: &'d mut [Slot],
    pub(super) outputs: &'d mut Outputs<'a>,
    pub(super) faults: &'d mut Faults,
    pub(super) until: &'d Until,
}

impl Desk<'_, '_> {
    /// Whether the outputs want to know of each message that is sent, or of its frames.
    fn is_watched(&self) -> bool {
        let detail = self.outputs.detail;
        detail.sent || detail.frames || detail.wire
    }

    /// Tells the outputs of an event, and of the frames that it became.
    fn sent(&mut self, link: Link, event: &Event<'_>) {
        if self.outputs.detail.sent {
            self.outputs.show(self.at, link, event);
        }
        if self.outputs.detail.frames || self.outputs.detail.wire {
            if let Some(connection) = links::open(self.slots, link) {
                links::show_sent(connection, self.outputs, self.at, link);
            }
        }
    }
}

impl Sender for Desk<'_, '_> {
    fn room(&self, link: Link) -> usize {
        match self.slots.get(usize::from(link.0)) {
            Some(Slot::Open(connection)) => connection.room(),
            _ => 0,
        }
    }

    fn data(&mut self, link: Link, piece: Piece<'_>) {
        if let Some(connection) = links::open(self.slots, link) {
            connection.send(piece);
            self.sent(link, &Event::Data(Way::Out, piece));
        }
    }

    fn lines(&mut self, link: Link, lines: Lines<'_>) -> u64 {
        if self.is_watched() {
            return lines
                .map(|line| self.data(link, Piece::whole(Kind::Text, line)))
                .count() as u64;
        }
        links::open(self.slots, link).map_or(0, |connection| connection.send_lines(lines))
    }

    fn ping(&mut self, link: Link, payload: &[u8]) {
        if let Some(connection) = links::open(self.slots, link) {
            connection.ping(payload);
            self.sent(link, &Event::Ping(Way::Out, payload));
        }
    }

    fn pong(&mut self, link: Link, payload: &[u8]) {
        if let Some(connection) = links::open(self.slots, link) {
            connection.pong(payload);
            self.sent(link, &Event::Pong(Way::Out, payload));
        }
    }

    fn close(&mut self, link: Link, reason: Option<CloseReason>) {
        if let Some(connection) = links::open(self.slots, link) {
            connection.close(reason, self.until.patience());
            links::show_sent(connection, self.outputs, self.at, link);
        }
    }

    fn note(&mut self, note: Note) {
        self.outputs
            .show(self.at, Link::default(), &Event::Note(&note));
    }

    fn fault(&mut self, error: Error) {
        self.outputs
            .show(self.at, Link::default(), &Event::Failed(&error));
        self.faults.add(error, true);
    }
}
