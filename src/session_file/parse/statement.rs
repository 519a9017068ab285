//! Parsing of one statement, without the lines inside it.

use super::{expression, message, regex, rule, setting, value};
use crate::conversation::variable::is_name;
use crate::session_file::grammar::{EXPECTED, SENT, STATEMENTS};
use crate::session_file::place::{Span, SpanError};
use crate::session_file::{ExpectStatement, Statement};
use crate::text::suggest::nearest;
use crate::text::{duration, elide};

/// The maximum number of characters of an unknown word that are quoted.
const SHOWN: usize = 40;

/// `[@NAME] STATEMENT`.
pub(super) fn line(span: Span<'_>) -> Result<(Option<String>, Statement), SpanError> {
    let span = span.trim();
    let Some(name) = span.text.strip_prefix('@') else {
        return statement(span).map(|statement| (None, statement));
    };
    let (word, rest) = span.split_word();
    let name = &name[..word.text.len() - 1];
    if name.is_empty() {
        return Err(word.error("missing connection name after @, as in '@alice > hi'"));
    }
    if name == "*" {
        if rest.is_empty() {
            return Err(rest.error("missing statement after @*, as in '@* < hi'"));
        }
        return Ok((Some(name.to_owned()), statement(rest)?));
    }
    let template = value::template(word.after(1), "it is not allowed in a connection name")?;
    let literal = template.stand_in(|_, length| "x".repeat(length));
    if let Some(at) = literal.find(|c| !is_of_a_link(c)) {
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

/// Whether `c` is allowed in the name of a connection.
pub(in crate::session_file) fn is_of_a_link(c: char) -> bool {
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
        "reconnect" if rest.is_empty() => Ok(Statement::Expect(ExpectStatement::Reconnect)),
        "reconnect" => Err(rest.error("unexpected text after reconnect, which has no argument")),
        "ignore" => rule::ignore(rest),
        "never" => rule::never(rest),
        "let" => expression::binding(rest),
        "default" => setting::default(rest),
        "secret" => setting::secret(rest),
        "title" => setting::title(rest),
        "tags" => setting::tags(rest),
        "open" => open(rest),
        "include" => include(rest),
        "drop" => dropping(rest),
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

/// `PATH`.
fn include(span: Span<'_>) -> Result<Statement, SpanError> {
    let path = value::one_line(span, "path", "include login.ws")?;
    match path.as_literal() {
        Some(path) => Ok(Statement::Include(path.to_owned())),
        None => Err(span.error("the path of include cannot have variables")),
    }
}

/// `[URL]`.
fn open(span: Span<'_>) -> Result<Statement, SpanError> {
    if span.is_empty() {
        return Ok(Statement::Open(None));
    }
    let url = value::one_line(span, "URL", "open ws://localhost:8080/")?;
    Ok(Statement::Open(Some(url)))
}

fn dropping(span: Span<'_>) -> Result<Statement, SpanError> {
    if span.is_empty() {
        return Ok(Statement::Drop);
    }
    Err(span.error("drop takes no argument; to end with a Close, use '> close 1000'"))
}

pub(super) fn time(span: Span<'_>, example: &str) -> Result<std::time::Duration, SpanError> {
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

/// `within TIME`, or what a data message must match.
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
        ExpectStatement::Text(_)
        | ExpectStatement::Json(_)
        | ExpectStatement::Match { .. }
        | ExpectStatement::Binary(_)
        | ExpectStatement::Bytes(_)
        | ExpectStatement::File(..) => Ok(Statement::Check(wanted)),
        _ => Err(word.error(format!("check cannot be used with {}", word.text))),
    }
}

/// `NAME /json/pointer`, or `NAME match /regex/`.
fn capture(span: Span<'_>) -> Result<Statement, SpanError> {
    let (mut name, mut rest) = span.split_word();
    let secret = name.text == "secret" && !rest.is_empty() && !rest.text.starts_with('/');
    if secret {
        (name, rest) = rest.split_word();
    }
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
        let (pattern, ignore_case) = regex::captured(pattern)?;
        return Ok(Statement::CaptureMatch {
            name: name.text.to_owned(),
            pattern,
            ignore_case,
            secret,
        });
    }
    Ok(Statement::Capture {
        name: name.text.to_owned(),
        pointer: value::pointer(rest)?,
        secret,
    })
}
