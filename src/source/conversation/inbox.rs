//! What has come on one connection and no expectation has looked at yet, and how it opened and
//! ended.

use std::collections::VecDeque;
use std::time::Instant;

use super::step::quote;
use crate::assembly::Whole;
use crate::conversation::matching::describe;
use crate::event::{Event, Kind, Link, Upgrade, Way};
use crate::http::ResponseHead;
use crate::protocol::close::name_of_code;
use crate::protocol::{Closure, End, Party};

/// Something that has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Message(Kind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

impl Heard {
    fn size(&self) -> usize {
        match self {
            Self::Message(_, bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
        }
    }

    /// In a few words. Not escaped.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Message(kind, bytes) => describe(*kind, bytes),
            Self::Ping(payload) => format!("a Ping with {}", quote(payload)),
            Self::Pong(payload) => format!("a Pong with {}", quote(payload)),
        }
    }
}

/// What has become of a connection.
#[derive(Debug, Default)]
pub(super) enum Stage {
    /// It is not open yet.
    #[default]
    Opening,
    /// The server refused it, as it should.
    Refused,
    /// It is open.
    Open,
    /// It has ended.
    Closed(Closure),
}

/// How much is kept, in bytes. What is older than that was never looked at by any expectation.
const KEPT: usize = 64 << 20;

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    pub(super) stage: Stage,
    /// The server's answer to the upgrade.
    pub(super) answer: ResponseHead,
    whole: Whole,
    waiting: VecDeque<(Instant, Heard)>,
    size: usize,
    /// How much of it had to be forgotten.
    pub(super) forgotten: u64,
    /// The message that was matched last.
    pub(super) matched: Option<(Kind, Vec<u8>)>,
}

impl Inbox {
    pub(super) fn open(&mut self, upgrade: &Upgrade) {
        self.stage = Stage::Open;
        self.answer = upgrade.response.clone();
    }

    /// Keeps what comes on this connection; the data message that is whole with it, in a few words.
    pub(super) fn hear(&mut self, at: Instant, event: &Event<'_>) -> Option<String> {
        let heard = match event {
            Event::Data(Way::In, piece) => {
                let message = self.whole.add(Link::default(), Way::In, *piece)?;
                Heard::Message(message.kind, message.bytes.to_vec())
            }
            Event::Ping(Way::In, payload) => Heard::Ping(payload.to_vec()),
            Event::Pong(Way::In, payload) => Heard::Pong(payload.to_vec()),
            _ => return None,
        };
        let words = matches!(heard, Heard::Message(..)).then(|| heard.describe());
        self.size += heard.size();
        self.waiting.push_back((at, heard));
        while self.size > KEPT && self.waiting.len() > 1 {
            self.forgotten += 1;
            self.take();
        }
        words
    }

    /// When the next thing came.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.waiting.front().map(|(at, _)| *at)
    }

    /// The next thing that has come, and when.
    pub(super) fn take(&mut self) -> Option<(Instant, Heard)> {
        let (at, heard) = self.waiting.pop_front()?;
        self.size -= heard.size();
        Some((at, heard))
    }

    /// How the connection ended, if it has: in words that follow "but".
    pub(super) fn how_it_ended(&self) -> Option<String> {
        let Stage::Closed(closure) = &self.stage else {
            return None;
        };
        Some(how_it_ended(closure))
    }
}

fn how_it_ended(closure: &Closure) -> String {
    let code = closure.code();
    let reason = match closure.reason() {
        "" => String::new(),
        reason => format!(" \"{reason}\""),
    };
    match (&closure.end, &closure.received) {
        (End::Violation(violation), _) => format!("the server sent {}", violation.rule),
        (_, Some(None)) => "the server closed without a code".to_owned(),
        (_, Some(Some(_))) => {
            let verb = match closure.first {
                Some(Party::Us) => "the server answered our Close with",
                _ => "the server closed with",
            };
            format!("{verb} {code}{reason} ({})", name_of_code(code))
        }
        (End::Unanswered, None) => "the server did not answer our Close".to_owned(),
        (End::Lost(cause), None) => format!("the connection was lost: {cause}"),
        (_, None) => "the server ended TCP without a Close".to_owned(),
    }
}
