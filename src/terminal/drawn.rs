//! What the editor has drawn, for the time when the window gets another width.
//!
//! The editor then clears as many rows as its line had before. But most terminals break a line anew
//! that had reached the right edge: at a greater width it has fewer rows, and received messages
//! above it would be cleared; at a smaller width it has more, and the first ones would stay. So the
//! rows that the terminal shows now are cleared before, and the cursor is put where the editor
//! expects it.
//!
//! The calculations follow those of the editor, and of a terminal when it moves what is shown.

use std::fmt::Write as _;

use super::screen::size::{end_of, ScreenPosition};

/// The last drawing of the line.
#[derive(Clone, Debug, Default)]
pub(super) struct DrawnLine {
    /// The width of the terminal.
    columns: usize,
    /// The sign before the line.
    sign: String,
    /// What stands there instead of it during a search.
    search: Option<String>,
    line: String,
    /// Where the cursor is in the line, in bytes.
    cursor: usize,
    /// What is shown after the line.
    hint: String,
}

impl DrawnLine {
    /// The line is drawn, or only its cursor is moved.
    pub(super) fn set_line(&mut self, line: &str, cursor: usize, columns: usize) {
        self.columns = columns;
        self.cursor = cursor;
        if self.line != line {
            line.clone_into(&mut self.line);
        }
    }

    /// Whether the character before the cursor is the first of a row. The editor may have written a
    /// line feed before it, and only if it draws all of the line again does the terminal know that
    /// the line goes on from the row above.
    pub(super) fn has_begun_row(&self) -> bool {
        let before = &self.line[..self.cursor];
        let Some((last, _)) = before.char_indices().next_back() else {
            return false;
        };
        let place = |text: &str| end_of(text, self.begin_of_line(), self.columns);
        before.len() == self.line.len() && place(&before[..last]).column == self.columns
    }

    /// A new line has this sign, without its color.
    pub(super) fn begin(&mut self, sign: &str) {
        *self = Self {
            sign: sign.to_owned(),
            ..Self::default()
        };
    }

    /// What stands before the line instead of its sign.
    pub(super) fn set_search(&mut self, prompt: Option<&str>) {
        self.search = prompt.map(str::to_owned);
    }

    /// Whether the history is being searched.
    pub(super) fn is_search(&self) -> bool {
        self.search.is_some()
    }

    /// The text after the line.
    pub(super) fn set_hint(&mut self, hint: &str) {
        hint.clone_into(&mut self.hint);
    }

    /// What to write before the editor redraws the line in a terminal that now has this size and has
    /// broken the line anew.
    pub(super) fn before_redraw(&self, (columns, rows): (usize, usize)) -> String {
        let (cursor, end) = self.expected();
        let mut text = String::from("\r");
        go_up(&mut text, self.cursor_row(columns));
        text.push_str("\x1b[J");
        // The editor goes down to the end of its line and clears the rows up to its beginning. They
        // are made here, so that it can't go higher than this row.
        let below = end.row.min(rows.saturating_sub(1));
        for _ in 0..below {
            text.push('\n');
        }
        go_up(&mut text, below.saturating_sub(cursor.row));
        text
    }

    fn prompt(&self) -> &str {
        self.search.as_ref().unwrap_or(&self.sign)
    }

    fn begin_of_line(&self) -> ScreenPosition {
        end_of(self.prompt(), ScreenPosition::default(), self.columns).wrapped(self.columns)
    }

    /// The places of the cursor and of the end as the editor has them, at the width before.
    fn expected(&self) -> (ScreenPosition, ScreenPosition) {
        let columns = self.columns;
        let next =
            |place: ScreenPosition, text: &str| end_of(text, place, columns).wrapped(columns);
        let (before, after) = self.line.split_at(self.cursor);
        let cursor = next(self.begin_of_line(), before);
        let end = next(next(cursor, after), &self.hint);
        (cursor, end)
    }

    /// The row of the cursor after the terminal has broken the line for `columns`.
    fn cursor_row(&self, columns: usize) -> usize {
        let (before, after) = self.line.split_at(self.cursor);
        let before = [self.prompt(), before].concat();
        let place = end_of(&before, ScreenPosition::default(), columns);
        if !after.is_empty() || !self.hint.is_empty() {
            // The cursor stands on the character that follows.
            return place.wrapped(columns).row;
        }
        let (_, end) = self.expected();
        let is_full = end.column == 0 && end.row > 0 && !before.ends_with('\n');
        // After a full row at the end the editor writes a line feed.
        place.row + usize::from(is_full)
    }
}

fn go_up(text: &mut String, rows: usize) {
    if rows > 0 {
        // Writing to a string does not fail.
        let _ = write!(text, "\x1b[{rows}A");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(line: &str, cursor: usize, hint: &str, columns: usize) -> DrawnLine {
        let mut drawn = DrawnLine::default();
        drawn.begin("> ");
        drawn.set_line(line, cursor, columns);
        drawn.set_hint(hint);
        drawn
    }

    #[test]
    fn rows_of_the_width_before_are_made_below_the_first_of_the_line() {
        let line = "x".repeat(90);
        // Three rows before, one now.
        let wider = drawn(&line, 90, "", 40).before_redraw((120, 24));
        assert_eq!(wider, "\r\x1b[J\n\n");
        // One row before, three now.
        let narrower = drawn(&line, 90, "", 120).before_redraw((40, 24));
        assert_eq!(narrower, "\r\x1b[2A\x1b[J");
        // The cursor is in the first row.
        let at_the_start = drawn(&line, 3, "", 40).before_redraw((120, 24));
        assert_eq!(at_the_start, "\r\x1b[J\n\n\x1b[2A");
        // No more rows than the screen has.
        let small = drawn(&"x".repeat(398), 398, "", 40).before_redraw((120, 5));
        assert_eq!(small, "\r\x1b[4A\x1b[J\n\n\n\n");
    }

    #[test]
    fn first_character_of_a_row_is_drawn_with_the_rows_above() {
        let begun: Vec<usize> = (1..=120)
            .filter(|length| drawn(&"x".repeat(*length), *length, "", 40).has_begun_row())
            .collect();
        assert_eq!(begun, [39, 79, 119]);
        assert!(!drawn(&"x".repeat(100), 39, "", 40).has_begun_row());
    }

    #[test]
    fn full_row_ends_with_a_line_feed_at_the_end_only() {
        // "> " and 78 characters are two rows of 40, and the cursor is in a third one.
        let line = "x".repeat(78);
        let at_the_end = drawn(&line, 78, "", 40);
        assert_eq!(at_the_end.cursor_row(120), 1);
        assert_eq!(at_the_end.cursor_row(20), 4);
        // Here it stands on the first character of the second row.
        let inside = drawn(&line, 38, "", 40);
        assert_eq!(inside.cursor_row(120), 0);
        assert_eq!(inside.cursor_row(20), 2);
        // A hint follows directly.
        let hinted = drawn(&line, 78, "hint", 40);
        assert_eq!(hinted.cursor_row(120), 0);
    }
}
