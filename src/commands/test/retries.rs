//! `--retries`: a file that did not pass is run again.

use super::file_result::{FileOutcome, FileResult};
use super::load::Loaded;
use crate::error::Error;

/// Runs a file with `run`, and up to `retries` more times until it passes. The result is that of the
/// last attempt, with the outcomes of those before it.
pub fn run(
    mut file: Loaded,
    retries: u32,
    mut run: impl FnMut(Loaded) -> FileResult,
) -> FileResult {
    let mut earlier = Vec::new();
    for _ in 0..retries {
        let Some(again) = file.again() else { break };
        let mut result = run(file);
        if !is_retried(&result.verdict) {
            result.earlier = earlier;
            return result;
        }
        earlier.push(result.verdict);
        file = again;
    }
    let mut result = run(file);
    result.earlier = earlier;
    result
}

/// Whether the next attempt may end otherwise.
fn is_retried(verdict: &FileOutcome) -> bool {
    match verdict {
        FileOutcome::Passed | FileOutcome::Stopped => false,
        FileOutcome::Failed(_) => true,
        FileOutcome::Error(error) => !matches!(error.root(), Error::SessionFile(_)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::{Goal, Instead, ParseError, Unmet};
    use crate::session_file::SessionFile;

    fn file(script: Result<SessionFile, Error>) -> Loaded {
        Loaded {
            path: "a.ws".into(),
            name: "a.ws".to_owned(),
            sources: crate::session_file::SourceMap::default(),
            script,
        }
    }

    /// The number of attempts and the result, with these outcomes one after the other.
    fn attempts(
        script: Result<SessionFile, Error>,
        retries: u32,
        outcomes: &[fn() -> FileOutcome],
    ) -> (usize, FileResult) {
        let mut count = 0;
        let result = super::run(file(script), retries, |file| {
            count += 1;
            FileResult {
                file: file.name,
                title: None,
                verdict: outcomes[count - 1](),
                earlier: Vec::new(),
                server: Vec::new(),
                lasted: Duration::ZERO,
                statements: 0,
                expectations: 1,
            }
        });
        (count, result)
    }

    fn failed() -> FileOutcome {
        let unmet = Unmet::new(Goal::Open, Instead::NotOpen);
        FileOutcome::Failed(Error::Unmet(Box::new(unmet)))
    }

    fn passed() -> FileOutcome {
        FileOutcome::Passed
    }

    fn invalid() -> Error {
        Error::SessionFile(Box::<ParseError>::default())
    }

    #[test]
    fn failed_files_are_run_again() {
        let script = || Ok(SessionFile::default());
        let (count, result) = attempts(script(), 2, &[failed, failed, passed]);
        assert_eq!((count, result.earlier.len()), (3, 2));
        assert!(result.is_flaky());
        let (count, result) = attempts(script(), 1, &[failed, failed]);
        assert_eq!((count, result.earlier.len()), (2, 1));
        assert!(!result.is_flaky() && matches!(result.verdict, FileOutcome::Failed(_)));
        let (count, result) = attempts(script(), 5, &[passed]);
        assert_eq!((count, result.is_flaky()), (1, false));
        let (count, _) = attempts(script(), 0, &[failed]);
        assert_eq!(count, 1);
    }

    #[test]
    fn interrupted_and_invalid_files_are_not_run_again() {
        let script = || Ok(SessionFile::default());
        let (count, _) = attempts(script(), 2, &[failed, || FileOutcome::Stopped]);
        assert_eq!(count, 2);
        let (count, _) = attempts(script(), 2, &[|| FileOutcome::Error(invalid())]);
        assert_eq!(count, 1);
        let (count, _) = attempts(Err(invalid()), 2, &[|| FileOutcome::Error(invalid())]);
        assert_eq!(count, 1);
    }
}
