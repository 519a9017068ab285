//! Settings of the whole file: `default`, `secret`, `title`, `tags`.

use super::value;
use crate::conversation::variable::is_name;
use crate::session_file::place::{Span, SpanError, BLANKS};
use crate::session_file::Statement;

/// `NAME VALUE`.
pub(super) fn default(span: Span<'_>) -> Result<Statement, SpanError> {
    let (name, rest) = span.split_word();
    let name = variable(name, "default PORT 8080")?;
    if rest.is_empty() {
        return Err(rest.error("missing value, as in 'default PORT 8080'"));
    }
    let value = value::text(rest)?;
    Ok(Statement::Default { name, value })
}

/// `NAME`.
pub(super) fn secret(span: Span<'_>) -> Result<Statement, SpanError> {
    variable(span, "secret PASSWORD").map(Statement::Secret)
}

/// The rest of the line.
pub(super) fn title(span: Span<'_>) -> Result<Statement, SpanError> {
    if span.is_empty() {
        return Err(span.error("missing title, as in 'title Login without a token'"));
    }
    if let Some(at) = span.text.find('\n') {
        return Err(span.error_at(at + 1, "a title must be on one line"));
    }
    Ok(Statement::Title(span.text.to_owned()))
}

/// Words.
pub(super) fn tags(span: Span<'_>) -> Result<Statement, SpanError> {
    if span.is_empty() {
        return Err(span.error("missing tag, as in 'tags smoke slow'"));
    }
    let mut rest = span;
    let mut tags = Vec::new();
    while !rest.is_empty() {
        let (word, after) = rest.split_word();
        if word.text.starts_with('!') {
            return Err(word.error("invalid tag: it cannot start with !"));
        }
        tags.push(word.text.to_owned());
        rest = after;
    }
    Ok(Statement::Tags(tags))
}

/// The name of a variable, with nothing after it.
pub(super) fn variable(span: Span<'_>, example: &str) -> Result<String, SpanError> {
    if span.is_empty() {
        return Err(span.error(format!("missing variable name, as in '{example}'")));
    }
    if !is_name(span.text) {
        let what = match span.text.find(BLANKS) {
            Some(_) => "expected one variable name".to_owned(),
            None => "invalid variable name: use letters, digits and _, and start with no digit"
                .to_owned(),
        };
        return Err(span.error(format!("{what}, as in '{example}'")));
    }
    Ok(span.text.to_owned())
}
