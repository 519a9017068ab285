//! The prompt as a source: lines become messages, and commands are executed.
//!
//! The prompt outlives its connection: after its end, the input line is kept, and the prompt can
//! connect again. Lines entered before the connection is open are sent in order when it is.
//! Everything that needs no connection (`/help`, `/status`, errors, ^C) is handled at once.

mod coloring;
pub mod command;
mod connection;
mod events;
mod expecting;
mod holding;
mod language;
mod messages;
mod options;
mod recording;
mod sending;
mod snippets;
mod upload;

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant;

use self::command::{MessageCommand, PromptCommand};
use self::connection::{ConnectionState, PromptConnection};
use self::expecting::Expectations;
use self::holding::HeldRow;
pub use self::language::PromptLanguage;
pub use self::options::PromptOptions;
pub use self::snippets::{SharedSnippets, Snippets};
use self::upload::Upload;
use super::{Progress, Sender};
use crate::conversation::outgoing::Outgoing;
use crate::error::Error;
use crate::event::{Kind, Link, Note, NoteLevel};
use crate::protocol::CloseReason;
use crate::terminal::{InputEvent, PromptStatus, TypedInput};

/// The connection of the prompt.
const LINK: Link = Link(0);

/// Messages typed by a person.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Prompt {
    typed: TypedInput,
    options: PromptOptions,
    connection: PromptConnection,
    /// Commands that can't be sent yet.
    waiting: VecDeque<PromptCommand>,
    upload: Option<Upload>,
    /// What `/expect` waits for.
    expectations: Expectations,
    held: HeldRow,
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
            connection: PromptConnection::new(options.secrets),
            options,
            waiting: VecDeque::new(),
            upload: None,
            expectations: Expectations::default(),
            held: HeldRow::default(),
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
                let ended = self.enter_line(&line, to);
                if self.typed.awaits_job() {
                    self.typed.answer_job(None);
                }
                return ended;
            }
            InputEvent::Hold => self.on_messages_command(MessageCommand::Hold, to),
            InputEvent::Release => self.on_messages_command(MessageCommand::Release, to),
            InputEvent::Interrupt { empty: false } => {}
            InputEvent::Interrupt { empty: true } if again || self.ends_at_once() => {
                if self.connection.state == ConnectionState::Connecting {
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

    /// Executes a line: a snippet, a command or a message.
    fn enter_line(&mut self, line: &str, to: &mut dyn Sender) -> Option<Progress> {
        let parsed = match self.options.snippets.called(line) {
            Some(text) => {
                let name = line.trim_start_matches('/').trim_end();
                snippets::message(name, &text, &self.options.lookup)
            }
            None => command::parse(line, self.options.force),
        };
        let needed = command::connected_only(line);
        match (parsed, needed) {
            (Ok(_), Some(name)) if self.connection.state == ConnectionState::Closed => {
                mistake(
                    to,
                    format!(
                        "/{name} needs a connection; nothing was sent. Enter on an empty line \
                         reconnects"
                    ),
                );
                None
            }
            (Ok(command), _) => self.execute(command, to),
            (Err(text), _) => {
                mistake(to, text);
                None
            }
        }
    }

    fn ends_at_once(&self) -> bool {
        matches!(
            self.connection.state,
            ConnectionState::Connecting | ConnectionState::Closing
        )
    }

    /// Executes a command, or queues it until the connection is open.
    fn execute(&mut self, command: PromptCommand, to: &mut dyn Sender) -> Option<Progress> {
        let is_closed = self.connection.state == ConnectionState::Closed;
        match command {
            PromptCommand::Nothing | PromptCommand::Reconnect if is_closed => self.reconnect(to),
            PromptCommand::Nothing | PromptCommand::Edit => {}
            PromptCommand::Help(None) => answer(to, command::help()),
            PromptCommand::Help(Some(name)) => match command::help_on(&name) {
                Ok(text) => answer(to, text),
                Err(text) => mistake(to, text),
            },
            PromptCommand::Status => {
                let status = self.status(to.volume(LINK));
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
            PromptCommand::Expect(text) => self.expect(&text, to),
            PromptCommand::Record(path) => self.record(path.as_deref(), to),
            PromptCommand::KeepAs(None) => answer(to, self.options.snippets.list()),
            PromptCommand::KeepAs(Some((name, text))) => {
                reply(to, self.options.snippets.keep(&name, &text));
            }
            PromptCommand::Quit | PromptCommand::Send(Outgoing::Close(_)) if is_closed => {
                return Some(Progress::Done(None));
            }
            command @ (PromptCommand::Quit
            | PromptCommand::Send(_)
            | PromptCommand::File { .. }) => return self.accept(command, to),
        }
        None
    }

    fn on_messages_command(&mut self, command: MessageCommand, to: &mut dyn Sender) {
        if matches!(command, MessageCommand::Release) {
            self.held.end(&self.options);
        }
        let transcript = Rc::clone(&self.options.transcript);
        let done = messages::run(
            command,
            &mut transcript.borrow_mut(),
            &self.options,
            &mut self.copying,
            self.typed.awaits_job(),
        );
        self.typed.set_times(transcript.borrow().shows_times());
        self.show_status();
        if let Some(job) = done.job {
            if !self.typed.answer_job(Some(job)) {
                mistake(
                    to,
                    "commands and images are not available on a dumb terminal (TERM=dumb)",
                );
            }
        }
        if let Some(said) = done.said {
            reply(to, said);
        }
        if let Some((kind, bytes)) = done.send {
            let command = match (kind, String::from_utf8(bytes)) {
                (Kind::Text, Ok(text)) => Outgoing::Text(text),
                (_, Ok(text)) => Outgoing::Binary(text.into_bytes()),
                (_, Err(error)) => Outgoing::Binary(error.into_bytes()),
            };
            self.accept(PromptCommand::Send(command), to);
        }
    }

    fn reconnect(&mut self, to: &mut dyn Sender) {
        if to.redial(LINK) {
            self.connection.state = ConnectionState::Connecting;
            self.told_to_wait = false;
            self.show_status();
            answer(to, "connecting again");
        } else {
            mistake(to, "this connection can't be made again");
        }
    }

    /// Updates the sign to show the state.
    fn show_status(&self) {
        self.typed.set_status(match self.connection.state {
            ConnectionState::Connecting => PromptStatus::Connecting,
            ConnectionState::Open if self.options.transcript.borrow().held().is_some() => {
                PromptStatus::Held
            }
            ConnectionState::Open => PromptStatus::Open,
            ConnectionState::Closing => PromptStatus::Closing,
            ConnectionState::Closed => PromptStatus::Closed,
        });
        if let Some(screen) = self.options.screen.as_ref().filter(|_| self.options.quiet) {
            // A write error is reported with the next message.
            let _ = screen.redraw();
        }
    }
}

fn note(to: &mut dyn Sender, level: NoteLevel, text: String) {
    to.note(Note { level, text });
}

fn answer(to: &mut dyn Sender, text: impl Into<String>) {
    note(to, NoteLevel::Answer, text.into());
}

/// Prints an answer, or a mistake.
fn reply(to: &mut dyn Sender, said: Result<String, String>) {
    match said {
        Ok(text) => answer(to, text),
        Err(text) => mistake(to, text),
    }
}

fn mistake(to: &mut dyn Sender, text: impl Into<String>) {
    note(to, NoteLevel::Mistake, text.into());
}

#[cfg(test)]
mod tests;
