//! What became of one file.

use std::borrow::Cow;
use std::time::Duration;

use super::redact::Redactor;
use crate::error::{Error, ParseError, Unmet};

/// A file that was run.
#[derive(Debug)]
pub struct FileResult {
    /// The file as it was named.
    pub file: String,
    /// What `title` says in it.
    pub title: Option<String>,
    /// What became of it.
    pub verdict: FileOutcome,
    /// How long it took.
    pub lasted: Duration,
    /// How many of its statements were done.
    pub statements: usize,
    /// How many expectations it has.
    pub expectations: usize,
}

/// What became of a file.
#[derive(Debug)]
pub enum FileOutcome {
    /// Everything that it expects has come.
    Passed,
    /// Something that it expects has not.
    Failed(Error),
    /// It can't be read, or what it is about could not take place.
    Error(Error),
    /// It was ended before it was through.
    Stopped,
}

impl FileOutcome {
    /// What an error makes of a file.
    #[must_use]
    pub fn of(error: Error) -> Self {
        match error.root() {
            Error::Unmet(_) | Error::TooFew { .. } => Self::Failed(error),
            Error::Signal(_) => Self::Stopped,
            _ => Self::Error(error),
        }
    }

    /// What went wrong, if anything did.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) | Self::Error(error) => Some(error),
            Self::Passed | Self::Stopped => None,
        }
    }
}

impl FileResult {
    /// Whether it passed without a check.
    #[must_use]
    pub fn checks_nothing(&self) -> bool {
        self.expectations == 0 && matches!(self.verdict, FileOutcome::Passed)
    }

    /// The same without the values that no report may show, as far as they stand whole in what
    /// may be shortened later. A report is gone over once more when it is a text.
    #[must_use]
    pub fn redacted(mut self, redactor: &Redactor) -> Self {
        if let FileOutcome::Failed(error) | FileOutcome::Error(error) = &mut self.verdict {
            redact_error(error, redactor);
        }
        self
    }
}

/// Removes the values from what an error quotes.
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
            } = &mut **unmet;
            [expected, instead].into_iter().for_each(text);
            recent.iter_mut().for_each(text);
            *difference = redacted_difference(difference, redactor);
        }
        Error::SessionFile(parse_error) => {
            let ParseError { cause, .. } = &mut **parse_error;
            text(cause);
        }
        Error::Refused(refusal)
        | Error::ProxyRefused {
            refusal: Some(refusal),
            ..
        } => {
            let body = &mut refusal.body;
            body.bytes = redactor.apply_to_bytes(&body.bytes, body.truncated);
        }
        _ => {}
    }
}

/// A difference without the values. A mark below a line in which one stood would point to somewhere
/// else now, and is left out.
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

/// A row of a hex dump whose bytes are a value, or a part of one that goes on in the rows before
/// or after it, with the value's name in their place; `None` for every other line.
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

/// All files, in the order in which they stand; `None` for one that was not begun.
pub type FileResults = Vec<(String, Option<FileResult>)>;

/// How many files ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that passed.
    pub passed: usize,
    /// Those in which an expectation was not met.
    pub failed: usize,
    /// Those that could not be run.
    pub errors: usize,
    /// Those that were not begun, or not ended.
    pub left: usize,
    /// Those of them that were begun.
    pub stopped: usize,
}

impl Counts {
    /// Counts.
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
    use crate::http::Body;
    use crate::text::escape;

    #[test]
    fn a_mark_stays_where_it_is_true() {
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
    fn the_rows_of_a_dump_are_redacted() {
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
    fn the_body_of_a_refusal_is_redacted() {
        let redactor = Redactor::new([("TOKEN", "s3cret-value")]);
        let redacted = |body: &[u8], truncated| {
            let result = FileResult {
                file: "a.ws".to_owned(),
                title: None,
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
    fn an_error_is_a_failure_or_a_flaw_or_an_end_before_the_end() {
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
