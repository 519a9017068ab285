//! The only way for untrusted text to a terminal: control characters and hidden characters are
//! escaped.
//!
//! Otherwise, escape sequences could clear the terminal, write to the clipboard and set the title;
//! a carriage return overwrite text; bidirectional overrides change how text reads; invisible
//! characters hide in it; and hundreds of marks on a letter cover the lines around it. They are
//! printed as `\x1b`, `\r` or `\u{202e}`, and bytes that are not UTF-8 as `\xff`. Backslashes are
//! not escaped: the result is for reading, not for parsing.

use std::borrow::Cow;

use crate::output::palette::{Palette, Style};
pub use crate::text::escape::is_hidden;
use crate::text::escape::{push_byte, push_name, Scan};

/// How line feeds and tabs are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// They are kept: the text may have several lines.
    Kept,
    /// They are escaped as `\n` and `\t`: the text must stay on its line (a header, a close
    /// reason).
    Shown,
}

/// Escapes `text`. Borrows it if there was nothing to escape.
#[must_use]
pub fn text(text: &str, breaks: Breaks) -> Cow<'_, str> {
    let mut scan = Scan::default();
    if !text.contains(|character| must_be_shown(&mut scan, character, breaks)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    push(&mut out, text, breaks, Palette::plain());
    Cow::Owned(out)
}

/// Escapes `bytes`. Borrows them if they are UTF-8 and there was nothing to escape.
#[must_use]
pub fn bytes(bytes: &[u8], breaks: Breaks) -> Cow<'_, str> {
    if let Ok(valid) = std::str::from_utf8(bytes) {
        return text(valid, breaks);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    push_bytes(&mut out, bytes, breaks, Palette::plain());
    Cow::Owned(out)
}

/// Appends `text`, escaped. Escape sequences are printed in [`Style::Escape`].
pub fn push(out: &mut String, text: &str, breaks: Breaks, palette: Palette) {
    let mut scan = Scan::default();
    // The beginning of the text that was not appended yet, and whether it follows an escape
    // sequence.
    let (mut start, mut replacing) = (0, false);
    for (at, character) in text.char_indices() {
        if must_be_shown(&mut scan, character, breaks) {
            if !replacing {
                out.push_str(&text[start..at]);
                out.push_str(palette.on(Style::Escape));
            }
            push_name(out, character);
            (start, replacing) = (at + character.len_utf8(), true);
        } else if replacing {
            out.push_str(palette.off(Style::Escape));
            replacing = false;
        }
    }
    if replacing {
        out.push_str(palette.off(Style::Escape));
    }
    out.push_str(&text[start..]);
}

/// Appends `bytes`, escaped, as [`push`] does.
pub fn push_bytes(out: &mut String, bytes: &[u8], breaks: Breaks, palette: Palette) {
    for chunk in bytes.utf8_chunks() {
        push(out, chunk.valid(), breaks, palette);
        if chunk.invalid().is_empty() {
            continue;
        }
        out.push_str(palette.on(Style::Escape));
        for byte in chunk.invalid() {
            push_byte(out, *byte);
        }
        out.push_str(palette.off(Style::Escape));
    }
}

fn must_be_shown(scan: &mut Scan, character: char, breaks: Breaks) -> bool {
    let hides = scan.hides(character);
    match character {
        '\n' | '\t' => breaks == Breaks::Shown,
        _ => hides,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn harmless_text_is_borrowed() {
        for harmless in ["", "plain", "C:\\dir \\x1b", "naïve 日本 👩‍👩‍👧 🏳️", "a\n\tb"]
        {
            let shown = text(harmless, Breaks::Kept);
            assert!(matches!(shown, Cow::Borrowed(same) if same == harmless));
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        for (raw, shown) in [
            ("\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
            ("\x1b[2J", "\\x1b[2J"),
            ("safe\revil", "safe\\revil"),
            ("\0\x08\x7f", "\\x00\\x08\\x7f"),
            ("\u{9b}2J\u{85}", "\\u{9b}2J\\u{85}"),
            (
                "a\u{202e}b\u{2066}c\u{200f}",
                "a\\u{202e}b\\u{2066}c\\u{200f}",
            ),
            ("\u{61c}\u{200e}", "\\u{61c}\\u{200e}"),
            ("\u{feff}\u{200b}\u{2060}", "\\u{feff}\\u{200b}\\u{2060}"),
            ("\u{2028}\u{2029}\u{e0041}", "\\u{2028}\\u{2029}\\u{e0041}"),
            ("\u{2800}\u{e000}\u{ffff}", "\\u{2800}\\u{e000}\\u{ffff}"),
        ] {
            assert_eq!(text(raw, Breaks::Kept), shown);
        }
    }

    #[test]
    fn line_breaks_are_escaped_in_single_lines() {
        assert_eq!(text("a\r\nb\tc", Breaks::Shown), "a\\r\\nb\\tc");
        assert_eq!(text("a\r\nb\tc", Breaks::Kept), "a\\r\nb\tc");
    }

    #[test]
    fn invalid_utf8_is_escaped_byte_by_byte() {
        assert_eq!(bytes(b"a\xffb\xe2\x82", Breaks::Kept), "a\\xffb\\xe2\\x82");
        assert_eq!(bytes(b"\x9b2J", Breaks::Kept), "\\x9b2J");
        assert!(matches!(bytes(b"ok", Breaks::Kept), Cow::Borrowed("ok")));
    }

    #[test]
    fn adjacent_escape_sequences_are_styled_once() {
        let mut out = String::new();
        push(&mut out, "a\x1b\x07b", Breaks::Kept, Palette::colored());
        assert_eq!(out, "a\x1b[7m\\x1b\\x07\x1b[27mb");
    }

    #[test]
    fn excessive_combining_marks_are_escaped() {
        let raw = format!("x{}y", "\u{336}".repeat(40));
        let shown = format!("x{}{}y", "\u{336}".repeat(32), "\\u{336}".repeat(8));
        assert_eq!(text(&raw, Breaks::Kept), shown);
        assert_eq!(text(&shown, Breaks::Kept), shown);
    }

    proptest! {
        #[test]
        fn no_hidden_byte_remains(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(!bytes(&raw, Breaks::Shown).contains(is_hidden));
        }

        #[test]
        fn no_hidden_character_remains(raw in any::<String>()) {
            let kept = text(&raw, Breaks::Kept);
            prop_assert!(!kept.replace(['\n', '\t'], "").contains(is_hidden));
        }
    }
}
