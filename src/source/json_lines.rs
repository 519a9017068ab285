//! Standard input as JSON lines: an object a line, each an order (`--json`).
//!
//! A bad line stops nothing: it is told with its number, and the exit code shows it.

use std::os::fd::BorrowedFd;
use std::time::Instant;

use memchr::memchr;

use super::floor::Floor;
use super::json;
use super::pace::Pace;
use super::reader::Reader;
use super::{Sender, Source, Took, Unsent};
use crate::conversation::command::Command;
use crate::event::{Event, Kind, Link, Messages, Piece};

/// Orders from standard input.
#[derive(Debug)]
pub struct JsonLines {
    reader: Reader,
    force: bool,
    floor: Floor,
    /// How much of the held bytes is known to have no line feed.
    scanned: usize,
    /// Lines read.
    lines: u64,
}

impl JsonLines {
    /// Takes the objects that `reader` reads. `force` allows close codes that RFC 6455 forbids.
    #[must_use]
    pub fn new(reader: Reader, force: bool, pace: Pace) -> Self {
        Self {
            reader,
            force,
            floor: Floor::new(pace),
            scanned: 0,
            lines: 0,
        }
    }

    /// The length of the next line, and with its line feed; `None` if it is not all there.
    fn next_line(&mut self) -> Option<(usize, usize)> {
        let held = self.reader.held();
        match memchr(b'\n', &held[self.scanned..]) {
            Some(at) => Some((self.scanned + at, self.scanned + at + 1)),
            None if self.reader.has_ended() && !held.is_empty() => Some((held.len(), held.len())),
            None => {
                self.scanned = held.len();
                None
            }
        }
    }

    /// Does what a line says; whether it was a Close, after which nothing can be said.
    fn obey(&mut self, length: usize, to: &mut dyn Sender) -> bool {
        self.lines += 1;
        let command = match json::parse(&self.reader.held()[..length], self.force) {
            Ok(Some(command)) => command,
            Ok(None) => return false,
            Err(cause) => {
                to.fault(self.reader.fault(Some(self.lines), cause));
                return false;
            }
        };
        let link = self.floor.link();
        match command {
            Command::Text(text) => to.data(link, Piece::whole(Kind::Text, text.as_bytes())),
            Command::Binary(bytes) => to.data(link, Piece::whole(Kind::Binary, &bytes)),
            Command::Ping(payload) => to.ping(link, &payload),
            Command::Pong(payload) => to.pong(link, &payload),
            Command::Close(reason) => {
                to.close(link, reason);
                return true;
            }
        }
        self.floor.spoke();
        false
    }
}

impl Source for JsonLines {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.floor.wants_input().then(|| self.reader.fd())
    }

    fn due(&self) -> Option<Instant> {
        self.floor.due()
    }

    fn hear(&mut self, _at: Instant, link: Link, event: &Event<'_>) {
        self.floor.hear(link, event);
    }

    fn hear_messages(&mut self, _at: Instant, _link: Link, _messages: Messages<'_>) {}

    fn take(&mut self, mut ready: bool, to: &mut dyn Sender) -> Took {
        loop {
            if let Err(took) = self.floor.ask(to) {
                return took;
            }
            if let Some((length, used)) = self.next_line() {
                let closed = self.obey(length, to);
                self.reader.used(used);
                self.scanned = 0;
                if closed {
                    return Took::Ended(None);
                }
            } else if self.reader.has_ended() {
                return Took::Ended(None);
            } else if std::mem::take(&mut ready) {
                if self.reader.is_full() {
                    self.reader.grow();
                }
                if let Err(error) = self.reader.read() {
                    return Took::Ended(Some(error));
                }
            } else {
                return Took::Later;
            }
        }
    }

    fn unsent(&mut self, _link: Link) -> Unsent {
        let more = self.reader.look_ahead();
        let held = self.reader.held();
        let lines = held
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty());
        let mut messages = 0;
        for line in lines {
            match json::parse(line, self.force) {
                // Nothing after it would be sent.
                Ok(Some(Command::Close(_))) => break,
                // What wsline printed itself, say.
                Ok(None) => {}
                // A wrong line is lost as well, also one that is not all there.
                Ok(Some(_)) | Err(_) => messages += 1,
            }
        }
        Unsent { messages, more }
    }
}
