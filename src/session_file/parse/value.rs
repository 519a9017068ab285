//! Parsing of values: texts, JSON, bytes, words, pointers.

use data_encoding::BASE64;
use serde_json::Value;

use crate::conversation::matching::parse_pattern;
use crate::http::is_token;
use crate::session_file::place::{Span, SpanError, BLANKS};
use crate::session_file::template::Context;
use crate::session_file::{template, Part, Template};
use crate::text::hex::{self, HexError};
use crate::text::json_error::{cause, offset};

/// A text: a JSON string, or literal text with variables.
pub(super) fn text(span: Span<'_>) -> Result<Template, SpanError> {
    if span.text.starts_with('"') {
        return string(span).map(|text| Template::literal(&text));
    }
    template(
        span,
        "write a text that contains ${ as a JSON string, \"…\"",
    )
}

/// Literal text with variables. `otherwise` says how to write a `${` that does not begin a
/// variable.
pub(super) fn template(span: Span<'_>, otherwise: &str) -> Result<Template, SpanError> {
    Template::parse(span.text).map_err(|at| {
        span.error_at(
            at,
            format!("invalid variable: expected ${{NAME}}; {otherwise}"),
        )
    })
}

/// A JSON string, with nothing after it.
pub(super) fn string(span: Span<'_>) -> Result<String, SpanError> {
    let mut strings = serde_json::Deserializer::from_str(span.text).into_iter::<String>();
    match strings.next() {
        Some(Ok(text)) => {
            let rest = span.after(strings.byte_offset()).trim();
            if rest.is_empty() {
                return Ok(text);
            }
            Err(rest.error(
                "unexpected text after the JSON string; a text that starts with \" must be a \
                 single JSON string, with \\\" for \"",
            ))
        }
        Some(Err(error)) if error.is_eof() => Err(span.error("unclosed JSON string: missing \"")),
        Some(Err(error)) => Err(span.error_at(
            offset(span.text, &error),
            format!("invalid JSON string: {}", cause(&error)),
        )),
        None => Err(span.error("missing JSON string")),
    }
}

/// `json …`: JSON with variables inside strings and as values.
pub(super) fn json(span: Span<'_>) -> Result<Template, SpanError> {
    if span.is_empty() {
        return Err(span.error("missing JSON after json, as in 'json {\"op\":\"ping\"}'"));
    }
    let template = template(span, "write ${ in JSON as \\u0024{")?;
    let text = json_stand_in(&template);
    match serde_json::from_str::<Value>(&text) {
        Ok(_) => Ok(template),
        Err(error) => Err(span.error_at(
            offset(&text, &error),
            format!("invalid JSON: {}", cause(&error)),
        )),
    }
}

/// JSON with each variable replaced by a string.
fn json_stand_in(template: &Template) -> String {
    template.stand_in(|context, length| match context {
        Context::Outside => format!("\"{}\"", "x".repeat(length - 2)),
        _ => "x".repeat(length),
    })
}

/// `json …` after `<`: JSON or a pattern for it, with variables.
pub(super) fn json_pattern(span: Span<'_>) -> Result<Template, SpanError> {
    if span.is_empty() {
        return Err(span.error("missing JSON after json, as in 'json {\"op\":\"ping\"}'"));
    }
    let template = template(span, "write ${ in JSON as \\u0024{")?;
    if serde_json::from_str::<Value>(&json_stand_in(&template)).is_ok() {
        return Ok(template);
    }
    match parse_pattern(&template.stand_in(Context::stand_in)) {
        Ok(_) => Ok(template),
        Err(error) => Err(span.error_at(error.at, format!("invalid JSON: {}", error.cause))),
    }
}

/// `hex …`: two digits per byte, with optional spaces.
pub(super) fn hex(span: Span<'_>) -> Result<Vec<u8>, SpanError> {
    hex::decode(span.text).map_err(|error| match error {
        HexError::Digit(at, wrong) => span.error_at(
            at,
            format!(
                "invalid hexadecimal digit '{wrong}': expected two digits per byte, as in 'hex 00 \
                 ff'"
            ),
        ),
        HexError::Odd(count) => span.error(format!(
            "odd number of hexadecimal digits ({count}): expected two per byte"
        )),
    })
}

/// `base64 …`, with padding.
pub(super) fn base64(span: Span<'_>) -> Result<Vec<u8>, SpanError> {
    let digits: String = span.text.split(BLANKS).collect();
    BASE64.decode(digits.as_bytes()).map_err(|error| {
        let kept = span
            .text
            .char_indices()
            .filter(|(_, c)| !BLANKS.contains(c));
        // The position counts bytes. Up to the first invalid byte, each is a character.
        let at = kept.map(|(at, _)| at).nth(error.position);
        let cause = "invalid base64: expected base64 with padding, as in 'base64 AP8='";
        span.error_at(at.unwrap_or(span.text.len()), cause)
    })
}

/// `@PATH` after `file` and `text`.
pub(super) fn path(span: Span<'_>, word: &str) -> Result<Template, SpanError> {
    let Some(path) = span.text.strip_prefix('@') else {
        return Err(span.error(format!(
            "missing @PATH after {word}; write a text that starts with {word} as a JSON string, \
             \"{word} …\""
        )));
    };
    let path = span.after(span.text.len() - path.len());
    one_line(path, "path", &format!("{word} @PATH"))
}

/// A value that is required and must be on one line.
pub(super) fn one_line(span: Span<'_>, what: &str, example: &str) -> Result<Template, SpanError> {
    let template = text(span)?;
    if template.parts.is_empty() {
        return Err(span.error(format!("missing {what}, as in '{example}'")));
    }
    let texts = template.parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text),
        Part::Variable(_) => None,
    });
    if texts
        .flat_map(|text| text.chars())
        .any(|c| c != '\t' && c.is_control())
    {
        let at = span.text.find('\n').map_or(0, |at| at + 1);
        return Err(span.error_at(
            at,
            format!("the {what} must be on one line and have no control characters"),
        ));
    }
    Ok(template)
}

/// `N: V`, as in `--header`. The name may contain variables.
pub(super) fn header(span: Span<'_>) -> Result<Template, SpanError> {
    const EXAMPLE: &str = "header Authorization: Bearer ${TOKEN}";
    let header = one_line(span, "header", EXAMPLE)?;
    let Some(Part::Text(start)) = header.parts.first() else {
        return Ok(header);
    };
    let name = match start.split_once(':') {
        Some((name, _)) => Some(name),
        None => start.strip_suffix(';').filter(|_| header.parts.len() == 1),
    };
    match name {
        Some(name) if is_token(name) => Ok(header),
        // A variable may contain the rest of the name, and the colon.
        None if header.parts.len() > 1 && is_token(start) => Ok(header),
        Some(_) => Err(span.error(format!(
            "invalid header name: use letters, digits and !#$%&'*+-.^_`|~, as in '{EXAMPLE}'"
        ))),
        None => Err(span.error(format!(
            "missing colon in the header: expected NAME: VALUE, as in '{EXAMPLE}'"
        ))),
    }
}

/// A JSON pointer (RFC 6901); if it is empty, the whole value.
pub(super) fn pointer(span: Span<'_>) -> Result<String, SpanError> {
    let is_string = span.text.starts_with('"');
    let pointer = if is_string {
        string(span)?
    } else {
        span.text.to_owned()
    };
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Err(span.error(
            "invalid JSON Pointer: it starts with / (RFC 6901), as in 'capture ID /result/id'; omit it to capture the whole message",
        ));
    }
    // Offsets inside a JSON string differ from those in the pointer.
    let place = |at: usize| if is_string { 0 } else { at };
    for (at, _) in pointer.match_indices('~') {
        if !pointer[at + 1..].starts_with(['0', '1']) {
            return Err(span.error_at(
                place(at),
                "invalid ~ in a JSON Pointer: write ~ as ~0, and / inside a name as ~1 (RFC 6901 §3)",
            ));
        }
    }
    if is_string {
        return Ok(pointer);
    }
    if let Some(at) = pointer.find(template::OPENING) {
        return Err(span.error_at(
            at,
            "variables are not allowed in a JSON Pointer; write a pointer that contains ${ as a JSON string",
        ));
    }
    if let Some(at) = pointer.find('\n') {
        return Err(span.error_at(
            at + 1,
            "a JSON Pointer must be on one line; write a pointer that contains a line break as a JSON string",
        ));
    }
    Ok(pointer)
}

/// Splits words as a shell does: at whitespace outside quotes. Inside `'…'` everything is literal,
/// inside `"…"` everything except variables.
pub(super) fn words(span: Span<'_>) -> Result<Vec<Template>, SpanError> {
    if span.is_empty() {
        return Err(span.error("missing options, as in 'option --compress off'"));
    }
    let mut words = Vec::new();
    let mut rest = span;
    while !rest.is_empty() {
        let mut parts = Vec::new();
        while !rest.is_empty() && !rest.text.starts_with(BLANKS) {
            let (piece, after) = piece(rest)?;
            for part in piece.parts {
                push(&mut parts, part);
            }
            rest = after;
        }
        words.push(Template { parts });
        rest = rest.trim();
    }
    Ok(words)
}

/// A quoted or unquoted part of a word.
fn piece(span: Span<'_>) -> Result<(Template, Span<'_>), SpanError> {
    const OTHERWISE: &str = "write ${ in an option as '${'";
    let Some(quote) = span.text.chars().next().filter(|c| ['\'', '"'].contains(c)) else {
        let end = span
            .text
            .find(|c| BLANKS.contains(&c) || ['\'', '"'].contains(&c));
        let end = end.unwrap_or(span.text.len());
        return Ok((template(span.before(end), OTHERWISE)?, span.after(end)));
    };
    let inside = span.after(1);
    match inside.text.find([quote, '\n']) {
        Some(end) if inside.text[end..].starts_with(quote) => {
            let (piece, after) = (inside.before(end), inside.after(end + 1));
            let piece = match quote {
                '\'' => Template::literal(piece.text),
                _ => template(piece, OTHERWISE)?,
            };
            Ok((piece, after))
        }
        _ => Err(span.error(format!(
            "unclosed {quote}: it must be closed on the same line"
        ))),
    }
}

/// Adds a part, joining it with a text before it if it is a text.
fn push(parts: &mut Vec<Part>, part: Part) {
    if let (Some(Part::Text(last)), Part::Text(text)) = (parts.last_mut(), &part) {
        last.push_str(text);
    } else {
        parts.push(part);
    }
}
