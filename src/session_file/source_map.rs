//! Where the lines of statements are, if they are from several files or from options.
//!
//! Lines are numbered through: those of an included file after those of the files before it. Reports
//! name each line by its own file and its number there.

use std::path::{Path, PathBuf};

use super::place::{error_at, statement_text};
use super::{parse, SessionFile};
use crate::error::ParseError;

/// The texts of a session file and of the files that it includes, or of a rules file and the
/// statements of the command line.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

#[derive(Clone, Debug)]
struct SourceFile {
    name: String,
    text: String,
    /// The folder that paths in it are relative to.
    folder: PathBuf,
    /// The number of lines before it.
    before: u32,
    kind: SourceKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SourceKind {
    SessionFile,
    Rules,
    /// A statement of the command line.
    Statement,
    /// A statement on one line, so that reports need no number.
    OneLine,
}

impl SourceMap {
    /// The text of a file that includes none.
    #[must_use]
    pub fn new(name: &str, folder: &Path, text: &str) -> Self {
        let mut map = Self::default();
        map.add(name, folder, text);
        map
    }

    /// Adds a file. Returns what to add to the numbers of its lines.
    pub fn add(&mut self, name: &str, folder: &Path, text: &str) -> u32 {
        self.push(name, folder, text.to_owned(), SourceKind::SessionFile)
    }

    /// Adds the text of a rules file, whose paths are relative to its folder.
    pub fn push_rules(&mut self, path: &Path, text: &str) {
        let folder = path.parent().unwrap_or(Path::new(""));
        let feed = if text.ends_with('\n') { "" } else { "\n" };
        // After a blank line nothing is continued.
        let text = format!("{text}{feed}\n");
        self.push(&path.display().to_string(), folder, text, SourceKind::Rules);
    }

    /// Adds a statement of the command line, by its name in reports.
    pub fn push_statement(&mut self, name: &str, text: &str) {
        let kind = if text.contains('\n') {
            SourceKind::Statement
        } else {
            SourceKind::OneLine
        };
        let feed = if text.ends_with('\n') { "" } else { "\n" };
        self.push(name, Path::new(""), format!("{text}{feed}"), kind);
    }

    fn push(&mut self, name: &str, folder: &Path, text: String, kind: SourceKind) -> u32 {
        let before = self.lines();
        self.files.push(SourceFile {
            name: name.to_owned(),
            text,
            folder: folder.to_owned(),
            before,
            kind,
        });
        before
    }

    /// The number of all lines.
    fn lines(&self) -> u32 {
        self.files.last().map_or(0, |last| {
            let lines = u32::try_from(last.text.lines().count()).unwrap_or(u32::MAX);
            last.before.saturating_add(lines)
        })
    }

    /// The number of the line that is added next.
    #[must_use]
    pub fn next_line(&self) -> u32 {
        self.lines().saturating_add(1)
    }

    /// Parses rules and statements, one text after the other.
    ///
    /// # Errors
    ///
    /// The first error, with the name of its part.
    pub fn parse(&self) -> Result<SessionFile, ParseError> {
        let text: String = self.files.iter().map(|file| file.text.as_str()).collect();
        parse("", &text).map_err(|error| {
            let (name, line) = match self.find(error.line) {
                Some((file, number)) => (file.name.clone(), file.shown(number)),
                None => (String::new(), 0),
            };
            ParseError {
                file: name,
                line,
                ..error
            }
        })
    }

    /// Whether it is a session file, for which there is `--var`.
    #[must_use]
    pub fn is_session_file(&self) -> bool {
        let first = self.files.first();
        first.is_some_and(|file| file.kind == SourceKind::SessionFile)
    }

    /// The name of the file itself.
    #[must_use]
    pub fn name(&self) -> &str {
        self.files.first().map_or("", |file| &file.name)
    }

    /// The file of a line, and the line's number in it; 0 is the file as a whole.
    fn find(&self, line: u32) -> Option<(&SourceFile, u32)> {
        let mut files = self.files.iter().rev();
        let file = files.find(|file| line > file.before || file.before == 0)?;
        Some((file, line.saturating_sub(file.before)))
    }

    /// The number of a line in its own file.
    #[must_use]
    pub fn number(&self, line: u32) -> u32 {
        self.find(line).map_or(line, |(_, number)| number)
    }

    /// A line as reports name it: `talk.ws:12`.
    #[must_use]
    pub fn place(&self, line: u32) -> String {
        match self.find(line) {
            None => String::new(),
            Some((file, number)) => match file.shown(number) {
                0 => file.name.clone(),
                number => format!("{}:{number}", file.name),
            },
        }
    }

    /// The folder that paths on a line are relative to.
    #[must_use]
    pub fn folder(&self, line: u32) -> &Path {
        self.find(line)
            .map_or(Path::new(""), |(file, _)| &file.folder)
    }

    /// An error at the first occurrence of `mark` in the statement on a line, or else about the line.
    #[must_use]
    pub fn error_at(&self, line: u32, mark: &str, cause: impl Into<String>) -> ParseError {
        let cause = cause.into();
        let Some((file, number)) = self.find(line) else {
            return error_at("", "", 0, mark, cause);
        };
        let error = error_at(&file.name, &file.text, number, mark, cause);
        ParseError {
            line: file.shown(error.line),
            ..error
        }
    }

    /// The text of the statement on a line; `None` if none begins there.
    #[must_use]
    pub fn statement_text(&self, line: u32) -> Option<String> {
        let (file, number) = self.find(line)?;
        let lines: Vec<&str> = file.text.lines().collect();
        statement_text(&lines, number)
    }
}

impl SourceFile {
    /// The number of a line in reports; 0 if there is none.
    fn shown(&self, number: u32) -> u32 {
        if self.kind == SourceKind::OneLine {
            return 0;
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_named_by_their_own_file() {
        let mut map = SourceMap::new("a.ws", Path::new("x"), "one\n> two\n");
        assert_eq!(
            map.add("b.ws", Path::new("y"), "< three\n  more\n< four\n"),
            2
        );
        assert_eq!(map.add("c.ws", Path::new("z"), "five"), 5);
        let places = [0, 1, 2, 3, 5, 6].map(|line| map.place(line));
        assert_eq!(
            places,
            ["a.ws", "a.ws:1", "a.ws:2", "b.ws:1", "b.ws:3", "c.ws:1"]
        );
        assert_eq!((map.number(5), map.name()), (3, "a.ws"));
        assert_eq!(
            (map.folder(2), map.folder(3)),
            (Path::new("x"), Path::new("y"))
        );
        assert_eq!(map.statement_text(3).as_deref(), Some("< three more"));
        let error = map.error_at(5, "four", "no");
        assert_eq!(
            (error.file.as_str(), error.line, error.column),
            ("b.ws", 3, 3)
        );
        assert_eq!(SourceMap::default().place(1), "");
    }

    fn statements() -> SourceMap {
        let mut map = SourceMap::default();
        map.push_rules(Path::new("dir/r.ws"), "# rules\non < 2\n  > 3");
        map.push_statement("-e 1", "never < é");
        map.push_statement("-e 2", "repeat 2\n  > x");
        map
    }

    #[test]
    fn places_name_the_option() {
        let map = statements();
        let script = map.parse().expect("valid statements");
        let lines = script.all_lines();
        let places: Vec<String> = lines.iter().map(|line| map.place(line.number)).collect();
        assert_eq!(
            places,
            ["dir/r.ws:2", "dir/r.ws:3", "-e 1", "-e 2:1", "-e 2:2"]
        );
        assert_eq!(
            (map.folder(3), map.folder(5), map.next_line()),
            (Path::new("dir"), Path::new(""), 8)
        );
        assert!(!map.is_session_file());
    }

    #[test]
    fn errors_name_the_option_and_the_column() {
        let mut map = statements();
        map.push_statement("-e 3", "nver < é");
        let error = map.parse().expect_err("a wrong word").to_string();
        assert!(
            error.starts_with("-e 3:1: unknown statement 'nver'"),
            "{error}"
        );
        let error = |line, mark| map.error_at(line, mark, "no").to_string();
        assert_eq!(error(2, "<"), "dir/r.ws:2:4: no");
        assert_eq!(error(5, "é"), "-e 1:9: no");
        assert_eq!(error(7, "x"), "-e 2:2:5: no");
    }
}
