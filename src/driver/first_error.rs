//! The first error of a run.

use crate::error::Error;

/// The first error of a run, which determines the exit code.
#[derive(Default)]
pub(super) struct FirstError {
    pub(super) error: Option<Error>,
    pub(super) reported: bool,
}

impl FirstError {
    /// Keeps an error if it is the first.
    pub(super) fn add(&mut self, error: Error, reported: bool) {
        if self.error.is_none() {
            self.error = Some(error);
            self.reported = reported;
        }
    }

    /// Replaces an error that the user has seen.
    pub(super) fn replace(&mut self, error: Error) {
        self.error = Some(error);
        self.reported = true;
    }
}
