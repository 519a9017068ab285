//! The text of a session file, for errors with the position in it. Statements of the command line and
//! of a rules file are one text of several parts.

use std::path::{Path, PathBuf};

use crate::error::{Error, ParseError};
use crate::session_file::{self, Line, SessionFile};

/// The text of statements, and the files or options that its parts are from.
#[derive(Clone, Debug, Default)]
pub struct SourceText {
    text: String,
    parts: Vec<TextPart>,
}

/// A part of the text, from its first line to the next part.
#[derive(Clone, Debug)]
struct TextPart {
    /// The name in reports.
    name: String,
    /// Its first line in the whole text, from 1.
    first: u32,
    /// Whether it has only one line, so that reports need no number.
    is_one_line: bool,
    /// The folder of its paths, if it is not that of the whole text.
    folder: Option<PathBuf>,
}

impl SourceText {
    /// The text of a file.
    #[must_use]
    pub fn new(file: &str, text: &str) -> Self {
        let part = TextPart {
            name: file.to_owned(),
            first: 1,
            is_one_line: false,
            folder: None,
        };
        Self {
            text: text.to_owned(),
            parts: vec![part],
        }
    }

    /// Adds the text of a rules file, whose paths are relative to its folder.
    pub fn push_file(&mut self, path: &Path, text: &str) {
        let folder = path.parent().map(Path::to_owned);
        self.push(path.display().to_string(), text, false, folder);
        // A blank line, after which nothing is continued.
        self.text.push('\n');
    }

    /// Adds a statement of the command line, by its name in reports.
    pub fn push_statement(&mut self, name: String, text: &str) {
        self.push(name, text, !text.contains('\n'), None);
    }

    fn push(&mut self, name: String, text: &str, is_one_line: bool, folder: Option<PathBuf>) {
        self.parts.push(TextPart {
            name,
            first: self.next_line(),
            is_one_line,
            folder,
        });
        self.text.push_str(text);
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// The number of the line that is added next.
    #[must_use]
    pub fn next_line(&self) -> u32 {
        let lines = memchr::memchr_iter(b'\n', self.text.as_bytes()).count();
        u32::try_from(lines + 1).unwrap_or(u32::MAX)
    }

    /// Parses the text.
    ///
    /// # Errors
    ///
    /// The first error in it, with the name of its part.
    pub fn parse(&self) -> Result<SessionFile, Error> {
        session_file::parse("", &self.text).map_err(|error| self.located(error))
    }

    /// The error at `mark` in the statement on a line, or about the whole line; about the whole text
    /// if the line is 0.
    #[must_use]
    pub fn parse_error(&self, line: u32, mark: &str, cause: impl Into<String>) -> Error {
        self.located(session_file::error_at(
            "",
            &self.text,
            line,
            mark,
            cause.into(),
        ))
    }

    /// The part that a line is in.
    fn part(&self, line: u32) -> Option<&TextPart> {
        let is_before = |part: &&TextPart| part.first <= line.max(1);
        self.parts.iter().rev().find(is_before)
    }

    /// An error in the whole text as one in its part.
    fn located(&self, mut error: ParseError) -> Error {
        if let Some(part) = self.part(error.line) {
            error.file.clone_from(&part.name);
            error.line = match error.line {
                0 => 0,
                _ if part.is_one_line => 0,
                line => line + 1 - part.first,
            };
        }
        Error::SessionFile(Box::new(error))
    }

    pub(super) fn place(&self, line: u32) -> String {
        match self.part(line) {
            None => String::new(),
            Some(part) if line == 0 || part.is_one_line => part.name.clone(),
            Some(part) => format!("{}:{}", part.name, line + 1 - part.first),
        }
    }

    /// The folder that paths on a line are relative to, if it is not that of the whole text.
    pub(super) fn folder(&self, line: u32) -> Option<&Path> {
        self.part(line)?.folder.as_deref()
    }

    /// Whether it is a session file, for which there is `--var`.
    fn is_session_file(&self) -> bool {
        let first = self.parts.first();
        first.is_some_and(|part| !part.is_one_line && part.folder.is_none())
    }
}

/// The error for a variable without a value.
pub(super) fn unset(source: &SourceText, line: &Line, name: &str) -> Error {
    let option = if source.is_session_file() {
        format!("use --var {name}=VALUE, ")
    } else {
        String::new()
    };
    let cause = format!(
        "variable {name} is not set: {option}set it in the environment, or capture it before this \
         line"
    );
    source.parse_error(line.number, &format!("${{{name}}}"), cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> SourceText {
        let mut text = SourceText::default();
        text.push_file(Path::new("dir/r.ws"), "# rules\non < 2\n  > 3");
        text.push_statement("-e 1".to_owned(), "never < é");
        text.push_statement("-e 2".to_owned(), "repeat 2\n  > x");
        text
    }

    #[test]
    fn places_name_the_part() {
        let text = text();
        let script = text.parse().expect("valid statements");
        let places: Vec<String> = script
            .all_lines()
            .iter()
            .map(|line| text.place(line.number))
            .collect();
        assert_eq!(
            places,
            ["dir/r.ws:2", "dir/r.ws:3", "-e 1", "-e 2:1", "-e 2:2"]
        );
        assert_eq!(text.folder(3), Some(Path::new("dir")));
        assert_eq!(text.folder(5), None);
    }

    #[test]
    fn errors_name_the_part_and_the_column() {
        let mut text = text();
        text.push_statement("-e 3".to_owned(), "nver < é");
        let error = text.parse().expect_err("a wrong word").to_string();
        assert!(
            error.starts_with("-e 3:1: unknown statement 'nver'"),
            "{error}"
        );
        assert_eq!(
            text.parse_error(2, "<", "no").to_string(),
            "dir/r.ws:2:4: no"
        );
        assert_eq!(text.parse_error(5, "é", "no").to_string(), "-e 1:9: no");
        assert_eq!(text.parse_error(7, "x", "no").to_string(), "-e 2:2:5: no");
    }
}
