//! The steps of a conversation: messages to send and expectations, in order.

use std::fmt;
use std::time::{Duration, Instant};

use regex::Regex;

use super::expected::Expected;
use crate::conversation::matching::Pattern;
use crate::conversation::outgoing::Outgoing;
use crate::error::Error;
use crate::event::{Kind, Link};
use crate::http::{Body, HttpRequest, ResponseHead};
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
    pub act: StepAction,
}

/// The action of a step.
#[derive(Debug)]
pub enum StepAction {
    /// Sends a message from memory, or a control frame.
    Send(Outgoing<String>),
    /// Sends the content of a file or standard input as one message. The line feed at the end of a
    /// text is not sent.
    Stream(Kind, Reader),
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
    /// Opens the connection; one that is still open is dropped before.
    Open(OpenStep),
    /// Ends the connection without a Close.
    Drop,
    /// Sends an HTTP request, whose response the following steps on this link are about.
    Http(HttpStep),
}

impl StepAction {
    /// Whether it sends a message, not a control frame.
    #[must_use]
    pub fn sends_message(&self) -> bool {
        match self {
            Self::Send(outgoing) => outgoing.message().is_some(),
            act => matches!(act, Self::Stream(..)),
        }
    }
}

/// What a line of a file sets for a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionSetting {
    /// The line.
    pub line: u32,
    /// What it sets.
    pub value: SettingValue,
}

/// The value of a [`ConnectionSetting`], with its variables replaced.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SettingValue {
    /// A header of the upgrade request.
    Header(String),
    /// A subprotocol to offer.
    Subprotocol(String),
    /// Options, as words of a command line.
    Options(Vec<String>),
}

/// A connection that a step opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenStep {
    /// The URL.
    pub url: String,
    /// What lines of the file set for it, in their order.
    pub settings: Vec<ConnectionSetting>,
    /// The line of the statement, for errors.
    pub line: u32,
}

/// An HTTP request, and the function that sends it, once there is one.
pub struct HttpStep {
    /// The request.
    pub request: HttpRequest,
    /// What lines of the file set for its connection, in their order.
    pub settings: Vec<ConnectionSetting>,
    /// The line of the statement, for errors.
    pub line: u32,
    /// Sends it and returns the response. Blocks, so it is called on a thread.
    pub exchange: Option<HttpExchange>,
}

/// Sends an HTTP request and returns the response.
pub type HttpExchange = Box<dyn FnOnce() -> Result<(ResponseHead, Body), Error> + Send>;

impl fmt::Debug for HttpStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpStep")
            .field("method", &self.request.method)
            .finish_non_exhaustive()
    }
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
    /// Sends this [answer](super::StepSource::answer).
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
    /// The [answer](super::StepSource::answer) that is sent.
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
