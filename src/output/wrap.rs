//! Wraps lines between words.

use unicode_width::UnicodeWidthStr;

/// Lines are not wrapped for terminals with fewer columns.
const NARROWEST: usize = 20;

/// Wraps `line` to at most `columns`. Further lines have the same indentation; those of a row of a
/// table, where at least two spaces follow the key, stand below the value if it has at least half of
/// the columns. A longer word is kept whole, so that a path or a URL can be copied.
#[must_use]
pub fn lines(line: &str, columns: usize) -> Vec<String> {
    if line.width() <= columns || columns < NARROWEST {
        return vec![line.to_owned()];
    }
    let words = line.trim_start_matches(' ');
    let first = &line[..line.len() - words.len()];
    let margin = " ".repeat(
        value_column(words)
            .map(|column| first.width() + column)
            .filter(|column| *column <= columns / 2)
            .unwrap_or(first.width()),
    );
    let mut lines = Vec::new();
    let mut current = first.to_owned();
    let mut begun = false;
    for word in words.split_inclusive(' ') {
        // Spaces at the end of a line take no room.
        if begun && current.width() + word.trim_end_matches(' ').width() > columns {
            current.truncate(current.trim_end_matches(' ').len());
            lines.push(std::mem::replace(&mut current, margin.clone()));
        }
        current.push_str(word);
        begun = true;
    }
    lines.push(current);
    lines
}

/// The column of the value in a row of a table.
fn value_column(row: &str) -> Option<usize> {
    let (key, rest) = row.split_once("  ")?;
    let value = rest.trim_start_matches(' ');
    (!value.is_empty()).then(|| key.width() + 2 + rest.len() - value.len())
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
            lines("  Enter on an empty line reconnects", 24),
            ["  Enter on an empty line", "  reconnects"]
        );
    }

    #[test]
    fn values_are_wrapped_in_their_column() {
        assert_eq!(
            lines("  /quit   close with 1000 and end", 24),
            ["  /quit   close with", "          1000 and end"]
        );
        assert_eq!(
            lines("received     12 messages, 3.1 KiB, last 0.3 s ago", 38),
            [
                "received     12 messages, 3.1 KiB,",
                "             last 0.3 s ago"
            ]
        );
        assert_eq!(
            lines("/close [CODE [REASON]]  close and end", 24),
            ["/close [CODE [REASON]]", "close and end"],
            "no room"
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
