//! Rows of a terminal: lines broken at the width of the screen, so that the terminal doesn't wrap
//! and further rows begin with a margin.
//!
//! Widths are never underestimated: a cluster that some terminals draw narrower than the sum of its
//! characters ends its row early on them.

use unicode_width::UnicodeWidthChar as _;

/// The distance of tab stops.
const TAB: usize = 8;
/// Selects the emoji form of the previous character, which is two columns wide.
const EMOJI_FORM: char = '\u{fe0f}';

/// Text in rows of `columns`, each except the first after a margin.
pub struct Rows<'a> {
    out: &'a mut String,
    columns: usize,
    margin: &'a str,
    /// The column in the current row, not counting the margin.
    column: usize,
    /// The number of rows so far.
    count: usize,
    /// The codes of the palette that are turned on.
    styles: Vec<String>,
}

impl<'a> Rows<'a> {
    /// Starts rows at the end of `out`, which already contains the margin of the first.
    pub fn new(out: &'a mut String, columns: usize, margin: &'a str) -> Self {
        Self {
            out,
            // A wide character needs two columns.
            columns: columns.max(2),
            margin,
            column: 0,
            count: 1,
            styles: Vec::new(),
        }
    }

    /// Appends lines until `most` rows are full. Returns whether everything fit. In `text`,
    /// everything except line feeds, tabs and the palette's sequences must be escaped.
    pub fn push(&mut self, text: &str, most: usize) -> bool {
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let mut length = character.len_utf8();
            match character {
                '\n' => {
                    if self.count == most {
                        return false;
                    }
                    self.end_row();
                }
                '\x1b' => {
                    length = rest.find('m').map_or(rest.len(), |end| end + 1);
                    self.push_style(&rest[..length]);
                }
                _ => {
                    let emoji = rest[length..].starts_with(EMOJI_FORM);
                    let width = self.width(character, emoji);
                    if self.column > 0 && self.column + width > self.columns {
                        if self.count == most {
                            return false;
                        }
                        self.end_row();
                    }
                    self.push_character(character, width);
                }
            }
            rest = &rest[length..];
        }
        true
    }

    /// Starts the next row.
    pub fn end_row(&mut self) {
        if !self.styles.is_empty() {
            self.out.push_str("\x1b[0m");
        }
        self.out.push('\n');
        self.out.push_str(self.margin);
        for style in &self.styles {
            self.out.push_str(style);
        }
        self.column = 0;
        self.count += 1;
    }

    /// Turns styles off and ends the last row.
    pub fn finish(self) {
        if !self.styles.is_empty() {
            self.out.push_str("\x1b[0m");
        }
        self.out.push('\n');
    }

    fn push_style(&mut self, sequence: &str) {
        match sequence {
            "\x1b[22m" | "\x1b[27m" | "\x1b[39m" => _ = self.styles.pop(),
            _ => self.styles.push(sequence.to_owned()),
        }
        self.out.push_str(sequence);
    }

    fn width(&self, character: char, emoji: bool) -> usize {
        match character {
            '\t' => (TAB - self.column % TAB).min(self.columns - self.column.min(self.columns - 1)),
            EMOJI_FORM => 0,
            _ => character
                .width()
                .unwrap_or(0)
                .max(if emoji { 2 } else { 0 }),
        }
    }

    fn push_character(&mut self, character: char, width: usize) {
        if character == '\t' {
            // Spaces, because terminals differ in what a tab does at the end of a row.
            self.out.extend(std::iter::repeat_n(' ', width));
        } else {
            self.out.push(character);
        }
        self.column += width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, columns: usize, most: usize) -> (String, bool) {
        let mut out = String::from("< ");
        let mut rows = Rows::new(&mut out, columns, "  ");
        let whole = rows.push(text, most);
        rows.finish();
        (out, whole)
    }

    #[test]
    fn lines_are_broken_at_the_width() {
        assert_eq!(shown("abcd", 4, 9), ("< abcd\n".to_owned(), true));
        assert_eq!(shown("abcde", 4, 9), ("< abcd\n  e\n".to_owned(), true));
        assert_eq!(shown("a\nb", 4, 9), ("< a\n  b\n".to_owned(), true));
        assert_eq!(shown("", 4, 9), ("< \n".to_owned(), true));
        assert_eq!(shown("日本語", 5, 9), ("< 日本\n  語\n".to_owned(), true));
        assert_eq!(
            shown("abcde\u{301}", 5, 9),
            ("< abcde\u{301}\n".to_owned(), true)
        );
        assert_eq!(
            shown("abc\u{2764}\u{fe0f}", 4, 9),
            ("< abc\n  \u{2764}\u{fe0f}\n".to_owned(), true)
        );
    }

    #[test]
    fn tabs_become_spaces() {
        assert_eq!(shown("a\tb", 20, 9).0, "< a       b\n");
        assert_eq!(shown("a\tb", 5, 9).0, "< a    \n  b\n");
    }

    #[test]
    fn style_continues_after_the_margin() {
        assert_eq!(
            shown("\x1b[32mabc\x1b[39md", 2, 9).0,
            "< \x1b[32mab\x1b[0m\n  \x1b[32mc\x1b[39md\n"
        );
    }

    #[test]
    fn rows_are_limited() {
        assert_eq!(shown("abcdef", 2, 2), ("< ab\n  cd\n".to_owned(), false));
        assert_eq!(shown("abcd", 2, 2), ("< ab\n  cd\n".to_owned(), true));
        assert_eq!(shown("a\nb\nc", 2, 2), ("< a\n  b\n".to_owned(), false));
    }
}
