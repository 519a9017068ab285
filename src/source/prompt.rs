//! The prompt as a source: what a person types becomes messages, and questions are answered.
//!
//! Lines typed before the connection is open wait and go in order when it is. What can be answered
//! without the connection (`/help`, `/status`, mistakes, ^C) is answered at once.

pub mod command;
mod upload;

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::time::Instant;

use self::command::PromptCommand;
use self::upload::Upload;
use super::{LinkEnd, Progress, Sender, Settled, Source, Unsent};
use crate::conversation::command::Command;
use crate::error::Error;
use crate::event::{Event, Kind, Link, Note, NoteLevel, Now, Piece, Upgrade, Way};
use crate::http::Secrets;
use crate::protocol::CloseReason;
use crate::terminal::{InputEvent, PromptStatus, TypedInput};

/// The connection that a prompt talks to.
const LINK: Link = Link(0);
/// Pings that may wait for their Pong at once; older ones are forgotten.
const PINGS: usize = 64;

/// How a prompt is to behave.
#[derive(Clone, Debug, Default)]
pub struct PromptOptions {
    /// Whether any close code may be sent (`--force`).
    pub force: bool,
    /// What `~/` stands for in a path.
    pub home: Option<PathBuf>,
    /// Whether credentials are shown.
    pub secrets: Secrets,
}

/// A person who types.
pub struct Prompt {
    typed: TypedInput,
    options: PromptOptions,
    state: State,
    /// What can't be sent yet.
    waiting: VecDeque<PromptCommand>,
    upload: Option<Upload>,
    /// Answers to give at the next chance to speak.
    answers: Vec<String>,
    pings: VecDeque<(Vec<u8>, Instant)>,
    /// Whether the last thing typed was ^C on an empty line.
    interrupted: bool,
    told_to_wait: bool,
    /// Set when there is something to say that no descriptor tells of.
    due: Option<Instant>,
    sent: Count,
    received: Count,
}

/// `readyState`, as far as a source sees it: while the connection is closing it has ended.
enum State {
    Connecting,
    Open(Opened),
    Closed,
}

struct Opened {
    url: String,
    address: Option<String>,
    subprotocol: Option<String>,
    at: Instant,
}

/// Messages, and the bytes in them.
#[derive(Clone, Copy, Default)]
struct Count {
    messages: u64,
    bytes: u64,
}

impl Prompt {
    /// A prompt that hears what is `typed`.
    #[must_use]
    pub fn new(typed: TypedInput, options: PromptOptions) -> Self {
        Self {
            typed,
            options,
            state: State::Connecting,
            waiting: VecDeque::new(),
            upload: None,
            answers: Vec::new(),
            pings: VecDeque::new(),
            interrupted: false,
            told_to_wait: false,
            due: None,
            sent: Count::default(),
            received: Count::default(),
        }
    }

    /// Hears one entry; what it said if that ends the prompt.
    fn enter(&mut self, entry: InputEvent, to: &mut dyn Sender) -> Option<Progress> {
        let again = std::mem::take(&mut self.interrupted);
        match entry {
            InputEvent::Line(line) => match command::parse(&line, self.options.force) {
                Ok(PromptCommand::Help) => answer(to, command::help()),
                Ok(PromptCommand::Status) => answer(to, self.status()),
                Ok(order) => return self.accept(order, to),
                Err(mistake) => answer(to, mistake),
            },
            InputEvent::Interrupt { empty: false } => {}
            InputEvent::Interrupt { empty: true } if again || self.is_connecting() => {
                if self.is_connecting() {
                    self.give_up(to);
                }
                let reason = String::new();
                to.close(LINK, Some(CloseReason { code: 1001, reason }));
                return Some(Progress::Done(Some(Error::Signal(2))));
            }
            InputEvent::Interrupt { empty: true } => {
                self.interrupted = true;
                answer(to, "press ^C again to end, or ^D to close with 1000");
            }
            InputEvent::EndOfInput => return self.accept(PromptCommand::Quit, to),
            InputEvent::Warning(text) => to.note(Note {
                level: NoteLevel::Warning,
                text,
            }),
            InputEvent::Failed(cause) => {
                return Some(Progress::Done(Some(Error::Input {
                    origin: "the terminal".to_owned(),
                    line: None,
                    cause,
                })))
            }
        }
        None
    }

    /// Takes an order that needs the connection. Ending waits for nothing that can't be sent yet.
    fn accept(&mut self, order: PromptCommand, to: &mut dyn Sender) -> Option<Progress> {
        let ends = matches!(
            order,
            PromptCommand::Quit | PromptCommand::Send(Command::Close(_))
        );
        let connecting = self.is_connecting();
        if ends && connecting {
            self.give_up(to);
            return Some(Progress::Done(None));
        }
        if connecting && !std::mem::replace(&mut self.told_to_wait, true) {
            to.note(Note {
                level: NoteLevel::Hint,
                text: "not connected yet: what is typed waits and is sent in order".to_owned(),
            });
        }
        self.waiting.push_back(order);
        None
    }

    fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting)
    }

    /// Tells what becomes of what was typed for a connection that is not waited for.
    fn give_up(&mut self, to: &mut dyn Sender) {
        let lost = match self.unsent().messages {
            0 => return,
            1 => "1 message".to_owned(),
            many => format!("{many} messages"),
        };
        to.note(Note {
            level: NoteLevel::Warning,
            text: format!("not connected, and not sent: {lost}"),
        });
    }

    /// Sends what waits, while there is room.
    fn send(&mut self, to: &mut dyn Sender) -> Progress {
        while to.room(LINK) > 0 {
            if let Some(upload) = &mut self.upload {
                match upload.step(to, LINK) {
                    Ok(None) => return Progress::More,
                    Ok(Some(done)) => {
                        self.sent.add(done.bytes);
                        answer(to, done.text);
                    }
                    Err(mistake) => answer(to, mistake),
                }
                self.upload = None;
                continue;
            }
            let Some(order) = self.waiting.pop_front() else {
                return Progress::Pending;
            };
            match order {
                PromptCommand::Send(Command::Close(reason)) => return close(reason, to),
                PromptCommand::Quit => return close(Some(normal()), to),
                PromptCommand::Send(command) => self.command(command, to),
                PromptCommand::File { kind, path } => {
                    match Upload::open(kind, &path, self.options.home.as_deref()) {
                        Ok(upload) => self.upload = Some(upload),
                        Err(mistake) => answer(to, mistake),
                    }
                }
                // Answered when they were typed.
                PromptCommand::Help | PromptCommand::Status => {}
            }
        }
        if self.waiting.is_empty() && self.upload.is_none() {
            Progress::Pending
        } else {
            Progress::More
        }
    }

    fn command(&mut self, command: Command<'static>, to: &mut dyn Sender) {
        let (kind, bytes) = match command {
            Command::Text(text) => (Kind::Text, text.into_owned().into_bytes()),
            Command::Binary(bytes) => (Kind::Binary, bytes),
            Command::Ping(payload) => {
                to.ping(LINK, &payload);
                if self.pings.len() == PINGS {
                    self.pings.pop_front();
                }
                self.pings.push_back((payload, Instant::now()));
                return;
            }
            Command::Pong(payload) => return to.pong(LINK, &payload),
            // It ends the prompt and never comes here.
            Command::Close(_) => return,
        };
        to.data(LINK, Piece::whole(kind, &bytes));
        self.sent.add(bytes.len() as u64);
    }

    fn status(&self) -> String {
        let opened = match &self.state {
            State::Connecting => return "CONNECTING".to_owned(),
            State::Closed => return "CLOSED".to_owned(),
            State::Open(opened) => opened,
        };
        let address = match &opened.address {
            Some(address) => format!(" ({address})"),
            None => String::new(),
        };
        let subprotocol = match &opened.subprotocol {
            Some(subprotocol) => format!("subprotocol {subprotocol}"),
            None => "no subprotocol".to_owned(),
        };
        // Tenths of a second are enough for a person.
        let tenths = opened.at.elapsed().as_millis() / 100;
        format!(
            "OPEN {}{address}, {subprotocol}, for {}.{} s, sent {}, received {}",
            opened.url,
            tenths / 10,
            tenths % 10,
            self.sent.text(),
            self.received.text(),
        )
    }

    fn opened(&mut self, at: Instant, upgrade: &Upgrade) {
        self.state = State::Open(Opened {
            url: upgrade.url.clone(),
            address: upgrade.peer.as_ref().map(ToString::to_string),
            subprotocol: upgrade.shown_subprotocol(self.options.secrets),
            at,
        });
        self.due = Some(at);
        self.typed.set_status(PromptStatus::Open);
    }

    fn pong(&mut self, at: Instant, payload: &[u8]) {
        // A Pong answers the latest Ping, and with it those before (RFC 6455 §5.5.3).
        let Some(place) = self.pings.iter().rposition(|(sent, _)| sent == payload) else {
            return;
        };
        if let Some((_, sent)) = self.pings.drain(..=place).next_back() {
            let micros = at.saturating_duration_since(sent).as_micros();
            self.answers.push(format!(
                "Pong after {}.{:03} ms",
                micros / 1000,
                micros % 1000
            ));
            self.due = Some(at);
        }
    }
}

impl Prompt {
    /// What was accepted and not sent.
    fn unsent(&mut self) -> Unsent {
        let messages = self
            .waiting
            .iter()
            .filter(|order| {
                matches!(
                    order,
                    PromptCommand::File { .. }
                        | PromptCommand::Send(Command::Text(_) | Command::Binary(_))
                )
            })
            .count();
        Unsent {
            messages: messages as u64 + u64::from(self.upload.is_some()),
            more: false,
        }
    }
}

impl Source for Prompt {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.typed.fd())
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.due
    }

    fn on_event(&mut self, now: Now, link: Link, event: &Event<'_>) {
        if link != LINK {
            return;
        }
        match event {
            Event::Open(upgrade) => self.opened(now.instant, upgrade),
            Event::Data(Way::In, piece) => {
                self.received.bytes += piece.bytes.len() as u64;
                self.received.messages += u64::from(piece.last);
            }
            Event::Pong(Way::In, payload) => self.pong(now.instant, payload),
            Event::Closed(_) | Event::Failed(_) => {
                self.state = State::Closed;
                self.typed.set_status(PromptStatus::Closed);
                self.due = Some(now.instant);
            }
            _ => {}
        }
    }

    fn poll(&mut self, _now: Now, _readable: bool, to: &mut dyn Sender) -> Progress {
        self.due = None;
        for text in self.answers.drain(..) {
            answer(to, text);
        }
        if matches!(self.state, State::Closed) {
            return Progress::Done(None);
        }
        while let Some(entry) = self.typed.take() {
            if let Some(end) = self.enter(entry, to) {
                return end;
            }
        }
        self.send(to)
    }

    fn settle(&mut self, _now: Now, _link: Link, _end: LinkEnd<'_>) -> Settled {
        self.unsent().into()
    }
}

impl Count {
    fn add(&mut self, bytes: u64) {
        self.messages += 1;
        self.bytes += bytes;
    }

    fn text(self) -> String {
        let plural = if self.messages == 1 { "" } else { "s" };
        format!("{} message{plural} ({} bytes)", self.messages, self.bytes)
    }
}

fn close(reason: Option<CloseReason>, to: &mut dyn Sender) -> Progress {
    to.close(LINK, reason);
    Progress::Done(None)
}

fn normal() -> CloseReason {
    CloseReason {
        code: 1000,
        reason: String::new(),
    }
}

fn answer(to: &mut dyn Sender, text: impl Into<String>) {
    to.note(Note {
        level: NoteLevel::Answer,
        text: text.into(),
    });
}

#[cfg(test)]
mod tests;
