//! Parsing of the value of `let`.

use super::setting;
use crate::session_file::expression::{Expression, NowUnit, FUNCTIONS};
use crate::session_file::place::{Span, SpanError};
use crate::session_file::{Statement, Template};

/// `NAME = EXPRESSION`.
pub(super) fn binding(span: Span<'_>) -> Result<Statement, SpanError> {
    let (name, rest) = span.split_word();
    let name = setting::variable(name, "let ID = uuid")?;
    let (sign, rest) = rest.split_word();
    if sign.text != "=" {
        return Err(sign.error("expected '=' after the name, as in 'let ID = uuid'"));
    }
    if rest.is_empty() {
        return Err(rest.error("missing value, as in 'let ID = uuid'"));
    }
    let (value, after) = expression(rest)?;
    let after = after.trim();
    if !after.is_empty() {
        return Err(after.error("unexpected text after the value"));
    }
    Ok(Statement::Let { name, value })
}

/// An expression, and the rest after it.
fn expression(span: Span<'_>) -> Result<(Expression, Span<'_>), SpanError> {
    let span = span.trim();
    if span.text.starts_with('"') {
        return text(span);
    }
    let end = span
        .text
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let end = end.unwrap_or(span.text.len());
    let (word, rest) = (span.before(end), span.after(end));
    let one = |make: fn(Box<Expression>) -> Expression| {
        let (arguments, after) = arguments(word, rest, 1)?;
        let argument = arguments.into_iter().next().map(Box::new);
        let missing = || word.error(format!("missing argument of {}", word.text));
        Ok((make(argument.ok_or_else(missing)?), after))
    };
    match word.text {
        "uuid" => Ok((Expression::Uuid, rest)),
        "now" => Ok(now(rest)),
        "random" => random(rest),
        "sha256" => one(Expression::Sha256),
        "base64" => one(Expression::Base64),
        "base64url" => one(Expression::Base64Url),
        "hex" => one(Expression::Hex),
        "hmac_sha256" => {
            let (arguments, after) = arguments(word, rest, 2)?;
            let mut arguments = arguments.into_iter().map(Box::new);
            match (arguments.next(), arguments.next()) {
                (Some(key), Some(message)) => Ok((Expression::HmacSha256(key, message), after)),
                _ => Err(word.error("missing argument of hmac_sha256")),
            }
        }
        "" => Err(span.error("expected a function or a string in double quotes")),
        name => {
            let (last, others) = FUNCTIONS.split_last().unwrap_or((&"", &[]));
            Err(word.error(format!(
                "unknown function '{name}': expected {} or {last}; write a text in double quotes",
                others.join(", ")
            )))
        }
    }
}

/// `"…"`: a JSON string that may contain variables.
fn text(span: Span<'_>) -> Result<(Expression, Span<'_>), SpanError> {
    let mut strings = serde_json::Deserializer::from_str(span.text).into_iter::<String>();
    let Some(Ok(text)) = strings.next() else {
        return Err(span.error("invalid string: expected a JSON string, \"…\""));
    };
    let end = strings.byte_offset();
    let template =
        Template::parse(&text).map_err(|_| span.error("invalid variable: expected ${NAME}"))?;
    Ok((Expression::Text(template), span.after(end)))
}

fn now(span: Span<'_>) -> (Expression, Span<'_>) {
    let rest = span.trim();
    for (word, unit) in [("iso", NowUnit::Iso), ("s", NowUnit::Seconds)] {
        let after = rest.text.strip_prefix(word);
        if after.is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric())) {
            return (Expression::Now(unit), rest.after(word.len()));
        }
    }
    (Expression::Now(NowUnit::Milliseconds), span)
}

/// `N..M`.
fn random(span: Span<'_>) -> Result<(Expression, Span<'_>), SpanError> {
    let rest = span.trim();
    let end = rest
        .text
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '.'));
    let range = rest.before(end.unwrap_or(rest.text.len()));
    let numbers = range.text.split_once("..").and_then(|(first, last)| {
        let (first, last): (i64, i64) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last).then_some((first, last))
    });
    let Some((first, last)) = numbers else {
        return Err(range.error("expected a range after random, as in 'random 1..6'"));
    };
    Ok((
        Expression::Random(first, last),
        rest.after(range.text.len()),
    ))
}

/// `(A)` or `(A, B)` after the name of a function.
fn arguments<'a>(
    name: Span<'a>,
    span: Span<'a>,
    count: usize,
) -> Result<(Vec<Expression>, Span<'a>), SpanError> {
    let mut rest = span.trim();
    let mut sign = '(';
    let mut found = Vec::new();
    for _ in 0..count {
        if !rest.text.starts_with(sign) {
            return Err(rest.error(format!("expected '{sign}' in {}", name.text)));
        }
        let (argument, after) = expression(rest.after(1))?;
        found.push(argument);
        rest = after.trim();
        sign = ',';
    }
    if !rest.text.starts_with(')') {
        return Err(rest.error(format!("expected ')' in {}", name.text)));
    }
    Ok((found, rest.after(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_functions_are_parsed() {
        let text = "SIG = hex(hmac_sha256(\"${KEY}\", \"a\"))";
        let span = Span { text, start: 0 };
        let statement = binding(span).expect("a binding");
        let template =
            |text: &str| Box::new(Expression::Text(Template::parse(text).expect("a template")));
        let mac = Expression::HmacSha256(template("${KEY}"), template("a"));
        let value = Expression::Hex(Box::new(mac));
        let name = "SIG".to_owned();
        assert_eq!(statement, Statement::Let { name, value });
    }
}
