//! The result of a file.

use std::borrow::Cow;
use std::time::Duration;

use super::redact::Redactor;
use crate::error::{Error, ParseError, Unmet};
use crate::http::Body;

/// The result of a file that was run.
#[derive(Debug)]
pub struct FileResult {
    /// The name of the file.
    pub file: String,
    /// The text of the `title` statement.
    pub title: Option<String>,
    /// The outcome of the last attempt.
    pub verdict: FileOutcome,
    /// The outcomes of the attempts before it, which did not pass (`--retries`).
    pub earlier: Vec<FileOutcome>,
    /// What the server of `--serve` printed last while it ran, if it did not pass.
    pub server: Vec<String>,
    /// How long it took.
    pub lasted: Duration,
    /// The number of its statements that were completed.
    pub statements: usize,
    /// The number of its expectations.
    pub expectations: usize,
}

/// The outcome of a file.
#[derive(Debug)]
pub enum FileOutcome {
    /// All expectations were met.
    Passed,
    /// An expectation was not met.
    Failed(Error),
    /// The file can't be read, or its conversation failed.
    Error(Error),
    /// The run ended before the file was complete.
    Stopped,
}

impl FileOutcome {
    /// The outcome for an error.
    #[must_use]
    pub fn of(error: Error) -> Self {
        match error.root() {
            Error::Unmet(_) | Error::TooFew { .. } => Self::Failed(error),
            Error::Signal(_) => Self::Stopped,
            _ => Self::Error(error),
        }
    }

    /// The error, if there is one.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) | Self::Error(error) => Some(error),
            Self::Passed | Self::Stopped => None,
        }
    }
}

impl FileResult {
    /// Whether it passed without any expectation.
    #[must_use]
    pub fn checks_nothing(&self) -> bool {
        self.expectations == 0 && matches!(self.verdict, FileOutcome::Passed)
    }

    /// Whether it passed, but not at once.
    #[must_use]
    pub fn is_flaky(&self) -> bool {
        !self.earlier.is_empty() && matches!(self.verdict, FileOutcome::Passed)
    }

    /// Removes secret values from parts that may be shortened later. The complete text of a report
    /// is redacted again.
    #[must_use]
    pub fn redacted(mut self, redactor: &Redactor) -> Self {
        for verdict in self.earlier.iter_mut().chain([&mut self.verdict]) {
            if let FileOutcome::Failed(error) | FileOutcome::Error(error) = verdict {
                redact_error(error, redactor);
            }
        }
        for line in &mut self.server {
            *line = redactor.apply(line).into_owned();
        }
        self
    }
}

/// Removes secret values from everything that an error quotes.
fn redact_error(error: &mut Error, redactor: &Redactor) {
    let text = |text: &mut String| *text = redactor.apply(text).into_owned();
    match error {
        Error::At { error, .. } => redact_error(error, redactor),
        Error::Unmet(unmet) => {
            let Unmet {
                place: _,
                connection: _,
                is_sending: _,
                expected,
                instead,
                difference,
                recent,
                refusal,
            } = &mut **unmet;
            [expected, instead].into_iter().for_each(text);
            recent.iter_mut().for_each(text);
            *difference = redacted_difference(difference, redactor);
            if let Some(refusal) = refusal {
                redact_body(&mut refusal.body, redactor);
            }
        }
        Error::SessionFile(parse_error) => {
            let ParseError { cause, .. } = &mut **parse_error;
            text(cause);
        }
        Error::Refused(refusal)
        | Error::ProxyRefused {
            refusal: Some(refusal),
            ..
        } => redact_body(&mut refusal.body, redactor),
        _ => {}
    }
}

fn redact_body(body: &mut Body, redactor: &Redactor) {
    body.bytes = redactor.apply_to_bytes(&body.bytes, body.truncated);
}

/// Removes secret values from a difference. A mark below a line that contained one is removed,
/// because it would be at the wrong position.
fn redacted_difference(lines: &[String], redactor: &Redactor) -> Vec<String> {
    let mut changed = false;
    let mut kept = Vec::new();
    for line in lines {
        let is_mark =
            line.contains('^') && line.trim_start_matches(' ').trim_matches('^').is_empty();
        if is_mark {
            if !std::mem::take(&mut changed) {
                kept.push(line.clone());
            }
            continue;
        }
        let redacted = redacted_row(line, redactor).map_or_else(|| redactor.apply(line), Cow::from);
        changed |= redacted != *line;
        kept.push(redacted.into_owned());
    }
    kept
}

/// Removes a secret value from a row of a hex dump, including parts that continue in the rows
/// before or after it; `None` for other lines.
fn redacted_row(line: &str, redactor: &Redactor) -> Option<String> {
    let (bytes, text) = line.strip_suffix('|')?.split_once("  |")?;
    let (before, bytes) = bytes.split_at_checked(bytes.find("  ")?)?;
    let bytes = hex::decode(bytes.replace(' ', "")).ok()?;
    if bytes.len() != text.len() {
        return None;
    }
    let text = format!("…{}…", String::from_utf8_lossy(&bytes));
    let redacted = redactor.apply(&text);
    (redacted != text).then(|| format!("{before}  {}", redacted.trim_matches('…')))
}

/// All files in order; `None` for a file that was not started.
pub type FileResults = Vec<(String, Option<FileResult>)>;

/// The number of files by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files that passed.
    pub passed: usize,
    /// Those of them that did not pass at once.
    pub flaky: usize,
    /// Files with an expectation that was not met.
    pub failed: usize,
    /// Files that could not be run.
    pub errors: usize,
    /// Files that were not started or not completed.
    pub left: usize,
    /// Files that were started but not completed.
    pub stopped: usize,
}

impl Counts {
    /// Counts the outcomes.
    #[must_use]
    pub fn of(results: &[(String, Option<FileResult>)]) -> Self {
        let mut counts = Self::default();
        for (_, result) in results {
            let place = match result.as_ref().map(|result| &result.verdict) {
                Some(FileOutcome::Passed) => &mut counts.passed,
                Some(FileOutcome::Failed(_)) => &mut counts.failed,
                Some(FileOutcome::Error(_)) => &mut counts.errors,
                Some(FileOutcome::Stopped) | None => &mut counts.left,
            };
            *place += 1;
            counts.flaky += usize::from(result.as_ref().is_some_and(FileResult::is_flaky));
            let stopped = |result: &FileResult| matches!(result.verdict, FileOutcome::Stopped);
            counts.stopped += usize::from(result.as_ref().is_some_and(stopped));
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Refusal;
    use crate::text::escape;

    #[test]
    fn marks_are_removed_below_redacted_lines() {
        let redactor = Redactor::new([("TOKEN", "s3cret")]);
        let redacted = |lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|&line| line.to_owned()).collect();
            redacted_difference(&lines, &redactor)
        };
        assert_eq!(
            redacted(&["- ab", "+ ac", "   ^"]),
            ["- ab", "+ ac", "   ^"]
        );
        assert_eq!(
            redacted(&[
                "- s3cret b",
                "+ s3cret c",
                "         ^",
                "- d",
                "+ e",
                "  ^"
            ]),
            ["- ${TOKEN} b", "+ ${TOKEN} c", "- d", "+ e", "  ^"]
        );
        assert_eq!(redacted(&["", "^^"]), ["", "^^"]);
    }

    #[test]
    fn rows_of_hex_dumps_are_redacted() {
        let redactor = Redactor::new([("TOKEN", "0123456789abcdefghij")]);
        let row = |start: usize, bytes: &[u8]| format!("+ {start:08x}{}", escape::row(bytes));
        let redacted = |line: String| redacted_difference(&[line], &redactor).concat();
        assert_eq!(
            redacted(row(0, b"say 0123456789ab")),
            "+ 00000000  say ${TOKEN}"
        );
        assert_eq!(
            redacted(row(16, b"456789abcdefghij")),
            "+ 00000010  ${TOKEN}"
        );
        assert_eq!(
            redacted(row(16, b"cdefghij\x00\xff")),
            "+ 00000010  ${TOKEN}\0\u{fffd}"
        );
        let harmless = row(0, b"nothing\x00");
        assert_eq!(redacted(harmless.clone()), harmless);
        assert_eq!(redacted("+ a  b  |c|".to_owned()), "+ a  b  |c|");
    }

    #[test]
    fn body_of_a_refusal_is_redacted() {
        let redactor = Redactor::new([("TOKEN", "s3cret-value")]);
        let redacted = |body: &[u8], truncated| {
            let result = FileResult {
                file: "a.ws".to_owned(),
                title: None,
                earlier: Vec::new(),
                server: Vec::new(),
                verdict: FileOutcome::Error(Error::Refused(Box::new(Refusal {
                    body: Body {
                        bytes: body.to_vec(),
                        truncated,
                        coding: None,
                    },
                    ..Refusal::default()
                }))),
                lasted: Duration::ZERO,
                statements: 0,
                expectations: 1,
            };
            match result.redacted(&redactor).verdict {
                FileOutcome::Error(Error::Refused(refusal)) => refusal.body.bytes,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(redacted(b"\0s3cret-value\xff", false), b"\0${TOKEN}\xff");
        assert_eq!(redacted(b"no s3cret", true), b"no ${TOKEN}");
        assert_eq!(redacted(b"no s3cret", false), b"no s3cret");
    }

    #[test]
    fn outcome_depends_on_the_error() {
        let few = Error::TooFew {
            received: 0,
            wanted: 1,
        };
        assert!(matches!(FileOutcome::of(few), FileOutcome::Failed(_)));
        assert!(matches!(
            FileOutcome::of(Error::Signal(2)),
            FileOutcome::Stopped
        ));
        let parse_error = Error::SessionFile(Box::default());
        assert!(matches!(
            FileOutcome::of(parse_error),
            FileOutcome::Error(_)
        ));
    }
}
