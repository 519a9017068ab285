//! Statements that contain others, in the indented lines below them.

use std::sync::Arc;

use super::rule::{is_received, received};
use super::statement::{line, time};
use super::{http, message, setting, value};
use crate::error::ParseError;
use crate::session_file::grammar::BLOCKS;
use crate::session_file::place::{indentation, is_blank, Joined, SourceLine, Span, SpanError};
use crate::session_file::{Line, Message, Statement, Trigger};

/// The default pause of `retry`.
const RETRY_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// Parses the lines of a file or of a statement that contains others.
pub(super) fn read(file: &str, lines: &[SourceLine<'_>]) -> Result<Vec<Line>, ParseError> {
    let mut read = Vec::new();
    let mut rest = lines;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if is_blank(first.text()) {
            continue;
        }
        if first.text().starts_with([' ', '\t']) {
            let cause = "unexpected indentation: there is no statement above to continue; \
                         statements start in the first column";
            let place = crate::session_file::place::parse_error(
                file,
                first.number,
                first.line,
                0,
                cause.to_owned(),
            );
            return Err(place);
        }
        let mut joined = Joined::new(*first);
        if let Some(word) = block_word(first.text()) {
            let count = block_length(rest);
            let inside = dedented(&rest[..count]);
            rest = &rest[count..];
            read.push(block(file, &joined, word, &inside)?);
            continue;
        }
        let continues =
            |line: &&SourceLine<'_>| !is_blank(line.text()) && line.text().starts_with([' ', '\t']);
        let count = rest.iter().take_while(continues).count();
        for line in &rest[..count] {
            joined.push(*line);
        }
        rest = &rest[count..];
        let (link, statement) =
            line(joined.span()).map_err(|error| joined.parse_error(file, error))?;
        read.push(Line {
            number: joined.number(),
            link,
            statement,
        });
    }
    Ok(read)
}

/// The keyword of a statement that contains others, if the line begins one.
fn block_word(text: &str) -> Option<&'static str> {
    let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
    let first = words.next()?;
    let word = if first.starts_with('@') {
        words.next()?
    } else {
        first
    };
    BLOCKS.iter().copied().find(|block| *block == word)
}

/// The number of lines inside a statement: the indented ones, and empty ones between them.
fn block_length(lines: &[SourceLine<'_>]) -> usize {
    let inside =
        |line: &&SourceLine<'_>| is_blank(line.text()) || line.text().starts_with([' ', '\t']);
    let mut count = lines.iter().take_while(inside).count();
    while count > 0 && is_blank(lines[count - 1].text()) {
        count -= 1;
    }
    count
}

/// The lines without the indentation of the first.
fn dedented<'a>(lines: &[SourceLine<'a>]) -> Vec<SourceLine<'a>> {
    let first = lines.iter().find(|line| !is_blank(line.text()));
    let shared = first.map_or(0, |line| indentation(line.line));
    let dedent = |line: &SourceLine<'a>| SourceLine {
        cut: indentation(line.line).min(shared),
        ..*line
    };
    lines.iter().map(dedent).collect()
}

/// Parses a statement with the lines inside it.
fn block(
    file: &str,
    joined: &Joined<'_>,
    word: &str,
    inside: &[SourceLine<'_>],
) -> Result<Line, ParseError> {
    let wrong = |error| joined.parse_error(file, error);
    let (link, head) = link(joined.span()).map_err(wrong)?;
    if word == "http" {
        if let Some(name) = link {
            let cause = format!("a request has no connection: omit @{name}");
            return Err(wrong(joined.span().error(cause)));
        }
        return Ok(Line {
            number: joined.number(),
            link,
            statement: http::request(file, joined, head, inside)?,
        });
    }
    let mut body = read(file, inside)?;
    if body
        .iter()
        .any(|line| matches!(line.statement, Statement::Include(_)))
    {
        let cause = format!("include cannot be used below '{word}'");
        return Err(wrong(joined.span().error(cause)));
    }
    let statement = match word {
        "any" => any_order(head, &body),
        "on" => on(head).and_then(|trigger| {
            only_sends(head, &body)?;
            Ok(Statement::On(trigger, body.as_slice().into()))
        }),
        "every" => every(head, &mut body),
        "repeat" => repeat(head, &body),
        _ => retry(head, &body),
    };
    Ok(Line {
        number: joined.number(),
        link,
        statement: statement.map_err(wrong)?,
    })
}

/// The name of the connection, if there is one, and the rest after the keyword.
fn link(span: Span<'_>) -> Result<(Option<String>, Span<'_>), SpanError> {
    let (word, rest) = span.trim().split_word();
    let Some(name) = word.text.strip_prefix('@') else {
        return Ok((None, rest));
    };
    if name.is_empty() {
        return Err(word.error("missing connection name after @, as in '@alice > hi'"));
    }
    let (_, rest) = rest.split_word();
    Ok((Some(name.to_owned()), rest))
}

fn any_order(head: Span<'_>, body: &[Line]) -> Result<Statement, SpanError> {
    if head.text != "order" {
        return Err(head.error("expected 'any order', with expectations indented below it"));
    }
    if body.is_empty() {
        return Err(head.error("missing expectations: indent them below 'any order'"));
    }
    for line in body {
        let fits = match &line.statement {
            Statement::Expect(wanted) => is_received(wanted),
            _ => false,
        };
        if !fits {
            return Err(head.error(format!(
                "only '<' with a message, a Ping or a Pong can be used in any order (line {})",
                line.number
            )));
        }
    }
    Ok(Statement::AnyOrder(body.into()))
}

/// `< …` or `open`.
fn on(head: Span<'_>) -> Result<Trigger, SpanError> {
    if head.text == "open" {
        return Ok(Trigger::Open);
    }
    received(head, "on < ping").map(Trigger::Received)
}

/// Checks that a rule only sends.
fn only_sends(head: Span<'_>, body: &[Line]) -> Result<(), SpanError> {
    if body.is_empty() {
        return Err(head.error("missing messages: indent what is sent below it, as in '  > pong'"));
    }
    for line in body {
        let sends = match &line.statement {
            Statement::Send(message) => !matches!(message, Message::File(..)),
            Statement::Let { .. } => true,
            _ => false,
        };
        if !sends {
            return Err(head.error(format!(
                "a rule can only send messages that are not files (line {})",
                line.number
            )));
        }
    }
    Ok(())
}

/// `TIME`, followed by what is sent, on the same line or inside.
fn every(head: Span<'_>, body: &mut Vec<Line>) -> Result<Statement, SpanError> {
    let (period, rest) = head.split_word();
    let period = time(period, "every 25s > ping")?;
    if period.is_zero() {
        return Err(head.error("the interval must be greater than 0"));
    }
    if !rest.is_empty() {
        if let Some(first) = body.first() {
            return Err(head.error(format!(
                "unexpected indented line {}: the message is on the line of 'every'",
                first.number
            )));
        }
        let (sign, text) = rest.split_word();
        if sign.text != ">" {
            return Err(sign.error("expected '>', as in 'every 25s > ping'"));
        }
        body.push(Line {
            number: 0,
            link: None,
            statement: Statement::Send(message::sent(text)?),
        });
    }
    only_sends(head, body)?;
    Ok(Statement::Every(period, body.as_slice().into()))
}

/// `N [as NAME]`.
fn repeat(head: Span<'_>, body: &[Line]) -> Result<Statement, SpanError> {
    const EXAMPLE: &str = "repeat 10 as N";
    let (count, rest) = head.split_word();
    let template = value::template(count, "write a number or a variable")?;
    let literal = template.as_literal().map(str::parse::<u32>);
    if count.is_empty() || matches!(literal, Some(Err(_))) {
        return Err(count.error(format!("expected a number, as in '{EXAMPLE}'")));
    }
    let (word, name) = rest.split_word();
    let name = match word.text {
        "" => None,
        "as" => Some(setting::variable(name, EXAMPLE)?),
        _ => return Err(word.error(format!("expected 'as NAME', as in '{EXAMPLE}'"))),
    };
    not_empty(head, body, "repeat")?;
    Ok(Statement::Repeat {
        count: template,
        name,
        body: Arc::from(body),
    })
}

/// `TIME [every TIME]`.
fn retry(head: Span<'_>, body: &[Line]) -> Result<Statement, SpanError> {
    const EXAMPLE: &str = "retry 10s every 200ms";
    let (limit, rest) = head.split_word();
    let limit = time(limit, EXAMPLE)?;
    let (word, pause) = rest.split_word();
    let pause = match word.text {
        "" => RETRY_PAUSE,
        "every" => time(pause, EXAMPLE)?,
        _ => return Err(word.error(format!("expected 'every TIME', as in '{EXAMPLE}'"))),
    };
    not_empty(head, body, "retry")?;
    Ok(Statement::Retry {
        limit,
        pause,
        body: Arc::from(body),
    })
}

fn not_empty(head: Span<'_>, body: &[Line], word: &str) -> Result<(), SpanError> {
    if body.is_empty() {
        return Err(head.error(format!("missing statements: indent them below '{word}'")));
    }
    Ok(())
}
