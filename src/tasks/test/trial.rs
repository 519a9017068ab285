//! What became of one file.

use std::time::Duration;

use super::redact::Redactor;
use crate::error::{Error, Flaw, Unmet};

/// A file that was run.
#[derive(Debug)]
pub struct Trial {
    /// The file as it was named.
    pub file: String,
    /// What became of it.
    pub verdict: Verdict,
    /// How long it took.
    pub lasted: Duration,
    /// How many of its statements were done.
    pub statements: usize,
}

/// What became of a file.
#[derive(Debug)]
pub enum Verdict {
    /// Everything that it expects has come.
    Passed,
    /// Something that it expects has not.
    Failed(Error),
    /// It can't be read, or what it is about could not take place.
    Flawed(Error),
    /// It was ended before it was through.
    Stopped,
}

impl Verdict {
    /// What an error makes of a file.
    #[must_use]
    pub fn of(error: Error) -> Self {
        match error {
            Error::Unmet(_) | Error::TooFew { .. } => Self::Failed(error),
            Error::Signal(_) => Self::Stopped,
            error => Self::Flawed(error),
        }
    }

    /// What went wrong, if anything did.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) | Self::Flawed(error) => Some(error),
            Self::Passed | Self::Stopped => None,
        }
    }
}

impl Trial {
    /// The same without the values that no report may show, as far as they stand whole in what
    /// may be shortened later. A report is gone over once more when it is a text.
    #[must_use]
    pub fn redacted(mut self, redactor: &Redactor) -> Self {
        let text = |text: &mut String| *text = redactor.apply(text).into_owned();
        if let Verdict::Failed(error) | Verdict::Flawed(error) = &mut self.verdict {
            match error {
                Error::Unmet(unmet) => {
                    let Unmet {
                        place: _,
                        expected,
                        instead,
                        difference,
                        recent,
                    } = &mut **unmet;
                    [expected, instead].into_iter().for_each(text);
                    difference.iter_mut().chain(recent).for_each(text);
                }
                Error::Script(flaw) => {
                    let Flaw { cause, .. } = &mut **flaw;
                    text(cause);
                }
                _ => {}
            }
        }
        self
    }
}

/// All files, in the order in which they stand; `None` for one that was not begun.
pub type Trials = Vec<(String, Option<Trial>)>;

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
}

impl Counts {
    /// Counts.
    #[must_use]
    pub fn of(trials: &[(String, Option<Trial>)]) -> Self {
        let mut counts = Self::default();
        for (_, trial) in trials {
            let place = match trial.as_ref().map(|trial| &trial.verdict) {
                Some(Verdict::Passed) => &mut counts.passed,
                Some(Verdict::Failed(_)) => &mut counts.failed,
                Some(Verdict::Flawed(_)) => &mut counts.errors,
                Some(Verdict::Stopped) | None => &mut counts.left,
            };
            *place += 1;
        }
        counts
    }
}
