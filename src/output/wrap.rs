//! Wraps lines between words.

use unicode_width::UnicodeWidthStr;

/// Lines are not wrapped for terminals with fewer columns.
const NARROWEST: usize = 20;

/// Wraps `line` to at most `columns`, with the same indentation for further lines. A longer word is
/// kept whole, so that a path or a URL can be copied.
#[must_use]
pub fn lines(line: &str, columns: usize) -> Vec<String> {
    if line.width() <= columns || columns < NARROWEST {
        return vec![line.to_owned()];
    }
    let words = line.trim_start_matches(' ');
    let margin = &line[..line.len() - words.len()];
    let mut lines = Vec::new();
    let mut current = margin.to_owned();
    let mut begun = false;
    for word in words.split_inclusive(' ') {
        // Spaces at the end of a line take no room.
        if begun && current.width() + word.trim_end_matches(' ').width() > columns {
            current.truncate(current.trim_end_matches(' ').len());
            lines.push(std::mem::replace(&mut current, margin.to_owned()));
        }
        current.push_str(word);
        begun = true;
    }
    lines.push(current);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_between_words() {
        let text = "a close code is 1000 or 3000-4999";
        assert_eq!(lines(text, 33), [text]);
        assert_eq!(lines(text, 32), ["a close code is 1000 or", "3000-4999"]);
        assert_eq!(lines(text, 20), ["a close code is 1000", "or 3000-4999"]);
        assert_eq!(lines(text, 19), [text], "too narrow");
        assert_eq!(lines("", 40), [""]);
    }

    #[test]
    fn further_lines_keep_the_indentation() {
        assert_eq!(
            lines("  /quit   close with 1000 and end", 24),
            ["  /quit   close with", "  1000 and end"]
        );
    }

    #[test]
    fn long_words_are_kept_and_wide_characters_counted() {
        let path = "x".repeat(30);
        assert_eq!(
            lines(&format!("{path}: no such file"), 20),
            [format!("{path}:"), "no such file".to_owned()]
        );
        assert_eq!(
            lines("日本語日本 日本語日本 x", 20),
            ["日本語日本", "日本語日本 x"]
        );
    }
}
