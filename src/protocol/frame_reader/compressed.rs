//! Decompression of received messages (RFC 7692 §6.2): the inflated output, reported in pieces and
//! checked against the rules for text and the size limit.

use std::ops::Range;

use super::super::message::{Checked, Kind, PartialMessage};
use super::super::Violation;
use super::{Found, FrameReader};

impl FrameReader {
    /// The bytes of [`Found::Inflated`].
    pub(in crate::protocol) fn inflated(&self, range: Range<usize>) -> &[u8] {
        self.inflater
            .as_ref()
            .map_or(&[], |inflater| inflater.bytes(range))
    }

    /// The next piece of a compressed message, if there is one. Inflates the payload received so
    /// far without waiting for more.
    pub(super) fn inflated_piece<'a>(&mut self) -> Result<Option<Found<'a>>, Violation> {
        let ended = self
            .current
            .is_some_and(|current| current.is_final && current.remaining == 0);
        let (
            Some(PartialMessage {
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
        let produced = inflater.inflate_rest(ended)? as u64;
        self.add_payload(produced)?;
        let Some(inflater) = &mut self.inflater else {
            return Ok(None);
        };
        let pending = inflater.pending();
        if pending.is_empty() {
            return Ok(None);
        }
        let checked = match kind {
            Kind::Binary => Checked::Valid(pending.len()),
            Kind::Text => self.utf8.check(pending),
        };
        match checked {
            Checked::Invalid => Err(Violation::invalid_payload(
                "text that is not UTF-8 (RFC 6455 §8.1)",
            )),
            Checked::Completed(used) => {
                inflater.take_output(used);
                let (first, last) = self.finish_piece();
                Ok(Some(Found::Character { first, last }))
            }
            Checked::Valid(valid) => {
                let incomplete = if self.utf8.is_inside_character() {
                    pending.len() - valid
                } else {
                    0
                };
                let range = inflater.take_output(valid);
                inflater.take_output(incomplete);
                if valid == 0 {
                    return Ok(None);
                }
                let (first, last) = self.finish_piece();
                Ok(Some(Found::Inflated {
                    kind,
                    first,
                    last,
                    range,
                }))
            }
        }
    }

    /// Whether a compressed message has output that was not reported yet.
    pub(super) fn is_inflating(&self) -> bool {
        let compressed = self
            .message
            .as_ref()
            .is_some_and(|message| message.compressed);
        let inflater = self.inflater.as_ref().filter(|_| compressed);
        inflater.is_some_and(|inflater| !inflater.is_finished() || !inflater.pending().is_empty())
    }
}
