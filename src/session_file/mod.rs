//! Session files: a conversation to replay and check, as a person writes it or a record keeps it.
//!
//! One statement a line: `>` sends, `<` expects, an indented line continues the one above it, `#`
//! begins a comment. This file is what such a file means; `parse` reads it, `print` writes it.

pub mod bytes;
mod expression;
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

pub use template::{Part, Template};

pub use crate::conversation::variable::is_name;
pub use bytes::ByteWord;
pub use expression::{Expression, NowUnit};
pub use parse::{decode, parse, parse_byte_pattern};
pub use place::{error_at, statement_text};
pub use print::{around_message, comment, print, print_line};
pub use recognize::{recognize, RecordKind};

use std::sync::Arc;
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
        let expects = |line: &&&Line| line.statement.expects();
        self.all_lines().iter().filter(expects).count()
    }

    /// All lines, also those inside others, in the order in which they are written.
    #[must_use]
    pub fn all_lines(&self) -> Vec<&Line> {
        fn add<'a>(lines: &'a [Line], all: &mut Vec<&'a Line>) {
            for line in lines {
                all.push(line);
                add(line.statement.body(), all);
            }
        }
        let mut all = Vec::new();
        add(&self.lines, &mut all);
        all
    }

    /// What `title` says, if anything does.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.lines.iter().find_map(|line| match &line.statement {
            Statement::Title(title) => Some(title.as_str()),
            _ => None,
        })
    }

    /// The words of `tags`.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        let tags = self.lines.iter().filter_map(|line| match &line.statement {
            Statement::Tags(tags) => Some(tags),
            _ => None,
        });
        tags.flatten().map(String::as_str)
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
        /// Whether no report shows its value.
        secret: bool,
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
        /// Whether no report shows its value.
        secret: bool,
    },
    /// `check …`: what the message that was matched last must be, besides.
    Check(Wanted),
    /// `any order`, and the expectations that may be met in any order.
    AnyOrder(Arc<[Line]>),
    /// `on < …` or `on open`, and what is sent each time.
    On(Trigger, Arc<[Line]>),
    /// `every 25s > …`: what is sent again and again.
    Every(Duration, Arc<[Line]>),
    /// `ignore < …`: messages that no expectation sees.
    Ignore(Wanted),
    /// `never < …`: a message that fails the file, and how long it is waited for besides.
    Never(Wanted, Option<Duration>),
    /// `repeat 10 as N`, and what is repeated.
    Repeat {
        /// How often: a number, or a variable.
        count: Template,
        /// The variable that counts from 1.
        name: Option<String>,
        /// What is repeated.
        body: Arc<[Line]>,
    },
    /// `retry 10s every 200ms`, and what is begun anew until it succeeds.
    Retry {
        /// For how long.
        limit: Duration,
        /// The pause before each retry.
        pause: Duration,
        /// What is retried.
        body: Arc<[Line]>,
    },
    /// `let NAME = …`.
    Let {
        /// The variable.
        name: String,
        /// Its value.
        value: Expression,
    },
    /// `default NAME VALUE`: the value of a variable that is not set.
    Default {
        /// The variable.
        name: String,
        /// Its value.
        value: Template,
    },
    /// `secret NAME`: a variable whose value no report shows.
    Secret(String),
    /// `title …`: the name of the file in reports for machines.
    Title(String),
    /// `tags A B`: words by which files are selected.
    Tags(Vec<String>),
    /// `check within 200ms`: how soon it must have come after the last that was sent.
    CheckWithin(Duration),
}

/// When the answer of a rule is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// A connection is open.
    Open,
    /// This is received.
    Received(Wanted),
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
    /// `hex …` with more than digits in it.
    Bytes(Vec<ByteWord>),
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
    /// `hex …` with more than digits in it: a binary message that fits.
    Bytes(Vec<ByteWord>),
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
