//! The size of the terminal, and how tall a line is on it.

use std::io;

use unicode_width::UnicodeWidthChar as _;

/// The distance of the editor's tab stops.
const TAB: usize = 8;

/// The size of the terminal in columns and rows.
pub(crate) fn size() -> (usize, usize) {
    let size = terminal_size::terminal_size_of(io::stdout());
    size.map_or((80, 24), |(columns, rows)| {
        (usize::from(columns.0), usize::from(rows.0))
    })
}

/// The number of rows of a line that begins in column `before`, as the editor draws it.
pub(crate) fn height(before: usize, line: &str, columns: usize) -> usize {
    let (mut row, mut column) = (0, before);
    for character in line.chars() {
        let width = match character {
            '\n' => {
                (row, column) = (row + 1, 0);
                continue;
            }
            '\t' => TAB - column % TAB,
            other => other.width().unwrap_or(0),
        };
        column += width;
        if column > columns {
            (row, column) = (row + 1, width);
        }
    }
    row + 1 + usize::from(column == columns)
}
