//! The closest of the messages that did not match an expectation.

use super::expected::Expected;
use super::inbox::ReceivedItem;
use crate::conversation::matching::Difference;
use crate::text::phrase::Phrase;

/// A message that did not match.
#[derive(Debug)]
pub(super) struct Nearest {
    distance: usize,
    /// The message as a report quotes it.
    pub(super) words: Phrase,
    pub(super) difference: Difference,
}

/// Replaces `nearest` by an item that did not match, unless it is closer.
pub(super) fn keep_nearest(
    nearest: &mut Option<Nearest>,
    wanted: &Expected,
    item: &ReceivedItem,
    difference: Difference,
) {
    let distance = match (wanted, item) {
        (Expected::Message(pattern), ReceivedItem::Message(kind, bytes)) => {
            pattern.distance(*kind, bytes, &difference)
        }
        _ => difference.0.len(),
    };
    if nearest
        .as_ref()
        .is_none_or(|nearest| distance <= nearest.distance)
    {
        *nearest = Some(Nearest {
            distance,
            words: item.describe(),
            difference,
        });
    }
}
