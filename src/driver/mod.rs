//! The driver: one thread and one poll(2) for connections, source, outputs and signals.
//!
//! In each iteration, it reads until a read would block or the outputs are full, polls the source
//! while there is room, writes pending bytes, and checks timers. Every event goes to the source
//! first, then to each output. After our Close, only reads happen. Connecting happens on a thread
//! of its own; here it is a descriptor that becomes readable.
//!
//! No iteration takes more than 100 ms, whatever a server sends, because signals, timeouts and
//! Pings are handled once per iteration. So decoding is limited in time (`reading`), outputs write
//! long messages in pieces ([`output::long`](crate::output::long)), and a source compares them on
//! threads.
//!
//! This file contains the loop. What it waits for (`wait`), what happens on the connections
//! (`links`, `reading`, `end_decision`, `slots`), how a run ends (`ending`, `policy`, `limits`) and its state
//! (`state`) are in separate files.

mod connection;
mod end_decision;
mod ending;
mod first_error;
mod keepalive;
mod lasting;
mod limits;
mod links;
mod listeners;
mod members;
mod outcome;
mod policy;
mod reading;
mod reconnect;
mod resend;
mod scripted;
mod sender;
mod sent;
mod signals;
mod slot;
mod slots;
mod state;
mod timers;
mod upkeep;
mod wait;

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

pub use limits::{Limits, Wait};
pub use outcome::{ConnectionEnd, Outcome};
pub use policy::{All, Interactive, Many, Next, Policy, Single};
pub use reconnect::{Reconnect, ReconnectOptions};
pub use scripted::Scripted;
pub use signals::{Relay, Signals};
pub use slots::Dial;
pub use upkeep::{AutomaticMessage, Keepalive, Upkeep};

use crate::error::Error;
use crate::event::{Link, Now};
use crate::output::Channel;
use crate::protocol::{self, Volume};
use crate::source::{Progress, Source};
use crate::sys::poll::Poller;

use ending::Ending;
use first_error::FirstError;
use listeners::{Listeners, Outputs};
use sender::LinkSender;
use slots::Slots;
use state::{Driver, Input, LinkConfig, Stage};
use wait::Turn;

/// The size of a read. With everything that is derived from it, it fits into a cache of 512 KiB.
const READ: usize = 64 * 1024;

/// Everything that a run needs.
pub struct Run<'a> {
    /// The connections, in the order in which they are opened.
    pub connections: Vec<LinkSetup<'a>>,
    /// Where messages to send come from.
    pub source: &'a mut dyn Source,
    /// The outputs.
    pub outputs: &'a mut [Channel],
    /// The signals that end the run.
    pub signals: &'a mut Signals,
    /// Decides what the end of one connection means for the run.
    pub policy: &'a mut dyn Policy,
    /// The limits of the run.
    pub limits: &'a Limits,
}

/// How a connection is opened and used.
pub struct LinkSetup<'a> {
    /// Starts a connection attempt.
    pub dial: Dial,
    /// Whether it is not opened at the start, but when the source says so.
    pub is_deferred: bool,
    /// What is sent automatically.
    pub upkeep: &'a Upkeep,
    /// The configuration of the protocol. Which frames are reported depends on the outputs, and
    /// compression on the negotiation with the server, so both are replaced.
    pub protocol: protocol::ProtocolConfig,
}

impl Run<'_> {
    /// Runs until all connections have ended and all output is written.
    #[must_use]
    pub fn run(self) -> Outcome {
        let mut driver = match Driver::new(self) {
            Ok(driver) => driver,
            Err(cause) => return Outcome::failed(cause),
        };
        let mut turn = Turn::default();
        driver.dial_next();
        if driver.slots.all_ended() {
            // No event follows before the source opens a connection.
            driver.turn(&turn);
        }
        while !driver.is_finished() {
            match driver.wait(&mut turn) {
                Ok(()) => driver.turn(&turn),
                Err(cause) => {
                    // Without poll(2), the loop could not continue.
                    let doing = "waiting for events";
                    driver.fail(Link::default(), Error::System { doing, cause });
                    driver.end(Ending::Aborted);
                }
            }
        }
        driver.outcome()
    }
}

impl<'a> Driver<'a> {
    fn new(run: Run<'a>) -> io::Result<Self> {
        let outputs = Outputs::new(run.outputs);
        let report_frames = outputs.detail.frames || outputs.detail.wire;
        let resend = run.policy.reconnects().then(BTreeMap::new);
        let now = Now::read();
        let (mut dials, mut links) = (Vec::new(), Vec::new());
        let mut deferred = Vec::new();
        for (number, connection) in (0..).zip(run.connections) {
            dials.push(connection.dial);
            deferred.extend(connection.is_deferred.then_some(Link(number)));
            links.push(LinkConfig {
                upkeep: connection.upkeep,
                protocol: protocol::ProtocolConfig {
                    report_frames,
                    ..connection.protocol
                },
                end: ConnectionEnd::default(),
            });
        }
        Ok(Self {
            now,
            slots: Slots::new(dials, &deferred)?,
            links,
            listeners: Listeners {
                source: run.source,
                outputs,
            },
            policy: run.policy,
            signals: run.signals,
            limits: run.limits,
            poller: Poller::default(),
            watched: Vec::new(),
            pipes: Vec::new(),
            buffer: vec![0; READ],
            first_error: FirstError::default(),
            undecided: Vec::new(),
            input: Input::More,
            ended_unseen: false,
            quiet_since: now.instant,
            stage: Stage::Running,
            output_deadline: None,
            hung_up: false,
            opened: None,
            sent: 0,
            received: 0,
            volume: Volume::default(),
            unanswered_pings: None,
            resend,
        })
    }

    /// Whether all connections have ended and all output is written.
    fn is_finished(&self) -> bool {
        let late = self.output_deadline;
        let late = late.is_some_and(|end| end <= self.now.instant);
        let is_decided = self.undecided.is_empty() || self.is_leaving();
        let outlives = self.policy.outlives_connections() && !self.is_ending();
        if outlives && self.input != Input::Done {
            return false;
        }
        self.slots.all_ended() && (late || (is_decided && !self.listeners.outputs.waiting()))
    }

    /// One iteration: signals, timers, connections, source and output.
    fn turn(&mut self, turn: &Turn) {
        self.now = Now::read();
        if turn.signals {
            self.handle_signals();
        }
        self.handle_deadlines();
        for ready in &turn.links {
            self.advance(*ready);
        }
        for link in self.slots.overdue(self.now.instant) {
            self.handle_deadline(link);
        }
        self.decide_ends_again();
        self.poll_source(turn.source);
        self.dial_next();
        self.flush_touched();
        if turn.reader_gone {
            self.listeners.outputs.reader_has_gone();
        }
        let outputs = &mut self.listeners.outputs;
        if !self.slots.hold_bytes() || outputs.full() || outputs.busy() {
            outputs.idle();
        }
        self.handle_outputs();
        // A Close that follows the failure of an output must be out before a signal ends everything.
        self.flush_touched();
    }

    /// Sends what connections have to send that were used in this turn.
    fn flush_touched(&mut self) {
        let mut next = self.slots.next_touched();
        if next.is_some() {
            // The server's time to answer a Close begins now, not before what this turn has read and
            // shown.
            self.now.instant = Instant::now();
        }
        while let Some(link) = next {
            self.flush(link);
            self.slots.update(link);
            next = self.slots.next_touched();
        }
    }

    fn poll_source(&mut self, readable: bool) {
        self.ended_unseen = false;
        // Once all connections have ended, the source is only asked whether their ends were
        // expected.
        let only_decides = self.slots.all_ended() && !self.undecided.is_empty();
        if only_decides || (self.input == Input::Done && self.is_leaving()) {
            return;
        }
        // A message is not sent before the events that were just handled.
        self.now.instant = Instant::now();
        let mut sender = LinkSender {
            now: self.now,
            slots: &mut self.slots,
            outputs: &mut self.listeners.outputs,
            first_error: &mut self.first_error,
            limits: self.limits,
        };
        if self.input == Input::Done {
            let progress = self.listeners.source.poll_after_end(self.now, &mut sender);
            if let Progress::Done(Some(error)) = progress {
                self.end(Ending::Unmet(error));
            }
            return;
        }
        match self.listeners.source.poll(self.now, readable, &mut sender) {
            Progress::More => self.input = Input::More,
            Progress::Pending => self.input = Input::Pending,
            Progress::Done(error) => {
                self.input = Input::Done;
                self.quiet_since = self.now.instant;
                match error {
                    // Ctrl-C at the prompt ends the run as the signal does, because a person is
                    // waiting.
                    Some(error @ Error::Signal(_)) => self.interrupt(error),
                    Some(error @ (Error::Unmet(_) | Error::SessionFile(_))) => {
                        self.end(Ending::Unmet(error));
                    }
                    Some(error) => self.fail(Link::default(), error),
                    None => {}
                }
                // Without input, the connections that are not open yet are not needed.
                self.cancel_dialing();
            }
        }
    }

    /// Lets the source send what must come first on a connection.
    fn poll_opened(&mut self, link: Link) {
        let mut sender = LinkSender {
            now: self.now,
            slots: &mut self.slots,
            outputs: &mut self.listeners.outputs,
            first_error: &mut self.first_error,
            limits: self.limits,
        };
        self.listeners.source.on_opened(self.now, link, &mut sender);
    }

    fn unanswered_pings(&self) -> (u64, Duration) {
        let count = |(first, count): (Instant, u64)| (count, self.now.instant - first);
        self.unanswered_pings.map_or((0, Duration::ZERO), count)
    }

    fn outcome(mut self) -> Outcome {
        let is_unanswered = |link: &LinkConfig<'_>| link.protocol.no_pong;
        let unanswered_pings = self.links.iter().any(is_unanswered);
        let unanswered_pings = unanswered_pings.then(|| self.unanswered_pings());
        for (link, config) in self.slots.links().zip(&mut self.links) {
            if self.listeners.source.expected_end(link) {
                config.end.becomes_expected();
            }
        }
        Outcome {
            error: self.first_error.error,
            reported: self.first_error.reported,
            ends: self.links.into_iter().map(|link| link.end).collect(),
            sent: self.sent,
            received: self.received,
            volume: self.volume,
            unanswered_pings,
            duration: self
                .opened
                .map_or_else(Default::default, |opened| opened.elapsed()),
            show_until: self.output_deadline.or(self.limits.max_time.instant()),
        }
    }
}
