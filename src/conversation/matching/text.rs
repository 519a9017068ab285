//! Text compared with text: the first place that differs, with a mark under it.

use super::difference::{bytes, mark, Difference, Side};
use super::lines;
use crate::text::escape;

/// How much of a line is shown.
pub const COLUMNS: usize = 76;

/// Whether the text is this one.
pub fn compare(expected: &str, received: &str) -> Result<(), Difference> {
    if expected == received {
        return Ok(());
    }
    if has_lines(expected) || has_lines(received) {
        return Err(lines::compare(expected, received));
    }
    Err(Difference(side_by_side(expected, received).into()))
}

/// Whether a text has several lines. A line feed at its end alone does not make it so.
fn has_lines(text: &str) -> bool {
    text.strip_suffix('\n').unwrap_or(text).contains('\n')
}

/// What there is to say of a binary message that came instead of a text.
pub fn of_wrong_kind(expected: Option<&str>, received: &[u8]) -> Difference {
    let what = if expected.is_some_and(|text| text.as_bytes() == received) {
        "a binary message with the same bytes".to_owned()
    } else {
        format!("a binary message of {}", bytes(received.len()))
    };
    Difference(vec![format!("received {what}, expected a text message")])
}

/// Both texts, each on a line, and a mark under the first place that differs.
pub fn side_by_side(expected: &str, received: &str) -> [String; 3] {
    let window = Window::around(expected, received, COLUMNS);
    [
        Side::Expected.before(&window.expected),
        Side::Received.before(&window.received),
        mark(window.column, 1),
    ]
}

/// The text with a mark under the character that begins at this byte.
pub fn point_at(text: &str, at: usize) -> [String; 2] {
    let window = Window::around(&text[..at], text, COLUMNS);
    [
        Side::Received.before(&window.received),
        mark(window.column, 1),
    ]
}

/// What is shown of two texts on a line each: all, or the surroundings of the first place that
/// differs. Hidden characters are visible in it.
#[derive(Debug)]
pub struct Window {
    pub expected: String,
    pub received: String,
    /// The column in both where the place is.
    pub column: usize,
}

impl Window {
    /// The window on two texts, so many columns wide.
    pub fn around(expected: &str, received: &str, columns: usize) -> Self {
        let at = common(expected, received);
        let before = &expected[..at];
        let start = if escape::fits(expected, columns) && escape::fits(received, columns) {
            0
        } else {
            // What follows is of more interest; what came before has to be enough to find the place.
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

/// How many bytes both texts begin with, up to the end of a character.
fn common(a: &str, b: &str) -> usize {
    let pairs = a.char_indices().zip(b.chars());
    let unequal = pairs.into_iter().find(|((_, a), b)| a != b);
    unequal.map_or(a.len().min(b.len()), |((at, _), _)| at)
}

/// Where the last characters of a text begin that fit into these columns.
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
