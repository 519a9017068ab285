//! The values of the `--expect` options.

use regex::Regex;

use super::values;
use crate::conversation::matching::{parse_pattern, Pattern};
use crate::http::is_token;
use crate::session_file::parse_byte_pattern;
use crate::source::Expected;

pub(super) fn text(text: String) -> Expected {
    Expected::Message(Pattern::Text(text))
}

/// Parses a regular expression, which may match anywhere in the message.
pub(super) fn regex(text: &str) -> Result<Expected, String> {
    compile(text).map(|regex| Expected::Message(Pattern::Match(regex)))
}

/// A regular expression.
pub(super) fn compile(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the regular expression is too large".to_owned(),
        // regex reports several lines: the expression, a mark below the position, and the error.
        error => error
            .to_string()
            .lines()
            .last()
            .map_or_else(String::new, |line| {
                line.trim_start_matches("error: ").to_owned()
            }),
    })
}

pub(super) fn json(text: &str) -> Result<Expected, String> {
    let ignore = Vec::new();
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(Expected::Message(Pattern::Json { value, ignore }));
    }
    let pattern = parse_pattern(text).map_err(|error| {
        let column = text[..error.at].chars().count() + 1;
        let cause = error.cause;
        format!("invalid JSON at column {column}: {cause}; use --expect for plain text")
    })?;
    let text = text.to_owned();
    Ok(Expected::Message(Pattern::Shape {
        pattern,
        text,
        ignore,
    }))
}

pub(super) fn bytes(text: &str) -> Result<Expected, String> {
    if let Ok(bytes) = values::hex_bytes(text) {
        return Ok(Expected::Message(Pattern::Binary(bytes)));
    }
    let pattern = parse_byte_pattern(text).map_err(|(at, cause)| {
        let column = text[..text.floor_char_boundary(at)].chars().count() + 1;
        format!("invalid bytes at column {column}: {cause}")
    })?;
    Ok(Expected::Message(pattern))
}

/// Parses a close code or `any`.
pub(super) fn close(text: &str) -> Result<Expected, String> {
    let code = match text {
        "any" => None,
        _ => Some(
            text.parse::<u16>()
                .ok()
                .filter(|code| (1000..=4999).contains(code))
                .ok_or("must be a close code from 1000 to 4999, or any")?,
        ),
    };
    Ok(Expected::Close { code, reason: None })
}

/// Parses the status of an upgrade response (RFC 9110 §15).
pub(super) fn status(text: &str) -> Result<Expected, String> {
    text.parse::<u16>()
        .ok()
        .filter(|status| (100..=599).contains(status))
        .map(Expected::Status)
        .ok_or_else(|| "must be an HTTP status from 100 to 599".to_owned())
}

/// `NAME: VALUE` of a header in the response to the upgrade.
pub(super) fn header(text: &str) -> Result<Expected, String> {
    let (name, value) = text
        .split_once(':')
        .ok_or("missing colon: expected NAME: VALUE")?;
    if !is_token(name) {
        return Err(format!("invalid header name '{name}'"));
    }
    Ok(Expected::Header {
        name: name.to_owned(),
        value: value.trim().to_owned(),
    })
}

pub(super) fn silence(text: &str) -> Result<Expected, String> {
    values::limit(text).map(Expected::Silence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_expectations_are_reported() {
        for (refused, why) in [
            (regex("(a"), "unclosed group"),
            (json("{a"), "invalid JSON at column 2: expected the name"),
            (bytes("abc"), "odd number"),
            (close("0"), "1000 to 4999, or any"),
            (close("all"), "1000 to 4999, or any"),
            (status("42"), "100 to 599"),
            (silence("0"), "greater than 0"),
            (header("X"), "missing colon"),
            (header("X Y: z"), "invalid header name 'X Y'"),
        ] {
            let sentence = refused.expect_err(why);
            assert!(
                sentence.starts_with(why) || sentence.contains(why),
                "{sentence}"
            );
        }
    }

    #[test]
    fn valid_expectations_are_parsed() {
        assert!(matches!(
            close("any"),
            Ok(Expected::Close { code: None, .. })
        ));
        assert!(matches!(
            close("1006"),
            Ok(Expected::Close {
                code: Some(1006),
                ..
            })
        ));
        assert!(matches!(status("401"), Ok(Expected::Status(401))));
        assert!(regex("^a+$").is_ok() && json("[1]").is_ok() && bytes("00 ff").is_ok());
    }
}
