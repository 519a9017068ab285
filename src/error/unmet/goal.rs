//! What a step was to achieve.

use std::fmt;
use std::time::Duration;

use crate::text::duration::rounded;
use crate::text::phrase::Phrase;

/// What was expected, or could not be sent. It is displayed as a phrase that follows "expected".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// That this is received or happens.
    Receive(Phrase),
    /// That this is never received.
    Never(Phrase),
    /// That the last matched message was received this soon after the last sent one.
    Within(Duration),
    /// A message that has a value at this pointer (RFC 6901), to capture it.
    Value(String),
    /// A message that a regular expression matches, to capture a variable of this name.
    Match {
        /// The name.
        name: String,
        /// The regular expression.
        regex: String,
    },
    /// The response to an HTTP request.
    Response {
        /// The method.
        method: String,
        /// The URL.
        url: String,
    },
    /// That the connection opens.
    Open,
    /// That the statement is run.
    Run,
    /// That this is sent.
    Send(Phrase),
}

impl Goal {
    /// The values that it quotes, to replace what is secret.
    pub fn values_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::Receive(phrase) | Self::Never(phrase) | Self::Send(phrase) => {
                phrase.values_mut().collect()
            }
            Self::Value(pointer) => vec![pointer],
            Self::Match { name: _, regex } => vec![regex],
            Self::Response { method: _, url } => vec![url],
            Self::Within(_) | Self::Open | Self::Run => Vec::new(),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receive(what) => write!(f, "{what}"),
            Self::Never(what) => write!(f, "to receive {what} never"),
            Self::Within(limit) => {
                let limit = rounded(*limit);
                write!(f, "the message within {limit} of the last one sent")
            }
            Self::Value(pointer) if pointer.is_empty() => f.write_str("a message to capture"),
            Self::Value(pointer) => write!(f, "a message with a value at {pointer} to capture"),
            Self::Match { name, regex } => {
                write!(f, "a message to capture {name} from with /{regex}/")
            }
            Self::Response { method, url } => write!(f, "a response to {method} {url}"),
            Self::Open => f.write_str("the connection to open"),
            Self::Run => f.write_str("this statement to be run"),
            Self::Send(what) => write!(f, "to send {what}"),
        }
    }
}
