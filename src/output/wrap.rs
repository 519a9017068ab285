//! Lines of ours that fit the terminal, broken between words.

use unicode_width::UnicodeWidthStr;

/// Fewer columns than this are not worth breaking for: the terminal wraps as it can.
const NARROWEST: usize = 20;

/// `line` as lines of at most `columns`, each further one as far in as the first. A word that is
/// longer than a line stays whole, so that a path or an address can be copied.
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
        // Blanks at the end of a line take no room.
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
    fn a_line_is_broken_between_words() {
        let text = "a close code is 1000 or 3000-4999";
        assert_eq!(lines(text, 33), [text]);
        assert_eq!(lines(text, 32), ["a close code is 1000 or", "3000-4999"]);
        assert_eq!(lines(text, 20), ["a close code is 1000", "or 3000-4999"]);
        assert_eq!(lines(text, 19), [text], "too narrow");
        assert_eq!(lines("", 40), [""]);
    }

    #[test]
    fn further_lines_are_as_far_in_as_the_first() {
        assert_eq!(
            lines("  /quit   close with 1000 and end", 24),
            ["  /quit   close with", "  1000 and end"]
        );
    }

    #[test]
    fn a_long_word_stays_whole_and_wide_characters_count_twice() {
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
