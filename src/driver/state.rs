//! The state of a run, which the other files change.

use std::collections::BTreeMap;
use std::time::Instant;

use super::first_error::FirstError;
use super::limits::Limits;
use super::listeners::Listeners;
use super::outcome::ConnectionEnd;
use super::policy::Policy;
use super::resend::UnsentMessage;
use super::sender::LinkSender;
use super::signals::Signals;
use super::slots::Slots;
use super::upkeep::Upkeep;
use crate::error::Error;
use crate::event::{Event, Link, Now};
use crate::protocol::{self, Closure, Volume};
use crate::sys::poll::{Poller, Token};

/// The state of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// There is more input as soon as there is room.
    More,
    /// There is no input now.
    Pending,
    /// Input has ended.
    Done,
}

/// How far a run is. It never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Nothing has ended it.
    Running,
    /// It is ending, and accepted input is still sent.
    Finishing,
    /// It is ending, and nothing more is sent, even if there is more input.
    Leaving,
}

/// The state of a run.
pub(super) struct Driver<'a> {
    pub(super) now: Now,
    pub(super) slots: Slots,
    pub(super) links: Vec<LinkConfig<'a>>,
    pub(super) listeners: Listeners<'a>,
    pub(super) policy: &'a mut dyn Policy,
    pub(super) signals: &'a mut Signals,
    pub(super) limits: &'a Limits,
    pub(super) poller: Poller,
    /// The connections that are polled, and the pipes that are watched only for being closed.
    pub(super) watched: Vec<(Link, Token)>,
    pub(super) pipes: Vec<Token>,
    pub(super) buffer: Vec<u8>,
    pub(super) first_error: FirstError,
    /// Closed connections for which the source hasn't decided yet whether their end was expected.
    pub(super) undecided: Vec<UndecidedEnd>,
    pub(super) input: Input,
    /// Whether a connection has ended since the source was polled, which may end the source or
    /// connect again.
    pub(super) ended_unseen: bool,
    /// When the last data message was sent or received.
    pub(super) quiet_since: Instant,
    pub(super) stage: Stage,
    /// When the run ends even if output is pending.
    pub(super) output_deadline: Option<Instant>,
    /// Whether SIGHUP has arrived.
    pub(super) hung_up: bool,
    pub(super) opened: Option<Instant>,
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) volume: Volume,
    /// When the first Ping came that was not answered, and how many did.
    pub(super) unanswered_pings: Option<(Instant, u64)>,
    /// What is sent again on the next connection, with `--reconnect`.
    pub(super) resend: Option<BTreeMap<Link, Vec<UnsentMessage>>>,
}

/// How a connection is used, and how it ended last.
pub(super) struct LinkConfig<'a> {
    pub(super) upkeep: &'a Upkeep,
    pub(super) protocol: protocol::ProtocolConfig,
    pub(super) end: ConnectionEnd,
}

/// A closed connection for which the source hasn't decided yet whether its end was expected.
pub(super) struct UndecidedEnd {
    pub(super) link: Link,
    pub(super) closure: Closure,
    /// The number of messages that were not sent completely.
    pub(super) unsent: u64,
}

impl<'a> Driver<'a> {
    /// How a connection is used, and how it ended last.
    pub(super) fn config(&mut self, link: Link) -> Option<&mut LinkConfig<'a>> {
        self.links.get_mut(usize::from(link.0))
    }

    /// The connections as whoever sends on them sees them.
    pub(super) fn sender(&mut self) -> LinkSender<'_, 'a> {
        LinkSender {
            now: self.now,
            slots: &mut self.slots,
            outputs: &mut self.listeners.outputs,
            first_error: &mut self.first_error,
            limits: self.limits,
        }
    }

    /// Whether something has ended the run.
    pub(super) fn is_ending(&self) -> bool {
        self.stage > Stage::Running
    }

    /// Whether the run is ending, even if there is more input.
    pub(super) fn is_leaving(&self) -> bool {
        self.stage == Stage::Leaving
    }

    /// Passes an event to the source and the outputs.
    pub(super) fn notify(&mut self, link: Link, event: &Event<'_>) {
        self.listeners.notify(self.now, link, event);
    }

    /// Reports an error, and keeps it if it is the first.
    pub(super) fn fail(&mut self, link: Link, error: Error) {
        if self.first_error.error.is_none() {
            self.notify(link, &Event::Failed(&error));
            let reported = !self.listeners.outputs.is_deaf();
            self.first_error.add(error, reported);
        }
    }
}
