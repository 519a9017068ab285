//! The prompt as a source: lines become messages, and commands are executed.
//!
//! The prompt outlives its connection: after its end, the input line is kept, and the prompt can
//! connect again. Lines entered before the connection is open are sent in order when it is.
//! Everything that needs no connection (`/help`, `/status`, errors, ^C) is handled at once.

pub mod command;
mod connection;
mod language;
mod messages;
mod options;
mod upload;

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use self::command::{MessageCommand, PromptCommand};
use self::connection::{Connection, State};
pub use self::language::PromptLanguage;
pub use self::options::PromptOptions;
use self::upload::Upload;
use super::{LinkEnd, Progress, Sender, Settled, Source, Unsent};
use crate::conversation::command::Command;
use crate::error::Error;
use crate::event::{Event, Kind, Link, Note, NoteLevel, Now, Piece, Way};
use crate::exit::ExitCode;
use crate::protocol::{CloseReason, Closure, End, Role};
use crate::terminal::{InputEvent, PromptStatus, TypedInput};

/// The connection of the prompt.
const LINK: Link = Link(0);
/// After this time, the prompt prints what it is waiting for.
const LONG: Duration = Duration::from_secs(1);

/// Messages typed by a person.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Prompt {
    typed: TypedInput,
    options: PromptOptions,
    connection: Connection,
    /// Commands that can't be sent yet.
    waiting: VecDeque<PromptCommand>,
    upload: Option<Upload>,
    /// Notes to print at the next opportunity.
    notes: Vec<Note>,
    /// Whether the last key was ^C on an empty line.
    interrupted: bool,
    told_to_wait: bool,
    /// Whether the connection that the prompt has closed has ended.
    is_over: bool,
    /// Whether writing to the clipboard is allowed.
    copying: bool,
    /// When to poll again, if there is something to print and no descriptor becomes readable.
    due: Option<Instant>,
}

impl Prompt {
    /// Creates a prompt that reads `typed`.
    #[must_use]
    pub fn new(typed: TypedInput, options: PromptOptions) -> Self {
        Self {
            typed,
            connection: Connection::new(options.secrets),
            options,
            waiting: VecDeque::new(),
            upload: None,
            notes: Vec::new(),
            interrupted: false,
            told_to_wait: false,
            is_over: false,
            copying: false,
            due: None,
        }
    }

    /// Handles an input event. Returns the result if it ends the prompt.
    fn enter(&mut self, entry: InputEvent, to: &mut dyn Sender) -> Option<Progress> {
        let again = std::mem::take(&mut self.interrupted);
        match entry {
            InputEvent::Line(line) => {
                let ended = match command::parse(&line, self.options.force) {
                    Ok(command) => self.execute(command, to),
                    Err(text) => {
                        mistake(to, text);
                        None
                    }
                };
                if self.typed.awaits_job() {
                    self.typed.answer_job(None);
                }
                return ended;
            }
            InputEvent::Hold => self.on_messages_command(MessageCommand::Hold, to),
            InputEvent::Release => self.on_messages_command(MessageCommand::Release, to),
            InputEvent::Interrupt { empty: false } => {}
            InputEvent::Interrupt { empty: true } if again || self.ends_at_once() => {
                if self.connection.state == State::Connecting {
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
            InputEvent::EndOfInput => return self.execute(PromptCommand::Quit, to),
            InputEvent::Mistake(text) => mistake(to, text),
            InputEvent::Warning(text) => note(to, NoteLevel::Warning, text),
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

    fn ends_at_once(&self) -> bool {
        matches!(self.connection.state, State::Connecting | State::Closing)
    }

    /// Executes a command, or queues it until the connection is open.
    fn execute(&mut self, command: PromptCommand, to: &mut dyn Sender) -> Option<Progress> {
        let is_closed = self.connection.state == State::Closed;
        match command {
            PromptCommand::Nothing | PromptCommand::Reconnect if is_closed => self.reconnect(to),
            PromptCommand::Nothing | PromptCommand::Edit => {}
            PromptCommand::Help(None) => answer(to, command::help()),
            PromptCommand::Help(Some(name)) => match command::help_on(&name) {
                Ok(text) => answer(to, text),
                Err(text) => mistake(to, text),
            },
            PromptCommand::Status => {
                let transcript = self.options.transcript.borrow();
                let status = self
                    .connection
                    .status(transcript.held(), transcript.filter_counts());
                drop(transcript);
                answer(to, status);
            }
            PromptCommand::Headers => match self.connection.headers() {
                Some(headers) => answer(to, headers),
                None => mistake(to, "not connected yet"),
            },
            PromptCommand::Reconnect => {
                mistake(to, "there is a connection: /close ends it");
            }
            PromptCommand::Messages(command) => self.on_messages_command(command, to),
            PromptCommand::Quit | PromptCommand::Send(Command::Close(_)) if is_closed => {
                return Some(Progress::Done(None));
            }
            command @ (PromptCommand::Quit
            | PromptCommand::Send(_)
            | PromptCommand::File { .. }) => return self.accept(command, to),
        }
        None
    }

    fn on_messages_command(&mut self, command: MessageCommand, to: &mut dyn Sender) {
        let transcript = Rc::clone(&self.options.transcript);
        let done = messages::run(
            command,
            &mut transcript.borrow_mut(),
            &self.options,
            &mut self.copying,
        );
        self.show_status();
        if let Some(job) = done.job {
            self.typed.answer_job(Some(job));
        }
        match done.said {
            Some(Ok(text)) => answer(to, text),
            Some(Err(text)) => mistake(to, text),
            None => {}
        }
        if let Some((kind, bytes)) = done.send {
            let command = match (kind, String::from_utf8(bytes)) {
                (Kind::Text, Ok(text)) => Command::Text(text.into()),
                (_, Ok(text)) => Command::Binary(text.into_bytes()),
                (_, Err(error)) => Command::Binary(error.into_bytes()),
            };
            self.accept(PromptCommand::Send(command), to);
        }
    }

    /// Handles a command that needs the connection. Ending does not wait for commands that can't be
    /// sent yet.
    fn accept(&mut self, command: PromptCommand, to: &mut dyn Sender) -> Option<Progress> {
        let ends = matches!(
            command,
            PromptCommand::Quit | PromptCommand::Send(Command::Close(_))
        );
        match self.connection.state {
            State::Connecting if ends => {
                self.give_up(to);
                return Some(Progress::Done(None));
            }
            State::Connecting => {
                if !std::mem::replace(&mut self.told_to_wait, true) {
                    let text = "not connected yet: what is typed waits and is sent in order";
                    note(to, NoteLevel::Hint, text.to_owned());
                }
            }
            State::Closed => {
                let text = "not connected; nothing was sent. Enter on an empty line reconnects";
                mistake(to, text);
                return None;
            }
            State::Open | State::Closing => {}
        }
        self.waiting.push_back(command);
        None
    }

    fn reconnect(&mut self, to: &mut dyn Sender) {
        if to.redial(LINK) {
            self.connection.state = State::Connecting;
            self.told_to_wait = false;
            self.show_status();
            answer(to, "connecting again");
        } else {
            mistake(to, "this connection can't be made again");
        }
    }

    /// Reports the fate of commands for a connection that is not waited for.
    fn give_up(&mut self, to: &mut dyn Sender) {
        let lost = match self.unsent().messages {
            0 => return,
            1 => "1 message".to_owned(),
            many => format!("{many} messages"),
        };
        self.waiting.clear();
        note(
            to,
            NoteLevel::Warning,
            format!("not connected, and not sent: {lost}"),
        );
    }

    /// Sends queued commands while there is room.
    fn send(&mut self, now: Now, to: &mut dyn Sender) -> Progress {
        while to.room(LINK) > 0 {
            if let Some(upload) = &mut self.upload {
                match upload.step(to, LINK) {
                    Ok(None) => {
                        if let Some(text) = upload.progress(now.instant) {
                            answer(to, text);
                        }
                        return Progress::More;
                    }
                    Ok(Some(done)) => {
                        self.connection.count_sent(done.bytes);
                        answer(to, done.text);
                    }
                    Err(text) => mistake(to, text),
                }
                self.upload = None;
                continue;
            }
            let Some(command) = self.waiting.pop_front() else {
                return Progress::Pending;
            };
            match command {
                PromptCommand::Send(Command::Close(reason)) => return self.close(now, reason, to),
                PromptCommand::Quit => return self.close(now, Some(normal()), to),
                PromptCommand::Send(command) => self.command(command, to),
                PromptCommand::File { kind, path } => {
                    match Upload::open(kind, &path, self.options.home.as_deref()) {
                        Ok(upload) => self.upload = Some(upload),
                        Err(text) => mistake(to, text),
                    }
                }
                // These were executed when they were entered.
                _ => {}
            }
        }
        if self.waiting.is_empty() && self.upload.is_none() {
            Progress::Pending
        } else {
            if let Some(text) = self
                .upload
                .as_mut()
                .and_then(|one| one.progress(now.instant))
            {
                answer(to, text);
            }
            Progress::More
        }
    }

    /// Sends a Close and waits for the reply.
    fn close(&mut self, now: Now, reason: Option<CloseReason>, to: &mut dyn Sender) -> Progress {
        to.close(LINK, reason);
        self.connection.state = State::Closing;
        self.told_to_wait = false;
        self.due = now.instant.checked_add(LONG);
        self.show_status();
        Progress::Pending
    }

    fn command(&mut self, command: Command<'static>, to: &mut dyn Sender) {
        let (kind, bytes) = match command {
            Command::Text(text) => (Kind::Text, text.into_owned().into_bytes()),
            Command::Binary(bytes) => (Kind::Binary, bytes),
            Command::Ping(payload) => {
                to.ping(LINK, &payload);
                return self.connection.ping(payload);
            }
            Command::Pong(payload) => {
                to.pong(LINK, &payload);
                return answer(to, "sent a Pong");
            }
            // It ends the prompt and is not handled here.
            Command::Close(_) => return,
        };
        to.data(LINK, Piece::whole(kind, &bytes));
        self.connection.count_sent(bytes.len() as u64);
    }

    /// Updates the sign to show the state.
    fn show_status(&self) {
        self.typed.set_status(match self.connection.state {
            State::Connecting => PromptStatus::Connecting,
            State::Open if self.options.transcript.borrow().held().is_some() => PromptStatus::Held,
            State::Open => PromptStatus::Open,
            State::Closing => PromptStatus::Closing,
            State::Closed => PromptStatus::Closed,
        });
        if let Some(screen) = self.options.screen.as_ref().filter(|_| self.options.quiet) {
            // A write error is reported with the next message.
            let _ = screen.redraw();
        }
    }

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

impl Prompt {
    /// The number of accepted but unsent messages.
    fn unsent(&self) -> Unsent {
        let messages = self
            .waiting
            .iter()
            .filter(|command| {
                matches!(
                    command,
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
        let at = now.instant;
        match event {
            Event::Connect(step) => self.connection.on_step(step),
            Event::Open(upgrade) => {
                if self.options.speaks_first {
                    self.options.outlives.set(true);
                }
                let again = self.connection.open(at, upgrade);
                self.show_status();
                self.due = Some(at);
                if let Some(text) = again {
                    self.say(at, NoteLevel::Answer, text);
                }
            }
            Event::Data(Way::In, piece) => {
                let bytes = piece.bytes.len() as u64;
                self.connection.count_received(bytes, piece.last, at);
            }
            Event::Pong(Way::In, payload) => {
                if let Some(text) = self.connection.pong(at, payload) {
                    self.say(at, NoteLevel::Answer, text);
                }
            }
            Event::Reconnecting(_) => {
                self.connection.state = State::Connecting;
                self.told_to_wait = false;
                self.show_status();
            }
            // If the prompt has closed the connection to end, the verdict of the run reports it.
            Event::Closed(closure)
                if self.connection.state == State::Closing || is_ours(closure) =>
            {
                self.is_over = true;
                self.due = Some(at);
            }
            Event::Closed(closure) => {
                let ended = self.connection.close(at, closure);
                self.on_end(at, ended);
            }
            Event::ConnectFailed(error) => {
                let failed = self.connection.fail(at, error);
                self.on_end(at, failed);
            }
            Event::Failed(_) if !self.options.outlives.get() => {
                self.connection.state = State::Closed;
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
            State::Closed if !self.options.outlives.get() => return Progress::Done(None),
            State::Open => self.options.outlives.set(true),
            // The Close was answered, or there is no connection any more.
            State::Closing if self.is_over => return Progress::Done(None),
            State::Closing if !self.told_to_wait => {
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
        self.send(now, to)
    }

    fn settle(&mut self, _now: Now, _link: Link, _end: LinkEnd<'_>) -> Settled {
        // A prompt that continues has reported it itself.
        self.unsent().into()
    }
}

/// Whether a connection was closed because the run is ending.
fn is_ours(closure: &Closure) -> bool {
    closure.initiator == Some(Role::Us) && !matches!(closure.end, End::Violation(_))
}

fn normal() -> CloseReason {
    CloseReason {
        code: 1000,
        reason: String::new(),
    }
}

fn note(to: &mut dyn Sender, level: NoteLevel, text: String) {
    to.note(Note { level, text });
}

fn answer(to: &mut dyn Sender, text: impl Into<String>) {
    note(to, NoteLevel::Answer, text.into());
}

fn mistake(to: &mut dyn Sender, text: impl Into<String>) {
    note(to, NoteLevel::Mistake, text.into());
}

#[cfg(test)]
mod tests;
