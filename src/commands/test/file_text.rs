//! The text of the session file that is run, for errors with a position in it.

use std::path::Path;

use crate::error::{Error, ParseError};

/// The text that a session file was parsed from.
#[derive(Clone, Copy)]
pub struct FileText<'a> {
    /// The name in reports.
    pub name: &'a str,
    /// The folder that paths in it are relative to.
    pub folder: &'a Path,
    /// The text itself.
    pub text: &'a str,
}

impl FileText<'_> {
    /// An error on a line; 0 is the file as a whole.
    pub fn parse_error(&self, line: u32, column: u32, cause: String) -> Error {
        let index = usize::try_from(line).unwrap_or(0).checked_sub(1);
        let text = index.and_then(|index| self.text.lines().nth(index));
        Error::SessionFile(Box::new(ParseError {
            file: self.name.to_owned(),
            line,
            column,
            text: text.unwrap_or_default().to_owned(),
            cause,
        }))
    }
}
