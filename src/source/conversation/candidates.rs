//! Which of several messages meets which of several expectations.
//!
//! A message may fit several of them. So one that comes is assigned by an augmenting path: whatever
//! order they come in, all expectations are met if there is any way to meet them.

use std::time::Instant;

use super::inbox::ReceivedItem;
use crate::conversation::matching::{Captures, Difference};

/// What was received for a set of expectations.
#[derive(Default)]
pub(super) struct Order {
    pub(super) items: Vec<Candidate>,
    /// For each expectation the item that meets it.
    pub(super) met_by: Vec<Option<usize>>,
    /// For each expectation what came nearest to it.
    pub(super) nearest: Vec<Option<(String, Difference)>>,
}

/// Something that fits at least one of them.
pub(super) struct Candidate {
    pub(super) item: ReceivedItem,
    pub(super) at: Option<Instant>,
    /// The expectations that it fits, with what they capture of it.
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

    /// Assigns an item, and others anew where that is needed for it; whether there is a place for it.
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
