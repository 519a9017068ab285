//! Colors, decided once: every place that may color holds a `Palette` and asks it.
//!
//! A style is switched on and off by codes of its own (ECMA-48 §8.3.117, SGR), never by the
//! reset of everything: so a style may stand inside another.

/// What a piece of text is; the palette knows how that looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The mark before what was received.
    Received,
    /// The mark before what was sent.
    Sent,
    /// Something failed.
    Error,
    /// Something went wrong but stops nothing.
    Warning,
    /// Something went well.
    Good,
    /// A next step, a note, a time, a size: what may be overlooked.
    Quiet,
    /// What was expected, in a difference.
    Expected,
    /// What came instead, in a difference.
    Instead,
    /// What was replaced because a terminal would have obeyed it.
    Escape,
    /// The name of a member in JSON.
    Key,
    /// A string in JSON.
    String,
    /// A number in JSON.
    Number,
    /// `true`, `false` and `null` in JSON.
    Literal,
}

/// Whether and how text is colored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    colored: bool,
}

impl Palette {
    /// Text as it is.
    #[must_use]
    pub const fn plain() -> Self {
        Self { colored: false }
    }

    /// The colors that every terminal has.
    #[must_use]
    pub const fn colored() -> Self {
        Self { colored: true }
    }

    /// What switches `style` on; nothing in the plain palette.
    #[must_use]
    pub const fn on(self, style: Style) -> &'static str {
        if !self.colored {
            return "";
        }
        match style {
            Style::Received | Style::Number => "\x1b[36m",
            Style::Sent | Style::Literal => "\x1b[35m",
            Style::Error | Style::Expected => "\x1b[31m",
            Style::Warning => "\x1b[33m",
            Style::Quiet => "\x1b[2m",
            Style::Escape => "\x1b[7m",
            Style::Key => "\x1b[34m",
            Style::String | Style::Instead | Style::Good => "\x1b[32m",
        }
    }

    /// What switches `style` off again.
    #[must_use]
    pub const fn off(self, style: Style) -> &'static str {
        if !self.colored {
            return "";
        }
        match style {
            Style::Quiet => "\x1b[22m",
            Style::Escape => "\x1b[27m",
            _ => "\x1b[39m",
        }
    }

    /// `text` in `style`. The text must be harmless already ([`escape`](super::escape)).
    #[must_use]
    pub fn paint(self, style: Style, text: &str) -> String {
        format!("{}{text}{}", self.on(style), self.off(style))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_palette_adds_nothing() {
        assert_eq!(Palette::plain().paint(Style::Error, "no"), "no");
    }

    #[test]
    fn a_style_ends_without_ending_another() {
        let palette = Palette::colored();
        let inner = palette.paint(Style::Escape, "\\x07");
        assert_eq!(
            palette.paint(Style::String, &inner),
            "\x1b[32m\x1b[7m\\x07\x1b[27m\x1b[39m"
        );
    }
}
