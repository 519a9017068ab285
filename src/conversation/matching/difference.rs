//! Differences between expected and received messages, as lines of text.

/// Where a message and what was expected of it differ, for people: a line each.
///
/// A line that begins with `- ` shows what was expected, one with `+ ` what came, and `^` on a
/// line of its own stands under the first place that differs. So that it stands there, hidden
/// characters are [visible](crate::text::escape) already, and nothing in it has to be escaped again.
/// Where there is nothing to say but that a message does not fit, there are no lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference(pub Vec<String>);

/// The prefix of a line of a difference.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    Both,
    Expected,
    Received,
}

impl Side {
    pub(super) fn before(self, line: &str) -> String {
        let sign = match self {
            Self::Both => ' ',
            Self::Expected => '-',
            Self::Received => '+',
        };
        format!("{sign} {line}")
    }
}

/// A line with a mark below a column of the previous line; `under` is the width of the mark.
pub(super) fn mark(column: usize, under: usize) -> String {
    Side::Both.before(&format!("{}{}", " ".repeat(column), "^".repeat(under)))
}

/// A number of bytes, as text.
pub(super) fn bytes(count: usize) -> String {
    format!("{count} B")
}
