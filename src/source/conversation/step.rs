//! The steps of a conversation: messages to send and expectations, in order.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use regex::Regex;

use crate::conversation::matching::Pattern;
use crate::error::Error;
use crate::event::{Kind, Link};
use crate::http::{Header, Secrets};
use crate::protocol::close::name_of_code;
use crate::protocol::{CloseReason, Closure};
use crate::session_file;
use crate::source::reader::Reader;

/// A step, its connection, and its place in the file.
#[derive(Debug)]
pub struct Step {
    /// The connection.
    pub link: Link,
    /// The file and line, for reports; `None` on the command line.
    pub place: Option<String>,
    /// The action.
    pub act: Act,
}

/// The action of a step.
#[derive(Debug)]
pub enum Act {
    /// Sends a message from memory.
    Send(Kind, Vec<u8>),
    /// Sends the content of a file or standard input as one message. The line feed at the end of a
    /// text is not sent.
    Stream(Kind, Reader),
    /// Sends a Ping.
    Ping(Vec<u8>),
    /// Sends an unsolicited Pong.
    Pong(Vec<u8>),
    /// Sends a Close; `None` for one without a code.
    Close(Option<CloseReason>),
    /// Waits until an expectation is met.
    Expect(Expectation),
    /// Waits for a duration.
    Pause(Duration),
    /// Waits until this long after the connections were opened.
    Until(Duration),
    /// Captures a value from the last matched message on this connection.
    Capture {
        /// The name of the variable.
        name: String,
        /// The JSON pointer in the message (RFC 6901).
        pointer: String,
    },
    /// Captures what a regular expression matches in that message: its first group, or the whole
    /// match, and each named group in a variable of that name.
    CaptureMatch {
        /// The name of the variable.
        name: String,
        /// The regular expression.
        regex: Regex,
    },
    /// Checks that message again, and fails at once if it does not match.
    Check(Check),
    /// Waits until all these expectations are met, in any order.
    AnyOrder(Vec<Alternative>),
    /// Adds a rule.
    Rule(Rule),
    /// Starts to send at intervals.
    Every(Interval),
}

/// One of several expectations that may be met in any order.
#[derive(Debug)]
pub struct Alternative {
    /// Its connection.
    pub link: Link,
    /// Its place in the file.
    pub place: Option<String>,
    /// The expectation.
    pub expectation: Expectation,
}

/// A rule for received messages.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The connections that it applies to.
    pub links: Vec<Link>,
    /// Its place in the file.
    pub place: Option<String>,
    /// The messages that it applies to.
    pub wanted: Expected,
    /// The effect.
    pub effect: Effect,
}

/// The effect of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Sends this [answer](StepSource::answer).
    Answer(usize),
    /// Hides the message from expectations.
    Ignore,
    /// Fails the conversation.
    Fail,
}

/// A message that is sent at intervals.
#[derive(Clone, Debug)]
pub struct Interval {
    /// The connections that it is sent on.
    pub links: Vec<Link>,
    /// The interval.
    pub period: Duration,
    /// The [answer](StepSource::answer) that is sent.
    pub answer: usize,
}

/// A running interval.
#[derive(Clone, Debug)]
pub(super) struct Timer {
    pub(super) interval: Interval,
    /// When it ends next.
    pub(super) next: Option<Instant>,
}

/// A check of a matched message.
#[derive(Clone, Debug)]
pub enum Check {
    /// It matches this pattern.
    Message(Pattern),
    /// It was received at most this long after the last message sent on its connection.
    Within(Duration),
}

/// An expectation.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// What is expected.
    pub wanted: Expected,
    /// The timeout.
    pub within: Duration,
    /// Whether the very next message must match.
    pub strict: bool,
}

impl Expectation {
    /// The default timeout of an expectation (`--within`).
    pub const WITHIN: Duration = session_file::WITHIN;
}

/// What is expected.
#[derive(Clone, Debug)]
pub enum Expected {
    /// A data message.
    Message(Pattern),
    /// A Ping, with this payload if there is one.
    Ping(Option<Vec<u8>>),
    /// A Pong, with this payload if there is one.
    Pong(Option<Vec<u8>>),
    /// The end of the connection, with this code and reason if they are given. 1005 and 1006 are
    /// used as in RFC 6455 §7.1.5.
    Close {
        /// The code; `None` for any.
        code: Option<u16>,
        /// The reason; `None` for any.
        reason: Option<String>,
    },
    /// No data message for this long.
    Silence(Duration),
    /// The status of the upgrade response.
    Status(u16),
    /// A header of the upgrade response.
    Header {
        /// The name, ignoring case.
        name: String,
        /// Its value.
        value: String,
    },
    /// A refusal of the upgrade, with this status if it is given.
    Refused(Option<u16>),
}

impl Expected {
    /// Whether it says that the server must or must not refuse the upgrade.
    #[must_use]
    pub fn is_about_refusal(&self) -> bool {
        matches!(self, Self::Status(_) | Self::Refused(_))
    }

    /// Whether a refusal with this status is expected; `None` if the expectation is about something
    /// else.
    #[must_use]
    pub fn allows_refusal(&self, status: u16) -> Option<bool> {
        match self {
            Self::Status(wanted) => Some(*wanted == status),
            Self::Refused(wanted) => Some(wanted.is_none_or(|wanted| wanted == status)),
            _ => None,
        }
    }

    /// Whether it expects the end of the connection and this close meets it.
    #[must_use]
    pub fn is_met_by_close(&self, closure: &Closure) -> bool {
        let Self::Close { code, reason } = self else {
            return false;
        };
        let has_reason = |reason: &String| reason == closure.reason();
        code.is_none_or(|code| code == closure.code()) && reason.as_ref().is_none_or(has_reason)
    }

    /// A description to follow "expected". Not escaped.
    #[must_use]
    pub fn describe(&self) -> String {
        let control = |name: &str, payload: &Option<Vec<u8>>| match payload {
            None => format!("a {name}"),
            Some(payload) => format!("a {name} with {}", quote(payload)),
        };
        match self {
            Self::Message(pattern) => pattern.describe(),
            Self::Ping(payload) => control("Ping", payload),
            Self::Pong(payload) => control("Pong", payload),
            Self::Close { code, reason } => {
                let mut text = match code {
                    None => "the connection to be closed".to_owned(),
                    Some(1006) => "the connection to end without a Close frame".to_owned(),
                    Some(code) => {
                        format!(
                            "the connection to be closed with {code} ({})",
                            name_of_code(*code)
                        )
                    }
                };
                if let Some(reason) = reason {
                    let _ = write!(text, " and the reason {reason:?}");
                }
                text
            }
            Self::Silence(time) => format!("no message for {} s", time.as_secs_f64()),
            Self::Status(status) => format!("the status {status}"),
            Self::Header { name, value } => {
                let header = Header::new(name, value.as_str());
                format!("header {name}: {}", header.shown_value(Secrets::Hidden))
            }
            Self::Refused(None) => "the upgrade to be refused".to_owned(),
            Self::Refused(Some(status)) => format!("the upgrade to be refused with {status}"),
        }
    }
}

/// The payload of a control frame, for reports.
pub(super) fn quote(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok(text) => format!("\"{text}\""),
        Err(_) => format!("the bytes {}", hex::encode(payload)),
    }
}

/// A source of steps: the command line or a file.
pub trait StepSource {
    /// Returns the next step; `None` after the last.
    ///
    /// # Errors
    ///
    /// What is wrong with it, if that depends on captured values.
    fn next(&mut self, now: Instant) -> Result<Option<Step>, Error>;

    /// Called when the last step has failed. Returns when to continue, if it is retried.
    fn retry(&mut self, _now: Instant) -> Option<Instant> {
        None
    }

    /// The repetition of the last step, to follow an error.
    fn context(&self, _now: Instant) -> Option<String> {
        None
    }

    /// The steps of a rule's reply on a connection.
    ///
    /// # Errors
    ///
    /// What is wrong with them, if that depends on captured values.
    fn answer(&mut self, _answer: usize, _link: Link) -> Result<Vec<Step>, Error> {
        Ok(Vec::new())
    }

    /// Whether there are expectations after the last step, so that received messages must be kept.
    fn expects(&self) -> bool;

    /// The first step on `link` that says whether the upgrade is refused, and its place.
    fn handshake(&self, link: Link) -> Option<(Option<String>, Expected)>;

    /// The next expectation on a connection after the last step.
    fn next_expected(&self, link: Link) -> Option<Expected>;

    /// Sets a variable for the following steps.
    fn keep(&mut self, name: &str, value: String);

    /// The number of messages that have not been sent on a connection.
    fn unsent(&self, link: Link) -> u64;

    /// The name of a connection in reports; `None` if there is only one.
    fn name(&self, link: Link) -> Option<&str>;
}

/// The steps of a command line.
impl StepSource for VecDeque<Step> {
    fn next(&mut self, _now: Instant) -> Result<Option<Step>, Error> {
        Ok(self.pop_front())
    }

    fn expects(&self) -> bool {
        self.iter().any(|step| matches!(step.act, Act::Expect(_)))
    }

    fn handshake(&self, link: Link) -> Option<(Option<String>, Expected)> {
        let mut acts = self.iter().filter(|step| step.link == link);
        acts.find_map(|step| match &step.act {
            Act::Expect(expectation) if expectation.wanted.is_about_refusal() => {
                Some((step.place.clone(), expectation.wanted.clone()))
            }
            _ => None,
        })
    }

    fn next_expected(&self, link: Link) -> Option<Expected> {
        let mut acts = self.iter().filter(|step| step.link == link);
        acts.find_map(|step| match &step.act {
            Act::Expect(expectation) => Some(expectation.wanted.clone()),
            _ => None,
        })
    }

    fn keep(&mut self, _name: &str, _value: String) {}

    fn unsent(&self, link: Link) -> u64 {
        let sends =
            |step: &&Step| step.link == link && matches!(step.act, Act::Send(..) | Act::Stream(..));
        self.iter().filter(sends).count() as u64
    }

    fn name(&self, _link: Link) -> Option<&str> {
        None
    }
}
