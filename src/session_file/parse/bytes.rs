//! Parsing of binary messages after `hex` that are more than digits.

use super::{regex, value};
use crate::conversation::matching::Pattern;
use crate::conversation::variable::is_name;
use crate::session_file::bytes::{number_format, pattern, ByteError, ByteWord};
use crate::session_file::place::{Span, SpanError, BLANKS};
use crate::session_file::{Part, Template};

/// Parses a pattern for binary messages without variables, for `--expect-hex`.
///
/// # Errors
///
/// The offset and the reason.
pub fn parse_byte_pattern(text: &str) -> Result<Pattern, (usize, String)> {
    let span = Span { text, start: 0 }.trim();
    let wrong = |error: SpanError| (error.at, error.cause);
    let words = words(span, true).map_err(wrong)?;
    let Some(words) = words else {
        return value::hex(span).map(Pattern::Binary).map_err(wrong);
    };
    pattern(&words, &|_| None).map_err(|error| match error {
        ByteError::Unset(name) => (0, format!("variable {name} is not set")),
        ByteError::Invalid(cause) => (0, cause),
    })
}

/// The words after `hex`; `None` if there are only digits.
pub(super) fn words(span: Span<'_>, is_expected: bool) -> Result<Option<Vec<ByteWord>>, SpanError> {
    let is_plain = |c: char| c.is_ascii_hexdigit() || BLANKS.contains(&c);
    if span.text.chars().all(is_plain) {
        return Ok(None);
    }
    let mut words = Vec::new();
    let mut rest = span.trim();
    while !rest.is_empty() {
        let (word, after) = word(rest, is_expected)?;
        rest = after.trim();
        match (words.last_mut(), word) {
            (Some(ByteWord::Bytes(bytes)), ByteWord::Bytes(more)) => bytes.extend(more),
            (_, word) => words.push(word),
        }
    }
    Ok(Some(words))
}

fn word(span: Span<'_>, is_expected: bool) -> Result<(ByteWord, Span<'_>), SpanError> {
    let nothing = span.after(span.text.len());
    let only_expected = |what: &str| {
        let cause = format!("{what} can only be expected, not sent");
        if is_expected {
            Ok(())
        } else {
            Err(span.error(cause))
        }
    };
    if span.text.starts_with('"') {
        return text(span);
    }
    if span.text.starts_with('/') {
        only_expected("a regular expression")?;
        let (pattern, ignore_case) = regex::read(span)?;
        return Ok((ByteWord::Regex(pattern, ignore_case), nothing));
    }
    if span.text.starts_with("${") {
        return variable(span);
    }
    let (first, after) = span.split_word();
    match first.text {
        "json" => {
            only_expected("a JSON pattern")?;
            Ok((ByteWord::Json(value::json_pattern(after)?), nothing))
        }
        ".." => {
            only_expected("any number of bytes")?;
            Ok((ByteWord::Any, after))
        }
        word if word.starts_with("??") => {
            only_expected("any byte")?;
            let count = match word.strip_prefix("??x") {
                Some(count) => count.parse().ok().filter(|count| *count > 0),
                None => (word == "??").then_some(1),
            };
            let cause = "invalid number of bytes, as in '??x8'";
            let count = count.ok_or_else(|| first.error(cause))?;
            Ok((ByteWord::Skip(count), after))
        }
        word => match word.split_once(':') {
            Some((name, format)) if is_name(name) => {
                only_expected("a capture")?;
                let at = name.len() + 1;
                let format = number_format(format).ok_or_else(|| wrong_format(first.after(at)))?;
                Ok((ByteWord::Capture(name.to_owned(), format), after))
            }
            _ => Ok((ByteWord::Bytes(value::hex(first)?), after)),
        },
    }
}

fn wrong_format(span: Span<'_>) -> SpanError {
    span.error("invalid number format: expected 1 to 8 (bytes), 1le to 8le or varint, as in 'ID:2'")
}

/// `"…"`, a JSON string.
fn text(span: Span<'_>) -> Result<(ByteWord, Span<'_>), SpanError> {
    let mut strings = serde_json::Deserializer::from_str(span.text).into_iter::<String>();
    match strings.next() {
        Some(Ok(text)) => Ok((ByteWord::Text(text), span.after(strings.byte_offset()))),
        _ => Err(span.error("invalid string: expected a JSON string, \"…\"")),
    }
}

/// `${NAME:2}`.
fn variable(span: Span<'_>) -> Result<(ByteWord, Span<'_>), SpanError> {
    const EXAMPLE: &str = "invalid variable: expected ${NAME:FORMAT}, as in '${ID:2}'";
    let Some(end) = span.text.find('}') else {
        return Err(span.error(EXAMPLE));
    };
    let inside = &span.text[2..end];
    let Some((name, format)) = inside.split_once(':').filter(|(name, _)| is_name(name)) else {
        return Err(span.error(EXAMPLE));
    };
    let at = 2 + name.len() + 1;
    let format = number_format(format).ok_or_else(|| wrong_format(span.after(at)))?;
    let value = Template {
        parts: vec![Part::Variable(name.to_owned())],
    };
    Ok((ByteWord::Value(value, format), span.after(end + 1)))
}
