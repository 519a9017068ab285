//! The parts of texts that a difference shows, with a mark below the first different character.

use super::difference::{DifferenceLine, Side};
use crate::text::escape;

/// The maximum width of a line.
pub const COLUMNS: usize = 76;

/// Both texts, each on a line, with a mark below the first difference.
pub fn side_by_side(expected: &str, received: &str) -> [DifferenceLine; 3] {
    let window = Window::around(expected, received, COLUMNS);
    [
        DifferenceLine::Text(Side::Expected, window.expected),
        DifferenceLine::Text(Side::Received, window.received),
        mark(window.column),
    ]
}

/// The text with a mark below the character at this byte offset.
pub fn point_at(text: &str, at: usize) -> [DifferenceLine; 2] {
    let window = Window::around(&text[..at], text, COLUMNS);
    [
        DifferenceLine::Text(Side::Received, window.received),
        mark(window.column),
    ]
}

fn mark(column: usize) -> DifferenceLine {
    DifferenceLine::Mark { column, width: 1 }
}

/// The parts of two texts that are shown, each on a line: all, or what surrounds the first
/// difference. Hidden characters are escaped.
#[derive(Debug)]
pub struct Window {
    pub expected: String,
    pub received: String,
    /// The column of the difference in both.
    pub column: usize,
}

impl Window {
    /// The parts around the first difference, of this width.
    pub fn around(expected: &str, received: &str, columns: usize) -> Self {
        let at = common(expected, received);
        let before = &expected[..at];
        let start = if escape::fits(expected, columns) && escape::fits(received, columns) {
            0
        } else {
            // What follows is more interesting; what precedes must be enough to find the position.
            last_columns(before, columns * 2 / 5)
        };
        let cut = if start > 0 { "…" } else { "" };
        let room = columns - escape::width_of(cut);
        let shown = |text: &str| format!("{cut}{}", escape::shortened(&text[start..], room));
        Self {
            expected: shown(expected),
            received: shown(received),
            column: escape::width_of(cut) + escape::width_of(&escape::line(&before[start..])),
        }
    }
}

/// The number of equal bytes at the beginning, up to a character boundary.
fn common(a: &str, b: &str) -> usize {
    let pairs = a.char_indices().zip(b.chars());
    let unequal = pairs.into_iter().find(|((_, a), b)| a != b);
    unequal.map_or(a.len().min(b.len()), |((at, _), _)| at)
}

/// The offset of the last characters of a text that fit into these columns.
fn last_columns(text: &str, columns: usize) -> usize {
    let mut width = 0;
    let mut start = text.len();
    for (at, character) in text.char_indices().rev().take(columns) {
        width += escape::width_of_character(character);
        if width > columns {
            break;
        }
        start = at;
    }
    start
}
