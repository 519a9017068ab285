//! Differences between expected and received messages, a line each.

use std::fmt;

use crate::text::escape;
use crate::text::phrase::Phrase;

/// Where a message and what was expected of it differ, for people.
///
/// Hidden characters are [visible](crate::text::escape) already, so that a mark stands where it should
/// and nothing has to be escaped again. Where there is nothing to say but that a message does not
/// match, there are no lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference(pub Vec<DifferenceLine>);

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DifferenceLine {
    /// What applies to the message as a whole.
    Note(String),
    /// Why the message is not JSON.
    InvalidJson(String),
    /// A line of a text.
    Text(Side, String),
    /// A row of a hex dump: the offset of its first byte, and the bytes.
    Row(Side, usize, Vec<u8>),
    /// A mark under a column of the line before it, of this width.
    Mark {
        /// The column, from 0, after the sign.
        column: usize,
        /// The width in columns.
        width: usize,
    },
    /// A value in JSON: its pointer (RFC 6901), and how it differs.
    Value(String, Phrase),
    /// A byte of a binary message: its position, from 0, and how it differs.
    Byte(usize, Phrase),
}

/// Which message a line is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Both, which are equal there.
    Both,
    /// What was expected.
    Expected,
    /// What was received.
    Received,
}

impl Difference {
    /// A difference of a single note.
    #[must_use]
    pub fn note(note: impl Into<String>) -> Self {
        Self(vec![DifferenceLine::Note(note.into())])
    }

    /// The lines as texts.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(DifferenceLine::to_string).collect()
    }
}

impl DifferenceLine {
    /// Which message the line is of; `None` for notes, marks and values.
    #[must_use]
    pub fn side(&self) -> Option<Side> {
        match self {
            Self::Text(side, _) | Self::Row(side, ..) => Some(*side),
            _ => None,
        }
    }

    /// The line as part of another sentence.
    pub(super) fn into_phrase(self) -> Phrase {
        match self {
            Self::Value(pointer, what) => Phrase::value(pointer).and(": ").and_phrase(what),
            Self::Byte(at, what) => Phrase::words(format!("byte {at}: ")).and_phrase(what),
            line => Phrase::value(line.to_string()),
        }
    }
}

impl fmt::Display for DifferenceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(note) | Self::InvalidJson(note) => f.write_str(note),
            Self::Text(side, line) => write!(f, "{} {line}", side.sign()),
            Self::Row(side, start, bytes) => {
                write!(f, "{} {start:08x}{}", side.sign(), escape::row(bytes))
            }
            Self::Mark { column, width } => {
                write!(f, "  {}{}", " ".repeat(*column), "^".repeat(*width))
            }
            Self::Value(pointer, what) => write!(f, "{pointer}: {what}"),
            Self::Byte(at, what) => write!(f, "byte {at}: {what}"),
        }
    }
}

impl Side {
    /// The character before a line.
    fn sign(self) -> char {
        match self {
            Self::Both => ' ',
            Self::Expected => '-',
            Self::Received => '+',
        }
    }
}

/// A number of bytes, as text.
pub(super) fn bytes(count: usize) -> String {
    format!("{count} B")
}
