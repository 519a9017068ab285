//! Waiting: what a turn of the loop waits for, and how long.

use std::io;
use std::time::Instant;

use super::{Input, Session, Slot, Wait};
use crate::sys::poll::{Poll, Ready, Token};

/// What one wait found.
pub(super) struct Turn {
    pub(super) signals: bool,
    pub(super) links: Vec<LinkTurn>,
    pub(super) source: bool,
    pub(super) reader_gone: bool,
}

/// What one wait found out about a connection.
#[derive(Clone, Copy, Default)]
pub(super) struct LinkTurn {
    pub(super) readable: bool,
    pub(super) writable: bool,
}

impl LinkTurn {
    fn of(ready: &Ready, token: Option<Token>) -> Self {
        token.map_or_else(Self::default, |token| Self {
            readable: ready.readable(token),
            writable: ready.writable(token),
        })
    }
}

impl Session<'_> {
    /// Waits for whatever comes first.
    pub(super) fn wait(&mut self) -> io::Result<Turn> {
        let mut poll = Poll::default();
        let signals = poll.add(self.signals.fd(), true, false);
        let reading = !self.audience.outputs.full();
        let links: Vec<_> = self
            .slots
            .iter()
            .map(|slot| slot.watch(&mut poll, reading))
            .collect();
        let source = if self.input == Input::Over {
            None
        } else {
            self.audience.source.fd()
        };
        let source = source.map(|fd| poll.add(fd, true, false));
        let mut pipes = Vec::new();
        for output in self.audience.outputs.reached() {
            match (output.waits(), output.watch()) {
                (Some(fd), _) => _ = poll.add(fd, false, true),
                (None, Some(fd)) => pipes.push(poll.add(fd, false, false)),
                (None, None) => {}
            }
        }
        let ready = poll.wait(self.next_time())?;
        Ok(Turn {
            signals: ready.readable(signals),
            links: links
                .into_iter()
                .map(|token| LinkTurn::of(&ready, token))
                .collect(),
            source: source.is_some_and(|token| ready.readable(token)),
            reader_gone: pipes.into_iter().any(|token| ready.broken(token)),
        })
    }

    /// When something has to be done even if nothing happens; `None`: never.
    pub(super) fn next_time(&self) -> Option<Instant> {
        let room = self
            .slots
            .iter()
            .any(|slot| matches!(slot, Slot::Open(open) if open.room() > 0));
        let at_once = (self.input == Input::More && room)
            || (self.holds_bytes() && !self.audience.outputs.full());
        if at_once {
            return Some(self.at.instant);
        }
        let source = if self.input == Input::Over {
            None
        } else {
            self.audience.source.due()
        };
        let links = self.slots.iter().filter_map(Slot::due);
        let max_time = self
            .until
            .max_time
            .end()
            .filter(|_| self.hard_end.is_none());
        let hard_end = self.hard_end.filter(|end| *end > self.at.instant);
        let ours = [max_time, hard_end, self.quiet_end(), source];
        ours.into_iter().flatten().chain(links).min()
    }

    /// When `--wait` has passed; `None` while it does not count.
    pub(super) fn quiet_end(&self) -> Option<Instant> {
        let Wait::For(wait) = self.until.wait else {
            return None;
        };
        let busy = |slot: &Slot| match slot {
            Slot::Waiting(_) | Slot::Dialing(_) => true,
            Slot::Open(open) => open.data_waits() || open.protocol().is_inside_message(),
            Slot::Ended => false,
        };
        let counts = self.input == Input::Over && !self.leaving && !self.slots.iter().any(busy);
        let closing = self.slots.iter().all(Slot::is_closing);
        (counts && !closing && !self.audience.outputs.full()).then(|| self.quiet_since + wait)
    }
}

impl Slot {
    /// Adds what is waited for to the poll.
    fn watch<'fd>(&'fd self, poll: &mut Poll<'fd>, reading: bool) -> Option<Token> {
        match self {
            Self::Dialing(dialing) => Some(poll.add(dialing.fd(), true, false)),
            Self::Open(open) if reading || open.wants_to_write() => {
                Some(poll.add(open.fd(), reading, open.wants_to_write()))
            }
            // Without anything to wait for, poll would report an error again and again.
            Self::Waiting(_) | Self::Open(_) | Self::Ended => None,
        }
    }

    fn due(&self) -> Option<Instant> {
        match self {
            Self::Dialing(dialing) => dialing.due(),
            Self::Open(open) => open.due(),
            Self::Waiting(_) | Self::Ended => None,
        }
    }

    fn is_closing(&self) -> bool {
        match self {
            Self::Waiting(_) | Self::Dialing(_) => false,
            Self::Open(open) => open.protocol().closure().sent.is_some(),
            Self::Ended => true,
        }
    }
}
