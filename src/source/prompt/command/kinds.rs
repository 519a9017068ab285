//! The commands of the prompt.

use regex::Regex;

use crate::conversation::outgoing::Outgoing;
use crate::event::Kind;

/// A parsed line.
#[derive(Clone, Debug)]
pub enum PromptCommand {
    /// An empty line.
    Nothing,
    /// Send a message or frame.
    Send(Outgoing<String>),
    /// Send the content of a file as one message.
    File {
        /// Whether to send a text or a binary message.
        kind: Kind,
        /// The path as typed.
        path: String,
    },
    /// List the commands, or describe the one with this name.
    Help(Option<String>),
    /// Show the state of the connection.
    Status,
    /// Show the headers of the opening handshake.
    Headers,
    /// Connect again.
    Reconnect,
    /// Work with the kept messages.
    Messages(MessageCommand),
    /// Wait for what this text describes.
    Expect(String),
    /// Record to this new file, or stop.
    Record(Option<String>),
    /// Keep a text under a name, or list what is kept.
    KeepAs(Option<(String, String)>),
    /// Open a text in an editor, unless that has been done.
    Edit,
    /// Close with 1000 and end.
    Quit,
}

/// Commands for kept messages. A number counts from 1, or from the end if it is negative; `None` is
/// the last message.
#[derive(Clone, Debug)]
pub enum MessageCommand {
    /// Show the last messages again.
    Last(usize),
    /// Show a complete message.
    View(Option<i64>, ViewFormat),
    /// Pipe a message to a shell command.
    Pipe(Option<i64>, String),
    /// Write a message to a new file.
    Save(String, Option<i64>),
    /// Put a message on the clipboard.
    Copy(Option<i64>),
    /// Send a message again: a received one, or the last sent one.
    Again(Option<i64>),
    /// Search for a text.
    Find(String),
    /// Show only messages that match, or print the current filter.
    Filter(Option<Regex>),
    /// Hide messages that match.
    Mute(Regex),
    /// Show all messages.
    Unfilter,
    /// Hold messages back.
    Hold,
    /// Release held messages.
    Release,
    /// Turn time stamps on or off.
    Timestamps,
}

/// The format of a complete message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ViewFormat {
    /// JSON indented, other text unchanged, binary as a hex dump.
    #[default]
    Pretty,
    /// Text unchanged but escaped.
    Raw,
    /// A hex dump.
    Hex,
    /// A picture.
    Image,
}

impl PromptCommand {
    /// A command that sends a text.
    pub(crate) fn text(text: &str) -> Self {
        Self::Send(Outgoing::Text(text.to_owned()))
    }
}
