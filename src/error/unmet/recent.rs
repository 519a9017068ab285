//! The last messages before an expectation was not met.

use std::fmt;
use std::time::Duration;

use crate::text::duration::rounded;
use crate::text::phrase::Phrase;

/// A message that was sent or received before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentMessage {
    /// The name of the connection, if the session file has several.
    pub connection: Option<String>,
    /// Whether it was sent, not received.
    pub is_sent: bool,
    /// How long after the last sent message it was received, if that is shown.
    pub after: Option<Duration>,
    /// The message as a report quotes it, at most 4 KiB of it.
    pub message: Phrase,
}

impl RecentMessage {
    /// What precedes the message: the connection and `>` or `<`.
    #[must_use]
    pub fn mark(&self) -> String {
        let sign = if self.is_sent { ">" } else { "<" };
        match &self.connection {
            Some(name) => format!("@{name} {sign}"),
            None => sign.to_owned(),
        }
    }

    /// What follows the mark: the time and the message.
    #[must_use]
    pub fn text(&self) -> String {
        match self.after {
            Some(after) => format!("after {}: {}", rounded(after), self.message),
            None => self.message.to_string(),
        }
    }
}

impl fmt::Display for RecentMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.mark(), self.text())
    }
}
