//! Parsing of rules, which apply to everything that is received.

use super::message;
use crate::session_file::place::{Span, SpanError};
use crate::session_file::{ExpectStatement, Statement};
use crate::text::duration;

/// Whether it is something that is received while the connection is open.
pub(super) fn is_received(wanted: &ExpectStatement) -> bool {
    !matches!(
        wanted,
        ExpectStatement::Close { .. }
            | ExpectStatement::Silence(_)
            | ExpectStatement::Status(_)
            | ExpectStatement::Header { .. }
            | ExpectStatement::Refused(_)
            | ExpectStatement::Reconnect
    )
}

/// `< …` of a rule.
pub(super) fn received(span: Span<'_>, example: &str) -> Result<ExpectStatement, SpanError> {
    let (sign, rest) = span.split_word();
    if sign.text != "<" {
        return Err(sign.error(format!("expected '<', as in '{example}'")));
    }
    let wanted = message::expected(rest)?;
    if !is_received(&wanted) {
        let (word, _) = rest.split_word();
        return Err(rest.error(format!("a rule cannot be used with {}", word.text)));
    }
    Ok(wanted)
}

/// `< …`.
pub(super) fn ignore(span: Span<'_>) -> Result<Statement, SpanError> {
    received(span, "ignore < ping").map(Statement::Ignore)
}

/// `< … [for TIME]`.
pub(super) fn never(span: Span<'_>) -> Result<Statement, SpanError> {
    const FOR: &str = " for ";
    let ending = span.text.rfind(FOR).and_then(|at| {
        let limit = duration::parse(span.text[at + FOR.len()..].trim()).ok()?;
        Some((at, limit))
    });
    let wanted = ending.map_or(span, |(at, _)| span.before(at).trim());
    let wanted = received(wanted, "never < json {\"type\":\"error\"}")?;
    Ok(Statement::Never(wanted, ending.map(|(_, limit)| limit)))
}
