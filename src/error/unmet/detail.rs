//! What else is known about an expectation that is not met.

use std::fmt::Write as _;

use crate::text::phrase::Phrase;

/// A detail that follows what happened instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnmetDetail {
    /// The closest of the messages that did not match.
    Nearest(Phrase),
    /// A message that matches was taken by an earlier expectation.
    Taken {
        /// The line of that expectation.
        line: String,
        /// The message.
        message: Phrase,
    },
    /// Messages and control frames were dropped before any expectation examined them.
    Dropped {
        /// How many.
        count: u64,
        /// How much is kept, in MiB.
        limit: usize,
    },
    /// The repetition in which it happened.
    Context(String),
}

impl UnmetDetail {
    /// Appends it to the clause of what happened.
    pub(super) fn append_to(&self, clause: &mut String) {
        // A String does not fail.
        let _ = match self {
            Self::Nearest(message) => write!(clause, "; nearest: {message}"),
            Self::Taken { line, message } => {
                write!(
                    clause,
                    "; line {line} took a message that matches: {message}"
                )
            }
            Self::Dropped { count: 1, limit } => write!(
                clause,
                "; an older message or control frame was dropped (at most {limit} MiB are kept)"
            ),
            Self::Dropped { count, limit } => write!(
                clause,
                "; {count} older messages and control frames were dropped (at most {limit} MiB \
                 are kept)"
            ),
            Self::Context(words) => write!(clause, ", {words}"),
        };
    }

    /// The values that it quotes, to replace what is secret.
    pub fn values_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::Nearest(message) | Self::Taken { message, line: _ } => {
                message.values_mut().collect()
            }
            Self::Dropped { .. } | Self::Context(_) => Vec::new(),
        }
    }
}
