//! The size of the terminal, and where a text ends on it.

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

/// The width and height of a cell in pixels, where the terminal does not say.
const CELL: (u32, u32) = (8, 16);
/// The sizes in pixels that a cell can have.
const CELL_SIZES: std::ops::RangeInclusive<u32> = 4..=64;

/// The width and height of a cell in pixels.
pub(crate) fn cell() -> (u32, u32) {
    let told = rustix::termios::tcgetwinsize(io::stdout())
        .ok()
        .and_then(|size| {
            let width = size.ws_xpixel.checked_div(size.ws_col)?;
            let height = size.ws_ypixel.checked_div(size.ws_row)?;
            Some((u32::from(width), u32::from(height)))
        });
    told.filter(|(width, height)| CELL_SIZES.contains(width) && CELL_SIZES.contains(height))
        .unwrap_or(CELL)
}

/// A row and a column, from 0. The column is the terminal's width where a row is full and nothing
/// has followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScreenPosition {
    pub(crate) row: usize,
    pub(crate) column: usize,
}

impl ScreenPosition {
    /// The place in which the next character is put.
    pub(crate) fn wrapped(self, columns: usize) -> Self {
        if self.column < columns {
            return self;
        }
        Self {
            row: self.row + 1,
            column: 0,
        }
    }
}

/// Where a text ends that begins at `begin`, as the editor draws it.
pub(crate) fn end_of(text: &str, begin: ScreenPosition, columns: usize) -> ScreenPosition {
    let ScreenPosition {
        mut row,
        mut column,
    } = begin;
    for character in text.chars() {
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
    ScreenPosition { row, column }
}

/// The number of rows of a line that begins in column `before`, as the editor draws it.
pub(crate) fn height(before: usize, line: &str, columns: usize) -> usize {
    let begin = ScreenPosition {
        row: 0,
        column: before,
    };
    end_of(line, begin, columns).wrapped(columns).row + 1
}
