//! The sign before the input line, which shows the state of the connection by shape and color. All
//! signs are two columns wide, so that one can replace another while a line is edited.

use super::input::PromptStatus;

/// The signs of a prompt.
pub(super) struct Signs {
    plain: [String; 5],
    colored: [String; 5],
    /// That of a line that goes on, without and with its color.
    continuation: (String, String),
}

/// Each status with its sign and its color code (ECMA-48 §8.3.117).
const SIGNS: [(PromptStatus, &str, u8); 5] = [
    (PromptStatus::Connecting, "\u{2026} ", 36),
    (PromptStatus::Open, "> ", 32),
    (PromptStatus::Held, "\u{2016} ", 33),
    (PromptStatus::Closing, "~ ", 33),
    (PromptStatus::Closed, "x ", 31),
];

/// The sign of a line that goes on, and its color code.
const CONTINUATION: (&str, u8) = (". ", 32);

impl Signs {
    /// The signs after `indent` spaces, with colors or all plain.
    pub(super) fn new(indent: usize, color: bool) -> Self {
        let indent = " ".repeat(indent);
        let plain = SIGNS.map(|(_, sign, _)| format!("{indent}{sign}"));
        let (sign, code) = CONTINUATION;
        let continuation = format!("{indent}{sign}");
        Self {
            continuation: if color {
                (continuation, format!("{indent}\x1b[{code}m{sign}\x1b[39m"))
            } else {
                (continuation.clone(), continuation)
            },
            colored: if color {
                SIGNS.map(|(_, sign, color)| format!("{indent}\x1b[{color}m{sign}\x1b[39m"))
            } else {
                plain.clone()
            },
            plain,
        }
    }

    /// No signs.
    pub(super) fn none() -> Self {
        Self {
            plain: Default::default(),
            colored: Default::default(),
            continuation: Default::default(),
        }
    }

    /// The sign of an open connection while the JSON of the line goes on.
    pub(super) fn continuation(&self) -> (&str, &str) {
        (&self.continuation.0, &self.continuation.1)
    }

    /// The sign without and with its color.
    pub(super) fn get(&self, status: PromptStatus) -> (&str, &str) {
        let place = SIGNS.iter().position(|(one, ..)| *one == status);
        let place = place.unwrap_or_default();
        (&self.plain[place], &self.colored[place])
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    #[test]
    fn every_status_has_a_sign_of_two_columns() {
        let signs = Signs::new(3, true);
        for (status, sign, color) in SIGNS {
            let (plain, colored) = signs.get(status);
            assert_eq!(plain, format!("   {sign}"));
            assert_eq!(plain.width(), 5);
            assert_eq!(colored, format!("   \x1b[{color}m{sign}\x1b[39m"));
        }
        assert_eq!(signs.continuation(), ("   . ", "   \x1b[32m. \x1b[39m"));
        assert_eq!(Signs::none().get(PromptStatus::Open), ("", ""));
    }
}
