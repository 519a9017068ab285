//! Errors without the secret values that they quote.

use std::borrow::Cow;

use super::Redactor;
use crate::error::{Error, ParseError, Unmet};
use crate::http::Body;

/// An error of a conversation without the values of secret variables, given as names and values.
#[must_use]
pub fn hide_values(mut error: Error, variables: &[(String, String)]) -> Error {
    let variables = variables.iter().map(|(name, value)| (&**name, &**value));
    redact_error(&mut error, &Redactor::new(variables));
    error
}

/// Removes secret values from everything that an error quotes.
pub fn redact_error(error: &mut Error, redactor: &Redactor) {
    let text = |text: &mut String| *text = redactor.apply(text).into_owned();
    match error {
        Error::At { error, .. } => redact_error(error, redactor),
        Error::Unmet(unmet) => {
            let Unmet {
                place: _,
                connection: _,
                is_sending: _,
                expected,
                instead,
                difference,
                recent,
                refusal,
            } = &mut **unmet;
            [expected, instead].into_iter().for_each(text);
            recent.iter_mut().for_each(text);
            *difference = redacted_difference(difference, redactor);
            if let Some(refusal) = refusal {
                redact_body(&mut refusal.body, redactor);
            }
        }
        Error::SessionFile(parse_error) => {
            let ParseError { cause, .. } = &mut **parse_error;
            text(cause);
        }
        Error::Refused(refusal)
        | Error::ProxyRefused {
            refusal: Some(refusal),
            ..
        } => redact_body(&mut refusal.body, redactor),
        _ => {}
    }
}

fn redact_body(body: &mut Body, redactor: &Redactor) {
    body.bytes = redactor.apply_to_bytes(&body.bytes, body.truncated);
}

/// Removes secret values from a difference. A mark below a line that contained one is removed,
/// because it would be at the wrong position.
fn redacted_difference(lines: &[String], redactor: &Redactor) -> Vec<String> {
    let mut changed = false;
    let mut kept = Vec::new();
    for line in lines {
        let is_mark =
            line.contains('^') && line.trim_start_matches(' ').trim_matches('^').is_empty();
        if is_mark {
            if !std::mem::take(&mut changed) {
                kept.push(line.clone());
            }
            continue;
        }
        let redacted = redacted_row(line, redactor).map_or_else(|| redactor.apply(line), Cow::from);
        changed |= redacted != *line;
        kept.push(redacted.into_owned());
    }
    kept
}

/// Removes a secret value from a row of a hex dump, including parts that continue in the rows
/// before or after it; `None` for other lines.
fn redacted_row(line: &str, redactor: &Redactor) -> Option<String> {
    let (bytes, text) = line.strip_suffix('|')?.split_once("  |")?;
    let (before, bytes) = bytes.split_at_checked(bytes.find("  ")?)?;
    let bytes = hex::decode(bytes.replace(' ', "")).ok()?;
    if bytes.len() != text.len() {
        return None;
    }
    let text = format!("…{}…", String::from_utf8_lossy(&bytes));
    let redacted = redactor.apply(&text);
    (redacted != text).then(|| format!("{before}  {}", redacted.trim_matches('…')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Refusal;
    use crate::text::escape;

    #[test]
    fn marks_are_removed_below_redacted_lines() {
        let redactor = Redactor::new([("TOKEN", "s3cret")]);
        let redacted = |lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|&line| line.to_owned()).collect();
            redacted_difference(&lines, &redactor)
        };
        assert_eq!(
            redacted(&["- ab", "+ ac", "   ^"]),
            ["- ab", "+ ac", "   ^"]
        );
        assert_eq!(
            redacted(&[
                "- s3cret b",
                "+ s3cret c",
                "         ^",
                "- d",
                "+ e",
                "  ^"
            ]),
            ["- ${TOKEN} b", "+ ${TOKEN} c", "- d", "+ e", "  ^"]
        );
        assert_eq!(redacted(&["", "^^"]), ["", "^^"]);
    }

    #[test]
    fn rows_of_hex_dumps_are_redacted() {
        let redactor = Redactor::new([("TOKEN", "0123456789abcdefghij")]);
        let row = |start: usize, bytes: &[u8]| format!("+ {start:08x}{}", escape::row(bytes));
        let redacted = |line: String| redacted_difference(&[line], &redactor).concat();
        assert_eq!(
            redacted(row(0, b"say 0123456789ab")),
            "+ 00000000  say ${TOKEN}"
        );
        assert_eq!(
            redacted(row(16, b"456789abcdefghij")),
            "+ 00000010  ${TOKEN}"
        );
        assert_eq!(
            redacted(row(16, b"cdefghij\x00\xff")),
            "+ 00000010  ${TOKEN}\0\u{fffd}"
        );
        let harmless = row(0, b"nothing\x00");
        assert_eq!(redacted(harmless.clone()), harmless);
        assert_eq!(redacted("+ a  b  |c|".to_owned()), "+ a  b  |c|");
    }

    #[test]
    fn body_of_a_refusal_is_redacted() {
        let redactor = Redactor::new([("TOKEN", "s3cret-value")]);
        let redacted = |body: &[u8], truncated| {
            let mut error = Error::Refused(Box::new(Refusal {
                body: Body {
                    bytes: body.to_vec(),
                    truncated,
                    coding: None,
                },
                ..Refusal::default()
            }));
            redact_error(&mut error, &redactor);
            match error {
                Error::Refused(refusal) => refusal.body.bytes,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(redacted(b"\0s3cret-value\xff", false), b"\0${TOKEN}\xff");
        assert_eq!(redacted(b"no s3cret", true), b"no ${TOKEN}");
        assert_eq!(redacted(b"no s3cret", false), b"no s3cret");
    }
}
