//! How a run ends: the reason, and what is still sent and written. The end of a connection is not
//! the end of the run: a policy decides what it means for the run.

use std::io;

use signal_hook::consts::SIGHUP;

use super::limits::{CloseTimeout, Limits};
use super::listeners::WriteFailure;
use super::sent::show_sent;
use super::slot::Slot;
use super::state::{Driver, Input, Stage};
use crate::error::{Error, Phase};
use crate::event::{Event, Link};
use crate::protocol::{CloseReason, End};
use crate::source::Unsent;

/// The reason why a run ends.
#[derive(Debug)]
pub(super) enum Ending {
    /// Input has ended, and the time of `--wait` has passed.
    InputEnded,
    /// The number of messages of `-n` was received.
    EnoughMessages,
    /// The reader of the output has closed it.
    OutputClosed,
    /// An expectation was not met.
    Unmet(Error),
    /// A required connection could not be opened.
    ConnectFailed,
    /// The only connection was closed.
    ConnectionClosed,
    /// A signal arrived, or the time of `--max-time` has passed.
    Interrupted(Error),
    /// Output could not be written. The error has been reported, or can't be.
    OutputFailed,
    /// Another signal arrived later, except for SIGHUP again. The run ends without waiting for
    /// anything.
    Aborted,
}

/// What is still done before a run ends.
#[derive(Debug)]
struct Leave {
    /// The Close to send, unless one was sent before.
    close: CloseReason,
    /// How long the server has to reply to it.
    close_timeout: CloseTimeout,
    /// Sends accepted input first. If that is impossible, it is an error.
    finish_sending: bool,
    /// Completes a message that was sent in part before the Close.
    finish_message: bool,
    /// Waits until all output is written, however slow its readers are.
    wait_for_outputs: bool,
}

impl Ending {
    /// What is still done for each reason.
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

    /// The error that ends the run, unless it has been recorded before.
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
    /// Ends the run: reports the reason, closes open connections and opens no others.
    pub(super) fn end(&mut self, ending: Ending) {
        let leave = ending.leave(self.limits);
        let aborted = matches!(ending, Ending::Aborted);
        if let Some(error) = ending.into_error() {
            self.fail(Link::default(), error);
        }
        if !self.is_ending() {
            // The source is not asked: as with an open connection, what it holds was not accepted.
            self.report_unsent(Unsent {
                messages: 0,
                more: self.input != Input::Done,
            });
            self.notify(Link::default(), &Event::Ending);
        }
        self.stage = self.stage.max(if leave.finish_sending {
            Stage::Finishing
        } else {
            Stage::Leaving
        });
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
                show_sent(connection, &mut self.listeners.outputs, self.now, link);
            }
        }
    }

    /// Ends every connection without waiting for the server or for readers of output.
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
        let signals = self.signals.take();
        let Some(&signal) = signals.first() else {
            return;
        };
        // When a terminal is closed, the kernel, a shell and the line editor each send SIGHUP.
        let is_hang_up = signals.iter().all(|signal| *signal == SIGHUP);
        let is_repeated = is_hang_up && self.hung_up;
        self.hung_up |= signals.contains(&SIGHUP);
        if self.output_deadline.is_some() && !is_repeated {
            self.end(Ending::Aborted);
        }
        // Signals that arrive together count as one, so that the Close is sent.
        self.interrupt(Error::Signal(signal));
    }

    /// Ends the run with `error`, unless it is already ending without waiting.
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
            // A reader that has stopped reading must not delay the Close.
            self.listeners.outputs.lose_waiting();
        }
        if self.listeners.outputs.full() {
            // Nothing was read in the meantime, so the server was not necessarily silent.
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

    /// The current phase, for an error that interrupts it.
    fn phase(&self) -> Phase {
        if self.slots.counts().open > 0 {
            return Phase::Open;
        }
        let redials = || {
            let mut slots = self.slots.iter();
            slots.any(|(_, slot)| matches!(slot, Slot::Redialing(_)))
        };
        match self.dialing_phase() {
            Some(phase) => phase,
            None if redials() => Phase::Reconnect,
            None if self.opened.is_some() => Phase::Open,
            None => Phase::Connect,
        }
    }

    pub(super) fn handle_outputs(&mut self) {
        // Reporting a failure may cause the next one. Each output fails only once.
        while let Some(WriteFailure { cause, record }) = self.listeners.outputs.take_failure() {
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

/// The Close for an end that the conversation did not ask for (RFC 6455 §7.4.1).
fn going_away() -> CloseReason {
    CloseReason {
        code: 1001,
        reason: String::new(),
    }
}
