//! The ends of a session: the clocks and signals that bring one, and what each leaves undone.

use std::io;

use super::audience::Failure;
use super::connection::Connection;
use super::links::{open, show_sent};
use super::{Session, Slot};
use crate::error::{Error, Phase};
use crate::event::Link;
use crate::protocol::{CloseReason, End};

impl Session<'_> {
    pub(super) fn heed_clocks(&mut self) {
        let now = self.at.instant;
        if self.hard_end.is_some_and(|end| end <= now) {
            // Who has stopped reading does not hold up the Close that is waited for.
            self.audience.outputs.lose_waiting();
        }
        if self.audience.outputs.full() {
            // Nothing is read meanwhile, so silence says nothing.
            self.quiet_since = now;
            for slot in &mut self.slots {
                if let Slot::Open(open) = slot {
                    open.excuse_silence();
                }
            }
        }
        if self.until.max_time.end().is_some_and(|end| end <= now) && self.hard_end.is_none() {
            let phase = if self.opened.is_some() {
                Phase::Open
            } else {
                self.dialing_phase()
            };
            let limit = self.until.max_time.limit();
            self.leave(Error::Timeout {
                option: "--max-time",
                limit,
                phase,
            });
        }
        if self.quiet_end().is_some_and(|end| end <= now) {
            self.close_all(&self.until.close.clone());
        }
    }

    pub(super) fn dialing_phase(&self) -> Phase {
        let phase = |slot: &Slot| match slot {
            Slot::Dialing(dialing) => Some(dialing.phase()),
            _ => None,
        };
        self.slots.iter().find_map(phase).unwrap_or(Phase::Connect)
    }

    pub(super) fn heed_signals(&mut self) {
        for signal in self.signals.take() {
            if self.hard_end.is_some() {
                self.abandon();
            }
            self.leave(Error::Signal(signal));
        }
    }

    pub(super) fn heed_outputs(&mut self) {
        // To tell of one failure may be the next: each output fails once at most.
        while let Some(Failure { cause, record }) = self.audience.outputs.take_failure() {
            match record {
                Some(target) => self.leave(Error::Output { target, cause }),
                None if cause.kind() == io::ErrorKind::BrokenPipe => self.go(&going_away()),
                None => {
                    let target = "standard output".to_owned();
                    self.faults.add(Error::Output { target, cause }, false);
                    self.hurry();
                }
            }
        }
    }

    /// The orderly end: closes what is open, and gives the server time to answer.
    pub(super) fn close_all(&mut self, reason: &CloseReason) {
        let patience = self.until.patience();
        self.each_open(|connection| connection.close(Some(reason.clone()), patience));
    }

    /// As many messages came as were asked for.
    pub(super) fn enough(&mut self) {
        self.go(&self.until.close.clone());
    }

    /// The end that somebody waits for; what is left to be sent does not matter any more.
    pub(super) fn go(&mut self, reason: &CloseReason) {
        self.leaving = true;
        self.give_up_dialing();
        let haste = self.until.haste();
        self.each_open(|connection| connection.close_soon(Some(reason.clone()), haste));
    }

    /// The end after a fault that does not wait for a reader either.
    pub(super) fn leave(&mut self, error: Error) {
        self.fail(Link::default(), error);
        self.hurry();
    }

    /// The same after a fault that is kept already.
    fn hurry(&mut self) {
        if self.hard_end.is_none() {
            self.hard_end = Some(self.at.instant + self.until.reader_timeout());
            self.go(&going_away());
        }
    }

    /// The end of a run that has not come to its own: nothing more of it is done.
    pub(super) fn give_up(&mut self, error: Error) {
        self.fail(Link::default(), error);
        self.go(&self.until.close.clone());
    }

    /// The end at once.
    pub(super) fn abandon(&mut self) {
        self.hard_end = Some(self.at.instant);
        for link in self.links() {
            if let Some(connection) = open(&mut self.slots, link) {
                connection.end(End::Unanswered);
                self.finish(link);
            }
        }
    }

    pub(super) fn each_open(&mut self, mut act: impl FnMut(&mut Connection)) {
        for link in self.links() {
            if let Some(connection) = open(&mut self.slots, link) {
                act(connection);
                show_sent(connection, &mut self.audience.outputs, self.at, link);
            }
        }
    }

    /// Who has nothing to say need not be connected any more.
    pub(super) fn give_up_dialing(&mut self) {
        for slot in &mut self.slots {
            if matches!(slot, Slot::Waiting(_) | Slot::Dialing(_)) {
                *slot = Slot::Ended;
            }
        }
    }
}

/// The Close of an end that is not the conversation's own (RFC 6455 §7.4.1).
pub(super) fn going_away() -> CloseReason {
    CloseReason {
        code: 1001,
        reason: String::new(),
    }
}
