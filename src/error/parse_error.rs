//! Errors in files, with their position.

use std::fmt;

/// A syntax error in a session file. Nothing is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParseError {
    /// The name of the file.
    pub file: String,
    /// The line number, from 1; 0 if the error is about the whole file.
    pub line: u32,
    /// The column in characters, from 1; 0 if the error is about the whole line.
    pub column: u32,
    /// The text of the line.
    pub text: String,
    /// What is wrong, and what is expected instead.
    pub cause: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column] {
            if number > 0 {
                write!(f, ":{number}")?;
            }
        }
        write!(f, ": {}", self.cause)
    }
}
