//! Visible escape sequences for control characters, invisible characters and bytes.
//!
//! `output::escape` uses them for untrusted text, `conversation::matching` to place markers under
//! the text as it will be displayed. Escaping is idempotent: escaped text is not escaped again.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The number of bytes in a row of a hex dump.
pub const ROW: usize = 16;

/// The most characters in a truncated line for each column. Without this limit, zero-width
/// characters could make it arbitrarily long.
const CHARS_PER_COLUMN: usize = 4;

/// The most combining marks on one letter that are not escaped. Unicode's limit for text in streams
/// is 30 (UAX #15 §13).
const MAX_MARKS: usize = 32;

/// Whether `character` would control a terminal, be invisible, or change how others are displayed.
///
/// True for control characters (line feed and tab too), bidirectional controls, separators of
/// lines and paragraphs, what Unicode calls default ignorable (UAX #44), the empty Braille pattern,
/// private use and noncharacters. The joiners U+200C and U+200D and the variation selectors U+FE0E
/// and U+FE0F are not: scripts and emoji need them.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    match character {
        ' '..='~' | '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' => false,
        '\u{ad}' // soft hyphen
        | '\u{34f}' // combining grapheme joiner
        | '\u{61c}' // bidirectional: Arabic letter mark
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{17b4}' | '\u{17b5}' // Khmer inherent vowels
        | '\u{180b}'..='\u{180f}' // Mongolian variation selectors and vowel separator
        | '\u{200b}' // zero width space
        | '\u{200e}' | '\u{200f}' // bidirectional marks
        | '\u{2028}'..='\u{202e}' // separators; bidirectional embeddings and overrides
        | '\u{2060}'..='\u{206f}' // word joiner, invisible operators; bidirectional isolates
        | '\u{2800}' // Braille pattern without dots
        | '\u{e000}'..='\u{f8ff}' // private use
        | '\u{fdd0}'..='\u{fdef}' // noncharacters
        | '\u{fe00}'..='\u{fe0d}' // variation selectors
        | '\u{feff}' // zero width no-break space, the byte order mark
        | '\u{fff0}'..='\u{fffb}' // default ignorable; interlinear annotation
        | '\u{1bca0}'..='\u{1bca3}' // shorthand format controls
        | '\u{1d173}'..='\u{1d17a}' // musical beams and slurs
        | '\u{e0000}'..='\u{e0fff}' // tags, variation selectors
        | '\u{f0000}'..='\u{10ffff}' // private use
        => true,
        other => other.is_control() || u32::from(other) & 0xfffe == 0xfffe,
    }
}

/// Finds the characters of a text to be escaped, one by one: those that are [hidden](is_hidden),
/// and marks beyond the 32nd on one letter, which would cover the lines around it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scan {
    marks: usize,
}

impl Scan {
    /// Whether the next character is to be escaped.
    pub fn hides(&mut self, character: char) -> bool {
        let hidden = is_hidden(character);
        let is_mark = !hidden && !character.is_ascii() && character.width() == Some(0);
        self.marks = if is_mark { self.marks + 1 } else { 0 };
        hidden || self.marks > MAX_MARKS
    }
}

/// Appends the escape sequence of a hidden character, as in string literals.
pub fn push_name(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        ascii @ '\0'..='\x7f' => push_byte(out, ascii as u8),
        // Not `\x9b`, which would look like a byte.
        other => write!(out, "\\u{{{:x}}}", u32::from(other)).expect("writing to a String"),
    }
}

/// Appends the escape sequence of a byte that is not part of UTF-8 text.
pub fn push_byte(out: &mut String, byte: u8) {
    write!(out, "\\x{byte:02x}").expect("writing to a String");
}

/// `text` on one line, with hidden characters escaped.
#[must_use]
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut scan = Scan::default();
    for character in text.chars() {
        push_character(&mut out, character, scan.hides(character));
    }
    out
}

/// As [`line()`], truncated with `…` if it is wider than `columns`.
#[must_use]
pub fn shortened(text: &str, columns: usize) -> String {
    if fits(text, columns) {
        return line(text);
    }
    let mut out = String::new();
    let mut width = 0;
    let mut scan = Scan::default();
    let max_width = columns.saturating_sub(1);
    for character in text.chars().take(columns * CHARS_PER_COLUMN) {
        let hidden = scan.hides(character);
        width += width_shown(character, hidden);
        if width > max_width {
            break;
        }
        push_character(&mut out, character, hidden);
    }
    out.push('…');
    out
}

/// Whether `text` is at most `columns` wide when it is escaped.
#[must_use]
pub fn fits(text: &str, columns: usize) -> bool {
    let mut width = 0;
    let mut scan = Scan::default();
    for (count, character) in text.chars().enumerate() {
        width += width_shown(character, scan.hides(character));
        if width > columns || count >= columns * CHARS_PER_COLUMN {
            return false;
        }
    }
    true
}

/// The width in columns of escaped text.
#[must_use]
pub fn width_of(text: &str) -> usize {
    text.width()
}

/// The width in columns of a character when it is escaped.
#[must_use]
pub fn width_of_character(character: char) -> usize {
    width_shown(character, is_hidden(character))
}

fn width_shown(character: char, hidden: bool) -> usize {
    if hidden {
        let mut name = String::new();
        push_name(&mut name, character);
        return name.len();
    }
    character.width().unwrap_or(0)
}

fn push_character(out: &mut String, character: char, hidden: bool) {
    if hidden {
        push_name(out, character);
    } else {
        out.push(character);
    }
}

/// A row of a hex dump without its offset: up to [`ROW`] bytes in hexadecimal and as ASCII.
#[must_use]
pub fn row(bytes: &[u8]) -> String {
    row_of(bytes, ROW)
}

/// The same with `length` bytes in a row.
#[must_use]
pub fn row_of(bytes: &[u8], length: usize) -> String {
    let mut row = String::new();
    for column in 0..length {
        if column % 8 == 0 {
            row.push(' ');
        }
        match bytes.get(column) {
            Some(byte) => write!(row, " {byte:02x}").expect("writing to a String"),
            None => row.push_str("   "),
        }
    }
    row.push_str("  |");
    row.extend(bytes.iter().take(length).map(|byte| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '.',
    }));
    row.push('|');
    row
}

/// The column in a [`row`] of the byte at `index`.
#[must_use]
pub fn column_in_row(index: usize) -> usize {
    index * 3 + index / 8 + 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hidden_characters_are_escaped() {
        assert_eq!(
            line("a\r\n\t\x1b[2J\u{9b}\u{202e}é日\\n"),
            "a\\r\\n\\t\\x1b[2J\\u{9b}\\u{202e}é日\\n"
        );
    }

    #[test]
    fn ignorable_characters_are_hidden_except_joiners_and_emoji_selectors() {
        let kept = ['\u{200c}', '\u{200d}', '\u{fe0e}', '\u{fe0f}'];
        let invisible = r"[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Co}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Bidi_Control}]";
        let invisible = regex::Regex::new(invisible).expect("a class");
        for character in '\0'..=char::MAX {
            let is_invisible = invisible.is_match(character.encode_utf8(&mut [0; 4]))
                || matches!(character, '\u{2800}' | '\u{fff9}'..='\u{fffb}');
            let expected = is_invisible && !kept.contains(&character);
            assert_eq!(
                is_hidden(character),
                expected,
                "U+{:04X}",
                u32::from(character)
            );
        }
    }

    #[test]
    fn invisible_characters_are_escaped_and_visible_ones_are_not() {
        for (raw, shown) in [
            ("a\u{2800}b", "a\\u{2800}b"),
            ("\u{e0b0}\u{f8ff}", "\\u{e0b0}\\u{f8ff}"),
            ("\u{100000}\u{10ffff}", "\\u{100000}\\u{10ffff}"),
            ("\u{fdd0}\u{ffff}\u{1fffe}", "\\u{fdd0}\\u{ffff}\\u{1fffe}"),
            ("a\u{34f}\u{180b}\u{e0100}", "a\\u{34f}\\u{180b}\\u{e0100}"),
            (
                "☎\u{fe0e}❤\u{fe0f} 👩\u{200d}👧",
                "☎\u{fe0e}❤\u{fe0f} 👩\u{200d}👧",
            ),
            ("می\u{200c}خواهم क्ष नि", "می\u{200c}خواهم क्ष नि"),
        ] {
            assert_eq!(line(raw), shown);
        }
    }

    #[test]
    fn marks_beyond_the_maximum_on_one_letter_are_escaped() {
        let marks = |count| "\u{301}".repeat(count);
        let allowed = format!("a{}b{}", marks(MAX_MARKS), marks(MAX_MARKS));
        assert_eq!(line(&allowed), allowed);
        let excess = format!("a{}b\u{301}", marks(MAX_MARKS + 2));
        let escaped = format!("a{}\\u{{301}}\\u{{301}}b\u{301}", marks(MAX_MARKS));
        assert_eq!(line(&excess), escaped);
        assert_eq!(line(&escaped), escaped);
        // Joiners and selectors count as marks.
        let joiners = "\u{200d}\u{fe0f}".repeat(MAX_MARKS);
        assert_eq!(line(&joiners).matches("\\u{").count(), MAX_MARKS);
        assert!(!fits(&marks(MAX_MARKS + 1), 5) && fits(&marks(MAX_MARKS), 9));
    }

    #[test]
    fn a_wide_text_is_truncated_to_the_columns() {
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
    fn bytes_are_in_the_columns_that_column_in_row_returns() {
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
        fn escaping_is_idempotent(text in any::<String>(), columns in 1_usize..50) {
            let once = line(&text);
            prop_assert!(!once.contains(is_hidden));
            prop_assert_eq!(line(&once), once);
            prop_assert!(!shortened(&text, columns).contains(is_hidden));
        }

        #[test]
        fn width_of_character_is_the_width_of_its_escape_sequence(character in any::<char>()) {
            prop_assert!(width_of_character(character) >= width_of(&line(&character.to_string())));
        }
    }
}
