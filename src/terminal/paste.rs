//! Pasted text, which is inserted as a whole and replaced by a placeholder if it is long or has
//! control characters.
//!
//! A paste arrives as keys between two markers. They are collected here, so that none of them acts
//! as a key. A long text, or one with control characters, is shown as `[pasted: 1,204 lines, 16.3
//! KiB, JSON]` and restored when the line is entered.

use std::time::{Duration, Instant};

use rustyline::{KeyCode, KeyEvent, Modifiers};

use crate::output::dump;
use crate::text::escape::{is_hidden, push_name};

/// Pastes with more lines than this are replaced by a placeholder.
const MOST_LINES: usize = 8;
/// Pastes with more bytes than this are replaced by a placeholder.
const MOST_BYTES: usize = 2000;
/// A paste without its end marker ends this long after its last key.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// The beginning of a placeholder.
const BEGINNING: &str = "[pasted: ";

/// Texts that are shown as placeholders.
#[derive(Debug, Default)]
pub(super) struct Folds {
    folded: Vec<Fold>,
}

#[derive(Debug)]
struct Fold {
    placeholder: String,
    text: String,
}

impl Folds {
    /// The text to show for `text`: itself or a placeholder.
    pub(super) fn fold(&mut self, text: String) -> String {
        let breaks = |character| matches!(character, '\n' | '\t');
        let hidden = text
            .chars()
            .filter(|one| is_hidden(*one) && !breaks(*one))
            .count();
        let lines = text.lines().count();
        if hidden == 0 && lines <= MOST_LINES && text.len() <= MOST_BYTES {
            return text;
        }
        let mut described = format!(
            "{BEGINNING}{} line{}, {}",
            grouped(lines),
            if lines == 1 { "" } else { "s" },
            dump::size(text.len())
        );
        if text.trim_start().starts_with(['{', '['])
            && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok()
        {
            described.push_str(", JSON");
        }
        if hidden > 0 {
            described.push_str(", with control characters");
        }
        self.place(&described, text)
    }

    /// The name to show for a control character that was typed.
    pub(super) fn fold_character(&mut self, character: char) -> String {
        let mut name = String::new();
        push_name(&mut name, character);
        if !self.folded.iter().any(|fold| fold.placeholder == name) {
            self.folded.push(Fold {
                placeholder: name.clone(),
                text: character.to_string(),
            });
        }
        name
    }

    fn place(&mut self, described: &str, text: String) -> String {
        if let Some(known) = self.folded.iter().find(|fold| fold.text == text) {
            return known.placeholder.clone();
        }
        let mut placeholder = format!("{described}]");
        let mut number = 2;
        while self
            .folded
            .iter()
            .any(|fold| fold.placeholder == placeholder)
        {
            placeholder = format!("{described}, {number}]");
            number += 1;
        }
        self.folded.push(Fold {
            placeholder: placeholder.clone(),
            text,
        });
        placeholder
    }

    /// Replaces placeholders in the line by their texts; `None` if a placeholder was changed.
    pub(super) fn unfold(&self, line: &str) -> Option<String> {
        let mut unfolded = String::new();
        let mut rest = line;
        'line: while !rest.is_empty() {
            for fold in &self.folded {
                if let Some(after) = rest.strip_prefix(fold.placeholder.as_str()) {
                    unfolded.push_str(&fold.text);
                    rest = after;
                    continue 'line;
                }
            }
            if rest.starts_with(BEGINNING) && !self.folded.is_empty() {
                return None;
            }
            let length = rest.chars().next().map_or(0, char::len_utf8);
            unfolded.push_str(&rest[..length]);
            rest = &rest[length..];
        }
        Some(unfolded)
    }

    /// The first character of the placeholder at the end of `before`, which is deleted as a whole
    /// and contains this character only once.
    pub(super) fn placeholder_before(&self, before: &str) -> Option<char> {
        let ends = |fold: &&Fold| before.ends_with(fold.placeholder.as_str());
        let fold = self.folded.iter().find(ends)?;
        fold.placeholder.chars().next()
    }
}

/// A paste in progress.
#[derive(Debug)]
pub(super) struct Paste {
    text: String,
    last_key: Instant,
}

impl Paste {
    pub(super) fn begin() -> Self {
        Self {
            text: String::new(),
            last_key: Instant::now(),
        }
    }

    /// Adds a key.
    pub(super) fn push(&mut self, key: KeyEvent) {
        self.last_key = Instant::now();
        push_key(&mut self.text, key);
    }

    /// Whether its end marker is missing, so that keys act as keys again.
    pub(super) fn has_stalled(&self) -> bool {
        self.last_key.elapsed() > LONGEST_PAUSE
    }

    /// The text, with line ends converted to line feeds and the last one removed.
    pub(super) fn finish(self) -> String {
        let mut text = self.text.replace("\r\n", "\n").replace('\r', "\n");
        if text.ends_with('\n') {
            text.pop();
        }
        text
    }
}

/// The characters that a key stands for in a paste.
fn push_key(text: &mut String, KeyEvent(code, modifiers): KeyEvent) {
    if modifiers.contains(Modifiers::ALT) {
        text.push('\x1b');
    }
    let control = modifiers.contains(Modifiers::CTRL);
    match code {
        KeyCode::Char(character) => text.push(control_of(character, control)),
        KeyCode::Enter => text.push('\r'),
        KeyCode::Tab => text.push('\t'),
        KeyCode::Backspace => text.push('\x7f'),
        KeyCode::Null => text.push('\0'),
        KeyCode::Esc if modifiers.contains(Modifiers::SHIFT) => text.push('\u{9b}'),
        KeyCode::Esc => text.push('\x1b'),
        KeyCode::Up => text.push_str("\x1b[A"),
        KeyCode::Down => text.push_str("\x1b[B"),
        KeyCode::Right => text.push_str("\x1b[C"),
        KeyCode::Left => text.push_str("\x1b[D"),
        KeyCode::End => text.push_str("\x1b[F"),
        KeyCode::Home => text.push_str("\x1b[H"),
        KeyCode::BackTab => text.push_str("\x1b[Z"),
        // Other escape sequences, which the editor does not report.
        _ => {}
    }
}

/// The control character of a letter (^A is 1) if Ctrl was pressed.
pub(super) fn control_of(character: char, control: bool) -> char {
    match u8::try_from(character) {
        Ok(byte @ b'@'..=b'_') if control => char::from(byte & 0x1f),
        _ => character,
    }
}

/// A number with commas between groups of three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_replaced_by_placeholders() {
        let mut folds = Folds::default();
        assert_eq!(folds.fold("a\nb".to_owned()), "a\nb");
        let long = "line\n".repeat(1204);
        let placeholder = folds.fold(long.clone());
        assert_eq!(placeholder, "[pasted: 1,204 lines, 5.8 KiB]");
        assert_eq!(folds.fold(long.clone()), placeholder, "the same once more");
        assert_eq!(
            folds.unfold(&format!("before {placeholder} after")),
            Some(format!("before {long} after"))
        );
        let other = folds.fold("last\n".repeat(1204));
        assert_eq!(other, "[pasted: 1,204 lines, 5.8 KiB, 2]");
        let json = format!("[{}1]", "1,\n".repeat(20));
        assert_eq!(folds.fold(json), "[pasted: 21 lines, 63 B, JSON]");
    }

    #[test]
    fn control_characters_are_named_and_kept() {
        let mut folds = Folds::default();
        let text = "x\x1b]0;PASTED\x07y\u{202e}";
        let placeholder = folds.fold(text.to_owned());
        assert_eq!(
            placeholder,
            "[pasted: 1 line, 16 B, with control characters]"
        );
        assert_eq!(folds.unfold(&placeholder).as_deref(), Some(text));
        assert_eq!(folds.fold_character('\x1b'), "\\x1b");
        assert_eq!(folds.unfold("a\\x1b[2J").as_deref(), Some("a\x1b[2J"));
    }

    #[test]
    fn changed_placeholders_are_detected() {
        let mut folds = Folds::default();
        assert_eq!(folds.unfold("[pasted: x").as_deref(), Some("[pasted: x"));
        let placeholder = folds.fold("a\n".repeat(20));
        assert_eq!(folds.unfold(&placeholder.replace("20", "2")), None);
        assert_eq!(
            folds.placeholder_before(&format!("x{placeholder}")),
            Some('[')
        );
        assert_eq!(folds.placeholder_before("x"), None);
    }

    #[test]
    fn keys_are_converted_to_pasted_text() {
        let mut paste = Paste::begin();
        let text = "a\tb\x1b]0;x\x07\u{9b}\x01é\r\nend\r";
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            // The editor reports Escape and a character as Alt.
            match (character, characters.peek()) {
                ('\x1b', Some(&next)) => {
                    characters.next();
                    paste.push(KeyEvent::new(next, Modifiers::ALT));
                }
                _ => paste.push(KeyEvent::new(character, Modifiers::NONE)),
            }
        }
        assert!(!paste.has_stalled());
        assert_eq!(paste.finish(), "a\tb\x1b]0;x\x07\u{9b}\x01é\nend");
    }
}
