//! The text of statements that may span several lines, with the position of every part in the file.

use std::borrow::Cow;

use super::grammar::{BLOCKS, STATEMENTS};

use crate::error::ParseError;

/// The characters that separate words. A line feed does as well, in a statement that is continued
/// on the next line.
pub(super) const BLANKS: [char; 3] = [' ', '\t', '\n'];

/// An error, and its byte offset in the text of the statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SpanError {
    pub(super) at: usize,
    pub(super) cause: String,
}

/// A part of a statement's text that knows its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl Span<'_> {
    /// The part from byte `from` on.
    pub(super) fn after(self, from: usize) -> Self {
        Self {
            text: &self.text[from..],
            start: self.start + from,
        }
    }

    /// The part before byte `end`.
    pub(super) fn before(self, end: usize) -> Self {
        Self {
            text: &self.text[..end],
            start: self.start,
        }
    }

    /// The part without surrounding whitespace.
    pub(super) fn trim(self) -> Self {
        let rest = self.text.trim_start_matches(BLANKS);
        let start = self.start + self.text.len() - rest.len();
        Self {
            text: rest.trim_end_matches(BLANKS),
            start,
        }
    }

    /// The first word, and the rest without the whitespace between.
    pub(super) fn split_word(self) -> (Self, Self) {
        let end = self.text.find(BLANKS).unwrap_or(self.text.len());
        (self.before(end), self.after(end).trim())
    }

    pub(super) fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// An error at the beginning of the part.
    pub(super) fn error(self, cause: impl Into<String>) -> SpanError {
        self.error_at(0, cause)
    }

    /// An error at byte `at` of the part.
    pub(super) fn error_at(self, at: usize, cause: impl Into<String>) -> SpanError {
        SpanError {
            at: self.start + at,
            cause: cause.into(),
        }
    }
}

/// A line of a statement.
#[derive(Debug)]
struct StatementLine<'a> {
    /// Its offset in the statement's text.
    start: usize,
    /// Its number in the file.
    number: u32,
    /// The number of bytes of indentation that are removed.
    cut: usize,
    /// The whole line without its end.
    line: &'a str,
}

/// A line of the file, and the number of bytes of its indentation that belong to the statement
/// around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct SourceLine<'a> {
    pub(super) number: u32,
    pub(super) cut: usize,
    pub(super) line: &'a str,
}

impl<'a> SourceLine<'a> {
    /// The line without that indentation.
    pub(super) fn text(&self) -> &'a str {
        &self.line[self.cut..]
    }
}

/// Whether a line has only whitespace.
pub(super) fn is_blank(line: &str) -> bool {
    line.trim_start_matches([' ', '\t']).is_empty()
}

/// The number of bytes of a line's indentation.
pub(super) fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// The lines of a statement, joined with line feeds and without their indentation.
#[derive(Debug)]
pub(super) struct Joined<'a> {
    text: Cow<'a, str>,
    lines: Vec<StatementLine<'a>>,
    /// The number of characters of indentation that are removed from each continuation line: those
    /// of the first one.
    indentation: usize,
}

impl<'a> Joined<'a> {
    /// Starts a statement with this line.
    pub(super) fn new(source: SourceLine<'a>) -> Self {
        let SourceLine { number, cut, line } = source;
        Self {
            text: Cow::Borrowed(&line[cut..]),
            lines: vec![StatementLine {
                start: 0,
                number,
                cut,
                line,
            }],
            indentation: cut,
        }
    }

    /// Adds a continuation line.
    pub(super) fn push(&mut self, source: SourceLine<'a>) {
        let SourceLine { number, line, .. } = source;
        let indented = indentation(line);
        if self.lines.len() == 1 {
            self.indentation = indented;
        }
        let cut = indented.min(self.indentation);
        let text = self.text.to_mut();
        text.push('\n');
        self.lines.push(StatementLine {
            start: text.len(),
            number,
            cut,
            line,
        });
        text.push_str(&line[cut..]);
    }

    /// The number of its first line.
    pub(super) fn number(&self) -> u32 {
        self.lines.first().map_or(0, |line| line.number)
    }

    /// The whole text.
    pub(super) fn span(&self) -> Span<'_> {
        Span {
            text: &self.text,
            start: 0,
        }
    }

    /// The error with its position in the file.
    pub(super) fn parse_error(&self, file: &str, wrong: SpanError) -> ParseError {
        let line = self.lines.iter().rev().find(|line| line.start <= wrong.at);
        let Some(line) = line else {
            return parse_error(file, 0, "", 0, wrong.cause);
        };
        let at = line.cut + wrong.at - line.start;
        parse_error(file, line.number, line.line, at, wrong.cause)
    }
}

/// An error at byte `at` of a line.
pub(super) fn parse_error(
    file: &str,
    number: u32,
    line: &str,
    at: usize,
    cause: String,
) -> ParseError {
    let before = &line[..line.floor_char_boundary(at.min(line.len()))];
    let column = u32::try_from(before.chars().count()).unwrap_or(u32::MAX);
    ParseError {
        file: file.to_owned(),
        line: number,
        column: column.saturating_add(1),
        text: line.to_owned(),
        cause,
    }
}

/// An error about the statement on line `number`: at the first occurrence of `mark` in it or its
/// continuation lines, or else about the whole line.
#[must_use]
pub fn error_at(file: &str, text: &str, number: u32, mark: &str, cause: String) -> ParseError {
    let mut lines = statement_lines(text, number).peekable();
    let Some((_, first)) = lines.peek().copied() else {
        return ParseError {
            file: file.to_owned(),
            cause,
            ..ParseError::default()
        };
    };
    let found = lines.find_map(|(number, line)| Some((number, line, line.find(mark)?)));
    match found.filter(|_| !mark.is_empty()) {
        Some((number, line, at)) => parse_error(file, number, line, at, cause),
        None => ParseError {
            column: 0,
            ..parse_error(file, number, first, 0, cause)
        },
    }
}

/// The text of the statement on line `number`, with its lines joined by spaces; `None` if no
/// statement begins there, as in a recording.
#[must_use]
pub fn statement_text(lines: &[&str], number: u32) -> Option<String> {
    let start = usize::try_from(number).ok()?.checked_sub(1)?;
    let (first, below) = lines.get(start..)?.split_first()?;
    let mut words = first.split([' ', '\t']).filter(|word| !word.is_empty());
    let mut word = words.next()?;
    if word.starts_with('@') {
        word = words.next()?;
    }
    if !STATEMENTS.contains(&word) {
        return None;
    }
    let is_block = BLOCKS.contains(&word);
    let goes_on = |line: &&&str| !is_block && line.starts_with([' ', '\t', '#']) && !is_blank(line);
    let below = below.iter().take_while(goes_on);
    let below = below.filter(|line| !line.starts_with('#'));
    let all = std::iter::once(first).chain(below);
    Some(all.map(|line| line.trim()).collect::<Vec<_>>().join(" "))
}

/// The lines of the statement on line `number`, with their numbers.
fn statement_lines(text: &str, number: u32) -> impl Iterator<Item = (u32, &str)> {
    let goes_on = |line: &str| line.starts_with(['#', ' ', '\t']) && !line.trim().is_empty();
    let mut lines = (1..)
        .zip(text.lines())
        .skip_while(move |(at, _)| *at < number || number == 0);
    let first = lines.next();
    let rest = lines.take_while(move |(_, line)| goes_on(line));
    let rest = rest.filter(|(_, line)| !line.starts_with('#'));
    first.into_iter().chain(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_is_found_in_all_lines_of_a_statement() {
        let text = "> a\r\n> b\n# @\n  é@x\n\n  @\n> @\n";
        let place = |number, mark| {
            let parse_error = error_at("f", text, number, mark, "no".to_owned());
            (parse_error.line, parse_error.column, parse_error.text)
        };
        assert_eq!(place(2, "@"), (4, 4, "  é@x".to_owned()));
        assert_eq!(place(2, "b"), (2, 3, "> b".to_owned()));
        for mark in ["@", ""] {
            assert_eq!(place(1, mark), (1, 0, "> a".to_owned()), "{mark:?}");
        }
        for number in [0, 100] {
            assert_eq!(place(number, "@"), (0, 0, String::new()), "{number}");
        }
    }

    fn line(number: u32, line: &str) -> SourceLine<'_> {
        SourceLine {
            number,
            cut: 0,
            line,
        }
    }

    #[test]
    fn indentation_of_the_first_continuation_is_removed() {
        let mut joined = Joined::new(line(3, "> json"));
        joined.push(line(4, "\t {"));
        joined.push(line(5, "     \"é\": 1"));
        joined.push(line(6, " }"));
        assert_eq!(joined.span().text, "> json\n{\n   \"é\": 1\n}");
        let at = joined.span().text.find(':').expect("a colon");
        let wrong = joined.span().error_at(at, "no");
        assert_eq!(
            joined.parse_error("f", wrong),
            ParseError {
                file: "f".to_owned(),
                line: 5,
                column: 9,
                text: "     \"é\": 1".to_owned(),
                cause: "no".to_owned(),
            }
        );
    }

    #[test]
    fn spans_have_positions_in_the_file() {
        let span = Span {
            text: "  one \n two  ",
            start: 10,
        };
        let (one, two) = span.trim().split_word();
        assert_eq!((one.text, one.start), ("one", 12));
        assert_eq!((two.text, two.start), ("two", 18));
        assert!(two.split_word().1.is_empty());
    }
}
