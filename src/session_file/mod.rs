//! Session files: conversations to replay and check, written by people or recorded.
//!
//! They have one statement per line: `>` sends, `<` expects, an indented line continues the
//! previous one, `#` begins a comment. This module defines the statements; `parse` parses them and
//! `print` prints them.

pub mod bytes;
mod expression;
pub mod grammar;
pub mod har;
mod include;
pub mod jsonl;
mod parse;
mod place;
mod print;
mod raw;
mod recognize;
mod record;
pub mod recorded;
mod source_map;
mod template;
#[cfg(test)]
mod tests;
mod variables;

pub use template::{Part, Template};

pub use crate::conversation::variable::is_name;
pub use bytes::ByteWord;
pub use expression::{Expression, NowUnit};
pub use include::{include, Included, ReadFile};
pub use parse::{decode, parse, parse_byte_pattern};
pub use place::error_at;
pub use print::{around_message, comment, print, print_line};
pub use source_map::SourceMap;

pub use recognize::{recognize, RecordKind};

use std::sync::Arc;
use std::time::Duration;

use crate::protocol::Kind;

/// The default timeout of an expectation.
pub const WITHIN: Duration = Duration::from_secs(5);

/// A session file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionFile {
    /// The statements, in order.
    pub lines: Vec<Line>,
}

impl SessionFile {
    /// The number of expectations.
    #[must_use]
    pub fn expectations(&self) -> usize {
        let expects = |line: &&&Line| line.statement.expects();
        self.all_lines().iter().filter(expects).count()
    }

    /// All lines, including those inside others, in the order of the file.
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

    /// Whether something may happen, or must be waited for, while all connections have ended: one is
    /// opened again, an HTTP request is sent, a failed block is run again, or what follows a `drop`
    /// is checked.
    #[must_use]
    pub fn outlives_connections(&self) -> bool {
        let outlives = |line: &&Line| {
            matches!(
                line.statement,
                Statement::Expect(ExpectStatement::Reconnect)
                    | Statement::Open(_)
                    | Statement::Http(_)
                    | Statement::Drop
                    | Statement::Retry { .. }
            )
        };
        self.all_lines().iter().any(outlives)
    }

    /// Whether it has statements that open connections or send HTTP requests.
    #[must_use]
    pub fn needs_opener(&self) -> bool {
        let needs =
            |line: &&Line| matches!(line.statement, Statement::Open(_) | Statement::Http(_));
        self.all_lines().iter().any(needs)
    }

    /// The text of the `title` statement, if there is one.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.lines.iter().find_map(|line| match &line.statement {
            Statement::Title(title) => Some(title.as_str()),
            _ => None,
        })
    }

    /// The words of the `tags` statements.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        let tags = self.lines.iter().filter_map(|line| match &line.statement {
            Statement::Tags(tags) => Some(tags),
            _ => None,
        });
        tags.flatten().map(String::as_str)
    }
}

/// A statement and its position.
#[derive(Clone, Debug)]
pub struct Line {
    /// The number of its first line, from 1.
    pub number: u32,
    /// The name of its connection, `alice` in `@alice > hi`; `None` for the only connection, or for
    /// a setting that applies to all.
    pub link: Option<String>,
    /// The statement itself.
    pub statement: Statement,
}

/// The position is not compared.
impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        (&self.link, &self.statement) == (&other.link, &other.statement)
    }
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `url ws://…`: the URL to connect to.
    Url(Template),
    /// `header N: V`: a header, in the syntax of `--header`.
    Header(Template),
    /// `subprotocol NAME`: a subprotocol to offer.
    Subprotocol(Template),
    /// `option --compress off`: options of the command line, split into words.
    Options(Vec<Template>),
    /// `within 2s`: the timeout of the following expectations.
    Within(Duration),
    /// `strict` or `strict off`: whether the very next message must match each of the following
    /// expectations.
    Strict(bool),
    /// `wait 500ms`: a pause.
    Wait(Duration),
    /// `at 1.5s`: the time of the next statement in a recording, since the connection was opened.
    /// Used only if recorded pauses are kept.
    At(Duration),
    /// `> …`: sends a message or frame.
    Send(Message),
    /// `< …`: expects a message or event.
    Expect(ExpectStatement),
    /// `capture NAME /json/pointer`: captures a value from the last matched message on its
    /// connection (RFC 6901).
    Capture {
        /// The variable that is set.
        name: String,
        /// The JSON pointer.
        pointer: String,
        /// Whether its value is redacted in reports.
        secret: bool,
    },
    /// `capture NAME match /…/`: captures what a group of a regular expression matches in that
    /// message. Named groups set variables of their own.
    CaptureMatch {
        /// The variable that is set.
        name: String,
        /// The regular expression, without its slashes.
        pattern: Template,
        /// Whether case is ignored.
        ignore_case: bool,
        /// Whether its value is redacted in reports.
        secret: bool,
    },
    /// `check …`: another condition for the last matched message.
    Check(ExpectStatement),
    /// `any order`, and the expectations that may be met in any order.
    AnyOrder(Arc<[Line]>),
    /// `on < …` or `on open`, and what is sent then.
    On(Trigger, Arc<[Line]>),
    /// `every 25s > …`: sends at intervals.
    Every(Duration, Arc<[Line]>),
    /// `ignore < …`: messages that are hidden from expectations.
    Ignore(ExpectStatement),
    /// `never < …`: a message that fails the file, and how long to wait for it.
    Never(ExpectStatement, Option<Duration>),
    /// `repeat 10 as N`, and the statements to repeat.
    Repeat {
        /// The number of repetitions, which may be a variable.
        count: Template,
        /// The variable that counts from 1.
        name: Option<String>,
        /// The statements to repeat.
        body: Arc<[Line]>,
    },
    /// `retry 10s every 200ms`, and the statements to retry until they succeed.
    Retry {
        /// The timeout.
        limit: Duration,
        /// The pause before each retry.
        pause: Duration,
        /// The statements to retry.
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
    /// `secret NAME`: a variable whose value is redacted in reports.
    Secret(String),
    /// `title …`: the name of the file in machine-readable reports.
    Title(String),
    /// `tags A B`: words by which files are selected.
    Tags(Vec<String>),
    /// `check within 200ms`: the maximum time since the last sent message.
    CheckWithin(Duration),
    /// `open [URL]`: opens a connection here rather than at the start. Without a URL, that of `url`.
    Open(Option<Template>),
    /// `include PATH`: the lines of another file.
    Include(String),
    /// `drop`: ends a connection without a Close.
    Drop,
    /// `http METHOD URL`, with headers and a body below it.
    Http(Box<HttpCall>),
}

/// An HTTP request.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpCall {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: Template,
    /// `header N: V`: its headers.
    pub headers: Vec<Template>,
    /// Its body.
    pub body: Option<HttpBody>,
}

/// The body of an HTTP request.
#[derive(Clone, Debug, PartialEq)]
pub enum HttpBody {
    /// `json …`, as after `>`.
    Json(Template),
    /// `body …`: a text.
    Text(Template),
}

/// When a rule's reply is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// When a connection is opened.
    Open,
    /// When this is received.
    Received(ExpectStatement),
}

/// A message or control frame to send.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A text message.
    Text(Template),
    /// `json …`: a text message with literal JSON. A variable inside a string is escaped, one
    /// outside must be JSON itself.
    Json(Template),
    /// `hex …` or `base64 …`: a binary message.
    Binary(Vec<u8>),
    /// `hex …` with more than digits in it.
    Bytes(Vec<ByteWord>),
    /// `file @PATH` or `text @PATH`: the content of a file.
    File(Kind, Template),
    /// `ping …`.
    Ping(Payload),
    /// `pong …`.
    Pong(Payload),
    /// `close CODE REASON`. 1005 stands for a Close without a code (RFC 6455 §7.1.5).
    Close {
        /// The code; 1000 by default.
        code: u16,
        /// The reason, which may be empty.
        reason: Template,
    },
}

/// An expected message or event.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpectStatement {
    /// A text message that is equal.
    Text(Template),
    /// `json …`: a text message with JSON that contains this JSON or matches a pattern.
    Json(Template),
    /// `/…/`, with `i` to ignore case: a text message that contains a match.
    Match {
        /// The regular expression, without its slashes.
        pattern: Template,
        /// Whether case is ignored.
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
    /// `ping` or `ping …`: a Ping, with this payload if it is given.
    Ping(Option<Payload>),
    /// `pong` or `pong …`.
    Pong(Option<Payload>),
    /// `close`, `close CODE`, `close CODE REASON`: the end of the connection. 1005 is a Close
    /// without a code, 1006 an end without a Close frame (RFC 6455 §7.1.5).
    Close {
        /// The code; `None` for any.
        code: Option<u16>,
        /// The reason; `None` for any.
        reason: Option<Template>,
    },
    /// `silence 500ms`: no data message for this long.
    Silence(Duration),
    /// `status 101`: the status of the upgrade response.
    Status(u16),
    /// `header N: V`: a header of the upgrade response.
    Header {
        /// The name, ignoring case.
        name: String,
        /// The value.
        value: Template,
    },
    /// `refused` or `refused 401`: the server refuses the upgrade.
    Refused(Option<u16>),
    /// `reconnect`, a statement of its own: the connection ends and is opened again.
    Reconnect,
}

/// The payload of a Ping or a Pong, at most 125 bytes (RFC 6455 §5.5).
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// Text.
    Text(Template),
    /// `hex …`.
    Bytes(Vec<u8>),
}
