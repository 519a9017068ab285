//! Assigns received messages to expectations that may be met in any order.
//!
//! A message may match several of them, so messages are assigned with augmenting paths: all
//! expectations are met if there is any assignment that meets them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::inbox::ReceivedItem;
use super::nearest::Nearest;
use super::step::Alternative;
use crate::conversation::matching::Captures;
use crate::event::Link;

/// The messages received for a set of expectations.
#[derive(Default)]
pub(super) struct Order {
    pub(super) items: Vec<Candidate>,
    /// The item that meets each expectation.
    pub(super) met_by: Vec<Option<usize>>,
    /// The closest message for each expectation.
    pub(super) nearest: Vec<Option<Nearest>>,
    /// The connections, each with its expectations.
    pub(super) by_link: Vec<(Link, Vec<usize>)>,
    /// The number of expectations that are not met.
    pub(super) unmet: usize,
    /// Their timeout, the longest of all.
    pub(super) within: Duration,
}

/// An item that matches at least one expectation.
pub(super) struct Candidate {
    pub(super) item: ReceivedItem,
    pub(super) at: Option<Instant>,
    /// The expectations that it matches, with what they capture.
    pub(super) fits: Vec<(usize, Captures)>,
}

impl Order {
    pub(super) fn new(count: usize) -> Self {
        Self {
            items: Vec::new(),
            met_by: vec![None; count],
            nearest: (0..count).map(|_| None).collect(),
            by_link: Vec::new(),
            unmet: count,
            within: Duration::ZERO,
        }
    }

    /// Prepares for these expectations. They may be many, and are looked at for each message.
    pub(super) fn of(alternatives: &[Alternative]) -> Self {
        let mut order = Self::new(alternatives.len());
        let mut places = BTreeMap::new();
        for (
            index,
            Alternative {
                link, expectation, ..
            },
        ) in alternatives.iter().enumerate()
        {
            order.within = order.within.max(expectation.within);
            let place = *places.entry(*link).or_insert(order.by_link.len());
            match order.by_link.get_mut(place) {
                Some((_, indices)) => indices.push(index),
                None => order.by_link.push((*link, vec![index])),
            }
        }
        order
    }

    /// The first of these expectations that is not met.
    pub(super) fn missing(&self, indices: &[usize]) -> Option<usize> {
        let missing = |index: &usize| self.met_by[*index].is_none();
        indices.iter().copied().find(missing)
    }

    /// Assigns an item, reassigning others if necessary. Returns whether that was possible.
    pub(super) fn assign(&mut self, item: usize, tried: &mut Vec<bool>) -> bool {
        let fits: Vec<usize> = self.items[item]
            .fits
            .iter()
            .map(|(index, _)| *index)
            .collect();
        for expectation in fits {
            if std::mem::replace(&mut tried[expectation], true) {
                continue;
            }
            let before = self.met_by[expectation];
            if before.is_none_or(|before| self.assign(before, tried)) {
                self.met_by[expectation] = Some(item);
                return true;
            }
        }
        false
    }

    pub(super) fn met(&self) -> usize {
        self.met_by.iter().flatten().count()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::event::Kind;

    /// Assigns messages that fit these expectations, in this order. Returns how many are met.
    fn met(count: usize, messages: &[Vec<usize>]) -> usize {
        let mut order = Order::new(count);
        for fits in messages {
            order.items.push(Candidate {
                item: ReceivedItem::Message(Kind::Text, Bytes::new()),
                at: None,
                fits: fits.iter().map(|index| (*index, Captures::new())).collect(),
            });
            let place = order.items.len() - 1;
            if !order.assign(place, &mut vec![false; count]) {
                order.items.pop();
            }
        }
        order.met()
    }

    /// Messages of which each fits the expectation of its number, and others besides, shuffled.
    fn messages() -> impl Strategy<Value = Vec<Vec<usize>>> {
        (1..7_usize)
            .prop_flat_map(|count| vec(vec(0..count, 0..3), count))
            .prop_map(|others| {
                let fits = others.into_iter().enumerate().map(|(own, mut fits)| {
                    fits.push(own);
                    fits.sort_unstable();
                    fits.dedup();
                    fits
                });
                fits.collect::<Vec<_>>()
            })
            .prop_shuffle()
    }

    proptest! {
        #[test]
        fn every_permutation_is_accepted(messages in messages()) {
            prop_assert_eq!(met(messages.len(), &messages), messages.len());
        }

        #[test]
        fn a_missing_message_is_missed(messages in messages(), at in any::<prop::sample::Index>()) {
            let count = messages.len();
            let mut rest = messages;
            rest.remove(at.index(count));
            prop_assert!(met(count, &rest) < count);
        }
    }
}
