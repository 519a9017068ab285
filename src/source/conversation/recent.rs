//! The beginnings of the last messages, which reports show.

use std::time::Duration;

use crate::conversation::matching;
use crate::error::RecentMessage;
use crate::event::{Kind, Link};

/// As many bytes of a message are kept.
const KEPT: usize = 4096;

/// The beginning of a message that was sent or received.
#[derive(Debug, Default)]
pub(super) struct Excerpt {
    is_sent: bool,
    link: Link,
    is_binary: bool,
    /// How long after the last sent message it was received, if that is shown.
    after: Option<Duration>,
    /// The length of the whole message.
    length: usize,
    /// Its first bytes: one more than are shown, if there are more.
    beginning: Vec<u8>,
}

impl Excerpt {
    /// Replaces it by another message, and keeps the memory.
    pub(super) fn set(&mut self, is_sent: bool, link: Link, kind: Kind, payload: &[u8]) {
        self.is_sent = is_sent;
        self.link = link;
        self.is_binary = kind == Kind::Binary;
        self.after = None;
        self.length = payload.len();
        self.beginning.clear();
        let kept = payload.len().min(KEPT + 1);
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

    /// The message for a report, with the name of its connection.
    pub(super) fn shown(&self, connection: Option<String>) -> RecentMessage {
        let kind = if self.is_binary {
            Kind::Binary
        } else {
            Kind::Text
        };
        RecentMessage {
            connection,
            is_sent: self.is_sent,
            after: self.after,
            message: matching::describe_within(kind, &self.beginning, self.length, KEPT),
        }
    }
}
