//! What an iteration of the loop waits for, and how long.

use std::io;
use std::os::fd::AsFd as _;
use std::time::Instant;

use super::limits::Wait;
use super::slot::Slot;
use super::state::{Driver, Input};
use crate::event::Link;
use crate::sys::poll::{Interest, Token};
use crate::sys::poll_set::Watch;

/// The result of a wait.
#[derive(Default)]
pub(super) struct Turn {
    pub(super) signals: bool,
    /// The connections that are ready for reading or writing.
    pub(super) links: Vec<ReadyLink>,
    pub(super) source: bool,
    pub(super) reader_gone: bool,
}

/// A connection, or an attempt to connect, that is ready for reading or writing.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadyLink {
    pub(super) link: Link,
    pub(super) readable: bool,
    pub(super) writable: bool,
}

impl Driver<'_> {
    /// Waits for descriptors and deadlines, and stores the result in `turn`.
    pub(super) fn wait(&mut self, turn: &mut Turn) -> io::Result<()> {
        self.slots.refresh_touched();
        let reading = !self.listeners.outputs.full();
        self.slots.update_members(reading)?;
        let until = self.next_deadline();
        let mut interest = self.poller.interest();
        let signals = interest.add(self.signals.fd(), true, false);
        let mut watched = std::mem::take(&mut self.watched);
        watched.clear();
        let members = self.slots.members.as_ref();
        let members = members.map(|members| interest.add(members.set.as_fd(), true, false));
        if members.is_none() {
            for (link, slot) in self.slots.iter() {
                if let Some(token) = slot.add_to(&mut interest, reading) {
                    watched.push((link, token));
                }
            }
        }
        let source = match self.input {
            Input::Done => None,
            Input::More | Input::Pending => self.listeners.source.fd(),
        };
        let source = source.map(|fd| interest.add(fd, true, false));
        let mut pipes = std::mem::take(&mut self.pipes);
        pipes.clear();
        self.listeners.outputs.watch(&mut interest, &mut pipes);
        let ready = self.poller.wait(interest, until)?;
        turn.signals = ready.is_readable(signals);
        turn.source = source.is_some_and(|token| ready.is_readable(token));
        turn.reader_gone = pipes.iter().any(|token| ready.is_broken(*token));
        turn.links.clear();
        for (link, token) in &watched {
            let found = ReadyLink {
                link: *link,
                readable: ready.is_readable(*token) || (reading && self.slots.holds_bytes(*link)),
                writable: ready.is_writable(*token),
            };
            if found.readable || found.writable {
                turn.links.push(found);
            }
        }
        let any_member = members.is_some_and(|token| ready.is_readable(token));
        (self.watched, self.pipes) = (watched, pipes);
        if members.is_some() {
            self.ready_members(any_member, reading, turn)?;
        }
        Ok(())
    }

    /// Adds the members of the set that are ready to `turn`.
    fn ready_members(&mut self, any: bool, reading: bool, turn: &mut Turn) -> io::Result<()> {
        if reading {
            let holding = self.slots.holding_bytes().map(|link| ReadyLink {
                link,
                readable: true,
                writable: false,
            });
            turn.links.extend(holding);
        }
        let already = turn.links.len();
        let Some(members) = self.slots.members.as_mut().filter(|_| any) else {
            return Ok(());
        };
        turn.links
            .extend(members.set.ready()?.map(|member| ReadyLink {
                link: Link(member.number),
                readable: member.readable,
                writable: member.writable,
            }));
        for ready in &mut turn.links[already..] {
            ready.readable &= !(reading && self.slots.holds_bytes(ready.link));
        }
        Ok(())
    }

    /// The next time when something must be done even if no descriptor is ready; `None` for never.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let outputs = &self.listeners.outputs;
        let has_room = self.slots.counts().with_room > 0 && !outputs.hold_up_sending();
        let has_input = self.input == Input::More && has_room;
        let has_bytes = self.slots.hold_bytes() && !outputs.full();
        let outlives = self.input != Input::Done && self.policy.outlives_connections();
        if (self.ended_unseen && outlives) || has_input || has_bytes || outputs.busy() {
            return Some(self.now.instant);
        }
        let source = match self.input {
            Input::Done if self.is_leaving() => None,
            Input::Done => self.listeners.source.deadline_after_end(),
            Input::More | Input::Pending => self.listeners.source.next_deadline(),
        };
        let max_time = self.limits.max_time.instant();
        let ours = [
            self.next_dial(),
            max_time.filter(|_| self.output_deadline.is_none()),
            self.output_deadline.filter(|end| *end > self.now.instant),
            self.quiet_end(),
            source,
            self.slots.next_deadline(),
        ];
        ours.into_iter().flatten().min()
    }

    /// When the next attempt to connect begins, if it waits only for that time.
    fn next_dial(&self) -> Option<Instant> {
        let counts = self.slots.counts();
        let can_dial = counts.waiting > 0 && counts.dialing < self.policy.dial_width();
        let next = self.policy.next_dial().filter(|_| can_dial);
        next.filter(|next| *next > self.now.instant)
    }

    /// When the time of `--wait` ends; `None` while it isn't running.
    pub(super) fn quiet_end(&self) -> Option<Instant> {
        let Wait::For(wait) = self.limits.wait else {
            return None;
        };
        let counts = self.slots.counts();
        let busy = counts.waiting + counts.dialing + counts.busy > 0;
        let closing = counts.closing == counts.open;
        let is_quiet = self.input == Input::Done
            && !self.is_leaving()
            && !busy
            && !closing
            && !self.listeners.outputs.full();
        is_quiet.then(|| self.quiet_since + wait)
    }
}

impl Slot {
    /// Adds the descriptor of a slot to `interest`. Without an interest it is not added, because
    /// poll(2) would report an error again and again.
    fn add_to<'fd>(&'fd self, interest: &mut Interest<'fd>, reading: bool) -> Option<Token> {
        let Watch { read, write } = self.watch(reading);
        let fd = self.fd().filter(|_| read || write)?;
        Some(interest.add(fd, read, write))
    }
}
