//! The connections of a run, from the first attempt to the end, and what is known of all of them.
//!
//! A run with thousands of connections cannot look at each in every turn of the loop. So whoever
//! uses a connection marks it as touched, and at the end of a turn the touched ones alone are looked
//! at again: their deadlines, whether they hold bytes, and the counts over all of them.

use std::collections::BTreeSet;
use std::io;
use std::time::Instant;

use super::connection::Connection;
use crate::connect::Attempt;
use crate::event::Link;

/// Begins to connect, when its turn has come; again where a connection is made anew.
pub type Dial = Box<dyn FnMut() -> io::Result<Attempt>>;

/// A connection's place.
pub(super) enum Slot {
    /// Connecting has not begun.
    Waiting,
    /// An attempt to connect is under way.
    Dialing(Attempt),
    /// The connection is open, or being closed.
    Open(Box<Connection>),
    /// There is no connection any more, or there never was one.
    Ended,
}

/// How many connections are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) waiting: usize,
    pub(super) dialing: usize,
    pub(super) open: usize,
    /// Open ones on which a Close of ours was sent.
    pub(super) closing: usize,
    /// Open ones with data messages that are not written yet, or inside a received message.
    pub(super) busy: usize,
    /// Open ones that take more to send.
    pub(super) with_room: usize,
}

/// What was last seen of a slot.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    counts: Counts,
    holds_bytes: bool,
    deadline: Option<Instant>,
}

/// A slot with what was last seen of it. Both are used for each message, so they are one place.
struct Entry {
    dial: Dial,
    slot: Slot,
    /// It is in [`Slots::touched`].
    touched: bool,
    seen: Seen,
}

/// All connections of a run, by their [`Link`].
pub(super) struct Slots {
    entries: Vec<Entry>,
    counts: Counts,
    touched: Vec<Link>,
    deadlines: BTreeSet<(Instant, Link)>,
    holding_bytes: BTreeSet<Link>,
}

impl Slots {
    /// A slot for each connection, none of which has begun.
    pub(super) fn new(dials: Vec<Dial>) -> Self {
        let entry = |dial| {
            let slot = Slot::Waiting;
            Entry {
                dial,
                seen: slot.look(),
                touched: false,
                slot,
            }
        };
        let entries: Vec<_> = dials.into_iter().map(entry).collect();
        let counts = Counts {
            waiting: entries.len(),
            ..Counts::default()
        };
        Self {
            entries,
            counts,
            touched: Vec::new(),
            deadlines: BTreeSet::new(),
            holding_bytes: BTreeSet::new(),
        }
    }

    /// The counts as of when each slot was last looked at.
    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether no connection is open and none will be.
    pub(super) fn all_ended(&self) -> bool {
        let Counts {
            waiting,
            dialing,
            open,
            ..
        } = self.counts;
        waiting + dialing + open == 0
    }

    /// Each link, in order.
    pub(super) fn links(&self) -> impl Iterator<Item = Link> + use<> {
        (0..self.entries.len())
            .filter_map(|place| u16::try_from(place).ok())
            .map(Link)
    }

    /// Each slot with its link, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Link, &Slot)> {
        self.links()
            .zip(self.entries.iter().map(|entry| &entry.slot))
    }

    /// The slot of `link`, to look at.
    pub(super) fn get(&self, link: Link) -> Option<&Slot> {
        let entry = self.entries.get(usize::from(link.0));
        entry.map(|entry| &entry.slot)
    }

    /// The attempt to connect of `link`, if one is under way.
    pub(super) fn dialing_mut(&mut self, link: Link) -> Option<&mut Attempt> {
        match self.touch(link)? {
            Slot::Dialing(dialing) => Some(dialing),
            _ => None,
        }
    }

    /// The connection of `link`, if it is open.
    pub(super) fn open_mut(&mut self, link: Link) -> Option<&mut Connection> {
        match self.touch(link)? {
            Slot::Open(connection) => Some(connection),
            _ => None,
        }
    }

    /// The slot of `link`, to change; it counts as touched.
    fn touch(&mut self, link: Link) -> Option<&mut Slot> {
        let entry = self.entries.get_mut(usize::from(link.0))?;
        if !entry.touched {
            entry.touched = true;
            self.touched.push(link);
        }
        Some(&mut entry.slot)
    }

    /// Puts something else into a slot; what was there.
    pub(super) fn replace(&mut self, link: Link, slot: Slot) -> Slot {
        let Some(place) = self.touch(link) else {
            return Slot::Ended;
        };
        let before = std::mem::replace(place, slot);
        self.refresh(link);
        before
    }

    /// The first connection that has not begun.
    pub(super) fn first_waiting(&self) -> Option<Link> {
        if self.counts.waiting == 0 {
            return None;
        }
        let waiting = |(_, slot): &(Link, &Slot)| matches!(slot, Slot::Waiting);
        self.iter().find(waiting).map(|(link, _)| link)
    }

    /// Begins to connect.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub(super) fn dial(&mut self, link: Link) -> io::Result<()> {
        let Some(entry) = self.entries.get_mut(usize::from(link.0)) else {
            return Ok(());
        };
        let attempt = (entry.dial)()?;
        self.replace(link, Slot::Dialing(attempt));
        Ok(())
    }

    /// Lets a connection that has ended be made anew; false if it has not.
    pub(super) fn redial(&mut self, link: Link) -> bool {
        let has_ended = matches!(self.get(link), Some(Slot::Ended));
        if has_ended {
            self.replace(link, Slot::Waiting);
        }
        has_ended
    }

    /// One of those that were touched: then call [`settle`](Self::settle) when it was used.
    pub(super) fn next_touched(&mut self) -> Option<Link> {
        self.touched.pop()
    }

    /// Looks at a slot again, and takes it for touched no longer.
    pub(super) fn settle(&mut self, link: Link) {
        self.refresh(link);
        if let Some(entry) = self.entries.get_mut(usize::from(link.0)) {
            entry.touched = false;
        }
    }

    /// Looks again at those that are touched, and leaves them so.
    pub(super) fn refresh_touched(&mut self) {
        for place in 0..self.touched.len() {
            self.refresh(self.touched[place]);
        }
    }

    fn refresh(&mut self, link: Link) {
        let Some(entry) = self.entries.get_mut(usize::from(link.0)) else {
            return;
        };
        let (before, now) = (entry.seen, entry.slot.look());
        if before.deadline != now.deadline {
            if let Some(deadline) = before.deadline {
                self.deadlines.remove(&(deadline, link));
            }
            if let Some(deadline) = now.deadline {
                self.deadlines.insert((deadline, link));
            }
        }
        if before.holds_bytes != now.holds_bytes {
            if now.holds_bytes {
                self.holding_bytes.insert(link);
            } else {
                self.holding_bytes.remove(&link);
            }
        }
        self.counts.replace(before.counts, now.counts);
        entry.seen = now;
    }

    /// The earliest deadline of a connection or of an attempt to connect.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Those whose deadline has passed.
    pub(super) fn overdue(&self, now: Instant) -> Vec<Link> {
        let overdue = self.deadlines.iter();
        overdue
            .take_while(|(deadline, _)| *deadline <= now)
            .map(|(_, link)| *link)
            .collect()
    }

    /// Whether a connection may hold bytes that poll can't see.
    pub(super) fn hold_bytes(&self) -> bool {
        !self.holding_bytes.is_empty()
    }

    /// Whether the connection of `link` may hold bytes that poll can't see.
    pub(super) fn holds_bytes(&self, link: Link) -> bool {
        self.holding_bytes.contains(&link)
    }
}

impl Slot {
    /// What is to be known of it.
    fn look(&self) -> Seen {
        let mut seen = Seen::default();
        match self {
            Self::Waiting => seen.counts.waiting = 1,
            Self::Dialing(dialing) => {
                seen.counts.dialing = 1;
                seen.deadline = dialing.due();
            }
            Self::Open(open) => {
                let is_busy = open.data_waits() || open.protocol().is_inside_message();
                seen.counts = Counts {
                    open: 1,
                    closing: usize::from(open.protocol().closure().sent.is_some()),
                    busy: usize::from(is_busy),
                    with_room: usize::from(open.room() > 0),
                    ..Counts::default()
                };
                seen.holds_bytes = open.holds_bytes();
                seen.deadline = open.next_deadline();
            }
            Self::Ended => {}
        }
        seen
    }
}

impl Counts {
    /// Takes what one slot counted before for what it counts now.
    fn replace(&mut self, before: Self, now: Self) {
        let change = |count: &mut usize, before, now| *count = *count + now - before;
        change(&mut self.waiting, before.waiting, now.waiting);
        change(&mut self.dialing, before.dialing, now.dialing);
        change(&mut self.open, before.open, now.open);
        change(&mut self.closing, before.closing, now.closing);
        change(&mut self.busy, before.busy, now.busy);
        change(&mut self.with_room, before.with_room, now.with_room);
    }
}
