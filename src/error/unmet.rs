//! Expectations that are not met.

use std::fmt;

use super::Refusal;

/// An expectation that was not met, with everything that a report of it needs. Nothing is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmet {
    /// The file and line of the expectation, for example `talk.ws:12`; `None` on the command line.
    pub place: Option<String>,
    /// The name of the connection, if the session file has several.
    pub connection: Option<String>,
    /// Whether a message or Close could not be sent, rather than an expectation not met.
    pub is_sending: bool,
    /// What was expected, as a phrase that follows "expected", or what could not be sent.
    pub expected: String,
    /// What happened instead, as a clause: `nothing like it came within 5 s`, `"ho" came instead`.
    pub instead: String,
    /// How the received message differs, as lines.
    pub difference: Vec<String>,
    /// The last messages before it, in both directions, oldest first, one per line.
    pub recent: Vec<String>,
    /// The response with another status than the expected one.
    pub refusal: Option<Box<Refusal>>,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        if let Some(connection) = &self.connection {
            write!(f, "@{connection}: ")?;
        }
        let (expected, instead) = (&self.expected, &self.instead);
        if self.is_sending {
            return write!(f, "could not send {expected}: {instead}");
        }
        write!(f, "expected {expected}, but {instead}")
    }
}
