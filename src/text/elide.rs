//! Shortening text that is quoted: what is left out is replaced by `…`.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Stands for what is left out.
pub const ELLIPSIS: char = '…';

/// At most `limit` characters of `text`, then an ellipsis if there are more.
#[must_use]
pub fn chars(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        Some((end, _)) => Cow::Owned(format!("{}{ELLIPSIS}", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// `text`, shortened to `columns` of a terminal, which include the ellipsis.
#[must_use]
pub fn columns(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mut width = 1;
    let fits = |character: &char| {
        width += character.width().unwrap_or(0);
        width <= columns
    };
    let mut shown: String = text.chars().take_while(fits).collect();
    shown.push(ELLIPSIS);
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_and_not_bytes() {
        for (text, limit, shown) in [
            ("", 0, ""),
            ("abc", 3, "abc"),
            ("abcd", 3, "abc…"),
            ("äöü", 2, "äö…"),
            ("ä", 0, "…"),
        ] {
            assert_eq!(chars(text, limit), shown);
        }
    }

    #[test]
    fn columns_include_the_ellipsis() {
        for (text, limit, shown) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
        ] {
            assert_eq!(columns(text, limit), shown);
        }
    }
}
