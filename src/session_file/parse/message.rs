//! Parsing of what follows `>` and `<`.

use std::time::Duration;

use super::{bytes, regex, value};
use crate::http::is_token;
use crate::protocol::{Kind, MAX_CLOSE_REASON, MAX_CONTROL_PAYLOAD};
use crate::session_file::place::{Span, SpanError, BLANKS};
use crate::session_file::{ExpectStatement, Message, Payload, Template};
use crate::text::duration;

/// After `>`.
pub(super) fn sent(span: Span<'_>) -> Result<Message, SpanError> {
    if span.is_empty() {
        return Err(span.error(
            "missing message after >: expected a text, json, hex, base64, file, text, ping, pong \
             or close; write an empty text as \"\"",
        ));
    }
    let (word, rest) = span.split_word();
    Ok(match word.text {
        "json" => Message::Json(value::json(rest)?),
        "hex" => match bytes::words(rest, false)? {
            Some(words) => Message::Bytes(words),
            None => Message::Binary(value::hex(rest)?),
        },
        "base64" => Message::Binary(value::base64(rest)?),
        "file" => Message::File(Kind::Binary, value::path(rest, "file")?),
        "text" => Message::File(Kind::Text, value::path(rest, "text")?),
        "ping" => Message::Ping(payload(rest)?),
        "pong" => Message::Pong(payload(rest)?),
        "close" => {
            let (code, reason) = close(rest)?;
            Message::Close {
                code: code.unwrap_or(1000),
                reason: reason.unwrap_or_default(),
            }
        }
        _ if span.text.starts_with('/') => {
            return Err(span.error(
                "write a text that starts with / as a JSON string, \"/…\": after < it would be a \
                 regular expression",
            ));
        }
        _ => Message::Text(value::text(span)?),
    })
}

/// After `<`.
pub(super) fn expected(span: Span<'_>) -> Result<ExpectStatement, SpanError> {
    if span.is_empty() {
        return Err(span.error(
            "missing message after <: expected a text, /regex/, json, hex, base64, file, text, \
             any, ping, pong, close, silence, status, header or refused; write an empty text as \
             \"\"",
        ));
    }
    let (word, rest) = span.split_word();
    Ok(match word.text {
        "json" => ExpectStatement::Json(value::json_pattern(rest)?),
        "hex" => match bytes::words(rest, true)? {
            Some(words) => ExpectStatement::Bytes(words),
            None => ExpectStatement::Binary(value::hex(rest)?),
        },
        "base64" => ExpectStatement::Binary(value::base64(rest)?),
        "file" => ExpectStatement::File(Kind::Binary, value::path(rest, "file")?),
        "text" => ExpectStatement::File(Kind::Text, value::path(rest, "text")?),
        "ping" => ExpectStatement::Ping(given(rest, payload)?),
        "pong" => ExpectStatement::Pong(given(rest, payload)?),
        "close" => {
            let (code, reason) = close(rest)?;
            ExpectStatement::Close { code, reason }
        }
        "any" => alone(rest, ExpectStatement::Any)?,
        "silence" => ExpectStatement::Silence(silence(rest)?),
        "status" => ExpectStatement::Status(status(rest, "status 101")?),
        "header" => header(rest)?,
        "refused" => ExpectStatement::Refused(given(rest, |rest| status(rest, "refused 401"))?),
        _ if span.text.starts_with('/') => {
            let (pattern, ignore_case) = regex::read(span)?;
            ExpectStatement::Match {
                pattern,
                ignore_case,
            }
        }
        _ => ExpectStatement::Text(value::text(span)?),
    })
}

/// `None` if there is nothing.
fn given<T>(
    span: Span<'_>,
    read: impl FnOnce(Span<'_>) -> Result<T, SpanError>,
) -> Result<Option<T>, SpanError> {
    if span.is_empty() {
        Ok(None)
    } else {
        read(span).map(Some)
    }
}

fn alone(span: Span<'_>, wanted: ExpectStatement) -> Result<ExpectStatement, SpanError> {
    if span.is_empty() {
        return Ok(wanted);
    }
    Err(span.error(
        "any takes no argument; write a text that starts with any as a JSON string, \"any …\"",
    ))
}

/// A text, a JSON string, or `hex …`.
fn payload(span: Span<'_>) -> Result<Payload, SpanError> {
    let (word, rest) = span.split_word();
    let (payload, length) = if word.text == "hex" {
        let bytes = value::hex(rest)?;
        let length = bytes.len();
        (Payload::Bytes(bytes), length)
    } else {
        let text = value::text(span)?;
        let length = text.least_length();
        (Payload::Text(text), length)
    };
    if length > MAX_CONTROL_PAYLOAD {
        return Err(span.error(format!(
            "payload of {length} bytes: a control frame has at most {MAX_CONTROL_PAYLOAD} (RFC \
             6455 §5.5)"
        )));
    }
    Ok(payload)
}

/// `[CODE [REASON]]`.
fn close(span: Span<'_>) -> Result<(Option<u16>, Option<Template>), SpanError> {
    let (word, rest) = span.split_word();
    if word.is_empty() {
        return Ok((None, None));
    }
    let code = number(word.text).ok_or_else(|| {
        word.error(
            "invalid close code: expected 0 to 65535 and an optional reason, as in 'close 1000 \
             done'; write a text that starts with close as a JSON string, \"close …\"",
        )
    })?;
    let reason = given(rest, value::text)?;
    let length = reason.as_ref().map_or(0, Template::least_length);
    if length > MAX_CLOSE_REASON {
        return Err(rest.error(format!(
            "close reason of {length} bytes: at most {MAX_CLOSE_REASON} fit (RFC 6455 §5.5)"
        )));
    }
    if code == 1005
        && reason
            .as_ref()
            .is_some_and(|reason| !reason.parts.is_empty())
    {
        return Err(
            rest.error("1005 means a Close without a code, which has no reason (RFC 6455 §7.1.5)")
        );
    }
    Ok((Some(code), reason))
}

fn silence(span: Span<'_>) -> Result<Duration, SpanError> {
    if span.is_empty() {
        return Err(span.error("missing duration, as in 'silence 500ms'"));
    }
    duration::parse(span.text).map_err(|cause| {
        span.error(format!(
            "{cause}; write a text that starts with silence as a JSON string"
        ))
    })
}

/// Only digits: Rust would also parse `+1`.
fn number(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// An HTTP status code (RFC 9110 §15).
fn status(span: Span<'_>, example: &str) -> Result<u16, SpanError> {
    match number(span.text) {
        Some(status @ 100..=999) => Ok(status),
        _ => Err(span.error(format!(
            "invalid status: expected three digits, as in '{example}'; write such a text as a JSON \
             string"
        ))),
    }
}

/// `N: V`, or both in one JSON string.
fn header(span: Span<'_>) -> Result<ExpectStatement, SpanError> {
    const EXAMPLE: &str = "header Sec-WebSocket-Protocol: chat";
    let wrong = |cause: &str| {
        span.error(format!(
            "{cause}, as in '{EXAMPLE}'; write a text that starts with header as a JSON string"
        ))
    };
    let literal = span.text.starts_with('"').then(|| value::string(span));
    let literal = literal.transpose()?;
    let text = literal.as_deref().unwrap_or(span.text);
    let Some((name, value)) = text.split_once(':') else {
        return Err(wrong("missing colon in the header: expected NAME: VALUE"));
    };
    if !is_token(name) {
        return Err(wrong("invalid header name"));
    }
    let value = if literal.is_some() {
        Template::literal(value.trim_matches(BLANKS))
    } else {
        let value = span.after(name.len() + 1).trim();
        value::template(value, "write a header that contains ${ as a JSON string")?
    };
    if text.contains(|c: char| c != '\t' && c.is_control()) {
        return Err(wrong("a header must be on one line"));
    }
    Ok(ExpectStatement::Header {
        name: name.to_owned(),
        value,
    })
}
