//! What happened instead of what was expected.

use std::fmt;
use std::time::Duration;

use super::super::text::violation_message;
use crate::protocol::close::name_of_code;
use crate::protocol::{Closure, End, Role};
use crate::text::duration::rounded;
use crate::text::phrase::Phrase;

/// What happened instead. It is displayed as a clause that follows "but".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instead {
    /// This was received where nothing else may be.
    Received(Phrase),
    /// This was received although no message was expected.
    ReceivedAfter(Phrase, Duration),
    /// This was received although it must not be, while this line was waiting.
    ReceivedDuring(Phrase, Option<String>),
    /// No message of several matched in time, or none was received.
    NoneMatched {
        /// Whether a data message was expected.
        is_message: bool,
        /// How many did not match.
        passed: u64,
        /// The time.
        within: Duration,
    },
    /// Some of several expectations in any order were met.
    Partial(Partial),
    /// A message could not be compared in time.
    NotCompared(Duration),
    /// The connection ended.
    Ended(Box<Closure>),
    /// The connection is not open yet.
    NotOpen,
    /// All connections have ended.
    NoConnection,
    /// The connection did not end in time.
    StillOpen(Duration),
    /// The connection was not opened again in time, and why.
    NotReopened(Duration, Box<Self>),
    /// The server accepted the upgrade.
    Accepted,
    /// The server refused the upgrade with this status line.
    Refused(String),
    /// The response has no such header.
    NoHeader,
    /// The header has another value: this, or one that may be a credential.
    Header(Option<String>),
    /// The response has another status, and this body.
    Status(u16, Option<String>),
    /// The last matched message does not pass: this, which the expectation of this line matched.
    Matched(Option<String>, Phrase),
    /// No message has matched yet.
    NothingMatched,
    /// The last matched message is not text.
    NotText(Phrase),
    /// The last matched message is not JSON.
    NotJson(Phrase),
    /// The last matched message has no value at the pointer.
    NoValue(Phrase),
    /// No message was sent before the one that matched.
    NothingSent,
    /// It took longer: how long, and how much more than allowed.
    Took(Duration, Duration),
    /// Another error.
    Failed(String),
}

/// How many of several expectations in any order were met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// How the connection ended, if it did.
    pub ended: Option<Box<Instead>>,
    /// How many were met.
    pub met: usize,
    /// How many there are.
    pub count: usize,
    /// The line of the statement.
    pub line: Option<String>,
    /// The time.
    pub within: Duration,
}

impl Instead {
    /// The values that it quotes, to replace what is secret.
    pub fn values_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::Received(phrase)
            | Self::ReceivedAfter(phrase, _)
            | Self::ReceivedDuring(phrase, _)
            | Self::Matched(_, phrase)
            | Self::NotText(phrase)
            | Self::NotJson(phrase)
            | Self::NoValue(phrase) => phrase.values_mut().collect(),
            Self::Ended(closure) => closure_values(closure),
            Self::NotReopened(_, cause)
            | Self::Partial(Partial {
                ended: Some(cause), ..
            }) => cause.values_mut(),
            Self::Refused(text) | Self::Failed(text) => vec![text],
            Self::Header(value) | Self::Status(_, value) => value.iter_mut().collect(),
            Self::NoneMatched { .. }
            | Self::Partial(Partial { ended: None, .. })
            | Self::NotCompared(_)
            | Self::NotOpen
            | Self::NoConnection
            | Self::StillOpen(_)
            | Self::Accepted
            | Self::NoHeader
            | Self::NothingMatched
            | Self::NothingSent
            | Self::Took(..) => Vec::new(),
        }
    }
}

fn closure_values(closure: &mut Closure) -> Vec<&mut String> {
    let reason = closure.received.as_mut().and_then(Option::as_mut);
    let mut values: Vec<_> = reason.map(|body| &mut body.reason).into_iter().collect();
    match &mut closure.end {
        End::Lost(cause) => values.push(cause),
        End::Violation(violation) => values.push(&mut violation.rule),
        End::Clean | End::Eof | End::Unanswered | End::Silent(_) => {}
    }
    values
}

impl fmt::Display for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Received(what) => write!(f, "received {what} instead"),
            Self::ReceivedAfter(what, time) => {
                write!(f, "received {what} after {}", rounded(*time))
            }
            Self::ReceivedDuring(what, None) => write!(f, "received {what}"),
            Self::ReceivedDuring(what, Some(line)) => {
                write!(f, "received {what} during line {line}")
            }
            Self::NoneMatched {
                is_message,
                passed,
                within,
            } => write_none_matched(f, *is_message, *passed, &rounded(*within)),
            Self::Partial(partial) => write!(f, "{partial}"),
            Self::NotCompared(limit) => {
                let limit = rounded(*limit);
                write!(f, "a large message could not be compared within {limit}")
            }
            Self::Ended(closure) => f.write_str(&how_it_ended(closure)),
            Self::NotOpen => f.write_str("the connection is not open yet"),
            Self::NoConnection => f.write_str("all connections had ended"),
            Self::StillOpen(time) => write!(f, "it was still open after {}", rounded(*time)),
            Self::NotReopened(time, cause) => {
                write!(f, "it was not opened within {}: {cause}", rounded(*time))
            }
            Self::Accepted => f.write_str("the server accepted the upgrade with 101"),
            Self::Refused(status) => write!(f, "the server refused the upgrade: {status}"),
            Self::NoHeader => f.write_str("the response has no such header"),
            Self::Header(Some(value)) => write!(f, "it is {value}"),
            Self::Header(None) => {
                f.write_str("it has a different value (hidden: it may be a credential)")
            }
            Self::Status(status, None) => write!(f, "it was {status}"),
            Self::Status(status, Some(body)) => write!(f, "it was {status}: {body}"),
            Self::Matched(Some(line), what) => write!(f, "line {line} matched {what}"),
            Self::Matched(None, what) => write!(f, "the expectation before it matched {what}"),
            Self::NothingMatched => f.write_str("no message has matched yet"),
            Self::NotText(what) => write!(f, "{what} has matched, not a text message"),
            Self::NotJson(what) => write!(f, "{what} is not JSON"),
            Self::NoValue(what) => write!(f, "{what} has no value there"),
            Self::NothingSent => f.write_str("no message was sent before the one that matched"),
            Self::Took(time, more) => {
                write!(f, "it took {}, {} more", rounded(*time), rounded(*more))
            }
            Self::Failed(cause) => f.write_str(cause),
        }
    }
}

impl fmt::Display for Partial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (met, count) = (self.met, self.count);
        let got = match &self.line {
            Some(line) => format!("{met} of the {count} messages that line {line} expects"),
            None => format!("{met} of the {count} expected messages"),
        };
        if let Some(how) = &self.ended {
            return write!(f, "{how} after {got} were received");
        }
        let within = rounded(self.within);
        write!(f, "only {got} were received within {within}")
    }
}

fn write_none_matched(
    f: &mut fmt::Formatter<'_>,
    is_message: bool,
    passed: u64,
    within: &str,
) -> fmt::Result {
    match passed {
        0 if is_message => write!(f, "no message was received within {within}"),
        0 => write!(f, "none was received within {within}"),
        1 => write!(f, "the only message received within {within} did not match"),
        _ => write!(
            f,
            "none of the {passed} messages received within {within} matched"
        ),
    }
}

fn how_it_ended(closure: &Closure) -> String {
    let code = closure.code();
    let reason = match closure.reason() {
        "" => String::new(),
        reason => format!(" \"{reason}\""),
    };
    match (&closure.end, &closure.received) {
        (End::Violation(violation), _) => violation_message(violation),
        (_, Some(None)) => "the server closed without a code".to_owned(),
        (_, Some(Some(_))) => {
            let verb = match closure.initiator {
                Some(Role::Us) => "the server answered our Close with",
                _ => "the server closed with",
            };
            format!("{verb} {code}{reason} ({})", name_of_code(code))
        }
        (End::Silent(time), None) => {
            format!("the server did not answer a Ping for {}", rounded(*time))
        }
        (End::Unanswered, None) => "the server did not answer our Close".to_owned(),
        (End::Lost(cause), None) => format!("the connection was lost: {cause}"),
        (_, None) => "the server closed the connection without a Close frame".to_owned(),
    }
}
