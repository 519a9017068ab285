//! Colors, which are decided on once: everything that can be colored uses a `Palette`.
//!
//! Each style is turned off by its own code (SGR, ECMA-48 §8.3.117) rather than by a reset, so that
//! a style can be inside another.

/// The meaning of a piece of text, which determines its color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The mark before what was received.
    Received,
    /// The mark before what was sent.
    Sent,
    /// Something failed.
    Error,
    /// A problem that does not end the run.
    Warning,
    /// A success.
    Good,
    /// Less important text: a hint, a note, a time, a size.
    Quiet,
    /// What was expected, in a difference.
    Expected,
    /// What was received instead, in a difference.
    Instead,
    /// The escape sequence for a hidden character.
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
    /// A palette without colors.
    #[must_use]
    pub const fn plain() -> Self {
        Self { colored: false }
    }

    /// A palette with the colors that every terminal has.
    #[must_use]
    pub const fn colored() -> Self {
        Self { colored: true }
    }

    /// The code that turns `style` on; empty in the plain palette.
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

    /// The code that turns `style` off.
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

    /// `text` in `style`. The text must have been [escaped](super::escape).
    #[must_use]
    pub fn paint(self, style: Style, text: &str) -> String {
        format!("{}{text}{}", self.on(style), self.off(style))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_palette_adds_no_codes() {
        assert_eq!(Palette::plain().paint(Style::Error, "no"), "no");
    }

    #[test]
    fn style_does_not_reset_others() {
        let palette = Palette::colored();
        let inner = palette.paint(Style::Escape, "\\x07");
        assert_eq!(
            palette.paint(Style::String, &inner),
            "\x1b[32m\x1b[7m\\x07\x1b[27m\x1b[39m"
        );
    }
}
