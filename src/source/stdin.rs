//! Standard input as messages: one per line, or bytes in chunks.
//!
//! The loop polls the descriptor, and the source reads once each time, so a pipe needs no thread.
//! The lines of one read are checked and sent together. A line of any length is one message: if it
//! exceeds the buffer, it is sent in fragments.

use std::os::fd::BorrowedFd;
use std::time::Instant;

use memchr::{memchr, memchr_iter, memrchr};

use super::reader::Reader;
use super::send_delay::SendDelay;
use super::send_gate::SendGate;
use super::{EndDecision, LinkEnd, Progress, Sender, Source, Unsent};
use crate::error::Error;
use crate::event::{Event, Kind, Lines, Link, Messages, Now, Piece};
use crate::text::utf8;

/// How input is split into messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputSplit {
    /// A text message for each line. The delimiter, a line feed or NUL (`-0`), is not part of it.
    Lines(u8),
    /// Binary messages of at most this many bytes, each sent as soon as it is available (`-b`).
    Chunks(usize),
}

/// Messages from standard input.
#[derive(Debug)]
pub struct Stdin {
    reader: Reader,
    split: InputSplit,
    gate: SendGate,
    /// The number of held bytes that were searched for a delimiter.
    scanned: usize,
    /// Whether the current line has been sent in part, as fragments.
    inside: bool,
    /// The number of lines sent.
    lines: u64,
}

/// What to do with the held bytes.
enum InputAction {
    /// Send whole lines; this many bytes with their delimiters.
    Lines(usize),
    /// Send a piece of `take` bytes, then skip `skip` bytes.
    Piece {
        take: usize,
        skip: usize,
        last: bool,
    },
    /// Read more.
    Read,
    /// End: there is no more input.
    End,
}

impl Stdin {
    /// Creates a source that splits the input of `reader`.
    #[must_use]
    pub fn new(mut reader: Reader, split: InputSplit, delay: SendDelay) -> Self {
        if let InputSplit::Chunks(size) = split {
            reader.reserve(size);
        }
        Self {
            reader,
            split,
            gate: SendGate::new(delay),
            scanned: 0,
            inside: false,
            lines: 0,
        }
    }

    /// The end of the whole lines that may be sent now: as many as there is room for, but at least
    /// one; only one if it ends a message that was sent in part, or if there is a delay between
    /// messages.
    fn end_of_lines(&self, delimiter: u8, room: usize) -> Option<usize> {
        let held = self.reader.held();
        let many = if self.inside || self.gate.has_delay() {
            self.scanned
        } else {
            room.clamp(self.scanned, held.len())
        };
        memrchr(delimiter, &held[self.scanned..many])
            .map(|at| self.scanned + at)
            .or_else(|| memchr(delimiter, &held[many..]).map(|at| many + at))
            .map(|at| at + 1)
    }

    fn next(&mut self, room: usize) -> InputAction {
        let held = self.reader.held();
        let ended = self.reader.has_ended();
        match self.split {
            InputSplit::Chunks(_) if held.is_empty() && ended => InputAction::End,
            InputSplit::Chunks(_) if held.is_empty() => InputAction::Read,
            InputSplit::Chunks(size) => InputAction::Piece {
                take: held.len().min(size),
                skip: 0,
                last: true,
            },
            InputSplit::Lines(delimiter) => match self.end_of_lines(delimiter, room) {
                Some(end) if self.inside => InputAction::Piece {
                    take: end - 1,
                    skip: 1,
                    last: true,
                },
                Some(end) => InputAction::Lines(end),
                None if ended && held.is_empty() && !self.inside => InputAction::End,
                None if ended => InputAction::Piece {
                    take: held.len(),
                    skip: 0,
                    last: true,
                },
                None if self.reader.is_full() => InputAction::Piece {
                    take: whole_characters(held),
                    skip: 0,
                    last: false,
                },
                None => {
                    self.scanned = held.len();
                    InputAction::Read
                }
            },
        }
    }

    /// Sends the whole lines in the first `length` held bytes. If one is not UTF-8, the lines
    /// before it are sent, and it is reported when it comes first.
    fn send_lines(&mut self, now: Now, length: usize, to: &mut dyn Sender) -> Result<(), Error> {
        let InputSplit::Lines(delimiter) = self.split else {
            return Ok(());
        };
        let held = &self.reader.held()[..length];
        let (lines, used) = match Lines::new(held, delimiter) {
            Ok(lines) => (lines, length),
            Err(error) => {
                let (good, bad) = held.split_at(error.valid_up_to());
                let used = memrchr(delimiter, good).map_or(0, |at| at + 1);
                match Lines::new(&good[..used], delimiter) {
                    Ok(lines) if used > 0 => (lines, used),
                    _ => return Err(self.not_utf8(bad[0])),
                }
            }
        };
        self.lines += to.lines(self.gate.link(), lines);
        self.reader.used(used);
        self.scanned = 0;
        self.gate.on_sent(now);
        Ok(())
    }

    fn not_utf8(&self, byte: u8) -> Error {
        self.reader.fault(
            Some(self.lines + 1),
            format!("not UTF-8 (the byte {byte:#04x}); -b sends bytes as they are"),
        )
    }

    fn send(
        &mut self,
        now: Now,
        take: usize,
        skip: usize,
        last: bool,
        to: &mut dyn Sender,
    ) -> Result<(), Error> {
        let bytes = &self.reader.held()[..take];
        let kind = match self.split {
            InputSplit::Chunks(_) => Kind::Binary,
            InputSplit::Lines(_) => {
                if let Err(error) = std::str::from_utf8(bytes) {
                    return Err(self.not_utf8(bytes[error.valid_up_to()]));
                }
                Kind::Text
            }
        };
        to.data(
            self.gate.link(),
            Piece {
                kind,
                first: !self.inside,
                last,
                bytes,
            },
        );
        self.reader.used(take + skip);
        self.scanned = 0;
        self.inside = !last;
        if last {
            self.lines += 1;
            self.gate.on_sent(now);
        }
        Ok(())
    }
}

/// The number of bytes that are whole characters; all if they are not UTF-8, so that the check
/// finds the error.
fn whole_characters(bytes: &[u8]) -> usize {
    utf8::complete_length(bytes).unwrap_or(bytes.len())
}

impl Stdin {
    /// The number of accepted but unsent messages.
    fn unsent(&mut self) -> Unsent {
        let more = self.reader.look_ahead();
        let held = self.reader.held();
        let messages = match self.split {
            InputSplit::Chunks(size) => held.len().div_ceil(size) as u64,
            InputSplit::Lines(delimiter) => {
                let unfinished = held.last().is_some_and(|&last| last != delimiter);
                memchr_iter(delimiter, held).count() as u64 + u64::from(unfinished)
            }
        };
        let messages = messages.max(u64::from(self.inside));
        Unsent { messages, more }
    }
}

impl Source for Stdin {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.gate.wants_input().then(|| self.reader.fd())
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.gate.next_deadline()
    }

    fn on_event(&mut self, _now: Now, link: Link, event: &Event<'_>) {
        self.gate.on_event(link, event);
    }

    fn on_messages(&mut self, _now: Now, _link: Link, _messages: Messages<'_>) {}

    fn poll(&mut self, now: Now, mut readable: bool, to: &mut dyn Sender) -> Progress {
        loop {
            if let Err(progress) = self.gate.check(now, to) {
                return progress;
            }
            let done = match self.next(to.room(self.gate.link())) {
                InputAction::Lines(length) => self.send_lines(now, length, to),
                InputAction::Piece { take, skip, last } => self.send(now, take, skip, last, to),
                InputAction::Read if readable => {
                    readable = false;
                    self.reader.read()
                }
                InputAction::Read => return Progress::Pending,
                InputAction::End => return Progress::Done(None),
            };
            if let Err(error) = done {
                return Progress::Done(Some(error));
            }
        }
    }

    fn on_link_end(&mut self, _now: Now, _link: Link, _end: LinkEnd<'_>) -> EndDecision {
        self.unsent().into()
    }
}
