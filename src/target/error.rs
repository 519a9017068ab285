//! The error for an invalid URL.

use std::fmt;

/// Why a URL is invalid. Neither the message nor the hint quotes anything that may be part of a
/// password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidUrl {
    /// What is wrong with it.
    pub problem: String,
    /// How to correct it.
    pub hint: Option<String>,
}

impl InvalidUrl {
    /// Creates an error without a hint.
    #[must_use]
    pub fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            hint: None,
        }
    }

    /// Adds a hint to the error.
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
