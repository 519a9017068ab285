//! Error reports for people: the message, its details and a hint.
//!
//! They are printed to stderr at the end. Everything is escaped, because it may quote the network,
//! even if stderr is not a terminal.

mod response;

use crate::conversation::matching::{DifferenceLine, Side};
use crate::error::{Error, ParseError, Unmet};
use crate::http::Secrets;
use crate::output::escape::{self, Breaks};
use crate::output::excerpt;
use crate::output::palette::{Palette, Style};
use crate::output::verbosity::Verbosity;
use crate::text::escape::{shortened, width_of};

/// The number of last messages that are shown, and the width of each on a terminal.
const RECENT: usize = 5;
const RECENT_COLUMNS: usize = 80;

/// How much of the last messages is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excerpts {
    /// The beginning of each, on one line of a terminal.
    Short,
    /// As much of each as was kept.
    Whole,
}

/// The complete report of `error`, including the last line end.
///
/// With `-q`, it is only the message. With `-v`, the head of a response is left out, because the
/// [narration](super::narration) has printed it.
#[must_use]
pub fn report(error: &Error, verbosity: Verbosity, palette: Palette, secrets: Secrets) -> String {
    let name = palette.paint(Style::Error, "wsline:");
    let report = explain(error, verbosity, palette, secrets, Excerpts::Short);
    format!("{name} {report}")
}

/// The same without the program's name, for a report on several files.
#[must_use]
pub fn explain(
    error: &Error,
    verbosity: Verbosity,
    palette: Palette,
    secrets: Secrets,
    excerpts: Excerpts,
) -> String {
    let mut report = Report {
        out: String::new(),
        palette,
    };
    report.push_sentence(error);
    if verbosity == Verbosity::Quiet {
        return report.out;
    }
    report.push_details(error.root(), verbosity, secrets, excerpts);
    if let Some(hint) = error.hint() {
        let hint = format!("hint: {}", escape::text(hint, Breaks::Shown));
        report.push_line(&palette.paint(Style::Quiet, &hint));
    }
    report.out
}

struct Report {
    out: String,
    palette: Palette,
}

impl Report {
    fn push_line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn push_sentence(&mut self, error: &Error) {
        self.push_line(&escape::text(&error.to_string(), Breaks::Shown));
    }

    /// Adds what belongs to the error besides its sentence and its hint.
    fn push_details(
        &mut self,
        error: &Error,
        verbosity: Verbosity,
        secrets: Secrets,
        excerpts: Excerpts,
    ) {
        let told = verbosity >= Verbosity::Handshake;
        match error {
            Error::Refused(refusal)
            | Error::ProxyRefused {
                refusal: Some(refusal),
                ..
            } => self.push_refusal(refusal, told, secrets),
            Error::InvalidResponse {
                head: Some(head), ..
            } if !told => self.push_head(head, secrets),
            Error::Redirect { head, .. } | Error::Declined { head, .. } if !told => {
                self.push_head(head, secrets);
            }
            Error::Unmet(unmet) => {
                if let Some(refusal) = &unmet.refusal {
                    self.push_refusal(refusal, told, secrets);
                }
                self.push_unmet(unmet, excerpts);
            }
            Error::Call {
                data: Some(data), ..
            } => self.push_line(&format!("  data: {}", escape::text(data, Breaks::Shown))),
            Error::Certificate { details, .. } => {
                self.push_indented(details);
            }
            Error::SessionFile(parse_error) | Error::Config(parse_error) => {
                self.push_line_of_file(parse_error);
            }
            Error::ServerEnded { last, .. } | Error::ServerLate { last, .. } => {
                self.push_server(last);
            }
            _ => {}
        }
    }

    fn push_indented(&mut self, lines: &[String]) {
        for line in lines {
            self.push_line(&format!("  {}", escape::text(line, Breaks::Shown)));
        }
    }

    /// Adds the line of a file that an error is in, if it is known.
    fn push_line_of_file(&mut self, error: &ParseError) {
        if error.text.is_empty() {
            return;
        }
        for line in excerpt::lines(&error.text, error.column as usize, self.palette) {
            self.push_line(&format!("  {line}"));
        }
    }

    /// Adds the last lines that a server has printed.
    fn push_server(&mut self, last: &[String]) {
        if !last.is_empty() {
            self.push_line("its last output:");
        }
        self.push_indented(last);
    }

    fn push_unmet(&mut self, unmet: &Unmet, excerpts: Excerpts) {
        for line in &unmet.difference.0 {
            let text = line.to_string();
            let text = escape::text(&text, Breaks::Shown);
            let style = match line {
                DifferenceLine::Mark { .. } => Some(Style::Warning),
                line => line.side().and_then(side_style),
            };
            match style {
                Some(style) => self.push_line(&format!("  {}", self.palette.paint(style, &text))),
                None => self.push_line(&format!("  {text}")),
            }
        }
        if unmet.recent.is_empty() {
            return;
        }
        self.push_line("the last messages:");
        let skipped = unmet.recent.len().saturating_sub(RECENT);
        for message in &unmet.recent[skipped..] {
            let (mark, text) = (message.mark(), message.text());
            let text = match excerpts {
                Excerpts::Short => {
                    let room = RECENT_COLUMNS - 1 - width_of(&mark).min(RECENT_COLUMNS / 2);
                    shortened(&text, room)
                }
                Excerpts::Whole => escape::text(&text, Breaks::Shown).into_owned(),
            };
            let style = if message.is_sent {
                Style::Sent
            } else {
                Style::Received
            };
            let mark = self
                .palette
                .paint(style, &escape::text(&mark, Breaks::Shown));
            self.push_line(&format!("  {mark} {text}"));
        }
    }
}

/// The color of a line of a difference.
fn side_style(side: Side) -> Option<Style> {
    match side {
        Side::Both => None,
        Side::Expected => Some(Style::Expected),
        Side::Received => Some(Style::Instead),
    }
}

#[cfg(test)]
mod tests;
