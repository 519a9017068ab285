//! The beginnings of the last messages, which reports show.

use std::fmt;
use std::time::Duration;

use super::matcher::seconds;
use crate::conversation::matching;
use crate::event::{Kind, Link};

/// As many bytes of a message are kept.
const EXCERPT: usize = 4096;

/// A message that was sent or received. It prints its direction and a description.
#[derive(Debug, Default)]
pub(super) struct RecentMessage {
    mark: char,
    link: Link,
    is_binary: bool,
    /// How long after the last sent message it was received, if that is shown.
    after: Option<Duration>,
    /// The length of the whole message.
    length: usize,
    /// Its first bytes: one more than are shown, if there are more.
    beginning: Vec<u8>,
}

impl RecentMessage {
    /// Replaces it by another message, and keeps the memory.
    pub(super) fn set(&mut self, mark: char, link: Link, kind: Kind, payload: &[u8]) {
        self.mark = mark;
        self.link = link;
        self.is_binary = kind == Kind::Binary;
        self.after = None;
        self.length = payload.len();
        self.beginning.clear();
        let kept = payload.len().min(EXCERPT + 1);
        self.beginning.extend_from_slice(&payload[..kept]);
    }

    /// Adds how long after the last sent message it was received.
    pub(super) fn set_time(&mut self, after: Option<Duration>) {
        self.after = after;
    }

    /// The connection.
    pub(super) fn link(&self) -> Link {
        self.link
    }
}

impl fmt::Display for RecentMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_binary {
            Kind::Binary
        } else {
            Kind::Text
        };
        let text = matching::describe_within(kind, &self.beginning, self.length, EXCERPT);
        match self.after {
            Some(after) => write!(f, "{} after {}: {text}", self.mark, seconds(after)),
            None => write!(f, "{} {text}", self.mark),
        }
    }
}
