//! The state of one connection, and what totals over many depend on.

use std::os::fd::BorrowedFd;
use std::time::Instant;

use super::connection::OpenConnection;
use crate::connect::Attempt;
use crate::sys::poll_set::Watch;

/// The state of a connection.
pub(super) enum Slot {
    /// The attempt to connect has not started.
    Waiting,
    /// It begins again at this time.
    Redialing(Instant),
    /// The attempt to connect is in progress.
    Dialing(Attempt),
    /// The connection is open or being closed.
    Open(Box<OpenConnection>),
    /// The connection has ended or could not be opened.
    Ended,
}

/// The number of connections in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SlotCounts {
    pub(super) waiting: usize,
    pub(super) dialing: usize,
    pub(super) open: usize,
    /// Open connections on which we have sent a Close.
    pub(super) closing: usize,
    /// Open connections with unwritten data messages or an incomplete received message.
    pub(super) busy: usize,
    /// Open connections that accept more input.
    pub(super) with_room: usize,
}

/// The properties of a slot that the totals depend on, when it was last updated.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) counts: SlotCounts,
    pub(super) holds_bytes: bool,
    pub(super) watch: Watch,
    pub(super) deadline: Option<Instant>,
}

impl Slot {
    /// The descriptor of a slot.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Dialing(dialing) => Some(dialing.fd()),
            Self::Open(open) => Some(open.fd()),
            Self::Waiting | Self::Redialing(_) | Self::Ended => None,
        }
    }

    /// What a slot waits for. Open connections are read only if `reading`.
    pub(super) fn watch(&self, reading: bool) -> Watch {
        match self {
            Self::Dialing(_) => Watch {
                read: true,
                write: false,
            },
            Self::Open(open) => Watch {
                read: reading,
                write: open.wants_to_write(),
            },
            Self::Waiting | Self::Redialing(_) | Self::Ended => Watch::default(),
        }
    }

    /// The current properties of the slot.
    pub(super) fn look(&self) -> Seen {
        let mut seen = Seen {
            watch: self.watch(true),
            ..Seen::default()
        };
        match self {
            Self::Waiting => seen.counts.waiting = 1,
            Self::Redialing(at) => {
                seen.counts.waiting = 1;
                seen.deadline = Some(*at);
            }
            Self::Dialing(dialing) => {
                seen.counts.dialing = 1;
                seen.deadline = dialing.due();
            }
            Self::Open(open) => {
                let is_busy = open.data_waits() || open.protocol().is_inside_message();
                seen.counts = SlotCounts {
                    open: 1,
                    closing: usize::from(open.protocol().closure().sent.is_some()),
                    busy: usize::from(is_busy),
                    with_room: usize::from(open.room() > 0),
                    ..SlotCounts::default()
                };
                seen.holds_bytes = open.holds_bytes();
                seen.deadline = open.next_deadline();
            }
            Self::Ended => {}
        }
        seen
    }
}

impl SlotCounts {
    /// Replaces the contribution of one slot to the counts.
    pub(super) fn replace(&mut self, before: Self, now: Self) {
        let change = |count: &mut usize, before, now| *count = *count + now - before;
        change(&mut self.waiting, before.waiting, now.waiting);
        change(&mut self.dialing, before.dialing, now.dialing);
        change(&mut self.open, before.open, now.open);
        change(&mut self.closing, before.closing, now.closing);
        change(&mut self.busy, before.busy, now.busy);
        change(&mut self.with_room, before.with_room, now.with_room);
    }
}
