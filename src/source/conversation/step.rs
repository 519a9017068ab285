//! The steps of a conversation: what is sent and what is expected, one after the other.

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
use crate::source::reader::Reader;

/// A step, on which connection it is taken, and where it is written.
#[derive(Debug)]
pub struct Step {
    /// The connection.
    pub link: Link,
    /// The line of the file that it stands on, as reports name it; `None` for the command line.
    pub place: Option<String>,
    /// What is done.
    pub act: Act,
}

/// What is done.
#[derive(Debug)]
pub enum Act {
    /// Sends a message that is in memory.
    Send(Kind, Vec<u8>),
    /// Sends all that a file or standard input holds as one message; a text without the line
    /// feed at its end, which editors and `echo` put there.
    Stream(Kind, Reader),
    /// Sends a Ping.
    Ping(Vec<u8>),
    /// Sends an unsolicited Pong.
    Pong(Vec<u8>),
    /// Sends a Close; `None` has no code.
    Close(Option<CloseReason>),
    /// Waits until something has come.
    Expect(Expectation),
    /// Lets time pass.
    Pause(Duration),
    /// Lets time pass until so long after the connections were open.
    Until(Duration),
    /// Keeps a value of the message that was matched last on this connection.
    Capture {
        /// What it is called.
        name: String,
        /// Where in the message it is (RFC 6901).
        pointer: String,
    },
    /// Keeps what a regular expression finds in that message: its first group, or all of what it
    /// matches, and each named group under its name.
    CaptureMatch {
        /// What it is called.
        name: String,
        /// What is looked for.
        regex: Regex,
    },
    /// Looks at that message once more: what does not fit fails at once.
    Check(Check),
    /// Waits until all of these have come, in whatever order.
    AnyOrder(Vec<Alternative>),
    /// Applies from now on.
    Rule(Rule),
    /// Sends again and again, from now on.
    Every(Interval),
}

/// One of several expectations that may be met in any order.
#[derive(Debug)]
pub struct Alternative {
    /// Its connection.
    pub link: Link,
    /// Where it is written.
    pub place: Option<String>,
    /// What is expected.
    pub expectation: Expectation,
}

/// What happens whenever something is received.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The connections that it applies to.
    pub links: Vec<Link>,
    /// Where it is written.
    pub place: Option<String>,
    /// What is received.
    pub wanted: Wanted,
    /// What happens then.
    pub effect: Effect,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Sends this [answer](StepSource::answer).
    Answer(usize),
    /// No expectation sees it.
    Ignore,
    /// The conversation fails.
    Fail,
}

/// What is sent again and again.
#[derive(Clone, Debug)]
pub struct Interval {
    /// The connections that it is sent on.
    pub links: Vec<Link>,
    /// The time between.
    pub period: Duration,
    /// The [answer](StepSource::answer) that is sent.
    pub answer: usize,
}

/// An interval that is running.
#[derive(Clone, Debug)]
pub(super) struct Timer {
    pub(super) interval: Interval,
    /// When it is over next.
    pub(super) next: Option<Instant>,
}

/// What a message must be that an expectation has taken.
#[derive(Clone, Debug)]
pub enum Check {
    /// This.
    Message(Pattern),
    /// Received so soon after the last message that was sent on its connection.
    Within(Duration),
}

/// Something that has to come.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// What.
    pub wanted: Wanted,
    /// How long it may take.
    pub within: Duration,
    /// Whether the very next message must be it.
    pub strict: bool,
}

impl Expectation {
    /// How long an expectation waits unless it says so (`--within`).
    pub const WITHIN: Duration = Duration::from_secs(5);
}

/// What has to come.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A data message.
    Message(Pattern),
    /// A Ping, with this payload if there is one.
    Ping(Option<Vec<u8>>),
    /// A Pong, with this payload if there is one.
    Pong(Option<Vec<u8>>),
    /// The end of the connection, with this code and this reason if they are given; 1005 and
    /// 1006 as RFC 6455 §7.1.5 derives them.
    Close {
        /// `None` for any.
        code: Option<u16>,
        /// `None` for any.
        reason: Option<String>,
    },
    /// No data message for so long.
    Silence(Duration),
    /// This status in the answer to the upgrade.
    Status(u16),
    /// This field in the answer to the upgrade.
    Header {
        /// Its name, in letters of either case.
        name: String,
        /// Its value.
        value: String,
    },
    /// A refusal of the upgrade, with this status if one is given.
    Refused(Option<u16>),
}

impl Wanted {
    /// Whether it says if the server is to refuse the upgrade.
    #[must_use]
    pub fn is_about_refusal(&self) -> bool {
        matches!(self, Self::Status(_) | Self::Refused(_))
    }

    /// Whether a server that refuses the upgrade with this status does as it should; `None` if
    /// it is not about that.
    #[must_use]
    pub fn allows_refusal(&self, status: u16) -> Option<bool> {
        match self {
            Self::Status(wanted) => Some(*wanted == status),
            Self::Refused(wanted) => Some(wanted.is_none_or(|wanted| wanted == status)),
            _ => None,
        }
    }

    /// Whether it is the end of the connection, and just this one.
    #[must_use]
    pub fn is_met_by_close(&self, closure: &Closure) -> bool {
        let Self::Close { code, reason } = self else {
            return false;
        };
        let has_reason = |reason: &String| reason == closure.reason();
        code.is_none_or(|code| code == closure.code()) && reason.as_ref().is_none_or(has_reason)
    }

    /// What is wanted, in words that follow "expected". Not escaped.
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
                format!("the header {name}: {}", header.shown_value(Secrets::Hidden))
            }
            Self::Refused(None) => "the upgrade to be refused".to_owned(),
            Self::Refused(Some(status)) => format!("the upgrade to be refused with {status}"),
        }
    }
}

/// The payload of a control frame, for people.
pub(super) fn quote(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok(text) => format!("\"{text}\""),
        Err(_) => format!("the bytes {}", hex::encode(payload)),
    }
}

/// Where steps come from: the command line, or a file.
pub trait StepSource {
    /// The next step; `None` after the last.
    ///
    /// # Errors
    ///
    /// What is wrong with it that could only show now.
    fn next(&mut self, now: Instant) -> Result<Option<Step>, Error>;

    /// The step that was given last has failed: when to go on, if it is to be tried again.
    fn retry(&mut self, _now: Instant) -> Option<Instant> {
        None
    }

    /// In which repetition the step that was given last is, in words that follow a failure.
    fn context(&self, _now: Instant) -> Option<String> {
        None
    }

    /// The steps that a rule answers with on a connection.
    ///
    /// # Errors
    ///
    /// What is wrong with them that could only show now.
    fn answer(&mut self, _answer: usize, _link: Link) -> Result<Vec<Step>, Error> {
        Ok(Vec::new())
    }

    /// Whether something is still to be expected after the step that was given last, so that
    /// what comes has to be kept.
    fn expects(&self) -> bool;

    /// Whether the upgrade of `link` is to be refused: the first step on it that says so, and where
    /// it is written.
    fn handshake(&self, link: Link) -> Option<(Option<String>, Wanted)>;

    /// What is expected next on a connection, after the step that was given last.
    fn next_expected(&self, link: Link) -> Option<Wanted>;

    /// Keeps the value of a variable for the steps that follow.
    fn keep(&mut self, name: &str, value: String);

    /// Messages that are still to be sent on a connection.
    fn unsent(&self, link: Link) -> u64;

    /// What a connection is called in reports; `None` if there is only one.
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

    fn handshake(&self, link: Link) -> Option<(Option<String>, Wanted)> {
        let mut acts = self.iter().filter(|step| step.link == link);
        acts.find_map(|step| match &step.act {
            Act::Expect(expectation) if expectation.wanted.is_about_refusal() => {
                Some((step.place.clone(), expectation.wanted.clone()))
            }
            _ => None,
        })
    }

    fn next_expected(&self, link: Link) -> Option<Wanted> {
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
