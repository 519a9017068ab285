//! Standard input as messages: a line each, or bytes in chunks.
//!
//! The loop polls the descriptor and this reads it once each time, so a pipe needs no thread. A
//! line of any length is one message: one that is longer than the buffer goes as fragments.

use std::os::fd::BorrowedFd;
use std::time::Instant;

use memchr::{memchr, memchr_iter};

use super::floor::Floor;
use super::pace::Pace;
use super::reader::Reader;
use super::{Sender, Source, Took, Unsent};
use crate::error::Error;
use crate::event::{Event, Kind, Link, Piece};

/// How bytes become messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// A text message up to each delimiter: a line feed, or NUL with `-0`. It is not part of it.
    Lines(u8),
    /// Binary messages of at most so many bytes, each as soon as it is there (`-b`).
    Chunks(usize),
}

/// Messages from standard input.
#[derive(Debug)]
pub struct Stdin {
    reader: Reader,
    cut: Cut,
    floor: Floor,
    /// How much of the held bytes is known to have no delimiter.
    scanned: usize,
    /// The line has begun to be sent, as fragments.
    inside: bool,
    /// Lines sent.
    lines: u64,
}

/// What the held bytes are good for.
enum Next {
    /// A piece of `take` bytes, after which `skip` more are dropped.
    Piece {
        take: usize,
        skip: usize,
        last: bool,
    },
    /// Nothing before more is read.
    Read,
    /// Nothing any more.
    End,
}

impl Stdin {
    /// Cuts what `reader` reads into messages.
    #[must_use]
    pub fn new(mut reader: Reader, cut: Cut, pace: Pace) -> Self {
        if let Cut::Chunks(size) = cut {
            reader.reserve(size);
        }
        Self {
            reader,
            cut,
            floor: Floor::new(pace),
            scanned: 0,
            inside: false,
            lines: 0,
        }
    }

    fn next(&mut self) -> Next {
        let held = self.reader.held();
        let ended = self.reader.has_ended();
        match self.cut {
            Cut::Chunks(_) if held.is_empty() && ended => Next::End,
            Cut::Chunks(_) if held.is_empty() => Next::Read,
            Cut::Chunks(size) => Next::Piece {
                take: held.len().min(size),
                skip: 0,
                last: true,
            },
            Cut::Lines(delimiter) => match memchr(delimiter, &held[self.scanned..]) {
                Some(at) => Next::Piece {
                    take: self.scanned + at,
                    skip: 1,
                    last: true,
                },
                None if ended && held.is_empty() && !self.inside => Next::End,
                None if ended => Next::Piece {
                    take: held.len(),
                    skip: 0,
                    last: true,
                },
                None if self.reader.is_full() => Next::Piece {
                    take: whole_characters(held),
                    skip: 0,
                    last: false,
                },
                None => {
                    self.scanned = held.len();
                    Next::Read
                }
            },
        }
    }

    fn send(
        &mut self,
        take: usize,
        skip: usize,
        last: bool,
        to: &mut dyn Sender,
    ) -> Result<(), Error> {
        let bytes = &self.reader.held()[..take];
        let kind = match self.cut {
            Cut::Chunks(_) => Kind::Binary,
            Cut::Lines(_) => {
                if let Err(error) = std::str::from_utf8(bytes) {
                    let byte = bytes[error.valid_up_to()];
                    return Err(self.reader.fault(
                        Some(self.lines + 1),
                        format!("not UTF-8 (the byte {byte:#04x}); -b sends bytes as they are"),
                    ));
                }
                Kind::Text
            }
        };
        to.data(
            self.floor.link(),
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
            self.floor.spoke();
        }
        Ok(())
    }
}

/// The length of the start of `bytes` that does not end inside a character; all of it if it is
/// not UTF-8 anyway, for the check to find.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}

impl Source for Stdin {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.floor.wants_input().then(|| self.reader.fd())
    }

    fn due(&self) -> Option<Instant> {
        self.floor.due()
    }

    fn hear(&mut self, _at: Instant, link: Link, event: &Event<'_>) {
        self.floor.hear(link, event);
    }

    fn take(&mut self, mut ready: bool, to: &mut dyn Sender) -> Took {
        loop {
            if let Err(took) = self.floor.ask(to) {
                return took;
            }
            match self.next() {
                Next::Piece { take, skip, last } => {
                    if let Err(error) = self.send(take, skip, last, to) {
                        return Took::Ended(Some(error));
                    }
                }
                Next::Read if ready => {
                    ready = false;
                    if let Err(error) = self.reader.read() {
                        return Took::Ended(Some(error));
                    }
                }
                Next::Read => return Took::Later,
                Next::End => return Took::Ended(None),
            }
        }
    }

    fn unsent(&mut self, _link: Link) -> Unsent {
        let more = self.reader.look_ahead();
        let held = self.reader.held();
        let messages = match self.cut {
            Cut::Chunks(size) => held.len().div_ceil(size) as u64,
            Cut::Lines(delimiter) => {
                let unfinished = held.last().is_some_and(|&last| last != delimiter);
                memchr_iter(delimiter, held).count() as u64 + u64::from(unfinished)
            }
        };
        let messages = messages.max(u64::from(self.inside));
        Unsent { messages, more }
    }
}
