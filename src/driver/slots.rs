//! The connections of a run, from the first attempt to the end, and totals over all of them.
//!
//! With thousands of connections, the loop can't look at each one in every iteration. Instead,
//! access to a connection marks it as touched, and at the end of an iteration the deadline,
//! buffered bytes and counts are updated for touched connections only.

use std::collections::BTreeSet;
use std::io;
use std::time::Instant;

use super::connection::OpenConnection;
use super::members::{Members, LISTED};
use super::slot::{Seen, Slot, SlotCounts};
use crate::connect::Attempt;
use crate::event::Link;

/// Starts a connection attempt, or another one to connect again.
pub type Dial = Box<dyn FnMut() -> io::Result<Attempt>>;

/// A slot with its last properties. Both are used for each message, so they are stored together.
struct SlotEntry {
    dial: Dial,
    slot: Slot,
    /// Whether it is in [`Slots::touched`].
    touched: bool,
    seen: Seen,
}

/// All connections of a run, indexed by [`Link`].
pub(super) struct Slots {
    entries: Vec<SlotEntry>,
    counts: SlotCounts,
    touched: Vec<Link>,
    deadlines: BTreeSet<(Instant, Link)>,
    holding_bytes: BTreeSet<Link>,
    /// No slot before this one is [`Slot::Waiting`].
    waiting_from: usize,
    /// The set that is polled instead of a list, if there are many connections.
    pub(super) members: Option<Members>,
}

impl Slots {
    /// Creates a slot for each connection. No attempt is started, and those for `deferred` links
    /// only after [`redial`](Self::redial).
    ///
    /// # Errors
    ///
    /// The error of creating the set, if there are many.
    pub(super) fn new(dials: Vec<Dial>, deferred: &[Link]) -> io::Result<Self> {
        let entry = |(place, dial): (usize, Dial)| {
            let is_deferred = deferred.iter().any(|link| usize::from(link.0) == place);
            let slot = if is_deferred {
                Slot::Ended
            } else {
                Slot::Waiting
            };
            SlotEntry {
                dial,
                seen: slot.look(),
                touched: false,
                slot,
            }
        };
        let entries: Vec<_> = dials.into_iter().enumerate().map(entry).collect();
        let counts = SlotCounts {
            waiting: entries.iter().map(|entry| entry.seen.counts.waiting).sum(),
            ..SlotCounts::default()
        };
        let count = entries.len();
        Ok(Self {
            entries,
            counts,
            touched: Vec::new(),
            deadlines: BTreeSet::new(),
            holding_bytes: BTreeSet::new(),
            waiting_from: 0,
            members: (count > LISTED).then(|| Members::new(count)).transpose()?,
        })
    }

    /// The counts when each slot was last updated.
    pub(super) fn counts(&self) -> SlotCounts {
        self.counts
    }

    /// Whether all connections have ended.
    pub(super) fn all_ended(&self) -> bool {
        let SlotCounts {
            waiting,
            dialing,
            open,
            ..
        } = self.counts;
        waiting + dialing + open == 0
    }

    /// All links, in order.
    pub(super) fn links(&self) -> impl Iterator<Item = Link> + use<> {
        (0..self.entries.len())
            .filter_map(|place| u16::try_from(place).ok())
            .map(Link)
    }

    /// All slots and their links, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Link, &Slot)> {
        self.links()
            .zip(self.entries.iter().map(|entry| &entry.slot))
    }

    /// The slot of a link.
    pub(super) fn get(&self, link: Link) -> Option<&Slot> {
        let entry = self.entries.get(usize::from(link.0));
        entry.map(|entry| &entry.slot)
    }

    /// The attempt to connect, if it is in progress.
    pub(super) fn dialing_mut(&mut self, link: Link) -> Option<&mut Attempt> {
        match self.touch(link)? {
            Slot::Dialing(dialing) => Some(dialing),
            _ => None,
        }
    }

    /// The connection, if it is open.
    pub(super) fn open_mut(&mut self, link: Link) -> Option<&mut OpenConnection> {
        match self.touch(link)? {
            Slot::Open(connection) => Some(connection),
            _ => None,
        }
    }

    /// The slot of a link, for changes. Marks it as touched.
    fn touch(&mut self, link: Link) -> Option<&mut Slot> {
        let entry = self.entries.get_mut(usize::from(link.0))?;
        if !entry.touched {
            entry.touched = true;
            self.touched.push(link);
        }
        Some(&mut entry.slot)
    }

    /// Replaces a slot. Returns the previous one.
    pub(super) fn replace(&mut self, link: Link, slot: Slot) -> Slot {
        if let (Some(members), Some(entry)) =
            (&mut self.members, self.entries.get(usize::from(link.0)))
        {
            members.remove(link, entry.slot.fd());
        }
        if matches!(slot, Slot::Waiting) {
            self.waiting_from = self.waiting_from.min(usize::from(link.0));
        }
        let Some(place) = self.touch(link) else {
            return Slot::Ended;
        };
        let before = std::mem::replace(place, slot);
        self.refresh(link);
        before
    }

    /// The first connection whose attempt has not started.
    pub(super) fn first_waiting(&mut self) -> Option<Link> {
        if self.counts.waiting == 0 {
            return None;
        }
        let waiting = |(_, slot): &(Link, &Slot)| matches!(slot, Slot::Waiting);
        let found = self.iter().skip(self.waiting_from).find(waiting);
        let found = found.map(|(link, _)| link);
        self.waiting_from = found.map_or(self.entries.len(), |link| usize::from(link.0));
        found
    }

    /// Starts to connect.
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub(super) fn dial(&mut self, link: Link) -> io::Result<()> {
        let Some(entry) = self.entries.get_mut(usize::from(link.0)) else {
            return Ok(());
        };
        let attempt = (entry.dial)()?;
        self.replace(link, Slot::Dialing(attempt));
        Ok(())
    }

    /// Allows a connection that has ended to be opened again. Returns false if it has not ended.
    pub(super) fn redial(&mut self, link: Link) -> bool {
        let has_ended = matches!(self.get(link), Some(Slot::Ended | Slot::Redialing(_)));
        if has_ended {
            self.replace(link, Slot::Waiting);
        }
        has_ended
    }

    /// Returns a touched link. Call [`update`](Self::update) after using it.
    pub(super) fn next_touched(&mut self) -> Option<Link> {
        self.touched.pop()
    }

    /// Updates the properties of a slot and unmarks it.
    pub(super) fn update(&mut self, link: Link) {
        self.refresh(link);
        if let Some(entry) = self.entries.get_mut(usize::from(link.0)) {
            entry.touched = false;
        }
    }

    /// Updates the properties of touched slots without unmarking them.
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
        if before.watch != now.watch {
            if let Some(members) = &mut self.members {
                members.on_change(link);
            }
        }
        self.counts.replace(before.counts, now.counts);
        entry.seen = now;
    }

    /// Brings the set up to date, if there is one, before it is waited for. Connections are read
    /// only if `reading`.
    ///
    /// # Errors
    ///
    /// The error of changing the set.
    pub(super) fn update_members(&mut self, reading: bool) -> io::Result<()> {
        let Some(mut members) = self.members.take() else {
            return Ok(());
        };
        let look = |link| {
            let slot = self.get(link)?;
            Some((slot.fd()?, slot.watch(reading)))
        };
        let updated = members.update(reading, self.links(), look);
        self.members = Some(members);
        updated
    }

    /// The earliest deadline of all connections and attempts.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// The links whose deadline has passed.
    pub(super) fn overdue(&self, now: Instant) -> Vec<Link> {
        let overdue = self.deadlines.iter();
        overdue
            .take_while(|(deadline, _)| *deadline <= now)
            .map(|(_, link)| *link)
            .collect()
    }

    /// Whether a connection may hold bytes that poll(2) doesn't report.
    pub(super) fn hold_bytes(&self) -> bool {
        !self.holding_bytes.is_empty()
    }

    /// The connections that may hold bytes that poll(2) doesn't report.
    pub(super) fn holding_bytes(&self) -> impl Iterator<Item = Link> + '_ {
        self.holding_bytes.iter().copied()
    }

    /// Whether this connection may hold bytes that poll(2) doesn't report.
    pub(super) fn holds_bytes(&self, link: Link) -> bool {
        self.holding_bytes.contains(&link)
    }
}
