//! Parsing of HTTP requests.

use super::value;
use crate::error::ParseError;
use crate::http::is_token;
use crate::session_file::place::{is_blank, Joined, SourceLine, Span, SpanError};
use crate::session_file::{HttpBody, HttpCall, Statement};

const EXAMPLE: &str = "http POST http://localhost:8080/login";

/// `METHOD URL`, and the lines below it.
pub(super) fn request(
    file: &str,
    joined: &Joined<'_>,
    head: Span<'_>,
    inside: &[SourceLine<'_>],
) -> Result<Statement, ParseError> {
    let mut call = self::head(head).map_err(|error| joined.parse_error(file, error))?;
    let mut rest = inside;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if is_blank(first.text()) {
            continue;
        }
        let mut joined = Joined::new(*first);
        let continues =
            |line: &&SourceLine<'_>| !is_blank(line.text()) && line.text().starts_with([' ', '\t']);
        let count = rest.iter().take_while(continues).count();
        for line in &rest[..count] {
            joined.push(*line);
        }
        rest = &rest[count..];
        part(&mut call, joined.span()).map_err(|error| joined.parse_error(file, error))?;
    }
    Ok(Statement::Http(Box::new(call)))
}

fn head(span: Span<'_>) -> Result<HttpCall, SpanError> {
    let (method, url) = span.split_word();
    if method.is_empty() {
        return Err(method.error(format!("missing method, as in '{EXAMPLE}'")));
    }
    if !is_token(method.text) || method.text.contains(|c: char| c.is_ascii_lowercase()) {
        return Err(method.error(format!(
            "invalid method: expected upper-case letters, as in '{EXAMPLE}'"
        )));
    }
    Ok(HttpCall {
        method: method.text.to_owned(),
        url: value::one_line(url, "URL", EXAMPLE)?,
        headers: Vec::new(),
        body: None,
    })
}

/// A header or the body.
fn part(call: &mut HttpCall, span: Span<'_>) -> Result<(), SpanError> {
    let (word, rest) = span.split_word();
    let body = match word.text {
        "header" => {
            call.headers.push(value::header(rest)?);
            return Ok(());
        }
        "json" => HttpBody::Json(value::json(rest)?),
        "body" if rest.is_empty() => {
            return Err(rest.error("missing text, as in 'body user=me'"));
        }
        "body" => HttpBody::Text(value::text(rest)?),
        _ => {
            return Err(word.error(
                "unknown part of a request: expected 'header NAME: VALUE', 'json …' or 'body …'",
            ));
        }
    };
    if call.body.replace(body).is_some() {
        return Err(word.error("a request has only one body"));
    }
    Ok(())
}
