//! Assigns received messages to expectations that may be met in any order.
//!
//! A message may match several of them, so messages are assigned with augmenting paths: all
//! expectations are met if there is any assignment that meets them.

use std::time::Instant;

use super::inbox::ReceivedItem;
use crate::conversation::matching::{Captures, Difference};

/// The messages received for a set of expectations.
#[derive(Default)]
pub(super) struct Order {
    pub(super) items: Vec<Candidate>,
    /// The item that meets each expectation.
    pub(super) met_by: Vec<Option<usize>>,
    /// The closest message for each expectation.
    pub(super) nearest: Vec<Option<(String, Difference)>>,
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
        }
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
