//! What the command line says, in the order it is written: the messages of `-d`, `--data-raw`,
//! `--data-binary` and `--data-hex`; then, with `-i`, another source goes on.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use super::floor::Floor;
use super::pace::Pace;
use super::reader::Reader;
use super::{Sender, Source, Took, Unsent};
use crate::error::Error;
use crate::event::{Event, Kind, Link, Piece};

/// A thing to do.
#[derive(Debug)]
pub enum Step {
    /// Sends a message that is in memory.
    Send(Kind, Vec<u8>),
    /// Sends all that a file or standard input holds as one message; a text without the line
    /// feed at its end, which editors and `echo` put there.
    Stream(Kind, Reader),
}

/// The steps of a command line, and who goes on after them.
pub struct Conversation {
    steps: VecDeque<Step>,
    then: Option<Box<dyn Source>>,
    floor: Floor,
    /// The step in front has begun to be sent, as fragments.
    inside: bool,
}

impl Conversation {
    /// Takes the steps in order, and lets `then` go on.
    #[must_use]
    pub fn new(steps: Vec<Step>, then: Option<Box<dyn Source>>, pace: Pace) -> Self {
        Self {
            steps: steps.into(),
            then,
            floor: Floor::new(pace),
            inside: false,
        }
    }

    /// Takes the step in front as far as it goes; whether it is done.
    fn take_step(&mut self, ready: &mut bool, to: &mut dyn Sender) -> Result<bool, Error> {
        let (kind, reader) = match self.steps.front_mut() {
            None => return Ok(true),
            Some(Step::Send(kind, payload)) => {
                to.data(self.floor.link(), Piece::whole(*kind, payload));
                return Ok(true);
            }
            Some(Step::Stream(kind, reader)) => (*kind, reader),
        };
        if !reader.has_ended() && !reader.is_full() {
            if !std::mem::take(ready) {
                return Ok(false);
            }
            reader.read()?;
            if !reader.has_ended() && !reader.is_full() {
                return Ok(false);
            }
        }
        let last = reader.has_ended();
        let held = reader.held();
        let length = match kind {
            Kind::Text => text_length(held, last).map_err(|cause| reader.fault(None, cause))?,
            Kind::Binary => held.len(),
        };
        to.data(
            self.floor.link(),
            Piece {
                kind,
                first: !self.inside,
                last,
                bytes: &held[..length],
            },
        );
        let used = if last { held.len() } else { length };
        reader.used(used);
        self.inside = !last;
        Ok(last)
    }
}

/// How much of `held` can be sent as text now: whole characters; not yet a line feed that may be
/// the last byte, and never that of the end.
fn text_length(held: &[u8], last: bool) -> Result<usize, String> {
    let text = match std::str::from_utf8(held) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && !last => {
            std::str::from_utf8(&held[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(error) => {
            let byte = held[error.valid_up_to()];
            return Err(format!(
                "not UTF-8 (the byte {byte:#04x}); --data-binary sends bytes as they are"
            ));
        }
    };
    Ok(text.strip_suffix('\n').unwrap_or(text).len())
}

impl Source for Conversation {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        match self.steps.front() {
            None if self.floor.due().is_some() => None,
            None => self.then.as_ref()?.fd(),
            Some(Step::Send(..)) => None,
            Some(Step::Stream(_, reader)) => self.floor.wants_input().then(|| reader.fd()),
        }
    }

    fn due(&self) -> Option<Instant> {
        match self.floor.due() {
            Some(next) => Some(next),
            None if self.steps.is_empty() => self.then.as_ref()?.due(),
            None => None,
        }
    }

    fn hear(&mut self, at: Instant, link: Link, event: &Event<'_>) {
        self.floor.hear(link, event);
        if let Some(then) = &mut self.then {
            then.hear(at, link, event);
        }
    }

    fn take(&mut self, mut ready: bool, to: &mut dyn Sender) -> Took {
        while !self.steps.is_empty() {
            if let Err(took) = self.floor.ask(to) {
                return took;
            }
            match self.take_step(&mut ready, to) {
                Ok(true) => {
                    self.steps.pop_front();
                    self.floor.spoke();
                }
                Ok(false) => return Took::Later,
                Err(error) => return Took::Ended(Some(error)),
            }
        }
        match &mut self.then {
            // The pause after the last message holds for whoever goes on, too.
            Some(_) if self.floor.pauses() => Took::Later,
            Some(then) => then.take(ready, to),
            None => Took::Ended(None),
        }
    }

    fn unsent(&mut self) -> Unsent {
        let after = self
            .then
            .as_mut()
            .map(|then| then.unsent())
            .unwrap_or_default();
        Unsent {
            messages: after.messages + self.steps.len() as u64,
            more: after.more,
        }
    }
}
