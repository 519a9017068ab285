//! The tokens of JSON, for layout and colors. Any text can be split into tokens; only those of valid
//! JSON mean something.

use crate::output::escape::{self, Breaks};
use crate::output::palette::{Palette, Style};

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `{` or `[`.
    Open,
    /// `}` or `]`.
    Close,
    /// A comma.
    Comma,
    /// A colon.
    Colon,
    /// The name of a member.
    Key,
    /// Another string.
    String,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Literal,
}

impl TokenKind {
    /// The style of such a token; punctuation has none.
    #[must_use]
    pub fn style(self) -> Option<Style> {
        match self {
            Self::Key => Some(Style::Key),
            Self::String => Some(Style::String),
            Self::Number => Some(Style::Number),
            Self::Literal => Some(Style::Literal),
            Self::Open | Self::Close | Self::Comma | Self::Colon => None,
        }
    }
}

/// A token.
#[derive(Clone, Copy, Debug)]
pub struct JsonToken<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text.
    pub text: &'a str,
    /// Its position in the text.
    pub start: usize,
}

impl JsonToken<'_> {
    /// The position after it.
    #[must_use]
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Appends a token in its color, escaped.
pub fn push_token(out: &mut String, kind: TokenKind, text: &str, palette: Palette) {
    let Some(style) = kind.style() else {
        return out.push_str(text);
    };
    out.push_str(palette.on(style));
    escape::push(out, text, Breaks::Shown, palette);
    out.push_str(palette.off(style));
}

/// The tokens of a text.
#[derive(Clone)]
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    /// The tokens of `text`.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        while self.byte().is_some_and(&skipped) {
            self.at += 1;
        }
    }

    fn skip_blanks(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.byte() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        // A backslash may be the last byte, or stand before a longer character.
        self.at = self.text.ceil_char_boundary(self.at);
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = JsonToken<'a>;

    fn next(&mut self) -> Option<JsonToken<'a>> {
        self.skip_blanks();
        let start = self.at;
        let mut kind = match self.byte()? {
            b'{' | b'[' => TokenKind::Open,
            b'}' | b']' => TokenKind::Close,
            b',' => TokenKind::Comma,
            b':' => TokenKind::Colon,
            b'"' => TokenKind::String,
            b'-' | b'0'..=b'9' => TokenKind::Number,
            _ => TokenKind::Literal,
        };
        match kind {
            TokenKind::String => {
                self.skip_string();
                let mut after = self.clone();
                after.skip_blanks();
                if after.byte() == Some(b':') {
                    kind = TokenKind::Key;
                }
            }
            TokenKind::Number | TokenKind::Literal => {
                self.skip(|byte| {
                    matches!(byte, b'+' | b'-' | b'.') || byte.is_ascii_alphanumeric()
                });
                if self.at == start {
                    // Not JSON.
                    self.at = self.text.ceil_char_boundary(start + 1);
                }
            }
            _ => self.at += 1,
        }
        Some(JsonToken {
            kind,
            text: &self.text[start..self.at],
            start,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_and_values_are_told_apart() {
        use TokenKind::{Close, Colon, Comma, Key, Literal, Number, Open, String};

        let tokens: Vec<_> = Tokens::new(r#"{"a" : ["b\"", -1.5e3, null]"#)
            .map(|token| (token.kind, token.text))
            .collect();
        assert_eq!(
            tokens,
            [
                (Open, "{"),
                (Key, "\"a\""),
                (Colon, ":"),
                (Open, "["),
                (String, r#""b\"""#),
                (Comma, ","),
                (Number, "-1.5e3"),
                (Comma, ","),
                (Literal, "null"),
                (Close, "]"),
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_has_tokens(text in "[\\[{\"\\\\: ,a1é\u{7f}\n]*") {
            let mut end = 0;
            for token in Tokens::new(&text) {
                prop_assert!(token.start >= end && token.end() > token.start);
                prop_assert!(text[end..token.start].trim().is_empty());
                end = token.end();
            }
            prop_assert!(text[end..].trim().is_empty());
        }
    }
}
