//! Regular expressions.

use regex::RegexBuilder;

use super::value;
use crate::session_file::place::{Span, SpanError};
use crate::session_file::Template;

/// `capture NAME match /…/`: the regular expression.
pub(super) fn captured(span: Span<'_>) -> Result<(Template, bool), SpanError> {
    if !span.text.starts_with('/') {
        let cause = "missing regular expression, as in 'capture ID match /id=([0-9]+)/'";
        return Err(span.error(cause));
    }
    read(span)
}

/// `/…/` or `/…/i`.
pub(super) fn read(span: Span<'_>) -> Result<(Template, bool), SpanError> {
    let inside = span.after(1);
    let (end, ignore_case) = match inside.text.strip_suffix("/i") {
        Some(pattern) => (pattern.len(), true),
        None => match inside.text.strip_suffix('/') {
            Some(pattern) => (pattern.len(), false),
            None => {
                return Err(span.error(
                    "unclosed regular expression: end it with /, or with /i to ignore case; write a text that starts with / as a JSON string",
                ));
            }
        },
    };
    let pattern = inside.before(end);
    let template = value::template(pattern, "write ${ in a regular expression as \\$\\{")?;
    // A value is escaped when it is inserted, so it has no special meaning, like a digit.
    let text = template.stand_in(|_, length| format!("{:0length$}", 1));
    check(&text, ignore_case).map_err(|(at, cause)| {
        pattern.error_at(at, format!("invalid regular expression: {cause}"))
    })?;
    Ok((template, ignore_case))
}

/// Compiles a regular expression. Returns the offset and the reason if it is invalid.
fn check(pattern: &str, ignore_case: bool) -> Result<(), (usize, String)> {
    if let Err(error) = regex_syntax::parse(pattern) {
        return Err(match error {
            regex_syntax::Error::Parse(error) => {
                (error.span().start.offset, error.kind().to_string())
            }
            regex_syntax::Error::Translate(error) => {
                (error.span().start.offset, error.kind().to_string())
            }
            other => (0, other.to_string()),
        });
    }
    match RegexBuilder::new(pattern)
        .case_insensitive(ignore_case)
        .build()
    {
        Ok(_) => Ok(()),
        Err(error) => Err((0, error.to_string())),
    }
}
