//! Errors without the secret values that they quote.

use std::io;

use super::Redactor;
use crate::conversation::matching::{Difference, DifferenceLine};
use crate::error::{Error, Quoted, Refusal, Unmet, UnmetDetail};
use crate::http::{Body, ResponseHead, HIDDEN};
use crate::text::phrase::Phrase;

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
        self.hide_in_error(&mut error);
        error
    }

    /// Removes secret values from all texts of an error; of an unmet expectation, only from what it
    /// quotes, so that its own words stay. The names of files and the numbers of lines stay.
    pub fn hide_in_error(&self, error: &mut Error) {
        let Quoted {
            texts,
            causes,
            head,
            refusal,
            unmet,
        } = error.quoted_mut();
        for text in texts {
            self.hide(text);
        }
        for cause in causes {
            let mut text = cause.to_string();
            if self.hide(&mut text) {
                *cause = io::Error::new(cause.kind(), text);
            }
        }
        if let Some(head) = head {
            self.hide_in_head(head);
        }
        if let Some(refusal) = refusal {
            self.hide_in_refusal(refusal);
        }
        if let Some(unmet) = unmet {
            self.hide_in_unmet(unmet);
        }
    }

    /// Removes secret values from the values of a phrase.
    pub fn hide_in_phrase(&self, phrase: &mut Phrase) {
        for value in phrase.values_mut() {
            self.hide(value);
        }
    }

    fn hide_in_refusal(&self, refusal: &mut Refusal) {
        let Refusal { head, body, hint } = refusal;
        self.hide_in_head(head);
        let Body {
            bytes,
            truncated,
            coding,
        } = body;
        *bytes = self.apply_to_bytes(bytes, *truncated);
        for text in coding.iter_mut().chain(hint) {
            self.hide(text);
        }
    }

    fn hide_in_head(&self, head: &mut ResponseHead) {
        let ResponseHead {
            status: _,
            status_line,
            headers,
            problem,
        } = head;
        self.hide(status_line);
        if let Some(problem) = problem {
            self.hide(problem);
        }
        for header in headers.as_mut_slice() {
            header.value = self.apply_to_bytes(&header.value, false);
            // The name tells that the value is a credential, so it is looked at first.
            let is_secret = header.is_secret();
            if self.hide(&mut header.name) && is_secret {
                header.value = HIDDEN.into();
            }
        }
    }

    fn hide_in_unmet(&self, unmet: &mut Unmet) {
        let Unmet {
            place: _,
            connection: _,
            goal,
            instead,
            details,
            difference,
            recent,
            refusal,
        } = unmet;
        let texts = goal.values_mut().into_iter().chain(instead.values_mut());
        let texts = texts.chain(details.iter_mut().flat_map(UnmetDetail::values_mut));
        for text in texts {
            self.hide(text);
        }
        for message in recent {
            self.hide_in_phrase(&mut message.message);
        }
        if let Some(refusal) = refusal {
            self.hide_in_refusal(refusal);
        }
        redact_difference(difference, self);
    }
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
            redactor.hide_in_phrase(what);
            true
        }
        DifferenceLine::Byte(_, what) => {
            redactor.hide_in_phrase(what);
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
