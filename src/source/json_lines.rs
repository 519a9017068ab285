//! Standard input as JSON lines: one command per line (`--json`).
//!
//! An invalid line does not end the run. It is reported with its number and sets the exit code.

use std::os::fd::BorrowedFd;
use std::time::Instant;

use memchr::memchr;

use super::json;
use super::reader::Reader;
use super::send_delay::SendDelay;
use super::send_gate::SendGate;
use super::{EndDecision, LinkEnd, Progress, Sender, Source, Unsent};
use crate::conversation::outgoing::Outgoing;
use crate::event::{Event, Kind, Link, Messages, Now, Piece};
use crate::sys::file::without_byte_order_mark;

/// Commands from standard input.
#[derive(Debug)]
pub struct JsonLines {
    reader: Reader,
    force: bool,
    gate: SendGate,
    /// The number of held bytes that were searched for a line feed.
    scanned: usize,
    /// The number of lines read.
    lines: u64,
}

impl JsonLines {
    /// Takes the objects that `reader` reads. `force` allows close codes that RFC 6455 forbids.
    #[must_use]
    pub fn new(reader: Reader, force: bool, delay: SendDelay) -> Self {
        Self {
            reader,
            force,
            gate: SendGate::new(delay),
            scanned: 0,
            lines: 0,
        }
    }

    /// The length of the next line without and with its line feed; `None` if it is incomplete.
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

    /// Executes a line. Returns whether it was a Close, after which nothing can be sent.
    fn execute(&mut self, now: Now, length: usize, to: &mut dyn Sender) -> bool {
        self.lines += 1;
        let mut text = &self.reader.held()[..length];
        if self.lines == 1 {
            text = without_byte_order_mark(text);
        }
        let command = match json::parse(text, self.force) {
            Ok(Some(command)) => command,
            Ok(None) => return false,
            Err(cause) => {
                to.fault(self.reader.fault(Some(self.lines), cause));
                return false;
            }
        };
        let link = self.gate.link();
        match command {
            Outgoing::Text(text) => to.data(link, Piece::whole(Kind::Text, text.as_bytes())),
            Outgoing::Binary(bytes) => to.data(link, Piece::whole(Kind::Binary, &bytes)),
            Outgoing::Ping(payload) => to.ping(link, &payload),
            Outgoing::Pong(payload) => to.pong(link, &payload),
            Outgoing::Close(reason) => {
                to.close(link, reason);
                return true;
            }
        }
        self.gate.on_sent(now);
        false
    }
}

impl JsonLines {
    /// The number of accepted but unsent messages.
    fn unsent(&mut self) -> Unsent {
        let more = self.reader.look_ahead();
        let held = self.reader.held();
        let lines = held
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty());
        let mut messages = 0;
        for line in lines {
            match json::parse(line, self.force) {
                // Nothing after it would be sent.
                Ok(Some(Outgoing::Close(_))) => break,
                // For example, output of wsline for a sent message.
                Ok(None) => {}
                // An invalid line is lost as well, even an incomplete one.
                Ok(Some(_)) | Err(_) => messages += 1,
            }
        }
        Unsent { messages, more }
    }
}

impl Source for JsonLines {
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
            if let Some((length, used)) = self.next_line() {
                let closed = self.execute(now, length, to);
                self.reader.used(used);
                self.scanned = 0;
                if closed {
                    return Progress::Done(None);
                }
            } else if self.reader.has_ended() {
                return Progress::Done(None);
            } else if std::mem::take(&mut readable) {
                if self.reader.is_full() {
                    self.reader.grow();
                }
                if let Err(error) = self.reader.read() {
                    return Progress::Done(Some(error));
                }
            } else {
                return Progress::Pending;
            }
        }
    }

    fn on_link_end(&mut self, _now: Now, _link: Link, _end: LinkEnd<'_>) -> EndDecision {
        self.unsent().into()
    }
}
