//! The result of a file.

use std::time::Duration;

use crate::error::Error;
use crate::output::redact::Redactor;

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

    /// Removes secret values from everything that it quotes.
    #[must_use]
    pub fn redacted(mut self, redactor: &Redactor) -> Self {
        for verdict in self.earlier.iter_mut().chain([&mut self.verdict]) {
            if let FileOutcome::Failed(error) | FileOutcome::Error(error) = verdict {
                redactor.hide_in_error(error);
            }
        }
        for text in self.title.iter_mut().chain(&mut self.server) {
            redactor.hide(text);
        }
        self
    }
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
