//! Compressed messages as they come in (RFC 7692 §6.2): what they were inflated to, handed on in
//! pieces and held to the rules of text and to the limit.

use std::ops::Range;

use super::super::message::{Assembly, Checked, Kind};
use super::super::Violation;
use super::{Found, FrameReader};

impl FrameReader {
    /// Inflated bytes that were found.
    pub(in crate::protocol) fn inflated(&self, range: Range<usize>) -> &[u8] {
        self.inflater
            .as_ref()
            .map_or(&[], |inflater| inflater.bytes(range))
    }

    /// The next piece of a compressed message, if there is one: inflates what the payload so far
    /// still holds, whether or not more of it comes.
    pub(super) fn inflated_piece<'a>(&mut self) -> Result<Option<Found<'a>>, Violation> {
        let ended = self
            .current
            .is_some_and(|current| current.is_final && current.left == 0);
        let (
            Some(Assembly {
                kind,
                compressed: true,
                ..
            }),
            Some(inflater),
        ) = (&self.message, &mut self.inflater)
        else {
            return Ok(None);
        };
        let kind = *kind;
        let became = inflater.go_on(ended)? as u64;
        self.count(became)?;
        let Some(inflater) = &mut self.inflater else {
            return Ok(None);
        };
        let waiting = inflater.waiting();
        if waiting.is_empty() {
            return Ok(None);
        }
        let checked = match kind {
            Kind::Binary => Checked::Valid(waiting.len()),
            Kind::Text => self.utf8.check(waiting),
        };
        match checked {
            Checked::Bad => Err(Violation::text("text that is not UTF-8 (RFC 6455 §8.1)")),
            Checked::Completed(used) => {
                inflater.hand_on(used);
                let (first, last) = self.ends_of_piece();
                Ok(Some(Found::Character { first, last }))
            }
            Checked::Valid(valid) => {
                let begun = if self.utf8.is_inside() {
                    waiting.len() - valid
                } else {
                    0
                };
                let range = inflater.hand_on(valid);
                inflater.hand_on(begun);
                if valid == 0 {
                    return Ok(None);
                }
                let (first, last) = self.ends_of_piece();
                Ok(Some(Found::Inflated {
                    kind,
                    first,
                    last,
                    range,
                }))
            }
        }
    }

    /// Whether a compressed message has output that is still to come.
    pub(super) fn is_inflating(&self) -> bool {
        let compressed = self
            .message
            .as_ref()
            .is_some_and(|message| message.compressed);
        let inflater = self.inflater.as_ref().filter(|_| compressed);
        inflater.is_some_and(|inflater| !inflater.is_finished() || !inflater.waiting().is_empty())
    }
}
