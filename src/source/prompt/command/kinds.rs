//! What a line can ask for.

use regex::Regex;

use crate::conversation::command::Command;
use crate::event::Kind;

/// What a line asks for.
#[derive(Clone, Debug)]
pub enum PromptCommand {
    /// Nothing: the line is empty.
    Nothing,
    /// Send this.
    Send(Command<'static>),
    /// Send the content of a file as one message.
    File {
        /// Whether it is a text or a binary message.
        kind: Kind,
        /// The file as it was typed.
        path: String,
    },
    /// List the commands, or describe the one with this name.
    Help(Option<String>),
    /// Show the state of the connection.
    Status,
    /// Show the headers of the opening handshake.
    Headers,
    /// Connect anew.
    Reconnect,
    /// Something with the messages that are kept.
    Messages(MessageCommand),
    /// Open a text in an editor, where that was not done already.
    Edit,
    /// Close with 1000 and end.
    Quit,
}

/// What can be done with kept messages. A number counts from 1, or from the end if it is negative;
/// `None` is the last message.
#[derive(Clone, Debug)]
pub enum MessageCommand {
    /// Show the last ones again.
    Last(usize),
    /// Show all of a message.
    View(Option<i64>, ViewFormat),
    /// Pipe a message to a shell command.
    Pipe(Option<i64>, String),
    /// Write a message to a new file.
    Save(String, Option<i64>),
    /// Put a message on the clipboard.
    Copy(Option<i64>),
    /// Send a message again: a received one, or what was sent last.
    Again(Option<i64>),
    /// Find a text.
    Find(String),
    /// Show only messages that match, or say what is hidden.
    Filter(Option<Regex>),
    /// Hide messages that match.
    Mute(Regex),
    /// Show all messages.
    Unfilter,
    /// Hold messages back.
    Hold,
    /// Let them go.
    Release,
    /// Show times, or no longer.
    Timestamps,
}

/// How all of a message is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ViewFormat {
    /// JSON indented, other text as it is, binary as a hex dump.
    #[default]
    Pretty,
    /// Text as it came, escaped.
    Raw,
    /// A hex dump.
    Hex,
}

impl PromptCommand {
    /// Sends a text.
    pub(super) fn text(text: &str) -> Self {
        Self::Send(Command::Text(text.to_owned().into()))
    }
}
