//! Errors without the secret values that they quote.

use super::Redactor;
use crate::conversation::matching::{Difference, DifferenceLine};
use crate::error::{Error, Note, ParseError, Unmet};
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
    let text = |text: &mut String| _ = redactor.hide(text);
    match error {
        Error::At { error, .. } => redact_error(error, redactor),
        Error::Unmet(unmet) => {
            let Unmet {
                place: _,
                connection: _,
                goal,
                instead,
                notes,
                difference,
                recent,
                refusal,
            } = &mut **unmet;
            goal.values_mut().into_iter().for_each(text);
            instead.values_mut().into_iter().for_each(text);
            notes.iter_mut().flat_map(Note::values_mut).for_each(text);
            let recent = recent.iter_mut();
            recent
                .flat_map(|message| message.message.values_mut())
                .for_each(text);
            redact_difference(difference, redactor);
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
fn redact_difference(difference: &mut Difference, redactor: &Redactor) {
    let mut is_changed = false;
    difference.0.retain_mut(|line| match line {
        // The words are ours.
        DifferenceLine::Note(_) | DifferenceLine::InvalidJson(_) => true,
        DifferenceLine::Mark { .. } => !std::mem::take(&mut is_changed),
        DifferenceLine::Text(_, text) => {
            is_changed |= redactor.hide(text);
            true
        }
        DifferenceLine::Row(side, start, bytes) => {
            if let Some(text) = redacted_row(bytes, redactor) {
                *line = DifferenceLine::Text(*side, format!("{start:08x}  {text}"));
                is_changed = true;
            }
            true
        }
        DifferenceLine::Value(pointer, what) => {
            redactor.hide(pointer);
            what.values_mut().for_each(|value| _ = redactor.hide(value));
            true
        }
        DifferenceLine::Byte(_, what) => {
            what.values_mut().for_each(|value| _ = redactor.hide(value));
            true
        }
    });
}

/// The bytes of a row of a hex dump as text without the secret value that they contain, including
/// parts that continue in the rows before or after it; `None` if there is none.
fn redacted_row(bytes: &[u8], redactor: &Redactor) -> Option<String> {
    let text = format!("…{}…", String::from_utf8_lossy(bytes));
    let redacted = redactor.apply(&text);
    (redacted != text).then(|| redacted.trim_matches('…').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::matching::Side;
    use crate::error::Refusal;
    use crate::text::phrase::Phrase;

    /// The lines of a difference without secrets.
    fn redacted(lines: &[DifferenceLine], variable: (&str, &str)) -> Vec<String> {
        let mut difference = Difference(lines.to_vec());
        redact_difference(&mut difference, &Redactor::new([variable]));
        difference.lines()
    }

    #[test]
    fn marks_are_removed_below_redacted_lines() {
        let redacted = |lines: &[DifferenceLine]| redacted(lines, ("TOKEN", "s3cret"));
        let expected = |text: &str| DifferenceLine::Text(Side::Expected, text.to_owned());
        let received = |text: &str| DifferenceLine::Text(Side::Received, text.to_owned());
        let mark = |column| DifferenceLine::Mark { column, width: 1 };
        assert_eq!(
            redacted(&[expected("ab"), received("ac"), mark(1)]),
            ["- ab", "+ ac", "   ^"]
        );
        assert_eq!(
            redacted(&[
                expected("s3cret b"),
                received("s3cret c"),
                mark(7),
                expected("d"),
                received("e"),
                mark(0),
            ]),
            ["- ${TOKEN} b", "+ ${TOKEN} c", "- d", "+ e", "  ^"]
        );
    }

    #[test]
    fn values_of_json_are_redacted_and_words_are_kept() {
        let what = Phrase::words("expected ").and_value("\"expected\"");
        assert_eq!(
            redacted(
                &[DifferenceLine::Value("/expected".to_owned(), what)],
                ("WORD", "expected")
            ),
            ["/${WORD}: expected \"${WORD}\""]
        );
    }

    #[test]
    fn rows_of_hex_dumps_are_redacted() {
        let row = |start, bytes: &[u8]| {
            let row = DifferenceLine::Row(Side::Received, start, bytes.to_vec());
            redacted(&[row], ("TOKEN", "0123456789abcdefghij")).concat()
        };
        assert_eq!(row(0, b"say 0123456789ab"), "+ 00000000  say ${TOKEN}");
        assert_eq!(row(16, b"456789abcdefghij"), "+ 00000010  ${TOKEN}");
        assert_eq!(
            row(16, b"cdefghij\x00\xff"),
            "+ 00000010  ${TOKEN}\0\u{fffd}"
        );
        let harmless = DifferenceLine::Row(Side::Received, 0, b"nothing\x00".to_vec());
        assert_eq!(row(0, b"nothing\x00"), harmless.to_string());
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
