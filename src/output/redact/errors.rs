//! Errors without the secret values that they quote.

use std::io;

use super::Redactor;
use crate::conversation::matching::{Difference, DifferenceLine};
use crate::error::{Detail, Error, Refusal, Unmet};
use crate::http::ResponseHead;

/// An error of a conversation without the values of secret variables, given as names and values.
#[must_use]
pub fn hide_values(error: Error, variables: &[(String, String)]) -> Error {
    let variables = variables.iter().map(|(name, value)| (&**name, &**value));
    Redactor::new(variables).without_secrets(error)
}

impl Redactor {
    /// The error without secret values.
    #[must_use]
    pub fn without_secrets(&self, mut error: Error) -> Error {
        redact_error(&mut error, self);
        error
    }
}

/// Removes secret values from everything that an error quotes. Its own words stay as they are.
pub fn redact_error(error: &mut Error, redactor: &Redactor) {
    for text in error.texts_mut() {
        redactor.hide(text);
    }
    for cause in error.causes_mut() {
        let mut text = cause.to_string();
        if redactor.hide(&mut text) {
            *cause = io::Error::new(cause.kind(), text);
        }
    }
    if let Some(head) = error.head_mut() {
        redact_head(head, redactor);
    }
    if let Some(Refusal { head, body, hint }) = error.refusal_mut() {
        redact_head(head, redactor);
        body.bytes = redactor.apply_to_bytes(&body.bytes, body.truncated);
        if let Some(hint) = hint {
            redactor.hide(hint);
        }
    }
    if let Some(unmet) = error.unmet_mut() {
        redact_unmet(unmet, redactor);
    }
}

fn redact_head(head: &mut ResponseHead, redactor: &Redactor) {
    redactor.hide(&mut head.status_line);
    if let Some(problem) = &mut head.problem {
        redactor.hide(problem);
    }
    for header in head.headers.as_mut_slice() {
        redactor.hide(&mut header.name);
        header.value = redactor.apply_to_bytes(&header.value, false);
    }
}

fn redact_unmet(unmet: &mut Unmet, redactor: &Redactor) {
    let Unmet {
        place,
        connection,
        goal,
        instead,
        details,
        difference,
        recent,
        // It is a response.
        refusal: _,
    } = unmet;
    let texts = place.iter_mut().chain(connection);
    let texts = texts.chain(goal.values_mut()).chain(instead.values_mut());
    let texts = texts.chain(details.iter_mut().flat_map(Detail::values_mut));
    let recent = recent.iter_mut();
    let recent = recent.flat_map(|it| it.connection.iter_mut().chain(it.message.values_mut()));
    for text in texts.chain(recent) {
        redactor.hide(text);
    }
    redact_difference(difference, redactor);
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
mod tests;
