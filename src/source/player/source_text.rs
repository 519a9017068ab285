//! The text of a session file, for errors with the position in it.

use crate::error::Error;
use crate::session_file::{self, Line};

/// The text of the file, for reports.
#[derive(Debug)]
pub(super) struct SourceText {
    pub(super) file: String,
    pub(super) text: String,
}

impl SourceText {
    pub(super) fn parse_error(&self, line: u32, mark: &str, cause: impl Into<String>) -> Error {
        let parse_error = session_file::error_at(&self.file, &self.text, line, mark, cause.into());
        Error::SessionFile(Box::new(parse_error))
    }

    pub(super) fn place(&self, line: u32) -> String {
        match line {
            0 => self.file.clone(),
            line => format!("{}:{line}", self.file),
        }
    }
}

/// The error for a variable without a value.
pub(super) fn unset(source: &SourceText, line: &Line, name: &str) -> Error {
    let cause = format!(
        "variable {name} is not set: use --var {name}=VALUE, set it in the environment, or capture \
         it before this line"
    );
    source.parse_error(line.number, &format!("${{{name}}}"), cause)
}
