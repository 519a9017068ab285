//! Lines with the marks of their direction, as curl prints them.

use std::fmt::Write as _;

use crate::event::{Link, Way};
use crate::output::escape::{self, Breaks};
use crate::output::palette::{Palette, Style};

/// The lines being written.
pub(super) struct NarrationLines {
    pub(super) out: String,
    pub(super) palette: Palette,
    link: Link,
    /// Whether messages with the same marks are printed to the same terminal.
    beside_prompt: bool,
}

impl NarrationLines {
    pub(super) fn new(palette: Palette, link: Link, beside_prompt: bool) -> Self {
        Self {
            out: String::new(),
            palette,
            link,
            beside_prompt,
        }
    }

    /// Adds text that was sent or received, not escaped yet.
    pub(super) fn push(&mut self, way: Way, text: &str) {
        self.push_escaped(way, &escape::text(text, Breaks::Shown));
    }

    pub(super) fn push_escaped(&mut self, way: Way, text: &str) {
        let mark = match way {
            Way::In => self.palette.paint(Style::Received, "<"),
            Way::Out => self.palette.paint(Style::Sent, ">"),
        };
        let note = if self.beside_prompt {
            self.palette.paint(Style::Quiet, "* ")
        } else {
            String::new()
        };
        self.push_line(format!("{note}{mark} {text}").trim_end_matches(' '));
    }

    /// Adds a line about an event, not escaped yet.
    pub(super) fn push_happened(&mut self, text: &str) {
        let line = format!("* {}", escape::text(text, Breaks::Shown));
        self.push_line(&self.palette.paint(Style::Quiet, &line));
    }

    pub(super) fn push_line(&mut self, line: &str) {
        if self.link != Link(0) {
            write!(self.out, "[{}] ", self.link.0).expect("a String takes any text");
        }
        self.out.push_str(line);
        self.out.push('\n');
    }
}
