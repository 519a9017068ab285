//! A line of a file with a mark below a position.
//!
//! The mark takes into account that wide characters have two columns, escape sequences several and
//! tabs four. A long line is shortened around the position.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::output::escape::{self, Breaks};
use crate::output::palette::{Palette, Style};

/// The maximum width of an excerpt in columns.
const WIDTH: usize = 72;

/// The maximum number of columns before the position.
const BEFORE: usize = 48;

/// The replacement for a tab.
const TAB: &str = "    ";

/// `line` and, below it, a mark under character number `column`, counted from 1. The column after
/// the last is allowed; with 0 there is no mark.
#[must_use]
pub fn lines(line: &str, column: usize, palette: Palette) -> Vec<String> {
    let place = line
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(line.len(), |(at, _)| at);
    let (head, tail) = line.split_at(place);
    let start = head.len() - fitting(head.chars().rev(), BEFORE);
    let before = width(&head[start..]);
    let end = place + fitting(tail.chars(), WIDTH - before);
    let mut shown = String::new();
    let mut column_of_mark = before;
    if start > 0 {
        shown.push('…');
        column_of_mark += 1;
    }
    let excerpt = line[start..end].replace('\t', TAB);
    escape::push(&mut shown, &excerpt, Breaks::Shown, palette);
    if end < line.len() {
        shown.push('…');
    }
    let mut lines = vec![shown];
    if column > 0 {
        let mark = palette.paint(Style::Error, "^");
        lines.push(format!("{:column_of_mark$}{mark}", ""));
    }
    lines
}

/// The number of bytes of `characters` that fit into `columns`.
fn fitting(characters: impl Iterator<Item = char>, columns: usize) -> usize {
    let mut taken = 0;
    let mut bytes = 0;
    for character in characters {
        taken += columns_of(character);
        if taken > columns {
            break;
        }
        bytes += character.len_utf8();
    }
    bytes
}

fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(character: char) -> usize {
    match character {
        '\t' => TAB.len(),
        hidden if escape::is_hidden(hidden) => {
            escape::text(hidden.encode_utf8(&mut [0; 4]), Breaks::Shown).width()
        }
        other => other.width().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str, column: usize) -> String {
        lines(line, column, Palette::plain()).join("\n")
    }

    #[test]
    fn mark_is_below_the_position() {
        assert_eq!(shown("> json x", 8), "> json x\n       ^");
        assert_eq!(shown(">", 2), ">\n ^");
        assert_eq!(shown("", 1), "\n^");
        assert_eq!(shown("> a", 0), "> a");
    }

    #[test]
    fn mark_accounts_for_displayed_widths() {
        assert_eq!(shown("\t日本x", 4), "    日本x\n        ^");
        assert_eq!(
            shown("a\x1b\u{202e}x", 4),
            "a\\x1b\\u{202e}x\n             ^"
        );
        assert_eq!(
            lines("\x07x", 2, Palette::colored()),
            ["\x1b[7m\\x07\x1b[27mx", "    \x1b[31m^\x1b[39m"]
        );
    }

    #[test]
    fn long_line_is_shortened_around_the_position() {
        let line = format!("{}!{}", "a".repeat(1000), "b".repeat(1000));
        let excerpt = format!("…{}!{}…", "a".repeat(48), "b".repeat(23));
        assert_eq!(shown(&line, 1001), format!("{excerpt}\n{:49}^", ""));
        assert_eq!(
            shown(&line, 1),
            format!("{}…\n^", "a".repeat(72)),
            "at its start"
        );
        let wide = "日".repeat(100);
        assert_eq!(
            shown(&wide, 101),
            format!("…{}\n{:49}^", "日".repeat(24), ""),
            "past its end"
        );
    }
}
