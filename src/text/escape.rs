//! What can't be read as it is, in characters that can: control and invisible characters, bytes.
//!
//! `output::escape` makes untrusted text harmless with it; `conversation::matching` aligns marks under what will
//! be seen. What was made visible once stays as it is the second time.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many bytes stand in a row of a hex dump.
pub const ROW: usize = 16;

/// Zero-width characters would let any length into a line: it never has more characters than this
/// for each column.
const CHARACTERS_A_COLUMN: usize = 4;

/// Whether a terminal would obey `character`, or people would not see it or see others wrongly.
///
/// True for control characters (line feed and tab too), bidirectional controls, separators of
/// lines and paragraphs, and characters without a shape. Joiners (U+200C, U+200D) and variation
/// selectors are not: scripts and emoji need them.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    match character {
        ' '..='~' => false,
        '\u{ad}' // soft hyphen
        | '\u{61c}' // bidirectional: Arabic letter mark
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{180e}' // Mongolian vowel separator
        | '\u{200b}' // zero width space
        | '\u{200e}' | '\u{200f}' // bidirectional marks
        | '\u{2028}'..='\u{202e}' // separators; bidirectional embeddings and overrides
        | '\u{2060}'..='\u{206f}' // word joiner, invisible operators; bidirectional isolates
        | '\u{feff}' // zero width no-break space, the byte order mark
        | '\u{fff9}'..='\u{fffb}' // interlinear annotation
        | '\u{e0000}'..='\u{e00ff}' // tags
        => true,
        other => other.is_control(),
    }
}

/// Appends the name of a hidden character, as people know it from string literals.
pub fn push_name(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        ascii @ '\0'..='\x7f' => push_byte(out, ascii as u8),
        // Code points above ASCII never look like bytes, which `\x9b` would.
        other => write!(out, "\\u{{{:x}}}", u32::from(other)).expect("a String takes any text"),
    }
}

/// Appends a byte that is no text.
pub fn push_byte(out: &mut String, byte: u8) {
    write!(out, "\\x{byte:02x}").expect("a String takes any text");
}

/// `text` on one line, each hidden character replaced by its name.
#[must_use]
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        push_character(&mut out, character);
    }
    out
}

/// As [`line()`], with `…` in place of its end if it is wider than `columns`.
#[must_use]
pub fn shortened(text: &str, columns: usize) -> String {
    if fits(text, columns) {
        return line(text);
    }
    let mut out = String::new();
    let mut width = 0;
    let room = columns.saturating_sub(1);
    for character in text.chars().take(columns * CHARACTERS_A_COLUMN) {
        width += width_of_character(character);
        if width > room {
            break;
        }
        push_character(&mut out, character);
    }
    out.push('…');
    out
}

/// Whether `text` takes no more than so many columns when it is made visible.
#[must_use]
pub fn fits(text: &str, columns: usize) -> bool {
    let mut width = 0;
    for (count, character) in text.chars().enumerate() {
        width += width_of_character(character);
        if width > columns || count >= columns * CHARACTERS_A_COLUMN {
            return false;
        }
    }
    true
}

/// The columns that a visible text takes.
#[must_use]
pub fn width_of(text: &str) -> usize {
    text.width()
}

/// The columns that a character takes when it is made visible.
#[must_use]
pub fn width_of_character(character: char) -> usize {
    if is_hidden(character) {
        let mut name = String::new();
        push_name(&mut name, character);
        return name.len();
    }
    character.width().unwrap_or(0)
}

fn push_character(out: &mut String, character: char) {
    if is_hidden(character) {
        push_name(out, character);
    } else {
        out.push(character);
    }
}

/// A row of a hex dump without its offset: up to [`ROW`] bytes, the same as ASCII.
#[must_use]
pub fn row(bytes: &[u8]) -> String {
    let mut row = String::new();
    for column in 0..ROW {
        if column % 8 == 0 {
            row.push(' ');
        }
        match bytes.get(column) {
            Some(byte) => write!(row, " {byte:02x}").expect("a String takes any text"),
            None => row.push_str("   "),
        }
    }
    row.push_str("  |");
    row.extend(bytes.iter().take(ROW).map(|byte| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '.',
    }));
    row.push('|');
    row
}

/// The column in a [`row`] where the byte at `index` stands.
#[must_use]
pub fn column_in_row(index: usize) -> usize {
    index * 3 + index / 8 + 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hidden_characters_get_names() {
        assert_eq!(
            line("a\r\n\t\x1b[2J\u{9b}\u{202e}é日\\n"),
            "a\\r\\n\\t\\x1b[2J\\u{9b}\\u{202e}é日\\n"
        );
    }

    #[test]
    fn a_wide_text_is_cut_within_its_columns() {
        assert_eq!(shortened("hello", 5), "hello");
        assert_eq!(shortened("hello!", 5), "hell…");
        assert_eq!(shortened("日本", 4), "日本");
        assert_eq!(shortened("日本語", 4), "日…");
        assert_eq!(shortened("日本語", 5), "日本…");
        assert_eq!(shortened("abc\x1b", 5), "abc…");
        assert_eq!(shortened("", 5), "");
        let marks = "\u{301}".repeat(1000);
        assert!(shortened(&marks, 5).chars().count() <= 21);
    }

    #[test]
    fn bytes_stand_where_it_is_said() {
        let bytes: Vec<u8> = (0xa0..0xb0).collect();
        let row = row(&bytes);
        for (index, byte) in bytes.iter().enumerate() {
            assert!(row[column_in_row(index)..].starts_with(&format!("{byte:02x}")));
        }
        assert_eq!(
            super::row(b"hi\0"),
            format!("  68 69 00{}  |hi.|", " ".repeat(40))
        );
    }

    proptest! {
        #[test]
        fn what_is_visible_stays(text in any::<String>(), columns in 1_usize..50) {
            let once = line(&text);
            prop_assert!(!once.contains(is_hidden));
            prop_assert_eq!(line(&once), once);
            prop_assert!(!shortened(&text, columns).contains(is_hidden));
        }

        #[test]
        fn names_are_as_wide_as_is_said(character in any::<char>()) {
            prop_assert!(width_of_character(character) >= width_of(&line(&character.to_string())));
        }
    }
}
