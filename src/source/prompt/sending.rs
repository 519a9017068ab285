//! What is sent: commands that wait for the connection, files, and the Close.

use std::time::Duration;

use super::command::PromptCommand;
use super::connection::ConnectionState;
use super::upload::Upload;
use super::{answer, mistake, note, Prompt, LINK};
use crate::conversation::outgoing::Outgoing;
use crate::event::{Kind, NoteLevel, Now, Piece};
use crate::protocol::CloseReason;
use crate::source::{Progress, Sender, Unsent};

/// After this time, the prompt prints what it is waiting for.
const LONG: Duration = Duration::from_secs(1);

impl Prompt {
    /// Handles a command that needs the connection. Ending does not wait for commands that can't be
    /// sent yet.
    pub(super) fn accept(
        &mut self,
        command: PromptCommand,
        to: &mut dyn Sender,
    ) -> Option<Progress> {
        let ends = matches!(
            command,
            PromptCommand::Quit | PromptCommand::Send(Outgoing::Close(_))
        );
        match self.connection.state {
            ConnectionState::Connecting if ends => {
                self.give_up(to);
                return Some(Progress::Done(None));
            }
            ConnectionState::Connecting => {
                if !std::mem::replace(&mut self.told_to_wait, true) {
                    let text = "not connected yet: what is typed waits and is sent in order";
                    note(to, NoteLevel::Hint, text.to_owned());
                }
            }
            ConnectionState::Closed => {
                let text = "not connected; nothing was sent. Enter on an empty line reconnects";
                mistake(to, text);
                return None;
            }
            ConnectionState::Open | ConnectionState::Closing => {}
        }
        self.waiting.push_back(command);
        None
    }

    /// Reports the fate of commands for a connection that is not waited for.
    pub(super) fn give_up(&mut self, to: &mut dyn Sender) {
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
    pub(super) fn send(&mut self, now: Now, to: &mut dyn Sender) -> Progress {
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
                PromptCommand::Send(Outgoing::Close(reason)) => return self.close(now, reason, to),
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
    pub(super) fn close(
        &mut self,
        now: Now,
        reason: Option<CloseReason>,
        to: &mut dyn Sender,
    ) -> Progress {
        to.close(LINK, reason);
        self.connection.state = ConnectionState::Closing;
        self.told_to_wait = false;
        self.due = now.instant.checked_add(LONG);
        self.show_status();
        Progress::Pending
    }

    fn command(&mut self, command: Outgoing<String>, to: &mut dyn Sender) {
        let (kind, bytes) = match command {
            Outgoing::Text(text) => (Kind::Text, text.into_bytes()),
            Outgoing::Binary(bytes) => (Kind::Binary, bytes),
            Outgoing::Ping(payload) => {
                to.ping(LINK, &payload);
                return self.connection.ping(payload);
            }
            Outgoing::Pong(payload) => {
                to.pong(LINK, &payload);
                return answer(to, "sent a Pong");
            }
            // It ends the prompt and is not handled here.
            Outgoing::Close(_) => return,
        };
        to.data(LINK, Piece::whole(kind, &bytes));
        self.connection.count_sent(bytes.len() as u64);
    }

    /// The number of accepted but unsent messages.
    pub(super) fn unsent(&self) -> Unsent {
        let messages = self
            .waiting
            .iter()
            .filter(|command| {
                matches!(
                    command,
                    PromptCommand::File { .. }
                        | PromptCommand::Send(Outgoing::Text(_) | Outgoing::Binary(_))
                )
            })
            .count();
        Unsent {
            messages: messages as u64 + u64::from(self.upload.is_some()),
            more: false,
        }
    }
}

fn normal() -> CloseReason {
    CloseReason {
        code: 1000,
        reason: String::new(),
    }
}
