//! Indented and colored JSON, made from the text without changing values.
//!
//! Numbers keep their digits, members their order and duplicates. What fits into a line is kept on
//! one line.

use serde::de::IgnoredAny;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::output::escape::{self, Breaks};
use crate::output::json_tokens::{push_token, JsonToken, TokenKind, Tokens};
use crate::output::palette::Palette;

/// JSON longer than this, in bytes, is not formatted: only its beginning is shown.
pub const LARGEST: usize = 256 << 10;

/// The space available for a text.
#[derive(Clone, Copy, Debug)]
pub struct LayoutLimits {
    /// Lines.
    pub lines: usize,
    /// Bytes, before escaping and coloring.
    pub bytes: usize,
    /// The width to which lines are wrapped where possible.
    pub columns: usize,
}

/// If `text` is a JSON object or array, appends it formatted, as far as there is room. Returns the
/// number of bytes shown; `None` if it is something else.
pub fn push(out: &mut String, text: &str, palette: Palette, room: LayoutLimits) -> Option<usize> {
    let compound = text.trim_ascii_start().starts_with(['{', '[']);
    if !compound || text.len() > LARGEST || serde_json::from_str::<IgnoredAny>(text).is_err() {
        return None;
    }
    // The number of bytes is checked because zero-width characters could make a line arbitrarily
    // long.
    if text.len() <= 4 * room.columns && text.width() <= room.columns && !text.contains('\n') {
        push_as_written(out, text, palette);
        return Some(text.len());
    }
    let printer = Printer {
        out,
        palette,
        room,
        depth: 0,
        inline: None,
        breaks: false,
        column: 0,
    };
    Some(printer.run(text))
}

fn push_as_written(out: &mut String, text: &str, palette: Palette) {
    let mut end = 0;
    for token in Tokens::new(text) {
        // A carriage return is whitespace in JSON (RFC 8259 §2).
        escape::push(out, &text[end..token.start], Breaks::Kept, palette);
        push_token(out, token.kind, token.text, palette);
        end = token.end();
    }
    escape::push(out, &text[end..], Breaks::Kept, palette);
}

struct Printer<'o> {
    out: &'o mut String,
    palette: Palette,
    /// The space that is left.
    room: LayoutLimits,
    depth: usize,
    /// The depth of the outermost object or array that is printed on one line.
    inline: Option<usize>,
    /// Whether a line ends before the next token, unless that closes what was just opened.
    breaks: bool,
    column: usize,
}

impl Printer<'_> {
    /// Returns the number of bytes of `text` that are shown.
    fn run(mut self, text: &str) -> usize {
        let mut tokens = Tokens::new(text);
        while let Some(token) = tokens.next() {
            if !self.prepare(token.kind) {
                return token.start;
            }
            if token.kind == TokenKind::Open
                && self.inline.is_none()
                && self.fits(token, tokens.clone())
            {
                self.inline = Some(self.depth);
            }
            let shown = self.write(token);
            if shown < token.text.len() {
                return token.start + shown;
            }
            self.follow(token.kind);
        }
        text.len()
    }

    /// Ends the line before a token if necessary. Returns false if there is no room for another.
    fn prepare(&mut self, kind: TokenKind) -> bool {
        let due = if kind == TokenKind::Close {
            self.depth -= 1;
            self.inline.is_none() && !self.breaks
        } else {
            self.breaks
        };
        self.breaks = false;
        if !due {
            return true;
        }
        self.column = 2 * self.depth;
        if self.room.lines <= 1 || self.room.bytes <= self.column {
            return false;
        }
        self.room.lines -= 1;
        self.room.bytes -= self.column;
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', self.column));
        true
    }

    /// Returns the number of bytes of the token that fit.
    fn write(&mut self, token: JsonToken<'_>) -> usize {
        let shown = token.text.floor_char_boundary(self.room.bytes);
        let text = &token.text[..shown];
        push_token(self.out, token.kind, text, self.palette);
        self.room.bytes -= shown;
        self.column += text.width();
        shown
    }

    fn follow(&mut self, kind: TokenKind) {
        match kind {
            TokenKind::Open => {
                self.depth += 1;
                self.breaks = self.inline.is_none();
            }
            TokenKind::Close if self.inline == Some(self.depth) => self.inline = None,
            TokenKind::Comma if self.inline.is_none() => self.breaks = true,
            TokenKind::Comma | TokenKind::Colon => {
                self.out.push(' ');
                self.column += 1;
            }
            _ => {}
        }
    }

    /// Whether the object or array that begins with `open` fits into the rest of the line. Reads at
    /// most one line of it.
    fn fits(&self, open: JsonToken<'_>, rest: Tokens<'_>) -> bool {
        let mut column = self.column;
        let mut depth = 0_usize;
        for token in std::iter::once(open).chain(rest) {
            column += match token.kind {
                TokenKind::Comma | TokenKind::Colon => 2,
                _ => width_up_to(token.text, self.room.columns),
            };
            // A comma may follow the last token.
            if column >= self.room.columns {
                return false;
            }
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close if depth == 1 => return true,
                TokenKind::Close => depth -= 1,
                _ => {}
            }
        }
        false
    }
}

/// The width of `text`, up to the first `most` columns or characters.
fn width_up_to(text: &str, most: usize) -> usize {
    if text.len() > 4 * most {
        return most;
    }
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

#[cfg(test)]
mod tests;
