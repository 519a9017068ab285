//! How the prompt handles events of its connection, and when it is polled.

use std::os::fd::BorrowedFd;
use std::time::Instant;

use super::connection::ConnectionState;
use super::{answer, Prompt, LINK};
use crate::event::{Event, Link, Note, NoteLevel, Now, Way};
use crate::exit::ExitCode;
use crate::protocol::{Closure, End, Role};
use crate::source::{EndDecision, LinkEnd, Progress, Sender, Source};

impl Source for Prompt {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.typed.fd())
    }

    fn next_deadline(&self) -> Option<Instant> {
        let due = self.expectations.next_deadline();
        [self.due, self.held.due, due].into_iter().flatten().min()
    }

    fn wants_messages(&self) -> bool {
        self.expectations.are_waiting()
    }

    fn on_event(&mut self, now: Now, link: Link, event: &Event<'_>) {
        if link != LINK {
            return;
        }
        let at = now.instant;
        self.expectations.on_event(now, event);
        match event {
            Event::Connect(step) => self.connection.on_step(step),
            Event::Open(upgrade) => {
                if self.options.speaks_first {
                    self.options.outlives.set(true);
                }
                let again = self.connection.open(at, upgrade);
                self.options.transcript.borrow_mut().begin_connection();
                self.show_status();
                self.due = Some(at);
                if let Some(text) = again {
                    self.say(at, NoteLevel::Answer, text);
                }
            }
            Event::Data(Way::In, piece) => {
                let bytes = piece.bytes.len() as u64;
                self.connection.count_received(bytes, piece.last, at);
                if piece.last && self.options.transcript.borrow().held().is_some() {
                    self.held.on_message(at);
                }
            }
            Event::Pong(Way::In, payload) => {
                if let Some(text) = self.connection.pong(at, payload) {
                    self.say(at, NoteLevel::Answer, text);
                }
            }
            Event::Reconnecting(_) => {
                self.connection.state = ConnectionState::Connecting;
                self.told_to_wait = false;
                self.show_status();
            }
            // If the prompt has closed the connection to end, the verdict of the run reports it.
            Event::Closed(closure)
                if self.connection.state == ConnectionState::Closing || is_ours(closure) =>
            {
                self.is_over = true;
                self.due = Some(at);
            }
            Event::Closed(closure) => {
                let (automatic, _) = self.options.transcript.borrow().automatic();
                let ended = self.connection.close(at, closure, automatic);
                self.on_end(at, ended);
            }
            Event::ConnectFailed(error) => {
                let failed = self.connection.fail(at, error);
                self.on_end(at, failed);
            }
            Event::Ending if !self.options.outlives.get() => {
                self.connection.state = ConnectionState::Closed;
                self.show_status();
                self.due = Some(at);
            }
            _ => {}
        }
    }

    fn poll(&mut self, now: Now, _readable: bool, to: &mut dyn Sender) -> Progress {
        let was_due = self.due.take();
        for note in self.notes.drain(..) {
            to.note(note);
        }
        match self.connection.state {
            ConnectionState::Closed if !self.options.outlives.get() => return Progress::Done(None),
            ConnectionState::Open => self.options.outlives.set(true),
            // The Close was answered, or there is no connection any more.
            ConnectionState::Closing if self.is_over => return Progress::Done(None),
            ConnectionState::Closing if !self.told_to_wait => {
                // Only if it takes long.
                self.due = was_due;
                if was_due.is_none_or(|due| due <= now.instant) {
                    self.told_to_wait = true;
                    self.due = None;
                    answer(to, "closing: waiting for the server; ^C ends now");
                }
            }
            _ => {}
        }
        while let Some(entry) = self.typed.take() {
            if let Some(end) = self.enter(entry, to) {
                return end;
            }
        }
        self.report_decided(now.instant, to);
        self.held.poll(now.instant, &self.options);
        self.send(now, to)
    }

    fn on_link_end(&mut self, _now: Now, _link: Link, _end: LinkEnd<'_>) -> EndDecision {
        // A prompt that continues has reported it itself.
        self.unsent().into()
    }
}

impl Prompt {
    /// Prints a note with the next poll, which happens immediately.
    fn say(&mut self, at: Instant, level: NoteLevel, text: String) {
        self.notes.push(Note { level, text });
        self.due = Some(at);
    }

    /// Reports the end of the connection.
    fn on_end(&mut self, at: Instant, (code, text): (ExitCode, String)) {
        self.show_status();
        self.due = Some(at);
        if !self.options.outlives.get() {
            return;
        }
        let level = match code {
            ExitCode::Success => NoteLevel::Answer,
            _ => NoteLevel::Mistake,
        };
        self.say(at, level, text);
        match self.unsent().messages {
            0 => {}
            1 => self.say(at, NoteLevel::Mistake, "not sent: 1 message".to_owned()),
            many => self.say(at, NoteLevel::Mistake, format!("not sent: {many} messages")),
        }
        self.waiting.clear();
        self.upload = None;
        let ends = match code {
            ExitCode::Success => String::new(),
            code => format!(" (exit code {})", code.number()),
        };
        let text = format!("Enter on an empty line reconnects, ^D ends{ends}");
        self.say(at, NoteLevel::Answer, text);
    }
}

/// Whether a connection was closed because the run is ending.
fn is_ours(closure: &Closure) -> bool {
    closure.initiator == Some(Role::Us) && !matches!(closure.end, End::Violation(_))
}
