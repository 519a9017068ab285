//! The numbers of the kept messages, for completion on the line editor's thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// The numbers of the received messages that are kept. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct KeptNumbers(Arc<[AtomicU64; 2]>);

impl KeptNumbers {
    /// The last `count` messages up to number `latest` are kept.
    pub(super) fn set(&self, latest: u64, count: u64) {
        // A reader between the two stores only completes other numbers.
        self.0[0].store(latest, Ordering::Relaxed);
        self.0[1].store(count, Ordering::Relaxed);
    }

    /// The numbers, latest first.
    pub fn iter(&self) -> impl Iterator<Item = u64> {
        let [latest, count] = [0, 1].map(|place: usize| self.0[place].load(Ordering::Relaxed));
        (latest.saturating_sub(count) + 1..=latest).rev()
    }
}
