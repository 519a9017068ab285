//! What is wrong with a URL.

use std::fmt;

/// A URL that can't be used. What is displayed and the hint quote nothing that may be part of a
/// password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidUrl {
    /// What is wrong with it.
    pub problem: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl InvalidUrl {
    /// A problem without a hint.
    #[must_use]
    pub fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            hint: None,
        }
    }

    /// The same problem with a hint.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl fmt::Display for InvalidUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for InvalidUrl {}
