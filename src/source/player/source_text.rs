//! Errors with their positions in the session file.

use crate::error::Error;
use crate::session_file::{Line, SourceMap};

/// An error at the first occurrence of `mark` in the statement on a line.
pub(super) fn parse_error(
    sources: &SourceMap,
    line: u32,
    mark: &str,
    cause: impl Into<String>,
) -> Error {
    Error::SessionFile(Box::new(sources.error_at(line, mark, cause)))
}

/// The error for a variable without a value.
pub(super) fn unset(sources: &SourceMap, line: &Line, name: &str) -> Error {
    let option = if sources.is_session_file() {
        format!("use --var {name}=VALUE, ")
    } else {
        String::new()
    };
    let cause = format!(
        "variable {name} is not set: {option}set it in the environment, or capture it before this \
         line"
    );
    parse_error(sources, line.number, &format!("${{{name}}}"), cause)
}
