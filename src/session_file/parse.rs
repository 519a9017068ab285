//! Reads a session file: lines, statements, settings. What stands after `>` and `<` is read in
//! `parse/message.rs`.
//!
//! Everything that can be wrong with a file is found here, before anything is connected: JSON and
//! regular expressions are checked, bytes decoded. Each complaint names the place and what could
//! stand there.

mod message;
mod value;

pub(super) use value::cause as json_cause;

use super::grammar::{EXPECTED, SENT, STATEMENTS};
use super::place::{parse_error, Joined, Span, SpanError};
use super::{is_name, Line, SessionFile, Statement, Wanted};
use crate::error::ParseError;
use crate::text::duration;
use crate::text::elide;
use crate::text::suggest::nearest;

/// How much of an unknown word is quoted, in characters.
const SHOWN: usize = 40;

/// Reads the text of a session file, which `file` is the name of.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub fn parse(file: &str, text: &str) -> Result<SessionFile, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Vec::new();
    let mut open: Option<Joined<'_>> = None;
    let mut number = 0;
    for line in text.split_inclusive('\n') {
        number += 1;
        let line = line
            .strip_suffix('\n')
            .map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
        if line.starts_with('#') {
            continue;
        }
        let is_blank = line.trim_start_matches([' ', '\t']).is_empty();
        let continues = !is_blank && line.starts_with([' ', '\t']);
        if !is_blank {
            refuse_controls(file, number, line)?;
        }
        if continues {
            let Some(statement) = &mut open else {
                let cause = "unexpected indentation: there is no statement above to continue; \
                             statements start in the first column";
                return Err(parse_error(file, number, line, 0, cause.to_owned()));
            };
            statement.push(number, line);
            continue;
        }
        lines.extend(finish(file, open.take())?);
        if !is_blank {
            open = Some(Joined::new(number, line));
        }
    }
    lines.extend(finish(file, open)?);
    Ok(SessionFile { lines })
}

/// The text of a file, if it is UTF-8; without a byte order mark.
///
/// # Errors
///
/// Where it stops being UTF-8.
pub fn decode<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, ParseError> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => error,
    };
    let good = &bytes[..error.valid_up_to()];
    let start = memchr::memrchr(b'\n', good).map_or(0, |at| at + 1);
    let number = memchr::memchr_iter(b'\n', good).count() + 1;
    let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
    let line = String::from_utf8_lossy(&bytes[start..end]);
    let cause = format!(
        "invalid UTF-8 (byte 0x{:02x}); save the file as UTF-8",
        bytes[good.len()]
    );
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let line = line.strip_suffix('\r').unwrap_or(&line);
    Err(parse_error(file, number, line, good.len() - start, cause))
}

/// Only tabs and line ends may stand in a file as they are: others can't be seen in it.
fn refuse_controls(file: &str, number: u32, line: &str) -> Result<(), ParseError> {
    let is_control = |c: char| c.is_control() && c != '\t';
    let Some(at) = line.find(is_control) else {
        return Ok(());
    };
    let cause = match line[at..].chars().next().unwrap_or_default() {
        '\r' => "unexpected carriage return without a line feed; in a JSON string it is written \
                 \\r"
        .to_owned(),
        other => format!(
            "unexpected control character U+{0:04X}; in a JSON string it is written \\u{0:04x}",
            u32::from(other)
        ),
    };
    Err(parse_error(file, number, line, at, cause))
}

fn finish(file: &str, statement: Option<Joined<'_>>) -> Result<Option<Line>, ParseError> {
    let Some(joined) = statement else {
        return Ok(None);
    };
    match line(joined.span()) {
        Ok((link, statement)) => Ok(Some(Line {
            number: joined.number(),
            link,
            statement,
        })),
        Err(wrong) => Err(joined.parse_error(file, wrong)),
    }
}

/// `[@NAME] STATEMENT`.
fn line(span: Span<'_>) -> Result<(Option<String>, Statement), SpanError> {
    let span = span.trim();
    let Some(name) = span.text.strip_prefix('@') else {
        return statement(span).map(|statement| (None, statement));
    };
    let (word, rest) = span.split_word();
    let name = &name[..word.text.len() - 1];
    if name.is_empty() {
        return Err(word.error("missing connection name after @, as in '@alice > hi'"));
    }
    if let Some(at) = name.find(|c| !is_of_a_link(c)) {
        let wrong = name[at..].chars().next().unwrap_or_default();
        return Err(word.error_at(
            1 + at,
            format!(
                "invalid character '{wrong}' in a connection name: use letters, digits, _ and -"
            ),
        ));
    }
    if rest.is_empty() {
        return Err(rest.error(format!(
            "missing statement after @{name}, as in '@{name} > hi' or '@{name} < hi'"
        )));
    }
    Ok((Some(name.to_owned()), statement(rest)?))
}

/// Whether `c` may stand in the name of a connection.
pub(super) fn is_of_a_link(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

fn statement(span: Span<'_>) -> Result<Statement, SpanError> {
    let (word, rest) = span.split_word();
    match word.text {
        ">" => message::sent(rest).map(Statement::Send),
        "<" => message::expected(rest).map(Statement::Expect),
        "url" => value::one_line(rest, "URL", "url ws://localhost:8080/").map(Statement::Url),
        "header" => value::header(rest).map(Statement::Header),
        "subprotocol" => {
            value::one_line(rest, "subprotocol", "subprotocol chat").map(Statement::Subprotocol)
        }
        "option" => value::words(rest).map(Statement::Options),
        "within" => time(rest, "within 2s").map(Statement::Within),
        "strict" => strict(rest).map(Statement::Strict),
        "wait" => time(rest, "wait 500ms").map(Statement::Wait),
        "at" => time(rest, "at 1.5s").map(Statement::At),
        "capture" => capture(rest),
        "check" => check(rest),
        _ => Err(unknown(word)),
    }
}

fn unknown(word: Span<'_>) -> SpanError {
    if let Some(mark) = word.text.chars().next().filter(|c| ['>', '<'].contains(c)) {
        return word.error_at(1, format!("missing space after {mark}"));
    }
    let shown = elide::chars(word.text, SHOWN);
    let next = if EXPECTED.contains(&word.text) {
        let sent = SENT.contains(&word.text);
        let place = if sent { "> or <" } else { "<" };
        format!("it is used after {place}")
    } else if let Some(near) = nearest(word.text, STATEMENTS.iter().copied()) {
        format!("did you mean {near}?")
    } else {
        let (last, others) = STATEMENTS.split_last().unwrap_or((&"", &[]));
        format!("expected {}, {last} or #", others.join(", "))
    };
    word.error(format!("unknown statement '{shown}': {next}"))
}

fn time(span: Span<'_>, example: &str) -> Result<std::time::Duration, SpanError> {
    if span.is_empty() {
        return Err(span.error(format!("missing duration, as in '{example}'")));
    }
    duration::parse(span.text).map_err(|cause| span.error(cause))
}

fn strict(span: Span<'_>) -> Result<bool, SpanError> {
    match span.text {
        "" | "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(span.error("invalid argument: expected 'strict', 'strict on' or 'strict off'")),
    }
}

/// `within TIME`, or what a data message must be.
fn check(span: Span<'_>) -> Result<Statement, SpanError> {
    let (word, rest) = span.split_word();
    if word.text == "within" {
        return time(rest, "check within 200ms").map(Statement::CheckWithin);
    }
    let expected = "missing condition after check, as in 'check json {\"ok\":true}' or 'check \
                    within 200ms'";
    if word.is_empty() {
        return Err(word.error(expected));
    }
    let wanted = message::expected(span)?;
    match wanted {
        Wanted::Text(_)
        | Wanted::Json(_)
        | Wanted::Match { .. }
        | Wanted::Binary(_)
        | Wanted::File(..) => Ok(Statement::Check(wanted)),
        _ => Err(word.error(format!("check cannot be used with {}", word.text))),
    }
}

/// `NAME /json/pointer`, or `NAME match /regex/`.
fn capture(span: Span<'_>) -> Result<Statement, SpanError> {
    let (name, rest) = span.split_word();
    if name.is_empty() {
        return Err(name.error("missing variable name, as in 'capture ID /result/id'"));
    }
    if !is_name(name.text) {
        return Err(name.error(
            "invalid variable name: use letters, digits and _, and start with no digit, as in \
             'capture ID /result/id'",
        ));
    }
    let (word, pattern) = rest.split_word();
    if word.text == "match" {
        let (pattern, ignore_case) = message::regex(pattern)?;
        return Ok(Statement::CaptureMatch {
            name: name.text.to_owned(),
            pattern,
            ignore_case,
        });
    }
    Ok(Statement::Capture {
        name: name.text.to_owned(),
        pointer: value::pointer(rest)?,
    })
}
