//! How a run ends: what brings the end, and how it then leaves. "A connection is closed" and "the run
//! is over" are two things: a policy decides what the first means for the second.

use std::io;

use super::limits::{CloseTimeout, Limits};
use super::listeners::Failure;
use super::{links, Driver};
use crate::error::{Error, Phase};
use crate::event::Link;
use crate::protocol::{CloseReason, End};

/// What ends a run.
#[derive(Debug)]
pub(super) enum Ending {
    /// Input has ended, and nothing has come for as long as `--wait` says.
    InputEnded,
    /// As many messages were received as were asked for (`-n`).
    EnoughMessages,
    /// Nobody reads what is shown any more.
    OutputClosed,
    /// Something that was expected did not come.
    Unmet(Error),
    /// A connection that the run needs could not be made.
    ConnectFailed,
    /// The only connection has ended.
    ConnectionClosed,
    /// A signal, or the end of `--max-time`.
    Interrupted(Error),
    /// Output could not be written; who reads it was told, or can't be.
    OutputFailed,
    /// A second signal: nothing is waited for.
    Aborted,
}

/// How a run leaves its connections and outputs.
#[derive(Debug)]
struct Leave {
    /// The Close that is sent, if none was.
    close: CloseReason,
    /// How long the server has to answer it.
    close_timeout: CloseTimeout,
    /// Input that was accepted is part of the run: what is not sent is an error.
    finish_sending: bool,
    /// A message that has been sent in part is finished before the Close.
    finish_message: bool,
    /// Outputs are written to the end, however slowly they are read.
    wait_for_outputs: bool,
}

impl Ending {
    /// How to leave: the one table.
    fn leave(&self, limits: &Limits) -> Leave {
        let own = || limits.close.clone();
        let (normal, short) = (limits.close_timeout(), limits.short_close_timeout());
        let leave = |close, close_timeout, finish_sending, wait_for_outputs| Leave {
            close,
            close_timeout,
            finish_sending,
            finish_message: matches!(self, Self::EnoughMessages),
            wait_for_outputs,
        };
        match self {
            Self::InputEnded | Self::ConnectionClosed => leave(own(), normal, true, true),
            Self::ConnectFailed => leave(going_away(), normal, true, true),
            Self::EnoughMessages | Self::Unmet(_) => leave(own(), short, false, true),
            Self::OutputClosed => leave(going_away(), short, false, true),
            Self::Interrupted(_) | Self::OutputFailed | Self::Aborted => {
                leave(going_away(), short, false, false)
            }
        }
    }

    /// The error that it ends with, if there is one that was not kept before.
    fn into_error(self) -> Option<Error> {
        match self {
            Self::Unmet(error) | Self::Interrupted(error) => Some(error),
            Self::InputEnded
            | Self::ConnectFailed
            | Self::EnoughMessages
            | Self::OutputClosed
            | Self::ConnectionClosed
            | Self::OutputFailed
            | Self::Aborted => None,
        }
    }
}

impl Driver<'_> {
    /// Ends the run: reports why, closes what is open, and connects to nothing more.
    pub(super) fn end(&mut self, ending: Ending) {
        let leave = ending.leave(self.limits);
        let aborted = matches!(ending, Ending::Aborted);
        if let Some(error) = ending.into_error() {
            self.fail(Link::default(), error);
        }
        self.is_ending = true;
        self.leaving |= !leave.finish_sending;
        self.cancel_dialing();
        if !leave.wait_for_outputs && self.output_deadline.is_none() {
            self.output_deadline = Some(self.now.instant + self.limits.reader_timeout());
        }
        if aborted {
            return self.drop_connections();
        }
        for link in self.slots.links() {
            if let Some(connection) = self.slots.open_mut(link) {
                let (now, close) = (self.now.instant, Some(leave.close.clone()));
                if leave.finish_message {
                    connection.close_after_message(now, close, leave.close_timeout);
                } else {
                    connection.close(now, close, leave.close_timeout);
                }
                links::show_sent(connection, &mut self.listeners.outputs, self.now, link);
            }
        }
    }

    /// Ends every connection without waiting for the server or for a reader.
    fn drop_connections(&mut self) {
        self.output_deadline = Some(self.now.instant);
        for link in self.slots.links() {
            if let Some(connection) = self.slots.open_mut(link) {
                connection.end(End::Unanswered);
                self.finish(link);
            }
        }
    }

    pub(super) fn handle_signals(&mut self) {
        for signal in self.signals.take() {
            if self.output_deadline.is_some() {
                self.end(Ending::Aborted);
            }
            self.interrupt(Error::Signal(signal));
        }
    }

    /// Ends the run with `error`, unless something else already ends it without waiting.
    pub(super) fn interrupt(&mut self, error: Error) {
        if self.end_refused() {
            return;
        }
        if self.output_deadline.is_some() {
            return self.fail(Link::default(), error);
        }
        self.end(Ending::Interrupted(error));
    }

    pub(super) fn handle_deadlines(&mut self) {
        let now = self.now.instant;
        if self.output_deadline.is_some_and(|end| end <= now) {
            // Who has stopped reading does not hold up the Close that is waited for.
            self.listeners.outputs.lose_waiting();
        }
        if self.listeners.outputs.full() {
            // Nothing is read meanwhile, so silence says nothing.
            self.quiet_since = now;
            for link in self.slots.links() {
                if let Some(connection) = self.slots.open_mut(link) {
                    connection.restart_close_timer(now);
                    connection.restart_ping_timeout(now);
                }
            }
        }
        let max_time = self.limits.max_time;
        if max_time.instant().is_some_and(|end| end <= now) && self.output_deadline.is_none() {
            let phase = self.phase();
            self.interrupt(Error::Timeout {
                option: "--max-time",
                limit: max_time.timeout(),
                phase,
            });
        }
        if self.quiet_end().is_some_and(|end| end <= now) {
            self.end(Ending::InputEnded);
        }
    }

    /// What is being done, for an error that interrupts it.
    fn phase(&self) -> Phase {
        if self.opened.is_some() {
            return Phase::Open;
        }
        self.dialing_phase().unwrap_or(Phase::Connect)
    }

    pub(super) fn handle_outputs(&mut self) {
        // To report one failure may be the next: each output fails once at most.
        while let Some(Failure { cause, record }) = self.listeners.outputs.take_failure() {
            match record {
                Some(target) => self.interrupt(Error::Output { target, cause }),
                None if cause.kind() == io::ErrorKind::BrokenPipe => {
                    self.end(Ending::OutputClosed);
                }
                None => {
                    let target = "standard output".to_owned();
                    self.first_error.add(Error::Output { target, cause }, false);
                    self.end(Ending::OutputFailed);
                }
            }
        }
    }
}

/// The Close of an end that is not the conversation's own (RFC 6455 §7.4.1).
fn going_away() -> CloseReason {
    CloseReason {
        code: 1001,
        reason: String::new(),
    }
}
