//! Session files: a conversation to replay and check, as a person writes it or a record keeps it.
//!
//! One statement a line: `>` sends, `<` expects, an indented line continues the one above it, `#`
//! begins a comment. This file is what such a file means; `parse` reads it, `print` writes it.

pub mod grammar;
pub mod har;
pub mod jsonl;
mod parse;
mod place;
mod print;
mod raw;
mod recognize;
mod record;
mod template;
#[cfg(test)]
mod tests;
mod variables;

pub use crate::conversation::variable::is_name;
pub use parse::{decode, parse};
pub use place::{error_at, statement_text};
pub use print::{around_message, comment, print, print_line};
pub use recognize::{recognize, RecordKind};

use std::time::Duration;

use crate::protocol::Kind;

/// A session file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionFile {
    /// Its statements, in their order.
    pub lines: Vec<Line>,
}

impl SessionFile {
    /// How many expectations it has.
    #[must_use]
    pub fn expectations(&self) -> usize {
        let expects = |line: &&Line| line.statement.expects();
        self.lines.iter().filter(expects).count()
    }
}

/// A statement and where it stands.
#[derive(Clone, Debug)]
pub struct Line {
    /// The line in the file that it begins on, counted from 1.
    pub number: u32,
    /// Which connection it is about, `alice` in `@alice > hi`; `None` for the only one, or for a
    /// setting that holds for all.
    pub link: Option<String>,
    /// What it says.
    pub statement: Statement,
}

/// Where a statement stands is not what it says.
impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        (&self.link, &self.statement) == (&other.link, &other.statement)
    }
}

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `url ws://…`: where to connect to.
    Url(Template),
    /// `header N: V`, in the form of `--header`.
    Header(Template),
    /// `subprotocol NAME`: offered to the server.
    Subprotocol(Template),
    /// `option --compress off`: options of the command line, split into words.
    Options(Vec<Template>),
    /// `within 2s`: how long the expectations that follow wait.
    Within(Duration),
    /// `strict` or `strict off`: whether the very next message must fit, from here on.
    Strict(bool),
    /// `wait 500ms`: a pause.
    Wait(Duration),
    /// `at 1.5s`: when a recorded conversation went on, counted from its opening. It means nothing
    /// unless the recorded pauses are to be kept.
    At(Duration),
    /// `> …`.
    Send(Message),
    /// `< …`.
    Expect(Wanted),
    /// `capture NAME /json/pointer`: a value of the message that was matched last on its
    /// connection (RFC 6901).
    Capture {
        /// The variable that it becomes.
        name: String,
        /// Where in the message it is.
        pointer: String,
    },
    /// `capture NAME match /…/`: what a group of a regular expression matches in that message; named
    /// groups are variables of their own.
    CaptureMatch {
        /// The variable that it becomes.
        name: String,
        /// The regular expression, without its slashes.
        pattern: Template,
        /// Whether upper and lower case are the same.
        ignore_case: bool,
    },
    /// `check …`: what the message that was matched last must be, besides.
    Check(Wanted),
    /// `check within 200ms`: how soon it must have come after the last that was sent.
    CheckWithin(Duration),
}

/// What is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A text message.
    Text(Template),
    /// `json …`: a text message that is JSON, as it is written. A variable inside a string is
    /// escaped, one outside is JSON by itself.
    Json(Template),
    /// `hex …` or `base64 …`: a binary message.
    Binary(Vec<u8>),
    /// `file @PATH` or `text @PATH`: the whole of a file.
    File(Kind, Template),
    /// `ping …`.
    Ping(Payload),
    /// `pong …`.
    Pong(Payload),
    /// `close CODE REASON`. 1005 stands for a Close without a code (RFC 6455 §7.1.5).
    Close {
        /// 1000 where none is written.
        code: u16,
        /// May be empty.
        reason: Template,
    },
}

/// What is expected.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// A text message that is equal.
    Text(Template),
    /// `json …`: a text message that is JSON with at least this in it, or that fits a pattern.
    Json(Template),
    /// `/…/`, with `i` for letters of either case: a text message that it is found in.
    Match {
        /// The regular expression, without its slashes.
        pattern: Template,
        /// Whether upper and lower case are the same.
        ignore_case: bool,
    },
    /// `hex …` or `base64 …`: a binary message that is equal.
    Binary(Vec<u8>),
    /// `file @PATH` or `text @PATH`: a message that is equal to a file.
    File(Kind, Template),
    /// `any`: any data message.
    Any,
    /// `ping` or `ping …`: a Ping, with this payload if one is written.
    Ping(Option<Payload>),
    /// `pong` or `pong …`.
    Pong(Option<Payload>),
    /// `close`, `close CODE`, `close CODE REASON`: the end of the connection. 1005 is a Close
    /// without a code, 1006 an end without a Close (RFC 6455 §7.1.5).
    Close {
        /// `None` for any.
        code: Option<u16>,
        /// `None` for any.
        reason: Option<Template>,
    },
    /// `silence 500ms`: no data message for so long.
    Silence(Duration),
    /// `status 101`: the status of the server's answer to the upgrade.
    Status(u16),
    /// `header N: V`: a field of that answer.
    Header {
        /// Its name, in letters of either case.
        name: String,
        /// Its value.
        value: Template,
    },
    /// `refused` or `refused 401`: the server refuses the upgrade.
    Refused(Option<u16>),
}

/// What a Ping or a Pong carries, at most 125 bytes (RFC 6455 §5.5).
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// Text.
    Text(Template),
    /// `hex …`.
    Bytes(Vec<u8>),
}

/// A text with variables in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Its parts; no two texts stand side by side, and none is empty.
    pub parts: Vec<Part>,
}

/// A part of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Stands for itself.
    Text(String),
    /// `${NAME}`: a variable's value.
    Variable(String),
}
