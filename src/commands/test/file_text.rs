//! The text of a session file, for errors in it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, ParseError};
use crate::session_file::SourceMap;

/// The text that a session file was parsed from.
#[derive(Clone, Debug)]
pub struct FileText {
    /// The texts.
    pub sources: Arc<SourceMap>,
    /// The folder of the file.
    pub folder: PathBuf,
}

impl FileText {
    /// An error on a line; 0 is the file as a whole.
    #[must_use]
    pub fn parse_error(&self, line: u32, column: u32, cause: String) -> Error {
        let parse_error = self.sources.error_at(line, "", cause);
        Error::SessionFile(Box::new(ParseError {
            column,
            ..parse_error
        }))
    }
}
